"""What testing.stores.s3 promises of each store."""

from __future__ import annotations

import base64
import hashlib

from testing.servers.needs import needs
from testing.stores.ask import ask
from testing.stores.s3 import RcloneS3, S3Store, SeaweedS3, ask_signed


def tag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def check_objects(store: S3Store) -> None:
    """Put, overwritten, deleted, and told apart by who asks."""
    store.make_bucket("bucket")
    assert store.put("bucket", "a/key", b"first") == tag(b"first")
    assert store.put("bucket", "a/key", b"other") == tag(b"other")
    url = store.presign("bucket", "a/key")
    assert ask("GET", url).body == b"other"
    assert ask("HEAD", url).status == 403
    assert ask("GET", store.presign("bucket", "a/key", seconds=-60)).status in {400, 403}
    assert ask_signed("HEAD", f"{store.url}bucket/a/key").headers["etag"] == tag(b"other")
    store.delete("bucket", "a/key")
    assert ask("GET", url).status == 404


@needs("nginx", "rclone")
def test_rclone_keeps_objects_refuses_what_is_not_signed_and_comes_back_after_a_restart() -> None:
    with RcloneS3() as store:
        check_objects(store)
        store.put("bucket", "kept", b"kept")
        store.restart()
        signed = ask_signed("GET", f"{store.url}bucket/kept")
        unsigned = ask("HEAD", f"{store.url}bucket/kept")
        last = store.requests()[-2:]
    assert (signed.body, unsigned.status) == (b"kept", 400)
    assert [(r.method, r.path, r.status) for r in last] == [
        ("GET", "/bucket/kept", 200),
        ("HEAD", "/bucket/kept", 400),
    ]
    assert last[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=freshlayer-test-key/")
    assert last[1].headers["authorization"] == ""


def test_seaweed_keeps_objects_and_shows_the_public_bucket_to_anybody(seaweed: SeaweedS3) -> None:
    check_objects(seaweed)
    seaweed.put(seaweed.PUBLIC, "key", b"for all")
    seaweed.put("bucket", "key", b"for the owner")
    assert ask("GET", f"{seaweed.url}{seaweed.PUBLIC}/key").body == b"for all"
    assert ask("GET", f"{seaweed.url}bucket/key").status == 403
    assert [(r.path, r.status) for r in seaweed.requests()[-2:]] == [
        ("/public/key", 200),
        ("/bucket/key", 403),
    ]


def test_seaweed_states_the_checksum_that_was_uploaded_to_who_asks_for_it(seaweed: SeaweedS3) -> None:
    for bucket in ("checksums", "second", "third", "fourth"):
        seaweed.make_bucket(bucket)
        seaweed.put(bucket, "key", b"each bucket takes objects")
    stated = base64.b64encode(hashlib.sha256(b"bytes").digest()).decode()
    seaweed.put("checksums", "key", b"bytes", headers={"x-amz-checksum-sha256": stated})
    url = f"{seaweed.url}checksums/key"
    asked = ask_signed("HEAD", url, headers={"x-amz-checksum-mode": "ENABLED"})
    assert asked.headers["x-amz-checksum-sha256"] == stated
    assert "x-amz-checksum-sha256" not in ask_signed("HEAD", url).headers
