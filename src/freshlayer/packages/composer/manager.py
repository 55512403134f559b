"""The member of ``PackageManager`` for composer, by the documents of packages of its repositories."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import BinaryIO
from urllib.parse import urljoin

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    IndexAnswers,
    IndexFile,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.composer.constraints import ANY, Constraint, constraint_of
from freshlayer.packages.composer.documents import Release, Root, entries
from freshlayer.packages.composer.projects import Repository, Settings, settings_of
from freshlayer.packages.composer.versions import normalized, order, rank, stability_of
from freshlayer.packages.named.member import (
    LARGEST,
    RELEASES,
    failed,
    is_absent,
    not_found,
    of_run,
    resolution,
    whole,
)

_NAME = compiled(r"[a-z0-9](?:[_.-]?[a-z0-9]+)*/[a-z0-9](?:[_.-]{0,2}[a-z0-9]+)*")
_LONGEST = 200
_WORST = "dev"


class Wish(Struct, frozen=True):
    """``stability``: the least stable that counts. ``php``: normalized; empty where it is not known."""

    word: str
    name: str
    constraint: Constraint
    stability: str
    prefers_stable: bool
    php: str
    repositories: tuple[Repository, ...]

    def choose(self, releases: Sequence[Release]) -> Release | None:
        """The highest version that fits, the most stable first where that is preferred."""
        fitting = [(it, version) for it in releases if self._runs(it) for version in self._fitting(it)]
        best = max(
            fitting,
            key=lambda pair: (-rank(stability_of(pair[1])) if self.prefers_stable else 0, order(pair[1])),
            default=None,
        )
        return best[0] if best else None

    def _fitting(self, item: Release) -> Iterator[str]:
        least = rank(self.stability)
        if rank(stability_of(item.normal)) <= least:
            yield from (it for it in (item.normal, *item.aliases) if self.constraint.holds(it))

    def _runs(self, item: Release) -> bool:
        required = constraint_of(item.php) if item.php and self.php else None
        return required is None or required.holds(self.php)


def _wanting(command: PackageCommand, run: PackageRun, base: BaseImage) -> Iterator[Wish | Reason]:  # noqa: ARG001
    settings = settings_of(command, dict(base.config.environment).get("PHP_VERSION", ""))
    if isinstance(settings, Reason):
        yield settings
        return
    for word in command.words:
        name, _, text = word.partition(":")
        constraint = constraint_of(text) if text else ANY
        name = name.lower()
        if len(name) > _LONGEST or not _NAME.fullmatch(name) or constraint is None:
            yield Reason("package-word-unclear", detail=f"{word[:80]!r} is not a requirement")
        else:
            yield _wish(word, name, constraint, settings)


def _wish(word: str, name: str, constraint: Constraint, settings: Settings) -> Wish:
    stability = max(settings.stability, constraint.stability, key=rank)
    php = normalized(settings.php) or "" if settings.php else ""
    known = tuple(it for it in settings.repositories if it.may_have(name))
    return Wish(word, name, constraint, stability, settings.prefers_stable, php, known)


class Composer:
    """Repositories that state where the documents of packages are, then the documents."""

    name = "composer"

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """Two rounds at most: the public repository is known."""
        wanted = {run.number: list(of_run(self.name, run, base, _wanting)) for run in chain.runs}
        wishes = [item for items in wanted.values() for item in items if isinstance(item, Wish)]
        roots = tuple(dict.fromkeys(it.root for wish in wishes for it in wish.repositories if it.root))
        first: IndexAnswers = (yield roots) if roots else {}
        files = [file for wish in wishes for it in wish.repositories for file in _documents(wish, it, first)]
        answers = {**first, **((yield tuple(dict.fromkeys(files))) if files else {})}
        return {
            number: resolution([it if isinstance(it, Reason) else _chosen(it, answers) for it in items])
            for number, items in wanted.items()
            if items
        }

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """What a document states."""
        return entries(kind, whole(content))


COMPOSER = Composer()


def _documents(wish: Wish, repository: Repository, answers: IndexAnswers) -> list[IndexFile]:
    """That of the releases, and that of the branches where these count."""
    pattern = _pattern(repository, answers)
    if isinstance(pattern, Reason):
        return []
    names = [wish.name, *([f"{wish.name}~dev"] if wish.stability == _WORST else [])]
    urls = [urljoin(f"{repository.url}/", pattern.replace("%package%", name)) for name in names]
    return [IndexFile(Composer.name, "versions", (url,), largest=LARGEST) for url in urls]


def _pattern(repository: Repository, answers: IndexAnswers) -> str | Reason:
    if repository.root is None:
        return repository.pattern
    answer = answers.get(repository.root, Reason("no-answer"))
    if isinstance(answer, Reason):
        return answer
    found = msgspec.msgpack.decode(answer.get(RELEASES) or b"", type=Root)
    detail = f"{repository.url[:120]} is no repository of Composer 2"
    return found.pattern or Reason("package-source-unknown", detail=detail)


def _chosen(wish: Wish, answers: IndexAnswers) -> ChosenPackage | Resolution:
    """Of the first repository that has the package."""
    problem = Reason("package-source-unknown", detail=f"no repository may have {wish.name}")
    for repository in wish.repositories:
        pattern = _pattern(repository, answers)
        if isinstance(pattern, Reason):
            return failed(pattern)
        releases: list[Release] = []
        for file in _documents(wish, repository, answers):
            answer = answers.get(file, Reason("no-answer"))
            if isinstance(answer, Reason):
                if not is_absent(answer):
                    return failed(answer)
                problem = answer
            else:
                value = answer.get(f"{RELEASES}:{wish.name}")
                releases += msgspec.msgpack.decode(value, type=list[Release]) if value else []
        best = wish.choose(releases)
        if best is not None:
            purl = f"pkg:composer/{wish.name}"
            return ChosenPackage(purl, wish.name, best.version, best.digest, wish.word, named=True)
        if releases and repository.is_canonical:
            return not_found(wish.name, wish.word)
    return failed(problem) if is_absent(problem) else Resolution(problem=problem)
