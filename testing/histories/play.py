"""A history on a real builder: what ran, by the request log, against the oracle."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testing.builders.base import Builder
from testing.command import Ended, Freshlayer
from testing.histories.generate import Event, Generator
from testing.histories.oracle import Oracle
from testing.histories.project import Project, Sites, dockerfile
from testing.histories.rules import Rules
from testing.histories.world import World

EVENTS = 12
# Every run leaves bytes of its own, so that what follows it has to run for builders that compare bytes, too.
# It is in awk, for what a shell script requests would be an input of the RUN.
RAN = """\
#!/bin/awk -f
BEGIN {{
  system("cat /proc/sys/kernel/random/uuid >/.ran-" ARGV[1])
  exit system("wget -q -O /dev/null {url}" ARGV[1]) != 0
}}
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A build that ran other instructions than the oracle's, and all that is needed to see why."""

    seed: int
    builder: str
    events: tuple[Event, ...]
    project: Project
    sites: Sites
    expected: list[int]
    ran: list[int]
    told: Ended

    def __str__(self) -> str:
        happened = "; ".join(map(str, self.events)) or "the first build"
        return (
            f"seed {self.seed} on {self.builder}, after: {happened}\n"
            f"expected {self.expected}, ran {self.ran}\n"
            f"target {self.project.target}, args {self.project.args}, files {self.project.files}\n"
            f"{dockerfile(self.project, self.sites)}\n"
            f"exit code {self.told.code}\n{self.told.out}{self.told.err}\n"
            f"python -m testing.histories --builder {self.builder} --seed {self.seed}"
        )


def play(seed: int, builder: Builder, *, events: int = EVENTS) -> Mismatch | None:
    """Play the history of a seed; the first build that went wrong, None where all went well."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with World(directory / "git") as world:
            return _History(seed, builder, world, directory).play(events)


def seeds(start: int, seconds: float) -> Iterator[int]:
    """One after the other, as long as there is time to begin another."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield start
        start += 1


class _History:
    def __init__(self, seed: int, builder: Builder, world: World, directory: Path) -> None:
        self._seed = seed
        self._builder = builder
        self._world = world
        self._context = directory / "context"
        self._generator = Generator(seed)
        self._oracle = Oracle(world.sites, Rules.of(builder))
        self._freshlayer = Freshlayer.of(builder, directory / "state.sqlite3", self._context)
        self._events: list[Event] = []

    def play(self, events: int) -> Mismatch | None:
        project = self._generator.project()
        self._world.begin(project.inputs())
        self._write_tools()
        wrong = self._build(project)
        while wrong is None and len(self._events) < events:
            event = self._generator.event(project)
            self._events.append(event)
            project = self._generator.after(project, event)
            self._world.happens(event)
            wrong = self._build(project)
            self._world.recovers()
        return wrong

    def _write_tools(self) -> None:
        tools = self._context / "tools"
        tools.mkdir(parents=True)
        (tools / "ran").write_text(RAN.format(url=self._world.counter.url))
        (tools / "ran").chmod(0o755)

    def _build(self, project: Project) -> Mismatch | None:
        (self._context / "Dockerfile").write_text(dockerfile(project, self._world.sites))
        for name, content in project.files.items():
            (self._context / name).write_text(content)
        args = [word for item in project.args.items() for word in ("--build-arg", "=".join(item))]
        expected = self._oracle.build(project, self._world.contents)
        told = self._freshlayer("build", *self._builder.options, *args, "--target", project.target, ".")
        ran = self._world.ran()
        if told.code == 0 and ran == expected:
            return None
        happened = tuple(self._events)
        return Mismatch(
            self._seed, self._builder.name, happened, project, self._world.sites, expected, ran, told
        )
