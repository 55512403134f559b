"""A build context in place of an image: of the command line, of a bake file, of a compose file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.published_images import Publisher, made_for, ran
from testing.stores.registry import Registry

NEWEST = ("sid-buildx", "sid-containerd")


@pytest.mark.parametrize("name", NEWEST)
def test_a_build_context_in_place_of_an_image_is_not_pinned(
    builders: Builders, name: str, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    made = made_for(builders[name], registry, tmp_path, project)
    base, other = publisher.push("base", "old"), publisher.push("other", "new")
    (project / "local").mkdir()
    (project / "local" / "content").write_text("local\n")
    made.write(f"FROM {base}", "RUN cp /content /first", f"COPY --from={base}-x /content /second")
    contexts = ("--build-context", f"{base}=docker-image://{other}", "--build-context", f"{base}-x=local")
    made.build(*contexts)
    assert made.contents("/first", "/second") == ["new", "local"]
    assert made.probed() == ["/v2/other/manifests/1"]
    assert re.search(r"rebuilt 0 of 2 layers(?!;)", made.build(*contexts).err)
    publisher.push("other", "newer")
    told = made.build(*contexts)
    assert "FROM stale" in told.err
    assert ran(told) > 0
    assert made.contents("/first") == ["newer"]


def compose_words(project: Path, tool: str, contexts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the project of compose or bake with these contexts; the words that build it."""
    if tool == "bake":
        target = {"context": ".", "network": "host", "tags": ["built"], "contexts": contexts}
        (project / "docker-bake.json").write_text(json.dumps({"target": {"default": target}}))
        return "bake", "--allow=network.host"
    build = {"context": ".", "network": "host", "additional_contexts": contexts}
    services = {"services": {"web": {"image": "built", "build": build}}}
    (project / "compose.yaml").write_text(json.dumps(services))
    return "compose", "build"


@pytest.mark.parametrize("name", NEWEST)
@pytest.mark.parametrize("tool", ["bake", "compose"])
def test_compose_and_bake_build_what_was_judged(
    builders: Builders,
    name: str,
    tool: str,
    publisher: Publisher,
    registry: Registry,
    tmp_path: Path,
    project: Path,
) -> None:
    made = made_for(builders[name], registry, tmp_path, project)
    base, other = publisher.push("base", "old"), publisher.push("other", "old")
    made.pull(base)
    made.write(f"FROM {base}", "RUN cp /content /first", "COPY --from=second /content /second")
    words = compose_words(project, tool, {"second": f"docker-image://{other}"})
    for content in ("old", "new"):
        for repository in ("base", "other"):
            publisher.push(repository, content)
        told = made.freshlayer(*words)
        assert told.code == 0, told.err
        assert "runs as typed" not in told.err
        assert made.contents("/first", "/second") == [content, content]
    assert ran(made.freshlayer(*words)) == 0


@pytest.mark.parametrize("tool", ["bake", "compose"])
def test_contexts_of_compose_and_bake_in_place_of_images_are_not_pinned(
    builders: Builders, tool: str, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    """One is another image, one a directory; the image that the Dockerfile names is not requested."""
    made = made_for(builders["sid-buildx"], registry, tmp_path, project)
    base, files, other = (publisher.push(name, "old") for name in ("base", "files", "other"))
    (project / "local").mkdir()
    (project / "local" / "content").write_text("local\n")
    made.write(f"FROM {base}", "RUN cp /content /first", f"COPY --from={files} /content /second")
    words = compose_words(project, tool, {base: f"docker-image://{other}", files: "./local"})
    for content in ("new", "newer"):
        publisher.push("other", content)
        told = made.freshlayer(*words)
        assert told.code == 0, told.err
        assert "runs as typed" not in told.err
        assert "FROM stale" in told.err
        assert made.contents("/first", "/second") == [content, "local"]
    assert set(made.probed()) == {"/v2/other/manifests/1"}
    publisher.push("base", "newer")
    assert made.freshlayer(words[0], "check").code == 0
    assert ran(made.freshlayer(*words)) == 0


@pytest.mark.parametrize("tool", ["bake", "compose"])
def test_compose_and_bake_start_from_images_of_this_machine_alone(
    builders: Builders, tool: str, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    made = made_for(builders["sid-buildx"], registry, tmp_path, project)
    local, other = f"{registry.host}/made/here:1", publisher.push("other", "old")
    made.write(f"FROM {BASE}", "RUN echo local > /content")
    made.plain("--tag", local)
    made.write(f"FROM {local}", "RUN cp /content /first", "COPY --from=second /content /second")
    words = compose_words(project, tool, {"second": f"docker-image://{other}"})
    for content in ("old", "new"):
        publisher.push("other", content)
        told = made.freshlayer(*words)
        assert told.code == 0, told.err
        assert "Dockerfile:1:" not in told.err
        assert made.contents("/first", "/second") == ["local", content]
    assert set(made.probed()) == {"/v2/other/manifests/1"}
