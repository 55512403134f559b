"""A package manager's rounds, answered from directories: URL → file, through the cache of indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from freshlayer.indexes import IndexCache
from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.packages import (
    IndexAnswer,
    IndexFile,
    PackageChain,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.base import PackageManager


@dataclass
class Driver:
    """``served``: the beginning of a URL → the directory behind it. ``requested``: the URLs, in order."""

    manager: PackageManager
    cache: IndexCache
    served: Mapping[str, Path]
    requested: list[str] = field(default_factory=list)
    rounds: int = 0

    def resolve(self, chain: PackageChain, contents: BaseContents | None) -> Resolutions:
        """What each instruction installs."""
        base = BaseImage(*chain.base, "sha256:" + "0" * 64, contents=contents)
        rounds = self.manager.resolve(chain, base)
        try:
            wanted = next(rounds)
            while True:
                self.rounds += 1
                wanted = rounds.send({file: self.answer(file) for file in wanted})
        except StopIteration as stop:
            found: Resolutions = stop.value
            return found

    def answer(self, file: IndexFile) -> IndexAnswer:
        """A file from the directories, or why there is none."""
        if file.sha256 and (known := self.cache.index(file)):
            return known
        for url in file.urls:
            self.requested.append(url)
            path = self._path(url)
            if path is None or not path.is_file():
                continue
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            if known := self.cache.index(file, file.sha256 or digest):
                return known
            try:
                with path.open("rb") as transferred:
                    return self.cache.keep(file, transferred, digest, self.manager.entries)
            except ValueError as error:
                return Reason("index-mismatch", detail=str(error))
        return Reason("http-not-found", file.urls[0])

    def _path(self, url: str) -> Path | None:
        for start, directory in self.served.items():
            if url.startswith(start):
                return directory / url.removeprefix(start).lstrip("/")
        return None
