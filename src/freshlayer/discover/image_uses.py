"""Where a Dockerfile names images that the builder itself resolves. For one platform. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from freshlayer import reference
from freshlayer.discover.named_contexts import context_named
from freshlayer.discover.stage_bases import StageBases
from freshlayer.discover.syntaxes.found import Found
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.reach import sources_of
from freshlayer.dockerfile.scope import Environment, Value
from freshlayer.dockerfile.syntax import syntax_image, syntax_line
from freshlayer.errors import ReferenceInvalidError
from freshlayer.model.base_image import ImageUse
from freshlayer.model.inputs import SYNTAX

_SCRATCH = "scratch"
_OTHER_FRONTEND = "BUILDKIT_SYNTAX"
_IGNORE_SYNTAX = frozenset({"classic", "buildah", "podman"})


class ImageUses:
    """Finds them in the stages of one Dockerfile. ``platform``: the target's."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        environments: Mapping[int, Environment],
        bases: StageBases,
        platform: str,
    ) -> None:
        self._dockerfile = dockerfile
        self._environments = environments
        self._bases = bases
        self._contexts = bases.contexts
        self._platform = platform

    def of(self, stages: Iterable[Stage], parents: Mapping[int, Stage | None]) -> Iterator[ImageUse]:
        """In the order of the file."""
        for stage in stages:
            if parents.get(stage.number) is None:
                outer = self._environments[stage.start.number]
                name, platform = self._bases.named(stage, outer), self._bases.platform(stage, outer)
                yield from self._use(stage.start, "FROM", stage.base, name, platform)
            for instruction in stage.instructions:
                if instruction.flags:
                    yield from self._sources(instruction)

    def _sources(self, instruction: Instruction) -> Iterator[ImageUse]:
        via = f"{instruction.name} --{'mount' if instruction.name == 'RUN' else 'from'}"
        for name in dict.fromkeys(sources_of(instruction.name, instruction.flags)):
            if self._dockerfile.stage_named(name) is None or name in self._contexts:
                value = self._environments[instruction.number].expand(name, self._dockerfile.escape)
                yield from self._use(instruction, via, name, value, self._platform)

    def _use(
        self, instruction: Instruction, via: str, written: str, name: Value, platform: str
    ) -> Iterator[ImageUse]:
        if not isinstance(name, str) or name in {"", _SCRATCH}:
            return
        for finding in self._bases.sources(name):
            if not isinstance(finding, Found):
                continue
            try:
                found = self._bases.reference(finding.text)
            except ReferenceInvalidError:
                continue
            by_context = context_named(name, self._contexts) is not None
            number, line = instruction.number, instruction.line
            yield ImageUse(found, platform, line, via, written, number=number, by_context=by_context)


def frontend_use(text: str, builder: str, build_args: Mapping[str, str], platform: str) -> ImageUse | None:
    """The image of ``# syntax=``, where the builder reads it. It runs on the builder's own platform."""
    image = syntax_image(text)
    if not image or builder in _IGNORE_SYNTAX or _OTHER_FRONTEND in build_args:
        return None
    try:
        found = reference.parse(f"docker-image://{image}")
    except ReferenceInvalidError:
        return None
    return ImageUse(found, platform, syntax_line(text), SYNTAX, image)
