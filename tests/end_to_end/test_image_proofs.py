"""An image against the lock file, with real provenance: of a registry, of an archive, and forged."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.stores import referrers_registry
from testing.stores.ask import ask
from testing.stores.referrers_registry import ReferrersRegistry
from testing.stores.registry import MediaTypes, Registry

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs" / "schema" / "image-proof.json").read_text("utf-8"))
)


@pytest.fixture
def containerd(builders: Builders) -> Builder:
    """The one store of docker's that keeps provenance beside an image."""
    return builders["sid-containerd"]


@pytest.fixture
def locked(
    containerd: Builder, origin: ServeOrigin, other: ServeOrigin, project: Path, tmp_path: Path
) -> Freshlayer:
    """A project with a lock file: two instructions that reach two origins."""
    (project / "Dockerfile").write_text(
        f"FROM {BASE}\nRUN wget -q -O /a {origin.url}\nRUN wget -q -O /b {other.url}\nRUN echo c > /c\n"
    )
    freshlayer = Freshlayer.of(containerd, tmp_path / "state.sqlite3", project)
    told = freshlayer("lock", "--network=host", ".")
    assert told.code == 0, told.err
    return freshlayer


def built(freshlayer: Freshlayer, name: str, *words: str) -> None:
    told = freshlayer.build("--provenance=mode=max", "--tag", name, *words, ".")
    assert told.code == 0, told.err


def proofs(freshlayer: Freshlayer, image: str, code: int) -> dict[int, str]:
    """Line → what the image proves of it."""
    told = freshlayer("verify", "--image", image, "--format", "json")
    assert told.code == code, told.out + told.err
    SCHEMA.validate(told.document)
    return {it["line"]: it["proof"] for it in told.document["instructions"]}


def test_a_pushed_image_proves_what_it_was_built_with(
    locked: Freshlayer, registry: Registry, origin: ServeOrigin
) -> None:
    name = f"{registry.host}/some/app:1"
    built(locked, name, "--push")
    assert proofs(locked, name, 0) == {2: "proven", 3: "proven"}
    text = locked("verify", "--image", name)
    assert "2 of 2 instructions built with the locked inputs" in text.out
    origin.set_tag('"v2"')
    moved = f"{registry.host}/some/app:2"
    built(locked, moved, "--push")
    assert proofs(locked, moved, 1) == {2: "different", 3: "proven"}
    assert proofs(locked, name, 0) == {2: "proven", 3: "proven"}
    assert locked("update").code == 0
    assert proofs(locked, moved, 0) == {2: "proven", 3: "proven"}


def test_a_lock_file_that_was_changed_by_hand_is_noticed(locked: Freshlayer, registry: Registry) -> None:
    name = f"{registry.host}/some/app:1"
    built(locked, name, "--push")
    lock = locked.directory / "freshlayer.lock"
    lock.write_text(lock.read_text().replace("v1", "v9"))
    assert proofs(locked, name, 1) == {2: "different", 3: "proven"}


def test_without_the_parameters_of_a_build_nothing_is_known(locked: Freshlayer, registry: Registry) -> None:
    name = f"{registry.host}/some/app:1"
    told = locked.build("--provenance=mode=min", "--tag", name, "--push", ".")
    assert told.code == 0, told.err
    assert set(proofs(locked, name, 2).values()) == {"unknown"}
    plain = f"{registry.host}/some/app:plain"
    registry.push("some/app", "plain", "content")
    assert set(proofs(locked, plain, 2).values()) == {"unknown"}
    assert locked("verify", "--image", f"{registry.host}/some/app:none").code == 2


def test_an_archive_proves_the_same_and_a_changed_one_is_refused(
    locked: Freshlayer, containerd: Builder, tmp_path: Path
) -> None:
    built(locked, "app:1")
    archive = tmp_path / "app.tar"
    environment = dict(locked.environment)
    containerd.run("save", "-o", str(archive), "app:1", env=environment)
    assert proofs(locked, str(archive), 0) == {2: "proven", 3: "proven"}
    layout = tmp_path / "layout"
    with tarfile.open(archive) as tar:
        # Python 3.11.2 has no filter yet.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(layout, **safely)  # type: ignore[arg-type]
    assert proofs(locked, str(layout), 0) == {2: "proven", 3: "proven"}
    forged = tmp_path / "forged.tar"
    rewrite(archive, forged, lambda body: re.sub(rb"fl-[0-9a-f]{16}", b"fl-" + b"0" * 16, body))
    told = locked("verify", "--image", str(forged))
    assert told.code == 2
    assert "does not have its digest" in told.err


def rewrite(source: Path, target: Path, change: Callable[[bytes], bytes]) -> None:
    with tarfile.open(source) as before, tarfile.open(target, "w") as after:
        for entry in before:
            opened = before.extractfile(entry)
            body = change(opened.read()) if opened else b""
            entry.size = len(body)
            after.addfile(entry, io.BytesIO(body))


def test_a_statement_names_inputs_and_keys_and_is_pushed_beside_the_image(
    locked: Freshlayer, registry: Registry, tmp_path: Path
) -> None:
    name = f"{registry.host}/some/app:1"
    built(locked, name, "--push")
    before = digest_of(registry, "1")
    out = tmp_path / "statement.json"
    for _ in range(2):
        told = locked("attest", name, "--push", "-o", str(out))
        assert told.code == 0, told.err
    document = json.loads(out.read_text())
    assert {it["uri"] for it in document["predicate"]["inputs"]} >= {
        line.split()[-1] for line in (locked.directory / "Dockerfile").read_text().splitlines()[1:3]
    }
    assert [it["inProvenance"] for it in document["predicate"]["keys"]] == [True, True]
    assert digest_of(registry, "1") == before
    listed = ask(
        "GET",
        f"{registry.direct}v2/some/app/manifests/{before.replace(':', '-')}",
        headers={"Accept": MediaTypes.OCI.index},
    )
    (referrer,) = json.loads(listed.body)["manifests"]
    assert referrer["artifactType"] == "application/vnd.in-toto+json"
    subjects = {f"sha256:{it['digest']['sha256']}" for it in document["subject"]}
    index = ask(
        "GET", f"{registry.direct}v2/some/app/manifests/{before}", headers={"Accept": MediaTypes.OCI.index}
    )
    assert subjects <= {it["digest"] for it in json.loads(index.body)["manifests"]}


def test_a_registry_with_the_referrers_api_lists_the_statement(locked: Freshlayer, tmp_path: Path) -> None:
    referrers_registry.require()
    with ReferrersRegistry() as registry:
        built(locked, f"{registry.host}/some/app:1", "--push")
        out = tmp_path / "statement.json"
        for _ in range(2):
            told = locked("attest", f"{registry.host}/some/app:1", "--push", "-o", str(out))
            assert told.code == 0, told.err
        api = f"{registry.direct}v2/some/app"
        (referrer,) = json.loads(ask("GET", f"{api}/referrers/{digest_of(registry, '1')}").body)["manifests"]
        manifest = ask(
            "GET", f"{api}/manifests/{referrer['digest']}", headers={"Accept": MediaTypes.OCI.manifest}
        )
        (layer,) = json.loads(manifest.body)["layers"]
        assert ask("GET", f"{api}/blobs/{layer['digest']}").body == out.read_bytes()
        assert json.loads(ask("GET", f"{api}/tags/list").body)["tags"] == ["1"]


def digest_of(registry: Registry, tag: str) -> str:
    kinds = ", ".join(kind for media in MediaTypes for kind in (media.index, media.manifest))
    answer = ask("HEAD", f"{registry.direct}v2/some/app/manifests/{tag}", headers={"Accept": kinds})
    return answer.headers["docker-content-digest"]


def test_a_source_policy_pins_what_the_builder_fetches(
    locked: Freshlayer, containerd: Builder, origin: ServeOrigin, tmp_path: Path
) -> None:
    (locked.directory / "Dockerfile").write_text(f"FROM {BASE}\nADD {origin.url}file /file\n")
    assert locked("lock", "--network=host", ".").code == 0
    lock = locked.directory / "freshlayer.lock"
    if "sha256 =" not in lock.read_text():
        body = hashlib.sha256(ask("GET", f"{origin.url}file").body).hexdigest()
        lock.write_text(re.sub(r'(strength = "strong"\n)', rf'\1sha256 = "{body}"\n', lock.read_text()))
    policy = tmp_path / "policy.json"
    told = locked("export", "--format", "source-policy", "-o", str(policy))
    assert told.code == 0, told.err
    assert "http.checksum" in policy.read_text()
    environment = {**locked.environment, "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": str(policy)}
    words = ("build", *containerd.options, "--no-cache", ".")
    containerd.run(*words, cwd=locked.directory, env=environment)
    policy.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", policy.read_text()))
    done = containerd.run(*words, cwd=locked.directory, env=environment, check=False)
    assert done.returncode != 0
    assert "digest mismatch" in done.stderr + done.stdout


@pytest.mark.parametrize("name", ["sid-buildx", "sid-containerd"])
def test_the_history_of_builds_proves_an_image_of_the_engine(
    builders: Builders, name: str, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    lines = [f"FROM {BASE}", f"RUN wget -q -O /a {origin.url}", f"ADD {origin.url}file /file"]
    (project / "Dockerfile").write_text("\n".join([*lines, ""]))
    freshlayer = Freshlayer.of(builders[name], tmp_path / "state.sqlite3", project)
    assert freshlayer("lock", "--network=host", ".").code == 0
    for tag in ("app:1", "app:2"):
        told = freshlayer.build("--tag", tag, ".")
        assert told.code == 0, told.err
        origin.set_tag('"v2"')
    assert proofs(freshlayer, "docker-daemon:app:1", 0) == {2: "proven"}
    assert proofs(freshlayer, "docker-daemon:app:2", 1) == {2: "different"}
    told = freshlayer("verify", "--image", "docker-daemon:app:2")
    assert f"{origin.url}file: the build received other bytes than the locked ones" in told.out
    told = freshlayer("verify", "--image", "docker-daemon:app:none")
    assert (told.code, "the engine has no such image" in told.err) == (2, True)
    builders[name].run("tag", BASE, "app:other")
    assert proofs(freshlayer, "docker-daemon:app:other", 2) == {2: "unknown"}
    told = freshlayer("attest", "docker-daemon:app:1")
    assert (told.code, "is no subject" in told.err) == (2, True)
