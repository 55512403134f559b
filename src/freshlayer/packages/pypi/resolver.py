"""The member of ``PackageManager`` for Python packages: one file for each package that a command names.

Under the policy ``closure``, one for each that they require as well, where the index has its metadata.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator
from configparser import ConfigParser, Error
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    PYPI_INDEX,
    ChosenPackage,
    Entries,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.in_step import Steps, in_step
from freshlayer.packages.named.member import resolution
from freshlayer.packages.published import until_of
from freshlayer.packages.pypi.choose import Wish, choose
from freshlayer.packages.pypi.closure import closure
from freshlayer.packages.pypi.known import ABSENT, MANAGER, Conditions, Known, normal
from freshlayer.packages.pypi.metadata import read_metadata
from freshlayer.packages.pypi.pages import read_page
from freshlayer.packages.pypi.pythons import versions_of_project
from freshlayer.packages.pypi.target import Target, target_of

_OTHER_SOURCE = re.compile(r"^(?:[\w.-]+\s*(?:\[[^\]]*\])?\s*@|[a-z+]+://|[./~])|\.(?:whl|zip|tar\.\w+)$")
_OWN_SETTINGS = frozenset({"uv", "poetry", "pdm", "pipenv"})
"""Programs that do not read the configuration files of pip."""


class _Wanted(Struct, frozen=True):
    """What one command wants: words with their requirements. The marker of each holds.

    ``left_out``: what its program resolves beside them, and does not install.
    """

    requirements: tuple[tuple[str, Requirement], ...]
    conditions: Conditions
    left_out: tuple[Requirement, ...] = ()
    whole: bool = False


class Pypi:
    """pip, and uv where it does as pip does."""

    name = MANAGER

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """The pages of the named packages; for a closure, metadata and the pages of what it names."""
        wanted = {run.number: list(_of_run(run, base, chain.until)) for run in chain.runs}
        every = {
            (number, place): _of_command(item)
            for number, items in wanted.items()
            for place, item in enumerate(items)
            if isinstance(item, _Wanted)
        }
        found = yield from in_step(every)
        return {
            number: resolution(
                [it if isinstance(it, Reason) else found[number, place] for place, it in enumerate(items)]
            )
            for number, items in wanted.items()
            if items
        }

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The files of a project's page, or what the metadata of a file requires."""
        return read_metadata(content) if kind == "metadata" else read_page(content, until_of(kind))


def _of_run(run: PackageRun, base: BaseImage, until: int) -> Iterator[_Wanted | Reason]:
    for command in run.commands if run.policy is not PackagePolicy.OFF else ():
        if command.manager == Pypi.name and command.action is PackageAction.INSTALL:
            if command.unknown is not None:
                yield command.unknown
            else:
                whole = run.policy is PackagePolicy.CLOSURE and "no-deps" not in dict(command.options)
                yield from _wanted(command, base, run.architecture, until, whole=whole)


def _wanted(
    command: PackageCommand, base: BaseImage, architecture: str, until: int, *, whole: bool
) -> Iterator[_Wanted | Reason]:
    options = dict(command.options)
    indexes = _indexes(command)
    if isinstance(indexes, Reason):
        yield indexes
        return
    conditions = Conditions(
        target_of(base, architecture, options.get("python-version", "")),
        tuple(indexes),
        tuple(_stated(command, "constraint")),
        "pre" in options,
        command.program == "uv",
        options.get("only-binary") != ":all:",
        options.get("no-binary") != ":all:",
        until,
        options.get("requires-python", ""),
    )
    found: list[tuple[str, Requirement]] = []
    for word in command.words:
        if _OTHER_SOURCE.search(word):
            continue
        try:
            requirement = Requirement(word)
        except InvalidRequirement:
            yield Reason("package-word-unclear", detail=f"{word[:80]!r} is not a requirement")
            continue
        if not requirement.url and _applies(requirement, conditions.target):
            found.append((word, requirement))
    if found:
        # One version has to do for all requirements of a package.
        counts = Counter(normal(it.name) for _, it in found)
        repeated = tuple(it for _, it in found if counts[normal(it.name)] > 1)
        bounds = (*conditions.constraints, *repeated)
        others = tuple(it for it in _stated(command, "left-out") if _applies(it, conditions.target))
        yield _Wanted(tuple(found), replace(conditions, constraints=bounds), others, whole)


def _of_command(item: _Wanted) -> Steps[Resolution]:
    """The closure, or the named packages alone where that is wanted, or no more can be known."""
    if not item.whole:
        return (yield from _named(item))
    found = yield from closure(item.requirements, item.conditions, item.left_out)
    if found.problem is None or found.unreachable:
        return found
    named = yield from _named(item)
    return replace(named, notes=(found.problem,)) if named.problem is None else named


def _named(item: _Wanted) -> Steps[Resolution]:
    """One round: the page of each package at each index."""
    known = Known(item.conditions)
    pages = [page for _, it in item.requirements for page in item.conditions.pages(normal(it.name))]
    known.answers.update((yield tuple(dict.fromkeys(pages))))
    return resolution([_chosen(word, requirement, known) for word, requirement in item.requirements])


def _chosen(word: str, requirement: Requirement, known: Known) -> ChosenPackage | Resolution:
    conditions, name = known.conditions, normal(requirement.name)
    problems = known.problems(name)
    if problems and problems[0].code not in ABSENT:
        return Resolution(problem=problems[0], unreachable=True)
    files = [file for _, file in known.files(name)]
    if problems and not files:
        return Resolution(problem=problems[0])
    bounds, pre = conditions.bounds(name), conditions.pre
    pythons = tuple(versions_of_project(conditions.pythons, requirement.marker, conditions.target))
    wish = Wish(requirement, bounds, pre, conditions.sources, conditions.wheels, pythons)
    best = choose(wish, files, conditions.target)
    if best is None:
        return Resolution(problem=Reason("package-not-found", detail=f"no file of {name} fits {word}"))
    digest = f"sha256:{best.file.sha256}" if best.file.sha256 else ""
    return ChosenPackage(f"pkg:pypi/{name}", name, str(best.version), digest, word, named=True)


def _applies(requirement: Requirement, target: Target) -> bool:
    """Whether the marker of a requirement holds. One that names what is not known holds."""
    marker = requirement.marker
    if marker is None or (target.python is None and "python" in str(marker)):
        return True
    try:
        return bool(marker.evaluate(target.markers))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def _stated(command: PackageCommand, option: str) -> Iterator[Requirement]:
    """The requirements that an option has."""
    for name, value in command.options:
        if name == option:
            try:
                yield Requirement(value)
            except InvalidRequirement:
                continue


def _indexes(command: PackageCommand) -> list[str] | Reason:
    """The indexes of a command: its options before its configuration files, the last one counts."""
    options = [(name, value) for name, value in command.options if value]
    texts = () if command.program in _OWN_SETTINGS else command.files.values()
    try:
        configured = [item for text in texts for item in _configured(text)]
    except Error as error:
        return Reason("package-source-unknown", detail=f"pip.conf: {str(error)[:80]}")
    every = [*configured, *options]
    main = [value for name, value in every if name in {"index-url", "i", "default-index"}][-1:]
    more = [value for name, value in every if name in {"extra-index-url", "index"}]
    return list(dict.fromkeys((*more, *(main or [PYPI_INDEX]))))


def _configured(text: str) -> Iterator[tuple[str, str]]:
    """Raises configparser.Error."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    for section in ("global", "install"):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            yield from ((name, one) for one in value.split())


PYPI = Pypi()
