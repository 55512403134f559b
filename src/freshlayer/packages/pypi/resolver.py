"""The member of ``PackageManager`` for Python packages: one file for each package that a command names."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from configparser import ConfigParser, Error
from typing import BinaryIO

from msgspec import Struct
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    Index,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackagePolicy,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.pypi.choose import Wish, choose
from freshlayer.packages.pypi.pages import FILES, IndexedFile, files_of, read_page
from freshlayer.packages.pypi.target import Target, target_of

_PYPI = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_LARGEST = 64 << 20
_OTHER_SOURCE = re.compile(r"^(?:[\w.-]+\s*(?:\[[^\]]*\])?\s*@|[a-z+]+://|[./~])|\.(?:whl|zip|tar\.\w+)$")
_CONFIGURATIONS = ("/etc/pip.conf", "/root/.pip/pip.conf", "/root/.config/pip/pip.conf")


class _Wanted(Struct, frozen=True):
    """A requirement of a command, as written, and where its project's pages are."""

    word: str
    wish: Wish
    target: Target
    pages: tuple[IndexFile, ...]


class Pypi:
    """pip, and uv where it does as pip does."""

    name = "pypi"

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """One round: the page of each named package at each index."""
        wanted = {run.number: list(_of_run(run, base)) for run in chain.runs}
        pages = [
            page
            for items in wanted.values()
            for item in items
            if isinstance(item, _Wanted)
            for page in item.pages
        ]
        answers: IndexAnswers = {}
        if pages:
            answers = yield tuple(dict.fromkeys(pages))
        return {number: _resolution(items, answers) for number, items in wanted.items() if items}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The files of a project's page."""
        return read_page(content)


def _of_run(run: PackageRun, base: BaseImage) -> Iterator[_Wanted | Reason]:
    for command in run.commands if run.policy is not PackagePolicy.OFF else ():
        if command.manager == Pypi.name and command.action is PackageAction.INSTALL:
            if command.unknown is not None:
                yield command.unknown
            else:
                yield from _of_command(command, base, run.architecture)


def _of_command(command: PackageCommand, base: BaseImage, architecture: str) -> Iterator[_Wanted | Reason]:
    options = dict(command.options)
    target = target_of(base, architecture, options.get("python-version", ""))
    indexes = _indexes(command)
    constraints = list(_constraints(command))
    for word in command.words:
        if _OTHER_SOURCE.search(word):
            continue
        try:
            requirement = Requirement(word)
        except InvalidRequirement:
            yield Reason("package-word-unclear", detail=f"{word[:80]!r} is not a requirement")
            continue
        if requirement.url or not _applies(requirement, target):
            continue
        bounds = tuple(it.specifier for it in constraints if _normal(it.name) == _normal(requirement.name))
        wish = Wish(
            requirement,
            bounds,
            "pre" in options,
            options.get("only-binary") != ":all:",
            options.get("no-binary") != ":all:",
        )
        urls = [f"{index.rstrip('/')}/{_normal(requirement.name)}/" for index in indexes]
        pages = tuple(
            IndexFile(Pypi.name, "simple", (url,), accept=_JSON, optional=len(urls) > 1, largest=_LARGEST)
            for url in urls
        )
        yield _Wanted(word, wish, target, pages)


def _applies(requirement: Requirement, target: Target) -> bool:
    """Whether the marker of a requirement holds. One that names what is not known holds."""
    marker = requirement.marker
    if marker is None or (target.python is None and "python" in str(marker)):
        return True
    try:
        return bool(marker.evaluate(target.markers))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def _constraints(command: PackageCommand) -> Iterator[Requirement]:
    for name, value in command.options:
        if name == "constraint":
            try:
                yield Requirement(value)
            except InvalidRequirement:
                continue


def _indexes(command: PackageCommand) -> list[str]:
    """The indexes of a command: its options before its configuration files, the last one counts."""
    options = [(name, value) for name, value in command.options if value]
    configured = [item for path in _CONFIGURATIONS for item in _configured(command.files.get(path, ""))]
    every = [*configured, *options]
    main = [value for name, value in every if name in {"index-url", "i", "default-index"}][-1:] or [_PYPI]
    more = [value for name, value in every if name in {"extra-index-url", "index"}]
    return list(dict.fromkeys((*more, *main)))


def _configured(text: str) -> Iterator[tuple[str, str]]:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return
    for section in ("global", "install"):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            yield from ((name, one) for one in value.split())


def _resolution(items: Sequence[_Wanted | Reason], answers: IndexAnswers) -> Resolution:
    chosen: dict[str, ChosenPackage] = {}
    for item in items:
        if isinstance(item, Reason):
            return Resolution(problem=item)
        found = _chosen(item, answers)
        if isinstance(found, Resolution):
            return found
        chosen[found.purl] = found
    return Resolution(tuple(chosen[purl] for purl in sorted(chosen)))


def _chosen(item: _Wanted, answers: IndexAnswers) -> ChosenPackage | Resolution:
    files: list[IndexedFile] = []
    problems: list[Reason] = []
    for page in item.pages:
        answer = answers.get(page, Reason("no-answer"))
        if isinstance(answer, Reason):
            problems.append(answer)
        else:
            files += _files(answer)
    if problems and (not files or any(it.code not in {"http-not-found", "http-gone"} for it in problems)):
        absent = all(it.code in {"http-not-found", "http-gone"} for it in problems)
        return Resolution(problem=problems[0], unreachable=not absent)
    best = choose(item.wish, files, item.target)
    name = _normal(item.wish.requirement.name)
    if best is None:
        detail = f"no file of {name} fits {item.word}"
        return Resolution(problem=Reason("package-not-found", detail=detail))
    digest = f"sha256:{best.file.sha256}" if best.file.sha256 else ""
    return ChosenPackage(f"pkg:pypi/{name}", name, str(best.version), digest, item.word, named=True)


def _files(index: Index) -> list[IndexedFile]:
    value = index.get(FILES)
    return files_of(value) if value else []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PYPI = Pypi()
