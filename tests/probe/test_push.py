"""A referrer, pushed to distribution, which has no referrers API, and to a registry that has it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.model.reasons import Reason
from freshlayer.probe.images.push import Pushed, Referrer, push
from freshlayer.probe.network.messages import Limits
from freshlayer.reference import parse
from testing.misbehaving import Exchange, MisbehavingOrigin
from testing.servers.needs import require
from testing.stores import referrers_registry
from testing.stores.ask import ask
from testing.stores.referrers_registry import ReferrersRegistry
from testing.stores.registry import PASSWORD, USER, Auth, MediaTypes, Registry

INDEX, MANIFEST = MediaTypes.OCI.index, MediaTypes.OCI.manifest
BODY = '{"a":"ü"}'.encode()
REPOSITORY = "some/app"


@pytest.fixture
def registry() -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry() as started:
        yield started


def about(digest: str, body: bytes = BODY) -> Referrer:
    return Referrer(digest, MANIFEST, 7, "application/vnd.in-toto+json", body, "application/vnd.in-toto+json")


def pushed(registry: Registry, referrer: Referrer, keyring: Keyring = NO_CREDENTIALS) -> Pushed | Reason:
    reference = parse(f"docker-image://{registry.host}/{REPOSITORY}:1")
    return push(reference, referrer, Limits(), keyring)


def manifest(registry: Registry, name: str, kind: str) -> dict[str, Any]:
    url = f"{registry.direct}v2/{REPOSITORY}/manifests/{name}"
    answer = ask("GET", url, headers={"Accept": kind})
    assert answer.status == 200
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found


def methods(registry: Registry) -> list[str]:
    return [request.method for request in registry.requests()]


def test_without_the_api_it_is_listed_by_a_tag(registry: Registry) -> None:
    digest = registry.push(REPOSITORY, "1", "content")
    found = pushed(registry, about(digest))
    assert isinstance(found, Pushed)
    assert found.tag == digest.replace(":", "-")
    document = manifest(registry, found.digest, MANIFEST)
    assert document["subject"] == {"mediaType": MANIFEST, "digest": digest, "size": 7}
    (layer,) = document["layers"]
    blob = ask("GET", f"{registry.direct}v2/{REPOSITORY}/blobs/{layer['digest']}")
    assert blob.body == BODY
    (listed,) = manifest(registry, found.tag, INDEX)["manifests"]
    assert listed["digest"] == found.digest
    assert listed["artifactType"] == "application/vnd.in-toto+json"
    assert manifest(registry, "1", MANIFEST)["layers"] == []


def test_the_same_again_changes_nothing(registry: Registry) -> None:
    digest = registry.push(REPOSITORY, "1", "content")
    first = pushed(registry, about(digest))
    before = len(registry.requests())
    assert pushed(registry, about(digest)) == first
    assert "POST" not in methods(registry)[before:]
    assert len(manifest(registry, digest.replace(":", "-"), INDEX)["manifests"]) == 1


def test_another_one_is_added_to_those_that_are_there(registry: Registry) -> None:
    digest = registry.push(REPOSITORY, "1", "content")
    found = [pushed(registry, about(digest, body)) for body in (b"1", b"2", b"1")]
    listed = manifest(registry, digest.replace(":", "-"), INDEX)["manifests"]
    assert [it["digest"] for it in listed] == [it.digest for it in found[:2] if isinstance(it, Pushed)]


def test_a_tag_that_is_no_index_is_left_alone(registry: Registry) -> None:
    digest = registry.push(REPOSITORY, "1", "content")
    registry.retag(REPOSITORY, digest.replace(":", "-"), "1")
    found = pushed(registry, about(digest))
    assert isinstance(found, Reason)
    assert manifest(registry, digest.replace(":", "-"), MANIFEST) == manifest(registry, "1", MANIFEST)


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.TOKEN])
def test_it_is_pushed_with_the_login_of_docker(auth: Auth, tmp_path: Path) -> None:
    require("nginx", "docker-registry")
    with Registry(auth=auth) as registry:
        digest = registry.push(REPOSITORY, "1", "content")
        refused = pushed(registry, about(digest))
        assert isinstance(refused, Reason)
        assert refused.code in {"http-unauthorized", "registry-token-failed"}
        (tmp_path / ".docker").mkdir()
        words = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = {"auths": {registry.host: {"auth": words}}}
        (tmp_path / ".docker" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        found = pushed(registry, about(digest), Keyring({"HOME": str(tmp_path)}))
        assert isinstance(found, Pushed), found


def test_a_registry_with_the_api_lists_it_by_itself() -> None:
    referrers_registry.require()
    with ReferrersRegistry() as registry:
        digest = registry.push(REPOSITORY, "1", "content")
        first, again = pushed(registry, about(digest)), pushed(registry, about(digest))
        assert isinstance(first, Pushed), first
        assert (first, first.tag) == (again, "")
        listed = ask("GET", f"{registry.direct}v2/{REPOSITORY}/referrers/{digest}")
        assert [it["digest"] for it in json.loads(listed.body)["manifests"]] == [first.digest]
        tags = ask("GET", f"{registry.direct}v2/{REPOSITORY}/tags/list")
        assert json.loads(tags.body)["tags"] == ["1"]
        (layer,) = manifest(registry, first.digest, MANIFEST)["layers"]
        assert ask("GET", f"{registry.direct}v2/{REPOSITORY}/blobs/{layer['digest']}").body == BODY


def test_with_the_api_there_is_no_tag() -> None:
    """By the text of the specification, with its header, which the registry above does not send."""
    seen: list[str] = []

    def answer(exchange: Exchange) -> None:
        request = exchange.request
        seen.append(f"{request.method} {request.path}")
        if request.method == "HEAD":
            exchange.respond(404, {})
        elif request.method == "POST":
            exchange.respond(202, {"Location": f"{request.path}some-id?state=a"})
        elif "/manifests/" in request.path:
            digest = hashlib.sha256(b"image").hexdigest()
            exchange.respond(201, {"OCI-Subject": f"sha256:{digest}"})
        else:
            exchange.respond(201, {})

    with MisbehavingOrigin(answer) as origin:
        host = origin.url.removeprefix("http://").partition("/")[0]
        referrer = about(f"sha256:{hashlib.sha256(b'image').hexdigest()}")
        found = push(parse(f"docker-image://{host}/{REPOSITORY}:1"), referrer, Limits(), NO_CREDENTIALS)
    assert isinstance(found, Pushed), found
    assert found.tag == ""
    assert sum("/manifests/" in it for it in seen) == 1
    assert any("some-id?state=a&digest=sha256:" in it for it in seen)


def test_a_blob_goes_to_no_other_host() -> None:
    seen: list[str] = []

    def answer(exchange: Exchange) -> None:
        seen.append(exchange.request.method)
        if exchange.request.method == "HEAD":
            exchange.respond(404, {})
        else:
            exchange.respond(202, {"Location": "http://127.0.0.2:9/upload"})

    with MisbehavingOrigin(answer) as origin:
        host = origin.url.removeprefix("http://").partition("/")[0]
        found = push(
            parse(f"docker-image://{host}/{REPOSITORY}:1"),
            about(f"sha256:{'0' * 64}"),
            Limits(),
            NO_CREDENTIALS,
        )
    assert isinstance(found, Reason)
    assert found.code == "push-refused"
    assert "PUT" not in seen
