"""A build context in place of an image: of the command line, of a bake file, of a compose file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

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
    publisher.push("other", "newer")
    told = made.build(*contexts)
    assert "FROM stale" in told.err
    assert ran(told) > 0
    assert made.contents("/first") == ["newer"]


def bake_file(targets: Mapping[str, object]) -> str:
    return json.dumps({"target": targets})


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
    image = f"docker-image://{other}"
    if tool == "bake":
        target = {"context": ".", "network": "host", "tags": ["built"], "contexts": {"second": image}}
        (project / "docker-bake.json").write_text(bake_file({"default": target}))
        words = ("bake", "--allow=network.host")
    else:
        built = f"{{context: ., network: host, additional_contexts: {{second: '{image}'}}}}"
        (project / "compose.yaml").write_text(f"services: {{web: {{image: built, build: {built}}}}}\n")
        words = ("compose", "build")
    for content in ("old", "new"):
        for repository in ("base", "other"):
            publisher.push(repository, content)
        told = made.freshlayer(*words)
        assert told.code == 0, told.err
        assert "runs as typed" not in told.err
        assert made.contents("/first", "/second") == [content, content]
    assert ran(made.freshlayer(*words)) == 0
