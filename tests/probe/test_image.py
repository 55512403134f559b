"""Images, asked of a real registry; what was asked is read from its log."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.evidence.images import combined
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.probe.images.manifest import Entry, accepted, chosen, entries
from freshlayer.settings import HostSettings
from testing import asking
from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin, status
from testing.servers.needs import require
from testing.servers.nginx import Nginx, playback
from testing.stores.registry import MediaTypes, Registry
from testing.tls import self_signed

AMD64 = ("linux/amd64",)
BOTH = ("linux/amd64", "linux/arm64")
INDEX, MANIFEST = MediaTypes.OCI.index, MediaTypes.OCI.manifest
PULLS = "the registry allows no more pulls for this address (they are counted over 21600 s)"
BUSY = "429 Too Many Requests (try again after 3600 s)"


@pytest.fixture
def registry() -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry() as started:
        yield started


def named(registry: Registry, tag: str = "1", repository: str = "some/app") -> str:
    return f"docker-image://{registry.host}/{repository}:{tag}"


def ask(
    url: str,
    recorded: Recorded | None = None,
    *,
    keyring: Keyring = NO_CREDENTIALS,
    platforms: tuple[str, ...] = AMD64,
) -> Observation:
    return asking.ask(url, recorded, keyring=keyring, platforms=platforms)


def again(url: str, recorded: Recorded | None, platforms: tuple[str, ...] = AMD64) -> Verdict:
    return asking.look(url, recorded, platforms=platforms)


def first(url: str, platforms: tuple[str, ...] = AMD64) -> Recorded:
    return asking.first(url, platforms=platforms)


def identity(url: str, platforms: tuple[str, ...] = AMD64) -> str:
    return str(first(url, platforms).identity)


def methods(registry: Registry) -> list[str]:
    return [request.method for request in registry.requests()]


# --- one manifest ---------------------------------------------------------------------------------


@pytest.mark.parametrize("media", MediaTypes)
def test_a_tag_is_known_by_its_digest_and_costs_one_head_with_all_four_types(
    registry: Registry, media: MediaTypes
) -> None:
    digest = registry.push("some/app", "1", "first", media=media)
    recorded = first(named(registry))
    assert str(recorded.identity) == digest.replace("sha256", "manifest")
    verdict = again(named(registry), recorded)
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    seen = registry.requests()
    assert [(request.method, request.body_bytes) for request in seen] == [("HEAD", 0)] * 2
    for kind in MediaTypes:
        assert kind.index in seen[0].headers["accept"]
        assert kind.manifest in seen[0].headers["accept"]


def test_a_moved_tag_is_a_change_and_the_same_bytes_pushed_again_are_none(registry: Registry) -> None:
    registry.push("some/app", "1", "first")
    recorded = first(named(registry))
    registry.push("some/app", "1", "first")
    assert again(named(registry), recorded).change is Change.UNCHANGED
    registry.push("some/app", "1", "second")
    verdict = again(named(registry), recorded)
    assert (verdict.change, verdict.certainty) == (Change.CHANGED, Certainty.CERTAIN)
    assert verdict.reason.text.startswith("sha256:")
    registry.push("some/app", "1", "first")
    assert again(named(registry), verdict.keep).identity == recorded.identity


def test_a_deleted_tag_is_absent_and_keeps_what_was_recorded(registry: Registry) -> None:
    digest = registry.push("some/app", "1", "first")
    recorded = first(named(registry))
    registry.delete("some/app", digest)
    verdict = again(named(registry), recorded)
    assert (verdict.change, verdict.reason.text) == (Change.ABSENT, "404 Not Found")
    assert verdict.identity == recorded.identity
    assert ask(named(registry, repository="no/such")).outcome is ProbeOutcome.ABSENT


def test_a_digest_is_never_asked() -> None:
    digest = "ab" * 32
    observation = ask(f"docker-image://no-such-registry.invalid/some/app@sha256:{digest}")
    assert [str(item.identity) for item in observation.evidence] == [f"sha256:{digest}"]


def test_an_identity_without_a_history_is_compared_by_its_digest(registry: Registry) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one"})
    text = identity(named(registry))
    alone = Recorded.of(Identity.parse(text, Strength.CONTENT))
    assert again(named(registry), alone).change is Change.UNCHANGED


# --- an index -------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", MediaTypes)
def test_an_index_is_known_by_the_manifest_for_the_platform_of_the_build(
    registry: Registry, media: MediaTypes
) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "two"}, media=media)
    registry.push("some/app", "amd64", "one", media=media)
    registry.push("some/app", "arm64", "two", platform="linux/arm64", media=media)
    assert identity(named(registry)) == identity(named(registry, "amd64"))
    assert identity(named(registry), ("linux/arm64",)) == identity(named(registry, "arm64"), ("linux/arm64",))


def test_an_unchanged_index_is_got_once_and_never_again(registry: Registry) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "two"})
    recorded: Recorded | None = first(named(registry))
    for _ in range(3):
        verdict = again(named(registry), recorded)
        assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
        recorded = verdict.keep
    assert methods(registry) == ["HEAD", "GET", "HEAD", "HEAD", "HEAD"]


def test_case_50_an_index_that_changed_for_other_platforms_is_unchanged_and_says_so(
    registry: Registry,
) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "two"})
    recorded = first(named(registry))
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "another"})
    verdict = again(named(registry), recorded)
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    assert verdict.reason.text.endswith("; the index of the image changed, for other platforms only")
    assert [it.code for it in verdict.notes] == ["index-changed"]
    assert verdict.identity == recorded.identity
    later = again(named(registry), verdict.keep)
    assert later.change is Change.UNCHANGED
    assert "index" not in later.reason.text
    assert methods(registry) == ["HEAD", "GET", "HEAD", "GET", "HEAD"]
    registry.push_index("some/app", "1", {"linux/amd64": "other", "linux/arm64": "another"})
    assert again(named(registry), later.keep).change is Change.CHANGED


def test_several_platforms_are_known_together_in_whatever_order_they_are_named(registry: Registry) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "two", "linux/s390x": "x"})
    recorded = first(named(registry), BOTH)
    assert identity(named(registry), ("linux/arm64", "linux/amd64")) == str(recorded.identity)
    registry.push_index("some/app", "1", {"linux/arm64": "two", "linux/amd64": "one", "linux/s390x": "y"})
    assert again(named(registry), recorded, BOTH).change is Change.UNCHANGED
    registry.push_index("some/app", "1", {"linux/arm64": "new", "linux/amd64": "one", "linux/s390x": "y"})
    assert again(named(registry), recorded, BOTH).change is Change.CHANGED


def test_a_machine_that_builds_for_another_platform_finds_that_ones_identity(registry: Registry) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "two"})
    recorded = first(named(registry))
    verdict = again(named(registry), recorded, ("linux/arm64",))
    assert str(verdict.identity) == identity(named(registry), ("linux/arm64",))
    assert verdict.reason.text.endswith("; it was recorded for linux/amd64, and is probed for linux/arm64")


def test_a_platform_without_an_image_is_absent_or_told(registry: Registry) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one"})
    observation = ask(named(registry), platforms=("linux/s390x",))
    assert (observation.outcome, observation.reason.text) == (
        ProbeOutcome.ABSENT,
        "the image has no manifest for linux/s390x",
    )
    verdict = again(named(registry), None, ("linux/amd64", "linux/s390x"))
    assert verdict.reason.text.endswith("; the image has no manifest for linux/s390x")
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/s390x": "new"})
    assert again(named(registry), verdict.keep, ("linux/amd64", "linux/s390x")).change is Change.CHANGED


@pytest.mark.parametrize(
    ("platform", "others"),
    [
        ("linux/amd64", ("linux/386",)),
        ("linux/amd64/v3", ("linux/amd64/v2", "linux/amd64", "linux/386")),
        ("linux/arm", ("linux/arm/v6", "linux/arm/v5")),
        ("linux/arm/v6", ("linux/arm/v5",)),
        ("linux/arm64/v8", ("linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5")),
        ("linux/riscv64", ()),
        ("windows/amd64", ("windows/386",)),
    ],
)
def test_a_processor_takes_what_it_can_run_best_first(platform: str, others: tuple[str, ...]) -> None:
    assert accepted(platform)[1:] == others


def test_the_nearest_image_of_an_index_is_taken() -> None:
    found = tuple(Entry(name, f"linux/{name}") for name in ("arm/v5", "arm/v7", "amd64", "amd64/v3"))
    wanted = ("linux/amd64/v2", "linux/amd64/v4", "linux/arm/v6", "linux/arm64", "linux/ppc64le")
    assert list(chosen(found, wanted).values()) == ["amd64", "amd64/v3", "arm/v5", "arm/v7", ""]


def test_the_digest_of_several_platforms_is_that_of_their_pairs_and_never_changes() -> None:
    pairs = '[["linux/amd64","aa"],["linux/arm/v7","bb"]]'
    assert combined({"linux/arm": "bb", "linux/amd64": "aa"}) == hashlib.sha256(pairs.encode()).hexdigest()
    assert combined({"linux/arm": "bb"}) == "bb"


@pytest.mark.parametrize(
    "body",
    [
        b'{"manifests": []}',
        b'{"manifests": [1, null, [], {}, {"digest": 1, "platform": 2}]}',
        b'{"manifests": [{"digest": "sha256:..", "platform": {"os": "linux", "architecture": "amd64"}}]}',
    ],
)
def test_what_names_no_manifest_for_a_platform_is_no_entry(body: bytes) -> None:
    assert entries(body) == ()


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b"null", b"[]", b'{"manifests": 1}'])
def test_what_is_no_index_is_unknown(body: bytes) -> None:
    assert entries(body) is None
    with MisbehavingOrigin(status(200, {"Content-Type": INDEX}, body)) as origin:
        observation = ask(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
    assert (observation.outcome, observation.reason.code) == (
        ProbeOutcome.UNKNOWN,
        "registry-index-invalid",
    )


def test_an_index_of_things_for_no_platform_is_known_by_itself() -> None:
    body = b'{"manifests": []}'
    said = {"Content-Type": INDEX, "Docker-Content-Digest": f"sha256:{hashlib.sha256(body).hexdigest()}"}
    with MisbehavingOrigin(status(200, said, body)) as origin:
        url = f"docker-image://127.0.0.1:{origin.port}/some/app:1"
        recorded = first(url)
        assert again(url, recorded).change is Change.UNCHANGED
        assert [request.method for request in origin.requests()] == ["HEAD", "GET", "HEAD"]
    assert str(recorded.identity) == f"manifest:{hashlib.sha256(body).hexdigest()}"


def test_attestations_and_entries_that_mean_nothing_are_left_out() -> None:
    digest = "sha256:" + "ab" * 32
    platforms: list[object] = [
        {"os": "unknown", "architecture": "unknown"},
        {"os": "linux", "architecture": "amd64", "variant": 8},
        {"os": "linux", "architecture": "\x1b[31m"},
        {"os": "linux", "architecture": "arm64", "variant": "v8"},
        None,
    ]
    body = json.dumps({"manifests": [{"digest": digest, "platform": p} for p in platforms]}).encode()
    assert [entry.platform for entry in entries(body) or ()] == ["linux/amd64", "linux/arm64"]


# --- registries that misbehave --------------------------------------------------------------------


def test_a_registry_that_states_no_digest_is_known_by_the_bytes_of_the_manifest() -> None:
    require("nginx")
    body = '{"schemaVersion": 2}'
    lines = playback("/v2/some/app/manifests/1", {"Content-Type": MANIFEST}, body=body)
    with Nginx(server=lines) as server:
        recorded = first(f"docker-image://127.0.0.1:{server.port}/some/app:1")
    assert str(recorded.identity) == f"manifest:{hashlib.sha256(body.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        (
            {"Docker-Content-Digest": "sha256:" + "ab" * 32},
            b"{}",
            "the manifest does not have the digest that the registry states",
        ),
        ({}, b"{" + b" " * (4 << 20), "the manifest has more than 4 MiB"),
    ],
)
def test_an_index_that_is_wrong_or_too_large_is_unknown(
    headers: dict[str, str], body: bytes, reason: str
) -> None:
    with MisbehavingOrigin(status(200, {"Content-Type": INDEX, **headers}, body)) as origin:
        observation = ask(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
    assert (observation.outcome, observation.reason.text) == (ProbeOutcome.UNKNOWN, reason)


def test_a_registry_that_knows_no_head_is_asked_by_get() -> None:
    with MisbehavingOrigin("head refused") as origin:
        observation = ask(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
        assert [request.method for request in origin.requests()] == ["HEAD", "GET"]
    assert observation.outcome is ProbeOutcome.SEEN


@pytest.mark.parametrize(
    ("code", "headers", "reason"),
    [
        (429, {"Retry-After": "3600"}, BUSY),
        (
            429,
            {"Retry-After": "3600", "RateLimit-Remaining": "0;w=21600"},
            f"429 Too Many Requests; {PULLS} (try again after 3600 s)",
        ),
        (403, {}, "403 Forbidden; a registry returns that for an image that does not exist too"),
    ],
)
def test_a_limit_and_a_refusal_are_unknown_with_their_reason_and_bring_no_get(
    code: int, headers: dict[str, str], reason: str
) -> None:
    with MisbehavingOrigin(status(code, headers)) as origin:
        observation = ask(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
        assert {request.method for request in origin.requests()} == {"HEAD"}
    assert (observation.outcome, observation.reason.text) == (ProbeOutcome.UNKNOWN, reason)


def test_playback_the_last_pull_that_docker_hub_allows_is_told() -> None:
    require("nginx")
    said = {
        "Content-Type": MANIFEST,
        "Docker-Content-Digest": "sha256:" + "ab" * 32,
        "RateLimit-Remaining": "0;w=21600",
    }
    with Nginx(server=playback("/v2/some/app/manifests/1", said)) as server:
        verdict = again(f"docker-image://127.0.0.1:{server.port}/some/app:1", None)
    assert verdict.change is Change.FIRST_SEEN
    assert "no more pulls" in verdict.reason.text


# --- where it is asked ----------------------------------------------------------------------------


def mirrored(folder: Path, *mirrors: str) -> Keyring:
    config = folder / "config" / "docker" / "daemon.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"registry-mirrors": mirrors}))
    return Keyring({"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")})


def test_docker_hub_is_asked_through_the_first_mirror_that_answers(
    registry: Registry, tmp_path: Path
) -> None:
    digest = registry.push("library/app", "latest", "first")
    with MisbehavingOrigin("500") as broken, Registry() as empty:
        keyring = mirrored(tmp_path, broken.url, empty.url.rstrip("/"), registry.url, "http://127.0.0.1:1/")
        observation = ask("docker-image://app", keyring=keyring)
        assert [request.status for request in empty.requests()] == [404]
    assert [str(e.identity) for e in observation.evidence] == [digest.replace("sha256", "manifest")]
    assert methods(registry) == ["HEAD"]


def test_a_loopback_registry_speaks_http_unless_the_settings_have_its_authority(tmp_path: Path) -> None:
    require("nginx")
    said = {"Content-Type": MANIFEST, "Docker-Content-Digest": "sha256:" + "ab" * 32}
    made = self_signed(tmp_path)
    with Nginx(server=playback("/v2/some/app/manifests/1", said), tls=made) as server:
        url, host = f"docker-image://localhost:{server.port}/some/app:1", f"localhost:{server.port}"
        assert ask(url).outcome is ProbeOutcome.UNKNOWN
        keyring = Keyring({}, {host: HostSettings(ca=str(made.certificate))})
        assert ask(url, keyring=keyring).outcome is ProbeOutcome.SEEN
        insecure = Keyring({}, {host: HostSettings(ca=str(made.certificate), insecure=True)})
        assert ask(url, keyring=insecure).outcome is ProbeOutcome.UNKNOWN


# --- as a user does -------------------------------------------------------------------------------


def test_probe_flag_and_check_ask_an_image(registry: Registry, tmp_path: Path, project: Path) -> None:
    registry.push_index("some/app", "1", {"linux/amd64": "one", "linux/arm64": "one"})
    freshlayer = Freshlayer(os.environ, tmp_path / "state.sqlite3", project)
    told = freshlayer("probe", named(registry))
    assert told.code == 0, told.err
    assert "identity: manifest:" in told.out
    assert freshlayer("flag", named(registry), "-o", "flag").code == 0
    before = (project / "flag").read_text()
    assert before.startswith("manifest:")
    text = f"FROM scratch\n# freshlayer: watch {named(registry)}\nRUN ./copy-image\n"
    (project / "Dockerfile").write_text(text)
    document = freshlayer("check", "--json", ".").document
    assert [item["verdict"] for item in document["inputs"]] == ["first-seen"]
    seen = document["inputs"][0]["identity"]
    registry.push_index("some/app", "1", {"linux/amd64": "two", "linux/arm64": "two"})
    assert freshlayer("flag", "--exit-code", named(registry), "-o", "flag").code == 1
    assert (project / "flag").read_text() != before
    document = freshlayer("check", "--json", ".").document
    assert document["inputs"][0]["identity"] != seen
