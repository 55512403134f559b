"""Base images in a registry, and a project that is built from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from freshlayer.workflows.platforms import default_platform
from testing.builders.base import Builder
from testing.command import Ended, Freshlayer
from testing.layers import layer
from testing.stores.registry import Registry

SAID = re.compile(r"(?m)^(?:#\d+ [\d.]+ )?(old|new|newer|local)\r?$")
OTHER_PLATFORM = "linux/s390x"
CONFIG = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["sh"]}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Pushes images to a registry: a layer of BASE's files, and one of its own.

    ``mark``: a text of this test alone. Engines are shared by tests: what one of them pulled or built of an
    image would be there for another one that pushes the same bytes.
    """

    registry: Registry
    base: bytes
    mark: str

    def push(self, repository: str, content: str, tag: str = "1", platform: str = "") -> str:
        """An image with a file /content, for this platform where no other is given; its name."""
        own = layer({"mark": self.mark, "content": f"{content}\n"})
        self.registry.push_layers(
            repository, tag, [self.base, own], config=CONFIG, platform=platform or default_platform()
        )
        return f"{self.registry.host}/{repository}:{tag}"

    def push_index(self, repository: str, content: str, other: str) -> str:
        """An image for this platform and another, under the tag 1."""
        name = self.push(repository, content, "here")
        self.push(repository, other, "there", OTHER_PLATFORM)
        platforms = {default_platform(): "here", OTHER_PLATFORM: "there"}
        self.registry.push_joined(repository, "1", platforms)
        return name.replace(":here", ":1")


@dataclass(frozen=True, slots=True)
class Project:
    """A Dockerfile, and freshlayer in front of a builder that may use the registry without TLS."""

    builder: Builder
    freshlayer: Freshlayer
    registry: Registry
    directory: Path

    def write(self, *lines: str) -> None:
        (self.directory / "Dockerfile").write_text("\n".join([*lines, ""]), encoding="utf-8")

    def build(self, *words: str) -> Ended:
        told = self.freshlayer.build(*words, "--tag", "built", ".")
        assert told.code == 0, told.err
        assert "runs as typed" not in told.err, told.err
        return told

    def states(self) -> dict[int, str]:
        """Line → state, by ``check``."""
        found = self.freshlayer("check", "--json").document["instructions"]
        return {item["line"]: item["state"] for item in found}

    def contents(self, *paths: str, tag: str = "built") -> list[str]:
        """What the image was made of."""
        folder = self.directory / "reading"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(f"FROM {tag}\nRUN echo; cat {' '.join(paths)}\n")
        environment = dict(self.freshlayer.environment)
        words = ("build", *self.builder.options, "--no-cache", ".")
        told = self.builder.run(*words, cwd=folder, env=environment)
        return [match[1] for match in SAID.finditer(told.stdout + told.stderr)]

    def plain(self, *words: str) -> None:
        """Build without us."""
        environment = dict(self.freshlayer.environment)
        arguments = ("build", *self.builder.options, *self.builder.to_cache, *words, ".")
        self.builder.run(*arguments, cwd=self.directory, env=environment)

    def pull(self, name: str) -> None:
        self.builder.run("pull", name, env=dict(self.freshlayer.environment))

    def probed(self) -> list[str]:
        """Which manifests freshlayer itself requested by a tag."""
        seen = self.registry.requests()
        ours = [r.path for r in seen if r.headers.get("user-agent", "").startswith("freshlayer")]
        return [path for path in ours if "/manifests/" in path and "sha256:" not in path]


def ran(told: Ended) -> int:
    """How many instructions ran, as the summary states it."""
    match = re.search(r"(?:re)?built (\d+) of \d+ layers?", told.err)
    assert match, told.err
    return int(match[1])


def made_for(builder: Builder, registry: Registry, tmp_path: Path, project: Path) -> Project:
    """A project of a builder. ``tmp_path``: where its state and its settings are."""
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
    found = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    return Project(builder, found.but(CONTAINERS_REGISTRIES_CONF=str(conf)), registry, project)
