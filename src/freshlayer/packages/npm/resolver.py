"""The member of ``PackageManager`` for JavaScript: one version for each package that a command names."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
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
from freshlayer.packages.npm.choose import choose, is_range, runs
from freshlayer.packages.npm.documents import TAGS, VERSIONS, read_document, releases_of, tags_of
from freshlayer.packages.npm.words import Wish, wish_of

_NPM = "https://registry.npmjs.org"
_SHORT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
_ABSENT = frozenset({"http-not-found", "http-gone"})
_SETTING = compiled(r"(?m)^[ \t]*((?:@[\w.~-]+:)?registry)[ \t]*=[ \t]*[\"']?([^\s\"'#;]+)")
_CONFIGURATIONS = ("/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc", "/root/.npmrc", ".npmrc")


class _Wanted(Struct, frozen=True):
    """``document``: what decides. ``others``: the list of all versions."""

    word: str
    wish: Wish
    document: IndexFile
    others: IndexFile


class Npm:
    """npm, and yarn, pnpm and bun where they do as npm does."""

    name = "npm"

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """A document for each named package; the list of versions where the latest one can't be used."""
        wanted = {run.number: list(_of_run(run)) for run in chain.runs}
        node = dict(base.config.environment).get("NODE_VERSION", "")
        every = [item for items in wanted.values() for item in items if isinstance(item, _Wanted)]
        documents = tuple(dict.fromkeys(item.document for item in every))
        answers: IndexAnswers = (yield documents) if documents else {}
        others = tuple(dict.fromkeys(item.others for item in every if _needs_others(item, answers, node)))
        if others:
            answers = {**answers, **(yield others)}
        return {number: _resolution(items, answers, node) for number, items in wanted.items() if items}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The versions that a document states."""
        return read_document(kind, content)


NPM = Npm()


def _of_run(run: PackageRun) -> Iterator[_Wanted | Reason]:
    for command in run.commands if run.policy is not PackagePolicy.OFF else ():
        if command.manager != Npm.name or command.action is not PackageAction.INSTALL:
            continue
        if command.unknown is not None:
            yield command.unknown
            continue
        for word in command.words:
            wish = wish_of(word)
            if wish is not None:
                yield _wanted(word, wish, command)


def _wanted(word: str, wish: Wish, command: PackageCommand) -> _Wanted:
    """A tag has a document of some kilobytes; a range needs the list of all versions."""
    address = f"{_registry(wish, command).rstrip('/')}/{wish.path}"
    every = IndexFile(Npm.name, "versions", (address,), accept=_SHORT)
    if wish.wanted and is_range(wish.wanted):
        return _Wanted(word, wish, every, every)
    return _Wanted(
        word, wish, IndexFile(Npm.name, "version", (f"{address}/{wish.wanted or 'latest'}",)), every
    )


def _needs_others(item: _Wanted, answers: IndexAnswers, node: str) -> bool:
    """A name alone is any version: npm takes another one where the latest is deprecated, or does not run."""
    answer = answers.get(item.document)
    if item.wish.wanted or answer is None or isinstance(answer, Reason):
        return False
    return any(it.deprecated or not runs(it, node) for it in releases_of(answer.get(VERSIONS)))


def _registry(wish: Wish, command: PackageCommand) -> str:
    """That of the scope before the one for all; an option before the configuration files."""
    known: dict[str, str] = {}
    for path in _CONFIGURATIONS:
        for file, text in command.files.items():
            if file == path or (path == ".npmrc" and file.endswith("/.npmrc")):
                known |= dict(_SETTING.findall(text))
    known |= {name: value for name, value in command.options if re.fullmatch(r"(?:@.+:)?registry", name)}
    return known.get(f"{wish.scope}:registry") or known.get("registry") or _NPM


def _resolution(items: Sequence[_Wanted | Reason], answers: IndexAnswers, node: str) -> Resolution:
    chosen: dict[str, ChosenPackage] = {}
    for item in items:
        if isinstance(item, Reason):
            return Resolution(problem=item)
        found = _chosen(item, answers, node)
        if isinstance(found, Resolution):
            return found
        chosen[found.purl] = found
    return Resolution(tuple(chosen[purl] for purl in sorted(chosen)))


def _chosen(item: _Wanted, answers: IndexAnswers, node: str) -> ChosenPackage | Resolution:
    answer = answers.get(item.others, answers.get(item.document, Reason("no-answer")))
    if isinstance(answer, Reason):
        return Resolution(problem=answer, unreachable=answer.code not in _ABSENT)
    releases = releases_of(answer.get(VERSIONS))
    tags = answer.get(TAGS)
    if tags is None:
        best = next(iter(releases), None)
    else:
        best = choose(item.wish.wanted or "*", tags_of(tags), releases, node)
    name = item.wish.name
    if best is None:
        detail = f"no version of {name} fits {item.word}"
        return Resolution(problem=Reason("package-not-found", detail=detail))
    return ChosenPackage(item.wish.purl, name, best.version, best.digest, item.word, named=True)
