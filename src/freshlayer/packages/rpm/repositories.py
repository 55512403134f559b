"""The index files of repositories, in rounds: lists of mirrors, manifests, then what they name."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from msgspec import Struct

from freshlayer.model.packages import Index, IndexAnswer, IndexAnswers, IndexFile
from freshlayer.model.reasons import Reason, about
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.manifests import (
    LARGEST_MANIFEST,
    Mirrors,
    Part,
    Parts,
    joined,
    mirrors_of,
    parts_of,
)

Round = Generator[tuple[IndexFile, ...], IndexAnswers, None]
MANAGER = "rpm"
_LARGEST = 256 << 20
_TYPES = {
    "primary": ("primary",),
    "filelists": ("filelists",),
    "group": ("group_gz", "group_xz", "group_zst", "group"),
    "modules": ("modules",),
    "updateinfo": ("updateinfo",),
}
"""Kind of a file → its types in repomd.xml, the preferred one first."""


class Place(Struct, frozen=True):
    """Where a repository is, as far as it is known. ``problem``: why it is not."""

    bases: tuple[str, ...] = ()
    sha256: str = ""
    problem: Reason | None = None


def _mirror_files(repository: Repository) -> Iterator[IndexFile]:
    """The lists of mirrors that a repository names; the first that is read counts."""
    for kind, url in (("metalink", repository.metalink), ("mirrorlist", repository.mirrors)):
        if url:
            yield IndexFile(MANAGER, kind, (url,), largest=LARGEST_MANIFEST)
            return


class Indexes:
    """The index files that were read, by repository."""

    def __init__(self) -> None:
        self.known: dict[IndexFile, IndexAnswer] = {}

    def read(self, repositories: Iterable[Repository], kinds: Iterable[str]) -> Round:
        """Read files of repositories; what is known already is not yielded."""
        wanted = [one for one in dict.fromkeys(repositories) if not one.problem]
        yield from self._fetch(file for one in wanted for file in _mirror_files(one))
        yield from self._fetch(file for one in wanted for file in self._manifest(one))
        names = tuple(kinds)
        yield from self._fetch(file for one in wanted for kind in names for file in self._files(one, kind))

    def _fetch(self, files: Iterable[IndexFile]) -> Round:
        missing = tuple(file for file in dict.fromkeys(files) if file not in self.known)
        if missing:
            answers = yield missing
            none = Reason("package-source-unknown", detail="its index was not read")
            self.known |= {file: answers.get(file, none) for file in missing}

    def place(self, repository: Repository) -> Place:
        """Where a repository is."""
        problem: Reason | None = None
        for file in _mirror_files(repository):
            answer = self.known.get(file)
            if isinstance(answer, Reason) or answer is None:
                problem = answer
                continue
            mirrors: Mirrors = mirrors_of(answer.get("mirrors"))
            return Place(mirrors.urls, mirrors.sha256[0] if len(mirrors.sha256) == 1 else "")
        if repository.urls:
            return Place(repository.urls)
        return Place(problem=problem or Reason("package-source-unknown", detail="it has no usable URL"))

    def _manifest(self, repository: Repository) -> Iterator[IndexFile]:
        place = self.place(repository)
        urls = tuple(joined(place.bases, "repodata/repomd.xml"))
        if urls:
            yield IndexFile(MANAGER, "repomd", urls, place.sha256, largest=LARGEST_MANIFEST)

    def parts(self, repository: Repository) -> Parts | Reason:
        """What the manifest of a repository names."""
        for file in self._manifest(repository):
            answer = self.known.get(file)
            if answer is None or isinstance(answer, Reason):
                return answer or Reason("package-source-unknown", detail="its manifest was not read")
            return parts_of(answer.get("parts"))
        problem = self.place(repository).problem
        return problem or Reason("package-source-unknown", detail="it has no usable URL")

    def _files(self, repository: Repository, kind: str) -> Iterator[IndexFile]:
        parts = self.parts(repository)
        if isinstance(parts, Reason):
            return
        for name in _TYPES[kind]:
            part = parts.get(name)
            if part is not None and (file := self._file(repository, kind, part)):
                yield file
                return

    def _file(self, repository: Repository, kind: str, part: Part) -> IndexFile | None:
        bases = (part.base,) if part.base else self.place(repository).bases
        urls = tuple(joined(bases, part.location))
        compression = part.compression
        if not urls or compression is None:
            return None
        return IndexFile(
            MANAGER,
            kind,
            urls,
            part.open_sha256 or part.sha256,
            compression,
            largest=_LARGEST,
            digest_of_content=bool(part.open_sha256),
        )

    def index(self, repository: Repository, kind: str) -> Index | Reason | None:
        """A file of a repository: None where the repository has none of this kind."""
        if repository.problem:
            return Reason("package-source-unknown", repository.id, repository.problem)
        parts = self.parts(repository)
        if isinstance(parts, Reason):
            return about(repository.id, parts)
        for file in self._files(repository, kind):
            answer = self.known.get(file)
            return about(repository.id, answer) if isinstance(answer, Reason) else answer
        if any(name in parts for name in _TYPES[kind]):
            return Reason("package-source-unknown", repository.id, f"its index {kind!r} is not readable")
        return None
