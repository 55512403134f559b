"""What compose and bake have in common: one command builds several targets, by a model of the tool's own.

The model is asked of the tool, so that variables, profiles, ``include``, ``inherits`` and matrices stay its
business. Nothing in it is trusted: it is bounded, and read into frozen values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field

from freshlayer.builders.base import DerivedFile, Ended
from freshlayer.builders.run import derived_file as derived
from freshlayer.builders.run.process import captured
from freshlayer.children import MODEL
from freshlayer.errors import BuilderError
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

Table = dict[str, Any]

_MOST_TARGETS = 1000
_SECONDS = 60.0
_LONGEST_COMPLAINT = 300


class BuildTarget(Struct, frozen=True):
    """A service of compose or a target of bake, as the tool resolved it.

    ``dockerfile``: absolute, or relative to the context; None for the usual one. ``inline``: its text,
    where it stands in the model. ``needs``: other targets that are built for it.
    ``barred``: why its Dockerfile is not to be read, if it isn't. ``pull``: whether it pulls its images.
    ``tags``: the names that its image gets.
    """

    name: str
    context: str
    dockerfile: str | None = None
    inline: str | None = None
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    network: str = ""
    needs: tuple[str, ...] = ()
    barred: Reason | None = None
    pull: bool = False
    tags: tuple[str, ...] = ()


class Model(Struct, frozen=True):
    """``document``: what the tool said, its escapes undone. ``targets``: those that the command builds."""

    document: Table
    targets: tuple[BuildTarget, ...]


class Composition(Protocol):
    """A command of compose or bake."""

    @property
    def tool(self) -> str:
        """Its name, for messages."""

    @property
    def builder(self) -> str:
        """The builder behind it, by the name of ``--builder``."""

    @property
    def engine(self) -> str:
        """Where the cache of that builder is."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the tool is started with."""

    @property
    def program(self) -> tuple[str, ...]:
        """Docker and its own flags."""

    @property
    def named(self) -> str:
        """The value of ``--builder``."""

    @property
    def pulls(self) -> bool:
        """Whether the command asks for the base images of all."""

    def takes_local_images(self, named: str) -> bool:
        """As ``Builder`` has it."""

    @property
    def builds(self) -> bool:
        """Whether the command builds anything."""

    @property
    def unclear(self) -> Reason | None:
        """Why it is not known what is built, if so."""

    @property
    def no_cache(self) -> bool:
        """Whether the tool was told to use no cache."""

    def model(self) -> Model:
        """Ask the tool what it would build. Raises BuilderError where it doesn't say."""

    def as_typed(self) -> Ended:
        """Run the command as the user asked."""

    def build(self, model: Model, files: Mapping[str, DerivedFile]) -> Ended:
        """Build, with derived Dockerfiles by the names of their targets; no temporary file stays.

        Raises BuilderError before the tool starts, where it would not build what it was asked for.
        """

    def go_on(self) -> Ended:
        """What the command does besides building, once it has built."""


def ask(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a tool prints. Raises BuilderError with its own last word where it fails."""
    done = captured(argv, environment, seconds=_SECONDS, child=MODEL)
    if done.returncode:
        raise BuilderError(_complaint(done.stderr))
    return done.stdout.decode("utf-8", "surrogateescape")


def _complaint(stderr: bytes) -> str:
    if b"See 'docker --help'" in stderr:
        return "this docker lacks the plugin for it (compose v2, buildx); compose v1 is not watched"
    lines = stderr[-10_000:].decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
    return f"what would be built is not known: {shown(lines[-1].strip()[:_LONGEST_COMPLAINT])}"


def document(text: str, escapes: Mapping[str, str]) -> Table:
    """A model as printed. ``escapes``: what stands in it for what it means. Raises BuilderError."""
    for written, meant in escapes.items():
        text = text.replace(written, meant)
    try:
        return table(json.loads(text), "the model")
    except (ValueError, RecursionError):
        raise BuilderError("the model is no JSON") from None


def table(value: object, where: str) -> Table:
    """An object of a model; null is an empty one. Raises BuilderError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BuilderError(f"{shown(where)} is not understood")
    if len(value) > _MOST_TARGETS:
        raise BuilderError(f"{shown(where)} holds more than {_MOST_TARGETS} names")
    return value


def text(value: object, where: str) -> str:
    """A text of a model; null is an empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BuilderError(f"{shown(where)} is not understood")
    return value


def target_of(name: str, definition: Table, where: str, inline: str) -> BuildTarget:
    """What both tools call alike; ``inline`` is the name under which a Dockerfile's text stands."""
    return BuildTarget(
        name,
        context=text(definition.get("context"), f"{where}.context"),
        dockerfile=text(definition.get("dockerfile"), f"{where}.dockerfile") or None,
        inline=text(definition.get(inline), f"{where}.{inline}") or None,
        target=text(definition.get("target"), f"{where}.target"),
        args=values(definition.get("args"), f"{where}.args"),
        platforms=texts(definition.get("platforms"), f"{where}.platforms"),
        network=text(definition.get("network"), f"{where}.network"),
        pull=definition.get("pull") is True,
        tags=texts(definition.get("tags"), f"{where}.tags"),
    )


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts."""
    if value is not None and not isinstance(value, list):
        raise BuilderError(f"{shown(where)} is not understood")
    return tuple(text(item, where) for item in value or ())


def values(value: object, where: str) -> dict[str, str]:
    """Build args: those without a value are not given."""
    found = table(value, where)
    return {name: text(item, where) for name, item in found.items() if item is not None}


def with_needed(names: Sequence[str], targets: Mapping[str, BuildTarget]) -> tuple[BuildTarget, ...]:
    """The targets of these names, and those that are built for them."""
    found: dict[str, BuildTarget] = {}
    waiting = list(reversed(names))
    while waiting:
        name = waiting.pop()
        if name in targets and name not in found:
            found[name] = targets[name]
            waiting.extend(reversed(targets[name].needs))
    return tuple(found.values())


def write(files: Mapping[str, DerivedFile], folder: Path) -> dict[str, Path]:
    """Write derived Dockerfiles, each in a folder of its own."""
    paths: dict[str, Path] = {}
    for number, (name, file) in enumerate(files.items()):
        home = folder / str(number)
        home.mkdir()
        paths[name] = derived.write(file, home)
    return paths
