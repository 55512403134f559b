"""What is known of an index during a resolution: pages, and the metadata of files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from freshlayer.model.packages import IndexAnswer, IndexFile
from freshlayer.model.reasons import Reason
from freshlayer.packages.published import UNTIL
from freshlayer.packages.pypi.choose import Candidate, offers
from freshlayer.packages.pypi.metadata import REQUIRES, Metadata, metadata_of
from freshlayer.packages.pypi.pages import FILES, UNHASHED, IndexedFile, files_of
from freshlayer.packages.pypi.target import Target

_JSON = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_LARGEST = 64 << 20
_LARGEST_METADATA = 4 << 20
MANAGER = "pypi"
PROJECT = "project"
ABSENT = frozenset({"http-not-found", "http-gone"})


class Conditions(Struct, frozen=True):
    """What a command decides for all its packages. ``pre``: pre-releases are taken as well (``--pre``).

    ``first``: whether the first index that has a project counts alone, as for uv. ``sources``, ``wheels``:
    which kinds of files the command takes. ``until``: as in ``PackageChain``. ``pythons``: what the project
    states of Python, of which poetry and pdm choose what runs on each version.
    """

    target: Target
    indexes: tuple[str, ...]
    constraints: tuple[Requirement, ...] = ()
    pre: bool = False
    first: bool = False
    sources: bool = True
    wheels: bool = True
    until: int = 0
    pythons: str = ""

    def bounds(self, name: str) -> tuple[SpecifierSet, ...]:
        """What constraints state of a project."""
        return tuple(it.specifier for it in self.constraints if normal(it.name) == name)

    def pages(self, name: str) -> tuple[IndexFile, ...]:
        """The page of a project at each index."""
        kind = f"{PROJECT}{UNTIL}{self.until}" if self.until else PROJECT
        urls = [f"{index.rstrip('/')}/{name}/" for index in self.indexes]
        return tuple(
            IndexFile(MANAGER, kind, (url,), accept=_JSON, optional=len(urls) > 1, largest=_LARGEST)
            for url in urls
        )


def normal(name: str) -> str:
    """The name of a project as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


class UnansweredError(Exception):
    """A file that is not known yet, or whose answer is no answer."""


class UnreachableError(Exception):
    """An index that can't be had now. ``reason``: why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


class NoMetadataError(Exception):
    """A file whose requirements only its build, or its download, would show."""


class Known:
    """``missing`` grows with each file that was needed and is not known."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.answers: dict[IndexFile, IndexAnswer] = {}
        self.missing: dict[IndexFile, None] = {}
        self._offers: dict[str, list[tuple[str, Candidate]]] = {}
        self._metadata: dict[IndexFile, Metadata] = {}

    def offered(self, name: str) -> list[tuple[str, Candidate]]:
        """(URL of the page, candidate) of a project, best first. Raises UnansweredError, UnreachableError."""
        if name not in self._offers:
            files = self.files(name)
            by_file = {id(file): url for url, file in files}
            it = self.conditions
            every = (file for _, file in files)
            found = offers(every, it.target, sources=it.sources, wheels=it.wheels)
            self._offers[name] = [(by_file[id(one.file)], one) for one in found]
        return self._offers[name]

    def problems(self, name: str) -> list[Reason]:
        """Why pages of a project are not there."""
        answers = (self.answers.get(page, Reason("no-answer")) for page in self.conditions.pages(name))
        return [answer for answer in answers if isinstance(answer, Reason)]

    def files(self, name: str) -> list[tuple[str, IndexedFile]]:
        """(URL of the page, file) of a project. Raises as ``offered``."""
        found: list[tuple[str, IndexedFile]] = []
        pages = self.conditions.pages(name)
        self._need(pages)
        for page in pages:
            answer = self.answers[page]
            if not isinstance(answer, Reason):
                value = answer.get(FILES)
                found += [(page.urls[0], file) for file in (files_of(value) if value else [])]
                if found and self.conditions.first:
                    break
            elif answer.code not in ABSENT:
                raise UnreachableError(answer)
        return found

    def _need(self, files: Iterable[IndexFile]) -> None:
        wanted = [file for file in files if file not in self.answers]
        if wanted:
            self.missing.update(dict.fromkeys(wanted))
            raise UnansweredError

    def metadata(self, page: str, candidate: Candidate) -> Metadata:
        """What a file requires. Raises UnansweredError, UnreachableError, NoMetadataError."""
        file = metadata_file(page, candidate.file)
        if file is None:
            raise NoMetadataError(candidate.file.name)
        if file not in self._metadata:
            self._need((file,))
            answer = self.answers[file]
            if isinstance(answer, Reason):
                if answer.code in ABSENT or answer.code.startswith("index-"):
                    raise NoMetadataError(candidate.file.name)
                raise UnreachableError(answer)
            self._metadata[file] = metadata_of(answer.get(REQUIRES))
        found = self._metadata[file]
        if not candidate.file.name.endswith(".whl") and not found.static:
            raise NoMetadataError(candidate.file.name)
        return found


def metadata_file(page: str, file: IndexedFile) -> IndexFile | None:
    """The file with the metadata of a file. On another host than the page, an answer chose that host."""
    if not file.metadata or not file.url:
        return None
    try:
        url = urljoin(page, file.url.partition("#")[0])
        here, there = urlsplit(page), urlsplit(url)
    except ValueError:
        return None
    if there.scheme not in {"http", "https"} or there.query:
        return None
    digest = "" if file.metadata == UNHASHED else file.metadata
    foreign = (there.scheme, there.netloc) != (here.scheme, here.netloc)
    return IndexFile(
        MANAGER, "metadata", (f"{url}.metadata",), digest, largest=_LARGEST_METADATA, foreign=foreign
    )


def requirement_of(text: str) -> Requirement | None:
    """None for what is no requirement, as old metadata may have it."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None
