"""Machines that share a registry and no state: why a key is a pure function of identities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.docker import DockerBuilder
from testing.builders.image import Image
from testing.builders.table import MEMBERS, require, start_engine
from testing.command import Freshlayer
from testing.origins import ServeOrigin, fetched
from testing.servers import needs
from testing.stores.registry import Registry

RELEASE = "sid-containerd"


@dataclass(frozen=True, slots=True)
class Machine:
    """A daemon with a cache of its own, a freshlayer with a state of its own, and the registry of all."""

    builder: DockerBuilder
    freshlayer: Freshlayer
    cache: tuple[str, ...]

    def build(self) -> Image:
        told = self.freshlayer("build", *self.builder.options, *self.cache, "--tag", "shared", ".")
        assert told.code == 0, told.err
        return self.builder.image("shared")


@pytest.fixture
def fleet(project: Path, tmp_path: Path) -> Iterator[list[Machine]]:
    require(RELEASE)
    needs.require("nginx", Registry.PROGRAM)
    with ExitStack() as stack:
        registry = stack.enter_context(Registry())
        where = f"type=registry,ref={registry.host}/cache"
        cache = ("--cache-from", where, "--cache-to", f"{where},mode=max")
        machines = []
        for number in range(2):
            engine = stack.enter_context(start_engine(MEMBERS[RELEASE]))
            builder = DockerBuilder("fleet", engine)
            state = tmp_path / f"state-{number}.sqlite3"
            machines.append(Machine(builder, Freshlayer(builder.environment(), state, project), cache))
        yield machines


def downloads(*origins: ServeOrigin) -> list[str]:
    """What builds fetched: several at once, in any order."""
    return sorted(fetched(*origins))


def test_what_the_first_built_the_second_takes_from_the_cache_and_both_run_what_changed(
    fleet: list[Machine], project: Path, tmp_path: Path
) -> None:
    first, second = fleet
    with ServeOrigin(tmp_path, '"a1"') as a, ServeOrigin(tmp_path, '"b1"') as b:
        (project / "Dockerfile").write_text(
            f"FROM {BASE} AS one\nRUN wget -q -O /a {a.url}a\n"
            f"FROM {BASE} AS two\nRUN wget -q -O /b {b.url}b\nRUN echo after > /after\n"
            f"FROM {BASE}\nCOPY --from=one /a /a\nCOPY --from=two /b /after /\n"
        )
        built = first.build()
        assert downloads(a, b) == ["/a", "/b"]
        assert second.build() == built
        assert downloads(a, b) == ["/a", "/b"]

        # BuildKit asks a registry's cache for what it never had, not for what it has in another version.
        a.set_tag('"a2"')
        rebuilt = [machine.build() for machine in (second, first)]
        assert downloads(a, b) == ["/a", "/a", "/a", "/b"]
        assert rebuilt[0] == rebuilt[1] != built

        b.set_tag('"b2"')
        for machine in fleet:
            machine.build()
        assert downloads(a, b) == ["/a", "/a", "/a", "/b", "/b", "/b"]
