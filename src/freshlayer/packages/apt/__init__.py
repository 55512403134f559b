"""apt-get, apt and aptitude: from the sources of an image and indexes to what a command would install. Pure.

``chain.py`` is the order of things: ``readings`` (which index files each update reads), ``entries`` (index
files as entries), then ``machine`` (one command after the other). Of a command, ``words`` finds what is
named, ``marks`` what that needs, ``resolver`` repairs what does not fit; ``universe`` has the packages,
``preferences`` which version of each counts.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import BinaryIO

from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexAnswers, IndexFile, PackageChain, Resolutions
from freshlayer.packages.apt.chain import resolve
from freshlayer.packages.apt.entries import entries_of


class Apt:
    """The member for Debian's package manager."""

    name = "apt"

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        return resolve(chain, base)

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - for others
        return entries_of(kind, content)


APT = Apt()
