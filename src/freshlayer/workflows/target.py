"""A Dockerfile that is built or checked: its text, the options of its build, and what was read in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import NOTHING_LEARNED, Analysis, BuildRequest, Learned
from freshlayer.errors import FreshlayerError
from freshlayer.model.report import Report
from freshlayer.reference import KINDS, Reference
from freshlayer.workflows.analyse import analysed

if TYPE_CHECKING:
    from freshlayer.model.build import InstructionVerdict
    from freshlayer.model.observation import Verdict
    from freshlayer.model.packages import PackageLine

_PROBED = frozenset(kind.name for kind in KINDS)


class Target(Struct, frozen=True):
    """One build. ``analysis``: what the Dockerfile reads in a build with the options of ``request``.

    ``local``: images that it names and that exist on this machine alone.
    """

    source: Source
    request: BuildRequest
    analysis: Analysis
    local: frozenset[Reference] = frozenset()

    @property
    def watched(self) -> Analysis:
        """The analysis with what is probed alone."""
        return self.analysis.restricted_to(_PROBED, self.local)

    @classmethod
    def of(cls, source: Source, request: BuildRequest, learned: Learned = NOTHING_LEARNED) -> Target:
        """Analyse a Dockerfile, and the scripts of its context that it executes. Raises DockerfileError."""
        return cls(source, request, analysed(source, request, learned))

    def again(self, request: BuildRequest, learned: Learned) -> Target:
        """The same with what was learned since. Raises FreshlayerError."""
        source = self.source if self.source.content else self.source.again()
        return replace(self, analysis=Target.of(source, request, learned).analysis)


def report_of(
    target: Target,
    analysis: Analysis,
    instructions: tuple[InstructionVerdict, ...],
    verdicts: Mapping[Reference, Verdict] | None = None,
) -> Report:
    """The report of a target, as far as no builder ran."""
    request = target.request
    return Report(
        dockerfile=target.source.shown,
        target=request.target,
        platform=request.platform,
        inputs=analysis.discovery.inputs,
        instructions=instructions,
        not_watched=tuple(item for item in analysis.discovery.not_watched if not item.is_covered),
        covered=tuple(item for item in analysis.discovery.not_watched if item.is_covered),
        advice=analysis.advice,
        verdicts=verdicts or {},
        builder=request.builder,
        in_file=target.source.file is not None,
        package_lines=_package_lines(analysis),
        lines=partial(_lines, target.source, analysis),
    )


def _lines(source: Source, analysis: Analysis) -> tuple[str, ...]:
    """Where the content was not kept, the file is read again."""
    from freshlayer.dockerfile.masked_text import masked_lines  # noqa: PLC0415
    from freshlayer.dockerfile.parse import parse  # noqa: PLC0415 - one format shows the lines

    if source.content:
        return masked_lines(source.text, analysis.dockerfile)
    try:
        text = source.again().text
        return masked_lines(text, parse(text))
    except FreshlayerError:
        return ()


def _package_lines(analysis: Analysis) -> tuple[PackageLine, ...]:
    if not analysis.package_chains:
        return ()
    from freshlayer.workflows.package_lines import package_lines  # noqa: PLC0415 - of what installs packages

    return tuple(package_lines(analysis.package_chains))
