"""A member of ``PackageManager`` whose registry has a document for each package, which decides."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import BinaryIO, TypeVar

from msgspec import Struct

from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
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

RELEASES = "releases"
"""The key of what a document states."""
LARGEST = 64 << 20
_ABSENT = frozenset({"http-not-found", "http-gone"})


class Choice(Struct, frozen=True):
    """``digest``: ``scheme:hexadecimal``, empty where a version can't have other bytes."""

    version: str
    digest: str = ""


class Wanted(Struct, frozen=True):
    """A package that a command names. ``documents``: one at each registry.

    ``choose``: what the documents that are there state → what would be installed, if anything. ``key``: under
    which they state it.
    """

    word: str
    name: str
    purl: str
    documents: tuple[IndexFile, ...]
    choose: Callable[[Sequence[bytes]], Choice | None]
    key: str = RELEASES


_Wish = TypeVar("_Wish")
Wanting = Callable[[PackageCommand, PackageRun, BaseImage], Iterator[Wanted | Reason]]


class NamedPackages:
    """One round: the document of each package. ``read``: its entries, of bounded size."""

    def __init__(self, name: str, wanting: Wanting, read: Callable[[bytes], Entries]) -> None:
        self.name = name
        self._wanting = wanting
        self._read = read

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """The document of each named package at each registry."""
        wanted = {run.number: list(of_run(self.name, run, base, self._wanting)) for run in chain.runs}
        every = [item for items in wanted.values() for item in items if isinstance(item, Wanted)]
        documents = tuple(dict.fromkeys(file for item in every for file in item.documents))
        answers: IndexAnswers = (yield documents) if documents else {}
        return {
            number: resolution([it if isinstance(it, Reason) else _chosen(it, answers) for it in items])
            for number, items in wanted.items()
            if items
        }

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """What a document states."""
        return self._read(whole(content))


def whole(content: BinaryIO) -> bytes:
    """All of a document. Raises ValueError for one that is too large."""
    body = content.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("the document is too large")
    return body


def of_run(
    manager: str,
    run: PackageRun,
    base: BaseImage,
    wanting: Callable[[PackageCommand, PackageRun, BaseImage], Iterator[_Wish | Reason]],
) -> Iterator[_Wish | Reason]:
    """What the commands of a run want of a manager."""
    for command in run.commands if run.policy is not PackagePolicy.OFF else ():
        if command.manager == manager and command.action is PackageAction.INSTALL:
            if command.unknown is not None:
                yield command.unknown
            else:
                yield from wanting(command, run, base)


def resolution(found: Sequence[ChosenPackage | Resolution | Reason]) -> Resolution:
    """All packages of a run; the first problem is that of the run. What a word names is named for all."""
    chosen: dict[str, ChosenPackage] = {}
    notes: dict[Reason, None] = {}
    for item in found:
        if isinstance(item, Reason):
            return Resolution(problem=item)
        if isinstance(item, Resolution) and item.problem:
            return item
        notes |= dict.fromkeys(item.notes if isinstance(item, Resolution) else ())
        for one in item.packages if isinstance(item, Resolution) else (item,):
            if one.named or one.purl not in chosen:
                chosen[one.purl] = one
    return Resolution(tuple(chosen[purl] for purl in sorted(chosen)), notes=tuple(notes))


def failed(reason: Reason) -> Resolution:
    """Of a registry that has no answer; that it has no such package is one."""
    return Resolution(problem=reason, unreachable=not is_absent(reason))


def is_absent(reason: Reason) -> bool:
    """Whether a registry stated that it has no such package."""
    return reason.code in _ABSENT


def not_found(name: str, word: str) -> Resolution:
    """Of a registry that has the package, and no version that fits."""
    return Resolution(problem=Reason("package-not-found", detail=f"no version of {name} fits {word}"))


def _chosen(item: Wanted, answers: IndexAnswers) -> ChosenPackage | Resolution:
    stated: list[bytes] = []
    problems: list[Reason] = []
    for file in item.documents:
        answer = answers.get(file, Reason("no-answer"))
        if isinstance(answer, Reason):
            problems.append(answer)
        else:
            stated.append(answer.get(item.key) or b"")
    unreachable = [reason for reason in problems if not is_absent(reason)]
    if unreachable or not stated:
        return failed((unreachable or problems)[0])
    best = item.choose(stated)
    if best is None:
        return not_found(item.name, item.word)
    return ChosenPackage(item.purl, item.name, best.version, best.digest, item.word, named=True)
