"""What a package manager states of itself: which index files it reads, and what it would install."""

from __future__ import annotations

from collections.abc import Generator
from typing import BinaryIO, Protocol

from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexAnswers, IndexFile, PackageChain, Resolutions

DATED = "dated"
"""A key that the entries of a manifest may have: when the repository made it, in seconds since 1970, decimal.

A manifest that is older than the known one is no change; ``Date`` of a Release file counts as well.
"""


class PackageManager(Protocol):
    """A package manager. All of it is pure: index files come from outside."""

    name: str

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """Yield the index files that are needed, be sent them, and return what each instruction installs.

        It yields in rounds (manifests first, then what they name), at most a handful of times. What can't be
        read or understood is a ``Resolution`` with its problem, never an exception.
        """

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:
        """The entries of a decompressed index file. Raises ValueError for what is not such a file.

        It reads the file in pieces, and holds no more of it than it must. ``scratch``: an empty file, open
        for reading and writing, for libraries that write to a descriptor. Both are real files; the caller
        closes and removes them.
        """
