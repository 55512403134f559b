"""Google Cloud Storage, as fake-gcs-server plays it; where a token is wanted, nginx stands in front."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Certainty, Change, Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.probe.network.messages import Means, Request
from freshlayer.probe.object_stores import gs
from freshlayer.reference import parse
from testing import asking
from testing.command import Freshlayer
from testing.misbehaving import Behaviour, MisbehavingOrigin, status
from testing.servers.needs import require
from testing.servers.nginx import Nginx
from testing.stores.gcs import FakeGcs

TOKEN = "s3cr3t-bearer-token"
BODY = b"twenty bytes of data"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def gcs() -> Iterator[FakeGcs]:
    require("nginx", FakeGcs.PROGRAM)
    with FakeGcs() as store:
        yield store


@pytest.fixture
def private(gcs: FakeGcs) -> Iterator[Nginx]:
    """The same store for who shows TOKEN; 401 for others."""
    refused = f'if ($http_authorization != "Bearer {TOKEN}") {{ return 401; }}'
    host = f"proxy_set_header Host {urlsplit(gcs.url).netloc};"
    with Nginx(server=f"location / {{ {refused} proxy_pass {gcs.direct}; {host} }}\n") as front:
        yield front


def new_bucket(gcs: FakeGcs) -> str:
    bucket = f"asked-{next(NUMBERS)}"
    gcs.make_bucket(bucket)
    return bucket


def look(environ: Mapping[str, str], text: str, recorded: Recorded | None = None) -> Verdict:
    return asking.look(text, recorded, keyring=Keyring(environ))


def emulated(gcs: FakeGcs) -> dict[str, str]:
    return {"STORAGE_EMULATOR_HOST": gcs.url}


def test_an_object_is_known_by_its_hash_for_one_head(gcs: FakeGcs) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "key", BODY)
    with gcs.watched() as made:
        first = look(emulated(gcs), f"gs://{bucket}/key")
        again = look(emulated(gcs), f"gs://{bucket}/key", first.keep)
    assert str(first.identity) == f"md5:{hashlib.md5(BODY).hexdigest()}"
    assert (again.change, again.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    assert [(r.method, r.path, r.body_bytes) for r in made] == [("HEAD", f"/{bucket}/key", 0)] * 2


def test_other_bytes_are_a_change_and_the_same_bytes_once_more_are_none(gcs: FakeGcs) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "key", BODY)
    first = look(emulated(gcs), f"gs://{bucket}/key")
    gcs.put(bucket, "key", BODY)
    same = look(emulated(gcs), f"gs://{bucket}/key", first.keep)
    gcs.put(bucket, "key", BODY[::-1])
    other = look(emulated(gcs), f"gs://{bucket}/key", first.keep)
    assert (same.change, same.identity) == (Change.UNCHANGED, first.identity)
    assert (other.change, other.certainty) == (Change.CHANGED, Certainty.CERTAIN)


def test_an_object_that_is_not_there_is_absent(gcs: FakeGcs) -> None:
    bucket = new_bucket(gcs)
    assert look(emulated(gcs), f"gs://{bucket}/key").change is Change.ABSENT
    assert look(emulated(gcs), "gs://no-such-bucket/key").change is Change.ABSENT


@pytest.mark.parametrize("key", ["a b", "a+b", "é", "a%b", "a?b#c", "(a)!*'", "a/b:c"])
def test_whatever_a_key_holds_is_asked_for_as_it_is(gcs: FakeGcs, key: str) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, key, BODY)
    assert look(emulated(gcs), f"gs://{bucket}/{key}").change is Change.FIRST_SEEN


def test_a_prefix_changes_with_any_of_its_objects_and_with_nothing_else(gcs: FakeGcs) -> None:
    bucket = new_bucket(gcs)
    for key in ("dir/a", "dir/sub/b c", "beside"):
        gcs.put(bucket, key, BODY)
    environ, text = emulated(gcs), f"gs://{bucket}/dir/"
    first = look(environ, text)
    assert first.identity is not None
    assert (first.identity.scheme, first.identity.strength) == ("listing", Strength.STRONG)
    gcs.put(bucket, "beside", BODY[::-1])
    gcs.put(bucket, "dir/a", BODY)
    assert look(environ, text, first.keep).change is Change.UNCHANGED
    gcs.put(bucket, "dir/a", BODY[::-1])
    changed = look(environ, text, first.keep)
    gcs.delete(bucket, "dir/sub/b c")
    shrunk = look(environ, text, changed.keep)
    assert [v.change for v in (changed, shrunk)] == [Change.CHANGED] * 2


def test_an_empty_prefix_is_absent(gcs: FakeGcs) -> None:
    seen = look(emulated(gcs), f"gs://{new_bucket(gcs)}/dir/")
    assert (seen.change, seen.reason.text) == (Change.ABSENT, "there are no objects with this prefix")


def listing(*items: object, after: str = "") -> Behaviour:
    return status(200, {}, json.dumps({"items": items, "nextPageToken": after}).encode())


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (listing(after="more"), "the prefix has more than 10000 objects, and no more are listed"),
        (listing({"name": "a"}), "the object store returned no list of objects"),
        (listing({"name": 1, "md5Hash": "x"}), "the object store returned no list of objects"),
        (listing("a"), "the object store returned no list of objects"),
        (status(200, {}, b"[]"), "the object store returned no list of objects"),
        (status(200, {}, b"[" * 100_000), "the object store returned no list of objects"),
        (status(200, {}, b"<html>"), "the object store returned no list of objects"),
    ],
    ids=["endless", "no hash", "no name", "no item", "no object", "deep", "a page"],
)
def test_playback_a_listing_that_is_none_or_has_no_end_is_unknown(behaviour: Behaviour, reason: str) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        seen = look({"STORAGE_EMULATOR_HOST": origin.url}, "gs://bucket/dir/")
        assert len(origin.requests()) <= 10
    assert (seen.change, seen.reason.text) == (Change.UNKNOWN, reason)


def test_playback_a_composed_object_makes_a_prefix_known_by_checksums_only() -> None:
    crc = base64.b64encode(b"\0\1\2\3").decode()
    with MisbehavingOrigin(listing({"name": "dir/a", "crc32c": crc})) as origin:
        seen = look({"STORAGE_EMULATOR_HOST": origin.url}, "gs://bucket/dir/")
    assert seen.identity is not None
    assert seen.identity.strength is Strength.CHECKSUM


# --- tokens ---------------------------------------------------------------------------------------


def overridden(front: Nginx) -> dict[str, str]:
    return {"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{front.url}storage/v1/"}


@pytest.mark.parametrize("name", ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"])
def test_a_token_of_the_environment_opens_objects_and_prefixes(
    gcs: FakeGcs, private: Nginx, name: str
) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "dir/key", BODY)
    for text in (f"gs://{bucket}/dir/key", f"gs://{bucket}/dir/"):
        assert look({**overridden(private), name: TOKEN}, text).change is Change.FIRST_SEEN


def test_without_a_token_a_private_object_is_unknown_and_says_so(gcs: FakeGcs, private: Nginx) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "key", BODY)
    seen = look(overridden(private), f"gs://{bucket}/key")
    refused = "401 Unauthorized for HEAD and ranged GET"
    assert (seen.change, seen.reason.text) == (Change.UNKNOWN, f"{refused}; no credentials were found")
    environ = {**overridden(private), "GOOGLE_APPLICATION_CREDENTIALS": "/key.json"}
    with_file = look(environ, f"gs://{bucket}/key")
    assert with_file.reason.text.startswith(f"{refused}; no credentials were found; a service")


def test_who_is_logged_in_with_gcloud_is_asked_for_a_token_once(
    gcs: FakeGcs, private: Nginx, tmp_path: Path
) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "a", BODY)
    gcs.put(bucket, "b", BODY)
    environ = {**overridden(private), **logged_in(tmp_path, f"echo {TOKEN}")}
    references = [parse(f"gs://{bucket}/{key}") for key in "ab"]
    seen = probe(references, {}, Limits(), keyring=Keyring(environ))
    assert {judge(None, o).change for o in seen.values()} == {Change.FIRST_SEEN}
    assert (tmp_path / "runs").read_text() == "auth print-access-token --quiet\n"


def test_a_gcloud_that_gives_no_token_is_named_in_the_reason(private: Nginx, tmp_path: Path) -> None:
    environ = {**overridden(private), **logged_in(tmp_path, "exit 1")}
    seen = look(environ, "gs://bucket/key")
    assert seen.reason.text.endswith("; no credentials were found; gcloud printed no token (exit code 1)")


def logged_in(folder: Path, script: str) -> dict[str, str]:
    """A gcloud that runs `script`, and notes its arguments."""
    program = folder / "gcloud"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/runs\n{script}\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "credentials.db").touch()
    return {"PATH": str(folder), "CLOUDSDK_CONFIG": str(folder)}


def test_playback_a_token_goes_to_its_host_alone_and_never_to_an_emulator() -> None:
    with MisbehavingOrigin("steady") as elsewhere:
        to_elsewhere = status(302, {"Location": elsewhere.url}, b"")
        with MisbehavingOrigin(to_elsewhere) as origin:
            override = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": origin.url}
            look({"GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN, **override}, "gs://bucket/key")
            shown = {r.headers.get("authorization", "") for r in origin.requests()}
        look({"GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN, "STORAGE_EMULATOR_HOST": elsewhere.url}, "gs://bucket/key")
        assert {r.headers.get("authorization", "") for r in elsewhere.requests()} == {""}
    assert shown == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://storage.googleapis.com/bucket/key"),
        ({"STORAGE_EMULATOR_HOST": "localhost:4443"}, "http://localhost:4443/bucket/key"),
        ({"STORAGE_EMULATOR_HOST": "https://h/"}, "https://h/bucket/key"),
        ({"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": "https://h/storage/v1/"}, "https://h/bucket/key"),
    ],
)
def test_where_the_service_is(environ: Mapping[str, str], url: str) -> None:
    step = next(gs.probe(parse("gs://bucket/key"), None, Means(Limits(), Keyring(environ))))
    assert isinstance(step, Request)
    assert (step.method, step.url) == ("HEAD", url)


def test_a_presigned_url_is_asked_by_get_alone_and_known_without_its_signature(gcs: FakeGcs) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "key", BODY)
    one, other = (
        f"{gcs.url}{bucket}/key?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature={n}" for n in "12"
    )
    with gcs.watched() as made:
        first = look({}, one)
        again = look({}, other, first.keep)
    assert parse(one).text == f"{gcs.url}{bucket}/key"
    assert str(first.identity) == f"md5:{hashlib.md5(BODY).hexdigest()}"
    assert again.change is Change.UNCHANGED
    assert [(r.method, r.body_bytes) for r in made] == [("GET", 1), ("GET", 1)]


def test_a_flag_file_follows_an_object_and_holds_no_secret(
    gcs: FakeGcs, private: Nginx, tmp_path: Path
) -> None:
    bucket = new_bucket(gcs)
    gcs.put(bucket, "key", BODY)
    token = {"GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN, **overridden(private)}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **token}
    flag = Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)
    told = [flag("flag", f"gs://{bucket}/key", "-o", "flag", "--exit-code") for _ in range(2)]
    assert [ended.code for ended in told] == [1, 0]
    assert (tmp_path / "flag").read_text() == f"md5:{hashlib.md5(BODY).hexdigest()} gs://{bucket}/key\n"
    written = [ended.out + ended.err for ended in told]
    written += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()]
    assert not any(TOKEN in text for text in written)
