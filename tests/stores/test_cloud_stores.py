"""What testing.stores.azure and testing.stores.gcs promise."""

from __future__ import annotations

import base64
import hashlib

from testing.servers.needs import needs
from testing.stores.ask import ask
from testing.stores.azure import Azurite
from testing.stores.gcs import FakeGcs


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


@needs("nginx", FakeGcs.PROGRAM)
def test_fake_gcs_states_the_hash_of_an_object_before_and_after_a_restart() -> None:
    with FakeGcs() as store:
        store.make_bucket("bucket")
        url = f"{store.url}bucket/a/name"
        for body in (b"first", b"other"):
            store.put("bucket", "a/name", body)
            assert f"md5={md5(body)}" in ask("HEAD", url).headers["x-goog-hash"]
        store.restart()
        assert ask("GET", url).body == b"other"
        store.delete("bucket", "a/name")
        assert ask("HEAD", url).status == 404
        assert [(r.method, r.status) for r in store.requests()] == [
            ("HEAD", 200),
            ("HEAD", 200),
            ("GET", 200),
            ("HEAD", 404),
        ]


def test_azurite_gives_a_new_tag_to_equal_bytes_and_the_same_hash(azurite: Azurite) -> None:
    azurite.make_container("public", public=True)
    first = azurite.put("public", "blob", b"bytes")
    assert azurite.put("public", "blob", b"bytes") != first
    assert ask("HEAD", azurite.blob("public", "blob")).headers["content-md5"] == md5(b"bytes")
    azurite.delete("public", "blob")
    assert ask("HEAD", azurite.blob("public", "blob")).status == 404


def test_azurite_shows_a_private_blob_to_who_has_a_signature_that_has_not_ended(azurite: Azurite) -> None:
    azurite.make_container("private")
    azurite.put("private", "blob", b"secret")
    assert ask("HEAD", azurite.with_sas("private", "blob")).status == 200
    assert ask("HEAD", azurite.with_sas("private", "blob", seconds=-60)).status == 403
    assert ask("HEAD", azurite.blob("private", "blob")).status == 403
    assert [r.status for r in azurite.requests()[-3:]] == [200, 403, 403]
