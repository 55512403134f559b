"""Azure's blobs on Azurite, as anybody, by shared key, by signature; by token where nginx wants one."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from freshlayer.credentials import Keyring
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Change, Recorded, Verdict
from freshlayer.probe import Limits
from freshlayer.probe.network.messages import Means, Request
from freshlayer.probe.object_stores import azblob
from freshlayer.reference import parse
from testing import asking
from testing.command import Freshlayer
from testing.misbehaving import Behaviour, MisbehavingOrigin, redirect, status
from testing.stores.ask import demand
from testing.stores.azure import ACCOUNT, KEY, Azurite, account_sas

BODY = b"twenty bytes of data"
MD5 = f"md5:{hashlib.md5(BODY).hexdigest()}"
TOKEN = "s3cr3t-bearer-token"
NUMBERS = itertools.count()
Opened = Callable[[Azurite], dict[str, str]]


def new_container(azurite: Azurite, *, public: bool = False) -> str:
    container = f"asked-{next(NUMBERS)}"
    azurite.make_container(container, public=public)
    return container


def look(environ: Mapping[str, str], text: str, recorded: Recorded | None = None) -> Verdict:
    return asking.look(text, recorded, keyring=Keyring(environ))


def anybody(azurite: Azurite, *, account: str = ACCOUNT) -> dict[str, str]:
    where = f"{azurite.url}{ACCOUNT}"
    return {"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_SERVICE_ENDPOINT": where}


def owner(azurite: Azurite) -> dict[str, str]:
    return {**anybody(azurite), "AZURE_STORAGE_KEY": KEY}


def by_signature(azurite: Azurite) -> dict[str, str]:
    return {**anybody(azurite), "AZURE_STORAGE_SAS_TOKEN": f"?{account_sas()}"}


def by_string(azurite: Azurite) -> dict[str, str]:
    where = f"DefaultEndpointsProtocol=http;BlobEndpoint={azurite.url}{ACCOUNT}/"
    return {"AZURE_STORAGE_CONNECTION_STRING": f"{where};AccountName={ACCOUNT};AccountKey={KEY};"}


@pytest.mark.parametrize("opened", [owner, by_signature, by_string])
def test_a_private_blob_is_opened_in_the_ways_of_az(azurite: Azurite, opened: Opened) -> None:
    container = new_container(azurite)
    azurite.put(container, "dir/blob", BODY)
    environ = opened(azurite)
    first = look(environ, f"azblob://{ACCOUNT}/{container}/dir/blob")
    assert str(first.identity) == MD5
    with azurite.watched() as made:
        again = look(environ, f"azblob://{ACCOUNT}/{container}/dir/blob", first.keep)
    assert again.change is Change.UNCHANGED
    assert [(r.status, r.body_bytes) for r in made] == [(304, 0)]
    assert look(environ, f"azblob://{ACCOUNT}/{container}/dir/").change is Change.FIRST_SEEN
    assert look(environ, f"azblob://{ACCOUNT}/{container}/none").change is Change.ABSENT


def test_a_public_blob_needs_nothing_and_a_private_one_says_what_is_missing(azurite: Azurite) -> None:
    public, private = new_container(azurite, public=True), new_container(azurite)
    for container in (public, private):
        azurite.put(container, "blob", BODY)
    environ = anybody(azurite)
    assert look(environ, f"azblob://{ACCOUNT}/{public}/blob").change is Change.FIRST_SEEN
    assert look(environ, f"azblob://{ACCOUNT}/{public}/none").change is Change.ABSENT
    seen = look(environ, f"azblob://{ACCOUNT}/{private}/blob")
    assert seen.change is Change.UNKNOWN
    assert seen.reason.text.endswith("(AuthorizationFailure); no credential was found for this account")


def test_playback_a_private_container_that_hides_its_blobs_is_not_absent() -> None:
    hidden = status(404, {"x-ms-error-code": "ResourceNotFound"}, b"")
    with MisbehavingOrigin(hidden) as origin:
        environ = {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": origin.url}
        seen = look(environ, "azblob://account/container/blob")
        known = look({**environ, "AZURE_STORAGE_KEY": KEY}, "azblob://account/container/blob")
    assert seen.change is Change.UNKNOWN
    assert seen.reason.text.endswith("(ResourceNotFound); no credential was found for this account")
    assert known.change is Change.ABSENT


def test_other_bytes_are_a_change_and_the_same_bytes_or_metadata_are_none(azurite: Azurite) -> None:
    container = new_container(azurite)
    environ, text = owner(azurite), f"azblob://{ACCOUNT}/{container}/blob"
    azurite.put(container, "blob", BODY)
    first = look(environ, text)
    azurite.put(container, "blob", BODY)
    same = look(environ, text, first.keep)
    url = f"{azurite.direct}{ACCOUNT}/{container}/blob?comp=metadata&{account_sas()}"
    demand("PUT", url, headers={"x-ms-meta-a": "b", "Content-Length": "0"})
    edited = look(environ, text, first.keep)
    azurite.put(container, "blob", BODY[::-1])
    other = look(environ, text, first.keep)
    assert [v.change for v in (same, edited, other)] == [Change.UNCHANGED, Change.UNCHANGED, Change.CHANGED]
    assert same.identity == edited.identity == first.identity


def upload_in_blocks(azurite: Azurite, container: str, name: str, blocks: list[bytes]) -> None:
    url = f"{azurite.direct}{ACCOUNT}/{container}/{name}?{account_sas()}"
    names = [b64encode(f"{number:04}".encode()).decode() for number in range(len(blocks))]
    for block, named in zip(blocks, names, strict=True):
        demand("PUT", f"{url}&comp=block&blockid={quote(named, safe='')}", body=block)
    listed = "".join(f"<Latest>{named}</Latest>" for named in names)
    demand("PUT", f"{url}&comp=blocklist", body=f"<BlockList>{listed}</BlockList>".encode())


def test_a_blob_in_blocks_has_no_hash_and_is_read_by_who_may(azurite: Azurite) -> None:
    container = new_container(azurite)
    environ, text = owner(azurite), f"azblob://{ACCOUNT}/{container}/blob"
    upload_in_blocks(azurite, container, "blob", [b"one", b"two"])
    first = look(environ, text)
    assert str(first.identity) == f"sha256:{hashlib.sha256(b'onetwo').hexdigest()}"
    upload_in_blocks(azurite, container, "blob", [b"onet", b"wo"])
    same = look(environ, text, first.keep)
    upload_in_blocks(azurite, container, "blob", [b"one", b"2"])
    other = look(environ, text, first.keep)
    assert (same.change, other.change) == (Change.UNCHANGED, Change.CHANGED)


@pytest.mark.parametrize("name", ["a b", "a+b", "é", "a%b", "a?b#c", "(a)!*'", "a/b:c"])
@pytest.mark.parametrize("opened", [owner, by_signature])
def test_whatever_a_name_holds_is_signed_as_it_is(azurite: Azurite, opened: Opened, name: str) -> None:
    container = new_container(azurite)
    azurite.put(container, quote(name, safe="/-._~"), BODY)
    assert look(opened(azurite), f"azblob://{ACCOUNT}/{container}/{name}").change is Change.FIRST_SEEN


def test_a_prefix_changes_with_any_of_its_blobs_and_with_nothing_else(azurite: Azurite) -> None:
    container = new_container(azurite)
    for name in ("dir/a", "dir/sub/b%20c", "beside"):
        azurite.put(container, name, BODY)
    environ, text = owner(azurite), f"azblob://{ACCOUNT}/{container}/dir/"
    first = look(environ, text)
    assert first.identity is not None
    assert (first.identity.scheme, first.identity.strength) == ("listing", Strength.CHECKSUM)
    azurite.put(container, "beside", BODY[::-1])
    azurite.put(container, "dir/a", BODY)
    assert look(environ, text, first.keep).change is Change.UNCHANGED
    azurite.put(container, "dir/a", BODY[::-1])
    changed = look(environ, text, first.keep)
    azurite.delete(container, "dir/sub/b%20c")
    shrunk = look(environ, text, changed.keep)
    assert [v.change for v in (changed, shrunk)] == [Change.CHANGED] * 2


def test_a_blob_without_a_hash_makes_a_prefix_weak_evidence(azurite: Azurite) -> None:
    container = new_container(azurite)
    upload_in_blocks(azurite, container, "dir/a", [b"one", b"two"])
    seen = look(owner(azurite), f"azblob://{ACCOUNT}/{container}/dir/")
    assert seen.identity is not None
    assert seen.identity.strength is Strength.WEAK


def test_an_empty_prefix_is_absent(azurite: Azurite) -> None:
    seen = look(owner(azurite), f"azblob://{ACCOUNT}/{new_container(azurite)}/dir/")
    assert (seen.change, seen.reason.text) == (Change.ABSENT, "there are no objects with this prefix")


ENDLESS = b"<EnumerationResults><Blobs/><NextMarker>more</NextMarker></EnumerationResults>"
ENCODED = (
    b'<EnumerationResults><Blobs><Blob><Name Encoded="true">a%EF%BF%BEb</Name><Properties>'
    b"<Etag>0x1</Etag></Properties></Blob></Blobs><NextMarker/></EnumerationResults>"
)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (status(200, {}, ENDLESS), "the prefix has more than 10000 objects, and no more are listed"),
        (status(200, {}, b"<!DOCTYPE a>" + ENDLESS), "the object store returned no list of objects"),
        (status(200, {}, b"<html>"), "the object store returned no list of objects"),
    ],
    ids=["endless", "a document type", "a page"],
)
def test_playback_a_listing_that_is_none_or_has_no_end_is_unknown(behaviour: Behaviour, reason: str) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        environ = {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": origin.url}
        seen = look(environ, "azblob://account/container/")
        assert len(origin.requests()) <= 10
    assert (seen.change, seen.reason.text) == (Change.UNKNOWN, reason)


def test_playback_a_name_that_xml_can_not_hold_is_listed() -> None:
    with MisbehavingOrigin(status(200, {}, b"\xef\xbb\xbf" + ENCODED)) as origin:
        environ = {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": origin.url}
        seen = look(environ, "azblob://account/container/")
    canonical = json.dumps([["a\ufffeb", "0x1"]], separators=(",", ":"))
    assert str(seen.identity) == f"listing:{hashlib.sha256(canonical.encode()).hexdigest()}"


# --- who is shown what ----------------------------------------------------------------------------


def test_another_account_is_shown_nothing(azurite: Azurite) -> None:
    private = new_container(azurite)
    azurite.put(private, "blob", BODY)
    secrets = {"AZURE_STORAGE_KEY": KEY, "AZURE_STORAGE_SAS_TOKEN": account_sas()}
    environ = {**anybody(azurite, account="other"), **secrets}
    step = next(azblob.probe(parse("azblob://third/c/b"), None, Means(Limits(), Keyring(environ))))
    assert isinstance(step, Request)
    assert step.url == "https://third.blob.core.windows.net/c/b"
    assert step.credential is None


def test_a_key_that_is_none_is_never_used(azurite: Azurite) -> None:
    environ = {**anybody(azurite), "AZURE_STORAGE_KEY": "s3cr3t?"}
    with azurite.watched() as made:
        seen = look(environ, f"azblob://{ACCOUNT}/container/blob")
    assert made == []
    assert (seen.change, seen.reason.text) == (
        Change.UNKNOWN,
        "the key of the account is not base64",
    )


def test_playback_a_redirect_to_elsewhere_is_shown_nothing() -> None:
    with MisbehavingOrigin("steady") as elsewhere, MisbehavingOrigin(redirect(elsewhere.url)) as origin:
        where = {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": origin.url}
        look({**where, "AZURE_STORAGE_KEY": KEY}, "azblob://account/container/blob")
        assert [r.headers["authorization"][:17] for r in origin.requests()] == ["SharedKey account"]
        assert not any("authorization" in r.headers for r in elsewhere.requests())


def test_playback_who_is_logged_in_with_az_is_asked_for_a_token_where_az_would_be(tmp_path: Path) -> None:
    program = tmp_path / "az"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/runs\necho {TOKEN}\n', encoding="utf-8")
    program.chmod(0o755)
    with MisbehavingOrigin("steady") as origin:
        where = {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": origin.url}
        look({**where, "PATH": str(tmp_path)}, "azblob://account/container/blob")
        look(
            {**where, "PATH": str(tmp_path), "AZURE_STORAGE_AUTH_MODE": "login"},
            "azblob://account/container/blob",
        )
        shown = list(dict.fromkeys(r.headers.get("authorization", "") for r in origin.requests()))
        versions = {r.headers.get("x-ms-version") for r in origin.requests()}
    assert shown == ["", f"Bearer {TOKEN}"]
    assert versions == {"2021-12-02"}
    assert (tmp_path / "runs").read_text().startswith("account get-access-token --resource https://storage")


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://account.blob.core.windows.net/c/a/b"),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=account;EndpointSuffix=core.chinacloudapi.cn"},
            "https://account.blob.core.chinacloudapi.cn/c/a/b",
        ),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": "BlobEndpoint=https://account.z1.blob.storage.azure.net/"},
            "https://account.z1.blob.storage.azure.net/c/a/b",
        ),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=other;EndpointSuffix=example.org"},
            "https://account.blob.core.windows.net/c/a/b",
        ),
    ],
)
def test_where_an_account_is(environ: Mapping[str, str], url: str) -> None:
    step = next(azblob.probe(parse("azblob://account/c/a/b"), None, Means(Limits(), Keyring(environ))))
    assert isinstance(step, Request)
    assert step.url == url


# --- signed URLs, and the command -----------------------------------------------------------------


def test_a_url_with_a_signature_is_asked_by_get_alone_and_known_without_it(azurite: Azurite) -> None:
    container = new_container(azurite)
    azurite.put(container, "blob", BODY)
    one, other = (azurite.with_sas(container, "blob", seconds=seconds) for seconds in (300, 600))
    assert one != other
    assert parse(one).text == parse(other).text == azurite.blob(container, "blob")
    with azurite.watched() as made:
        first = look({}, one)
        again = look({}, other, first.keep)
    assert str(first.identity) == MD5
    assert again.change is Change.UNCHANGED
    assert [(r.method, r.body_bytes) for r in made] == [("GET", 1), ("GET", 0)]
    assert look({}, azurite.with_sas(container, "blob", seconds=-60)).change is Change.UNKNOWN


@pytest.mark.parametrize("opened", [owner, by_signature])
def test_a_flag_file_follows_a_blob_and_holds_no_secret(
    azurite: Azurite, tmp_path: Path, opened: Opened
) -> None:
    container = new_container(azurite)
    azurite.put(container, "blob", BODY)
    text = f"azblob://{ACCOUNT}/{container}/blob"
    secrets = opened(azurite)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **secrets}
    flag = Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)
    told = [flag("flag", text, "-o", "flag", "--exit-code") for _ in range(2)]
    told.append(flag("probe", f"azblob://{ACCOUNT}/{container}/none", text))
    assert [ended.code for ended in told[:2]] == [1, 0]
    assert (tmp_path / "flag").read_text() == f"{MD5} {text}\n"
    written = [ended.out + ended.err for ended in told]
    written += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()]
    assert not any(secret in text for text in written for secret in (KEY, account_sas().rpartition("=")[2]))
    assert not any("sig=" in text for text in written)
