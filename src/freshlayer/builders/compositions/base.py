"""What compose and bake have in common: one command builds several targets, by a model of the tool's own.

The tool prints the model, so that variables, profiles, ``include``, ``inherits`` and matrices stay its
business. Nothing in it is trusted: it is bounded, and read into frozen values.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from freshlayer.builders import added_checksums, buildx, docker_api, engines, image_ids
from freshlayer.builders.base import DerivedFile, Ended
from freshlayer.builders.command_line.composition import CompositionCommand
from freshlayer.builders.invocation import BuildTarget, DockerfilePlace
from freshlayer.builders.invoked import Invoked
from freshlayer.builders.run import derived_file as derived
from freshlayer.builders.run.captured import captured
from freshlayer.builders.run.process import run
from freshlayer.children import MODEL
from freshlayer.dockerfile.inject import Mechanism, mechanism_under
from freshlayer.errors import BuilderError
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

Table = dict[str, Any]

_MOST_TARGETS = 1000
_SECONDS = 60.0
_LONGEST_COMPLAINT = 300


class Composition(Invoked, frozen=True):
    """A command of compose or bake: what is the same for both. ``name``: the builder behind the tool."""

    command: CompositionCommand
    builds_every_earlier_stage: ClassVar[bool] = False
    inherits_arguments: ClassVar[bool] = True
    no_cache_stages: ClassVar[tuple[str, ...]] = ()

    @property
    def tool(self) -> str:
        return self.words[-1]

    @property
    def named(self) -> str:
        return self.command.builder

    @property
    def metadata_file(self) -> str:
        return self.command.metadata_file

    @property
    def engine(self) -> str:
        return engines.of_buildx(self.environment, self.named, chosen=True)

    @property
    def builds(self) -> bool:
        return self.command.builds

    @property
    def unclear(self) -> Reason | None:
        return self.command.unclear

    @property
    def no_cache(self) -> bool:
        return self.command.no_cache

    @property
    def unknown_options(self) -> tuple[str, ...]:
        return self.command.unknown_options

    def takes_local_images(self, named: str) -> bool:
        return buildx.in_daemon(self.program, self.words[-1:], self.environment, named)

    def image_of(self, tag: str) -> str:
        return image_ids.of_daemon(self.engine, tag)

    def mechanism(self, syntax_image: str) -> Mechanism:
        return mechanism_under(syntax_image)

    def checks_added(self, syntax_image: str) -> frozenset[str]:
        daemon = docker_api.version(self.program, self.environment, self.engine)
        return added_checksums.of_buildkit(syntax_image, daemon)

    def supplies_secrets(self, syntax_image: str) -> bool:
        return self.mechanism(syntax_image) is Mechanism.MOUNT

    def place_of(self, target: BuildTarget) -> DockerfilePlace:
        named = target.dockerfile if target.dockerfile != "Dockerfile" else None
        file = os.path.relpath(os.path.join(target.context, named)) if named else None
        return DockerfilePlace(os.path.relpath(target.context), file)

    def as_typed(self) -> Ended:
        return run([*self.argv, *self.command.words], self.environment)

    def go_on(self) -> Ended:
        return Ended(0)


def written_secrets(files: Mapping[str, DerivedFile], directory: Path) -> dict[str, Path]:
    """Identifier → file of each secret of the derived Dockerfiles."""
    every = {name: content for file in files.values() for name, content in file.secrets.items()}
    for name, content in every.items():
        (directory / name).write_bytes(content)
    return {name: directory / name for name in every}


def output_of(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a tool prints. Raises BuilderError with its own last word where it fails."""
    done = captured(argv, environment, seconds=_SECONDS, child=MODEL)
    if done.returncode:
        raise BuilderError(_complaint(done.stderr))
    return done.stdout.decode("utf-8", "surrogateescape")


def _complaint(stderr: bytes) -> str:
    if b"See 'docker --help'" in stderr:
        return "this docker lacks the plugin for it (compose v2, buildx); compose v1 is not watched"
    lines = stderr[-10_000:].decode("utf-8", "replace").strip().splitlines() or ["it printed no error"]
    return f"what would be built is not known: {shown(lines[-1].strip()[:_LONGEST_COMPLAINT])}"


def document(text: str, escapes: Mapping[str, str]) -> Table:
    """A model as printed. ``escapes``: printed sequences and what they mean. Raises BuilderError."""
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
    """What has one name in both tools; ``inline``: the name of a Dockerfile's text."""
    return BuildTarget(
        name,
        context=text(definition.get("context"), f"{where}.context"),
        dockerfile=text(definition.get("dockerfile"), f"{where}.dockerfile") or None,
        inline=text(definition.get(inline), f"{where}.{inline}") or None,
        target=text(definition.get("target"), f"{where}.target"),
        args=values(definition.get("args"), f"{where}.args"),
        platforms=texts(definition.get("platforms"), f"{where}.platforms"),
        network=text(definition.get("network"), f"{where}.network"),
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


def write(files: Mapping[str, DerivedFile], directory: Path) -> dict[str, Path]:
    """Write derived Dockerfiles, each in a directory of its own."""
    paths: dict[str, Path] = {}
    for number, (name, file) in enumerate(files.items()):
        home = directory / str(number)
        home.mkdir()
        paths[name] = derived.write(file, home)
    return paths
