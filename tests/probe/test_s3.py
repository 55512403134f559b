"""S3 on real stores: rclone and SeaweedFS, which both check signatures. What only AWS does is played back."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from freshlayer.credentials import Keyring, aws
from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Certainty, Change, Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.probe.network.messages import Means, Once, Request
from freshlayer.probe.object_stores import s3
from freshlayer.reference import parse
from testing import asking
from testing.command import Freshlayer
from testing.misbehaving import Behaviour, Exchange, MisbehavingOrigin, redirect, status
from testing.servers.needs import require
from testing.stores.s3 import (
    ACCESS_KEY,
    REGION,
    SECRET_KEY,
    RcloneS3,
    S3Store,
    SeaweedS3,
    demand_signed,
)

TOKEN = "s3cr3t-session-token"
BODY = b"twenty bytes of data"
NUMBERS = itertools.count()
NO_INSTANCE = {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(autouse=True)
def _no_keys_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def rclone() -> Iterator[RcloneS3]:
    require("nginx", RcloneS3.PROGRAM)
    with RcloneS3() as store:
        yield store


@pytest.fixture(params=["rclone", "seaweed"])
def store(request: pytest.FixtureRequest) -> S3Store:
    started: S3Store = request.getfixturevalue(request.param)
    return started


def new_bucket(store: S3Store) -> str:
    bucket = f"asked-{next(NUMBERS)}"
    store.make_bucket(bucket)
    return bucket


def look(environ: Mapping[str, str], text: str, recorded: Recorded | None = None) -> Verdict:
    return asking.look(text, recorded, keyring=Keyring({**NO_INSTANCE, **environ}))


def anonymous(store: S3Store) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_S3": store.url}


# --- one object -----------------------------------------------------------------------------------


def test_an_object_is_known_by_its_hash_for_one_head(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    with store.watched() as made:
        seen = look(store.environment_of_clients, f"s3://{bucket}/key")
    assert seen.change is Change.FIRST_SEEN
    assert str(seen.identity) == f"md5:{hashlib.md5(BODY).hexdigest()}"
    assert [(r.method, r.path) for r in made] == [("HEAD", f"/{bucket}"), ("HEAD", f"/{bucket}/key")]


def test_an_unchanged_object_is_answered_without_a_body(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    first = look(store.environment_of_clients, f"s3://{bucket}/key")
    with store.watched() as made:
        again = look(store.environment_of_clients, f"s3://{bucket}/key", first.keep)
    assert again.change is Change.UNCHANGED
    assert [r.status for r in made] == [200, 304]
    assert sum(r.body_bytes for r in made) == 0


def test_other_bytes_are_a_change_and_the_same_bytes_once_more_are_none(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    first = look(store.environment_of_clients, f"s3://{bucket}/key")
    store.put(bucket, "key", BODY)
    same = look(store.environment_of_clients, f"s3://{bucket}/key", first.keep)
    store.put(bucket, "key", BODY[::-1])
    other = look(store.environment_of_clients, f"s3://{bucket}/key", first.keep)
    assert (same.change, same.identity) == (Change.UNCHANGED, first.identity)
    assert (other.change, other.certainty) == (Change.CHANGED, Certainty.CERTAIN)


def test_an_object_that_is_not_there_is_absent_and_keeps_its_identity(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    first = look(store.environment_of_clients, f"s3://{bucket}/key")
    store.delete(bucket, "key")
    gone = look(store.environment_of_clients, f"s3://{bucket}/key", first.keep)
    assert (gone.change, gone.identity) == (Change.ABSENT, first.identity)


def test_a_wrong_secret_is_unknown_by_the_name_that_the_store_gives_it(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    environ = {**store.environment_of_clients, "AWS_SECRET_ACCESS_KEY": "wrong-s3cr3t"}
    seen = look(environ, f"s3://{bucket}/key")
    assert seen.change is Change.UNKNOWN
    assert seen.reason.text == "403 Forbidden for HEAD and ranged GET (SignatureDoesNotMatch)"


def test_without_credentials_a_private_object_is_unknown_and_says_so(seaweed: SeaweedS3) -> None:
    bucket = new_bucket(seaweed)
    seaweed.put(bucket, "key", BODY)
    seen = look(anonymous(seaweed), f"s3://{bucket}/key")
    assert seen.change is Change.UNKNOWN
    wanted = "403 Forbidden for HEAD and ranged GET (AccessDenied); no credentials were found"
    assert seen.reason.text.startswith(wanted)


def test_what_is_not_there_is_unknown_where_the_store_denies_it(seaweed: SeaweedS3) -> None:
    """Who may not read a bucket is not told what is missing: 403, not 404."""
    assert look(anonymous(seaweed), f"s3://{seaweed.PUBLIC}/none").change is Change.ABSENT
    assert look(anonymous(seaweed), f"s3://{new_bucket(seaweed)}/none").change is Change.UNKNOWN


def test_playback_a_denial_says_that_the_key_may_be_absent() -> None:
    denied = b"<Error><Code>AccessDenied</Code></Error>"
    with MisbehavingOrigin(status(403, {}, denied)) as origin:
        seen = look(signed_for(origin), "s3://bucket/key")
    refusal = "403 Forbidden for HEAD and ranged GET (AccessDenied)"
    assert seen.reason.text == f"{refusal}; S3 returns that for an absent key too, if listing is denied"


def test_without_credentials_a_public_object_is_seen(seaweed: SeaweedS3) -> None:
    seaweed.put(seaweed.PUBLIC, "key", BODY)
    assert look(anonymous(seaweed), f"s3://{seaweed.PUBLIC}/key").change is Change.FIRST_SEEN


@pytest.mark.parametrize(
    "key", ["a b", "a+b", "é", "a%b", "a?b#c", "a=b/c:d", "(a)!*'", "~a_b-c.d", "a;b&c,d$e@f"]
)
def test_whatever_a_key_holds_is_signed_as_it_is(store: S3Store, key: str) -> None:
    bucket = new_bucket(store)
    store.put(bucket, quote(key, safe="/-._~"), BODY)
    assert look(store.environment_of_clients, f"s3://{bucket}/{key}").change is Change.FIRST_SEEN


def test_playback_a_key_with_an_empty_segment_is_signed_as_it_is() -> None:
    """AWS keeps both slashes; a store that is a folder keeps one."""
    with MisbehavingOrigin("steady") as origin:
        look(signed_for(origin), "s3://bucket//a//b")
        assert {r.path for r in origin.requests()} == {"/bucket", "/bucket//a//b"}


def test_a_checksum_that_was_uploaded_is_asked_for_and_is_the_identity(seaweed: SeaweedS3) -> None:
    bucket = new_bucket(seaweed)
    digest = hashlib.sha256(BODY)
    headers = {"x-amz-checksum-sha256": b64encode(digest.digest()).decode()}
    seaweed.put(bucket, "key", BODY, headers=headers)
    seen = look(seaweed.environment_of_clients, f"s3://{bucket}/key")
    assert str(seen.identity) == f"sha256:{digest.hexdigest()}"
    assert seen.identity is not None
    assert seen.identity.strength is Strength.CONTENT


def test_metadata_alone_are_no_change(seaweed: SeaweedS3) -> None:
    bucket = new_bucket(seaweed)
    seaweed.put(bucket, "key", BODY)
    first = look(seaweed.environment_of_clients, f"s3://{bucket}/key")
    edit = {"x-amz-copy-source": f"/{bucket}/key", "x-amz-metadata-directive": "REPLACE", "x-amz-meta-a": "b"}
    time.sleep(1.1)  # Last-Modified has to be another one
    demand_signed("PUT", f"{seaweed.direct}{bucket}/key", headers=edit)
    again = look(seaweed.environment_of_clients, f"s3://{bucket}/key", first.keep)
    assert (again.change, again.identity) == (Change.UNCHANGED, first.identity)


def upload_in_parts(store: S3Store, bucket: str, key: str, parts: list[bytes]) -> None:
    url = f"{store.direct}{bucket}/{key}"
    begun = demand_signed("POST", f"{url}?uploads=").body.decode()
    found = re.search("<UploadId>(.+)</UploadId>", begun)
    assert found is not None
    query = f"uploadId={quote(found[1], safe='')}"
    listed = ""
    for number, part in enumerate(parts, 1):
        tag = demand_signed("PUT", f"{url}?partNumber={number}&{query}", part).headers["etag"]
        listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
    whole = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
    demand_signed("POST", f"{url}?{query}", whole.encode())


def test_an_object_in_parts_is_known_by_a_tag_that_is_no_hash(seaweed: SeaweedS3) -> None:
    bucket, parts = new_bucket(seaweed), [bytes(5 * 1024 * 1024), b"the end"]
    upload_in_parts(seaweed, bucket, "key", parts)
    first = look(seaweed.environment_of_clients, f"s3://{bucket}/key")
    upload_in_parts(seaweed, bucket, "key", parts)
    with seaweed.watched() as made:
        same = look(seaweed.environment_of_clients, f"s3://{bucket}/key", first.keep)
    upload_in_parts(seaweed, bucket, "key", [parts[0], b"another"])
    other = look(seaweed.environment_of_clients, f"s3://{bucket}/key", first.keep)
    assert first.identity is not None
    assert (first.identity.scheme, first.identity.value[-2:]) == ("etag", "-2")
    assert (same.change, other.change) == (Change.UNCHANGED, Change.CHANGED)
    assert sum(r.body_bytes for r in made) == 0


# --- a prefix -------------------------------------------------------------------------------------


def test_a_prefix_changes_with_any_of_its_objects_and_with_nothing_else(store: S3Store) -> None:
    bucket = new_bucket(store)
    for key in ("dir/a", "dir/sub/b%20c", "beside"):
        store.put(bucket, key, BODY)
    environ, text = store.environment_of_clients, f"s3://{bucket}/dir/"
    first = look(environ, text)
    assert first.identity is not None
    assert (first.identity.scheme, first.identity.strength) == ("listing", Strength.STRONG)
    store.put(bucket, "beside", BODY[::-1])
    store.put(bucket, "dir/a", BODY)
    assert look(environ, text, first.keep).change is Change.UNCHANGED
    store.put(bucket, "dir/a", BODY[::-1])
    changed = look(environ, text, first.keep)
    store.put(bucket, "dir/new", BODY)
    grown = look(environ, text, changed.keep)
    store.delete(bucket, "dir/new")
    back = look(environ, text, grown.keep)
    assert [v.change for v in (changed, grown, back)] == [Change.CHANGED] * 3
    assert back.identity == changed.identity


def test_two_stores_with_the_same_objects_give_a_prefix_the_same_identity(
    rclone: RcloneS3, seaweed: SeaweedS3
) -> None:
    seen = []
    for store in (rclone, seaweed):
        bucket = new_bucket(store)
        for key in ("dir/%C3%A9%20%2B", "dir/b"):
            store.put(bucket, key, key.encode())
        seen.append(look(store.environment_of_clients, f"s3://{bucket}/dir/").identity)
    assert seen[0] == seen[1]
    assert seen[0] is not None


def test_an_empty_prefix_is_absent(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "directory", BODY)
    seen = look(store.environment_of_clients, f"s3://{bucket}/dir/")
    assert (seen.change, seen.reason.text) == (Change.ABSENT, "there are no objects with this prefix")


def test_a_prefix_of_many_objects_is_read_page_after_page(rclone: RcloneS3) -> None:
    bucket = new_bucket(rclone)
    for number in range(1001):
        (rclone.directory / bucket / f"{number:04}").write_bytes(b"x")
    with rclone.watched() as made:
        first = look(rclone.environment_of_clients, f"s3://{bucket}/")
    pages = [r.path for r in made if r.method == "GET"]
    assert first.change is Change.FIRST_SEEN
    assert ["continuation-token" in path for path in pages] == [False, True]
    (rclone.directory / bucket / "1000").write_bytes(b"y")
    assert look(rclone.environment_of_clients, f"s3://{bucket}/", first.keep).change is Change.CHANGED


def signed_for(origin: MisbehavingOrigin) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    return {**keys, "AWS_ENDPOINT_URL": origin.url}


ENDLESS = (
    b"<ListBucketResult><IsTruncated>true</IsTruncated>"
    b"<NextContinuationToken>more</NextContinuationToken></ListBucketResult>"
)
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ListBucketResult>&b;</ListBucketResult>'


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (status(200, {}, ENDLESS), "the prefix has more than 10000 objects, and no more are listed"),
        (status(200, {}, BOMB), "the object store returned no list of objects"),
        (status(200, {}, BOMB.decode().encode("utf-16")), "the object store returned no list of objects"),
        (status(200, {}, b"<html>"), "the object store returned no list of objects"),
        (status(200, {}, ENDLESS.replace(b"more", b"")), "the object store returned no list of objects"),
        (status(200, {}, b" " * (4 * 1024 * 1024 + 1)), "the list of objects is larger than is read"),
    ],
    ids=["endless", "entities", "entities in UTF-16", "a page", "no mark", "large"],
)
def test_playback_a_listing_that_is_none_or_has_no_end_is_unknown(behaviour: Behaviour, reason: str) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        seen = look(signed_for(origin), "s3://bucket/dir/")
        assert len(origin.requests()) <= 11
    assert (seen.change, seen.reason.text) == (Change.UNKNOWN, reason)


UNSORTED = (
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
    b"<Contents><Key>dir/b%2B</Key><ETag>&quot;2&quot;</ETag></Contents>"
    b"<Contents><Key>dir/a+a</Key><ETag>&quot;1&quot;</ETag></Contents></ListBucketResult>"
)


def test_playback_a_prefix_is_the_digest_of_its_sorted_keys_and_tags() -> None:
    with MisbehavingOrigin(status(200, {}, UNSORTED)) as origin:
        seen = look(signed_for(origin), "s3://bucket/dir/")
    digest = hashlib.sha256(b'[["dir/a a","1"],["dir/b+","2"]]').hexdigest()
    assert str(seen.identity) == f"listing:{digest}"


# --- regions, hosts and redirects -----------------------------------------------------------------


def of_frankfurt(exchange: Exchange) -> None:
    """As S3 of AWS: who signs for another region is told the right one, and nothing else."""
    here = {"x-amz-bucket-region": "eu-central-1"}
    if "/eu-central-1/s3/" not in exchange.request.headers.get("authorization", ""):
        exchange.respond(400, here)
    else:
        exchange.respond(200, {**here, "ETag": f'"{"0" * 32}"', "Server": "AmazonS3"}, BODY)


def test_playback_the_region_of_a_bucket_is_found_out_once_for_all_its_keys() -> None:
    references = [parse(f"s3://bucket/{number}") for number in range(100)]
    with MisbehavingOrigin(of_frankfurt) as origin:
        seen = probe(references, {}, Limits(), keyring=Keyring(signed_for(origin)))
        requests = origin.requests()
    assert {judge(None, o).change for o in seen.values()} == {Change.FIRST_SEEN}
    regions = [r.headers["authorization"].split("/")[2] for r in requests]
    assert regions == ["us-east-1", *["eu-central-1"] * 100]


def test_playback_a_redirect_to_elsewhere_is_shown_nothing() -> None:
    with MisbehavingOrigin("steady") as elsewhere, MisbehavingOrigin(redirect(elsewhere.url, 307)) as origin:
        seen = look(signed_for(origin), "s3://bucket/key")
        assert elsewhere.requests() == []
    assert (seen.change, seen.reason.text) == (Change.UNKNOWN, "status 307")


def test_playback_a_session_token_and_the_wish_for_checksums_are_signed() -> None:
    with MisbehavingOrigin("steady") as origin:
        look({**signed_for(origin), "AWS_SESSION_TOKEN": TOKEN}, "s3://bucket/key")
        requests = origin.requests()
    assert {r.headers["x-amz-security-token"] for r in requests} == {TOKEN}
    assert {r.headers["x-amz-checksum-mode"] for r in requests} == {"ENABLED"}
    for request in requests:
        signed = request.headers["authorization"].partition("SignedHeaders=")[2].split(",")[0].split(";")
        assert {"x-amz-security-token", "x-amz-checksum-mode", "host"} <= set(signed)
        assert "accept-encoding" not in signed


def test_playback_without_credentials_nothing_is_signed_and_checksums_are_asked_for() -> None:
    with MisbehavingOrigin("steady") as origin:
        look({"AWS_ENDPOINT_URL": origin.url}, "s3://bucket/key")
        requests = origin.requests()
    assert {r.headers.get("x-amz-checksum-mode") for r in requests} == {"ENABLED"}
    assert not any("authorization" in r.headers for r in requests)


@pytest.mark.parametrize(
    ("environ", "bucket", "url"),
    [
        ({}, "bucket", "https://bucket.s3.us-east-1.amazonaws.com"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "bucket", "https://bucket.s3.eu-west-1.amazonaws.com"),
        (
            {"AWS_REGION": "a-b-1", "AWS_DEFAULT_REGION": "x"},
            "bucket",
            "https://bucket.s3.a-b-1.amazonaws.com",
        ),
        ({}, "www.example.org", "https://s3.us-east-1.amazonaws.com/www.example.org"),
        ({}, "Capital", "https://s3.us-east-1.amazonaws.com/Capital"),
        ({"AWS_REGION": "cn-north-1"}, "bucket", "https://bucket.s3.cn-north-1.amazonaws.com.cn"),
        ({"AWS_ENDPOINT_URL": "http://h:1/"}, "bucket", "http://h:1/bucket"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "http://b/"}, "bucket", "http://b/bucket"),
    ],
)
def test_a_bucket_stands_in_the_host_on_aws_and_in_the_path_elsewhere(
    environ: Mapping[str, str], bucket: str, url: str
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    talk = s3.probe(parse(f"s3://{bucket}/key"), None, Means(Limits(), Keyring({**keys, **environ})))
    step = next(talk)
    assert isinstance(step, Once)
    assert isinstance(step.step, Request)
    assert (step.step.method, step.step.url) == ("HEAD", url)


@pytest.mark.parametrize(
    ("endpoint", "key", "reason"),
    [
        ("minio:9000", "key", "the value of AWS_ENDPOINT_URL is not a URL"),
        (
            "http://127.0.0.1:1",
            "a/../b",
            "libcurl would change the path of the key, and sign another one",
        ),
    ],
)
def test_what_can_not_be_asked_as_it_is_meant_is_not_asked(endpoint: str, key: str, reason: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    assert look({**keys, "AWS_ENDPOINT_URL": endpoint}, f"s3://bucket/{key}").reason.text == reason


# --- credentials from elsewhere -------------------------------------------------------------------


def profile_folder(home: Path, *, config: str = "", credentials: str = "") -> dict[str, str]:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config, encoding="utf-8")
    (home / ".aws" / "credentials").write_text(credentials, encoding="utf-8")
    return {"HOME": str(home)}


def test_keys_and_endpoint_come_from_the_profile_that_is_named(rclone: RcloneS3, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    rclone.put(bucket, "key", BODY)
    home = profile_folder(
        tmp_path,
        config=f"[profile work]\nendpoint_url = {rclone.url}\nregion = {REGION}\n",
        credentials="[default]\naws_access_key_id = other\naws_secret_access_key = 50%\n"
        f"[work]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n",
    )
    assert look({**home, "AWS_PROFILE": "work"}, f"s3://{bucket}/key").change is Change.FIRST_SEEN
    (tmp_path / ".aws" / "credentials").rename(tmp_path / "elsewhere")
    moved = {**home, "AWS_PROFILE": "work", "AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere"}
    assert aws.keys(Keyring(moved)) is not None


KEYS = "aws_access_key_id = k\naws_secret_access_key = 50%s\n"


@pytest.mark.parametrize(
    ("config", "credentials", "profile", "found"),
    [
        ("", f"[default]\n{KEYS}", "", True),
        (f"[default]\n{KEYS}", "", "", True),
        (f"[profile work]\n{KEYS}", "", "work", True),
        (f"[work]\n{KEYS}", "", "work", False),
        ("", f"[default]\n{KEYS}", "work", False),
        ("[profile work]\nrole_arn = r\nsource_profile = default\n", f"[work]\n{KEYS}", "work", False),
        ("", f"[DEFAULT]\n{KEYS}[work]\nregion = r\n", "work", False),
        ("", f"{KEYS}", "", False),
        ("", "[default]\naws_access_key_id = k\n", "", False),
    ],
)
def test_a_profile_holds_keys_or_has_to_ask_for_them(
    tmp_path: Path, config: str, credentials: str, profile: str, *, found: bool
) -> None:
    home = profile_folder(tmp_path, config=config, credentials=credentials)
    keys = aws.keys(Keyring({**home, "AWS_PROFILE": profile}))
    assert (keys is not None) is found
    assert keys is None or (keys.user, keys.secret) == ("k", "50%s")
    assert "50%s" not in repr(keys)


def test_a_profile_that_runs_a_program_is_asked_through_botocore(rclone: RcloneS3, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    rclone.put(bucket, "key", BODY)
    printed = tmp_path / "keys.json"
    printed.write_text(
        f'{{"Version": 1, "AccessKeyId": "{ACCESS_KEY}", "SecretAccessKey": "{SECRET_KEY}"}}',
        encoding="utf-8",
    )
    home = profile_folder(tmp_path, config=f"[default]\ncredential_process = cat {printed}\n")
    assert look({**home, **anonymous(rclone)}, f"s3://{bucket}/key").change is Change.FIRST_SEEN


def test_a_profile_whose_program_fails_says_so(seaweed: SeaweedS3, tmp_path: Path) -> None:
    home = profile_folder(tmp_path, config="[default]\ncredential_process = false\n")
    seen = look({**home, **anonymous(seaweed)}, f"s3://{new_bucket(seaweed)}/key")
    assert seen.change is Change.UNKNOWN
    assert (
        "; AWS has no credentials (Error when retrieving credentials from custom-process" in seen.reason.text
    )


def test_an_instance_that_does_not_answer_holds_nothing_up(seaweed: SeaweedS3) -> None:
    seaweed.put(seaweed.PUBLIC, "key", BODY)
    with MisbehavingOrigin("never answers") as instance:
        asking = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": instance.url}
        started = time.monotonic()
        seen = look({**anonymous(seaweed), **asking}, f"s3://{seaweed.PUBLIC}/key")
        assert len(instance.requests()) >= 1
    assert seen.change is Change.FIRST_SEEN
    assert time.monotonic() - started < 10


def test_what_keys_are_never_shows() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "k3y", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "AWS_SESSION_TOKEN": TOKEN}
    keyring = Keyring(environ)
    step = next(s3.probe(parse("s3://bucket/key"), None, Means(Limits(), keyring)))
    shown = repr([step, keyring, aws.keys(keyring), aws.chain(keyring)])
    assert not any(secret in shown for secret in environ.values())


# --- presigned URLs -------------------------------------------------------------------------------


def test_a_presigned_url_is_asked_by_get_alone_and_known_without_its_signature(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    one, other = (store.presign(bucket, "key", seconds=seconds) for seconds in (300, 301))
    assert one != other
    assert parse(one) == parse(other)
    assert parse(one).text == f"{store.url}{bucket}/key"
    with store.watched() as made:
        first = look({}, one)
        again = look({}, other, first.keep)
    assert str(first.identity) == f"md5:{hashlib.md5(BODY).hexdigest()}"
    assert again.change is Change.UNCHANGED
    assert [(r.method, r.body_bytes) for r in made] == [("GET", 1), ("GET", 0)]


def test_a_presigned_url_that_has_expired_is_unknown(store: S3Store) -> None:
    bucket = new_bucket(store)
    store.put(bucket, "key", BODY)
    assert look({}, store.presign(bucket, "key", seconds=-60)).change is Change.UNKNOWN


# --- the command ----------------------------------------------------------------------------------


def test_a_flag_file_follows_an_object_and_holds_no_secret(rclone: RcloneS3, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    tag = rclone.put(bucket, "key", BODY)
    keys = {**rclone.environment_of_clients, "AWS_SESSION_TOKEN": TOKEN}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **keys}
    flag = Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)
    words = ("flag", f"s3://{bucket}/key", "--exit-code", "-o")
    told = [flag(*words, "flag"), flag(*words, "raw", "--format", "raw"), flag(*words, "flag")]
    assert [ended.code for ended in told] == [1, 1, 0]
    assert (tmp_path / "raw").read_text() == f"{tag}\n"
    assert (tmp_path / "flag").read_text() == f"md5:{hashlib.md5(BODY).hexdigest()} s3://{bucket}/key\n"
    rclone.put(bucket, "key", BODY[::-1])
    told += [
        flag(*words, "flag"),
        flag(*words, "raw", "--format", "raw"),
        flag("probe", f"s3://{bucket}/key"),
    ]
    assert [ended.code for ended in told[3:]] == [1, 1, 0]
    written = [ended.out + ended.err for ended in told]
    written += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file()]
    assert not any(secret in text for text in written for secret in (SECRET_KEY, TOKEN, ACCESS_KEY))


def test_a_report_names_the_object_that_a_run_reads_and_holds_no_secret(
    rclone: RcloneS3, tmp_path: Path
) -> None:
    bucket = new_bucket(rclone)
    rclone.put(bucket, "key", BODY)
    keys = {**rclone.environment_of_clients, "AWS_SESSION_TOKEN": TOKEN}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **keys}
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nRUN aws s3 cp s3://{bucket}/key /key\n")
    freshlayer = Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)
    told = freshlayer("--report", "report.json", "check", ".")
    report = (tmp_path / "report.json").read_text()
    assert told.code == 1
    assert f"s3://{bucket}/key" in report
    assert hashlib.md5(BODY).hexdigest() in report
    written = [told.out, told.err, report, (tmp_path / "state.sqlite3").read_bytes().decode("latin-1")]
    assert not any(secret in text for text in written for secret in (SECRET_KEY, TOKEN, ACCESS_KEY))
