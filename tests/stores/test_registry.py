"""What testing.stores.registry promises, by each way to be let in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from testing.servers.needs import require
from testing.stores.ask import Answer, ask
from testing.stores.registry import BASIC, Auth, MediaTypes, Registry
from testing.stores.tokens import SERVICE

ACCEPT = {"Accept": ", ".join(kind for media in MediaTypes for kind in (media.index, media.manifest))}


@pytest.fixture(params=list(Auth))
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry(auth=request.param) as started:
        yield started


def authorization(registry: Registry) -> dict[str, str]:
    """A header that lets in, got as clients get it."""
    if registry.tokens is None:
        return {"Authorization": BASIC} if registry.auth is Auth.BASIC else {}
    url = f"{registry.tokens.url}?service={SERVICE}&scope=repository:some/app:pull"
    shown = {"Authorization": BASIC} if registry.auth is Auth.TOKEN else {}
    return {"Authorization": f"Bearer {json.loads(ask('GET', url, headers=shown).body)['token']}"}


def manifest(registry: Registry, reference: str, method: str = "HEAD") -> Answer:
    headers = {**ACCEPT, **authorization(registry)}
    return ask(method, f"{registry.url}v2/some/app/manifests/{reference}", headers=headers)


def digest(registry: Registry, reference: str) -> str:
    return manifest(registry, reference).headers["docker-content-digest"]


def test_a_tag_has_the_digest_of_what_was_pushed_last_until_that_is_deleted(registry: Registry) -> None:
    first = registry.push("some/app", "latest", "first")
    assert registry.push("some/app", "latest", "first") == first == digest(registry, "latest")
    second = registry.push("some/app", "latest", "second")
    assert second == digest(registry, "latest") != first
    registry.restart()
    assert second == digest(registry, "latest")
    registry.delete("some/app", second)
    assert manifest(registry, "latest").status == 404


@pytest.mark.parametrize("media", MediaTypes)
def test_an_index_names_one_image_for_each_platform(registry: Registry, media: MediaTypes) -> None:
    contents = {"linux/amd64": "one", "linux/arm64": "two"}
    index = registry.push_index("some/app", "latest", contents, media=media)
    alone = registry.push("some/app", "alone", "two", platform="linux/arm64", media=media)
    answer = manifest(registry, "latest", "GET")
    assert (answer.headers["docker-content-digest"], answer.headers["content-type"]) == (index, media.index)
    named = {m["platform"]["architecture"]: m["digest"] for m in json.loads(answer.body)["manifests"]}
    assert named["arm64"] == alone != named["amd64"]


def test_the_log_tells_how_a_client_was_let_in_and_nothing_of_the_pushing(registry: Registry) -> None:
    registry.push("some/app", "latest", "first")
    refused = ask("HEAD", f"{registry.url}v2/some/app/manifests/latest", headers=ACCEPT).status
    assert refused == (200 if registry.auth is Auth.NONE else 401)
    assert manifest(registry, "latest").status == 200
    scheme = {Auth.NONE: "", Auth.BASIC: "Basic"}.get(registry.auth, "Bearer")
    shown = [(r.status, r.headers["authorization"].partition(" ")[0]) for r in registry.requests()]
    assert shown == [(refused, ""), (200, scheme)]


@pytest.mark.parametrize(("auth", "status"), [(Auth.TOKEN, 401), (Auth.ANONYMOUS_TOKEN, 200)])
def test_the_token_service_wants_a_password_unless_it_serves_anybody(auth: Auth, status: int) -> None:
    require("nginx", "docker-registry")
    with Registry(auth=auth) as registry:
        assert registry.tokens is not None
        url = f"{registry.tokens.url}?service={SERVICE}&scope=repository:some/app:pull"
        assert ask("GET", url).status == status
        assert [(r.status, r.headers.get("authorization")) for r in registry.tokens.requests()] == [
            (status, None)
        ]
