"""What is known of base images, by digest, in ``$XDG_CACHE_HOME/freshlayer/bases``: it never changes.

Configurations and contents have files of their own, for a configuration is much cheaper to get. A file is
written under a temporary name, then renamed; one that is damaged, or of another version, counts as missing.
The modification time is that of the last use: what was not used for the longest time is removed first.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from freshlayer.bases.image_read import ImageRead
from freshlayer.files import atomic_write
from freshlayer.files.bounded_read import read_file
from freshlayer.model.base_image import BaseContents, ImageConfig

_VERSION = 4
"""Of the form, and of what is kept of an image."""
_LARGEST = 128 * 1024 * 1024
_MOST_FILES = 500
_MOST_BYTES = 300_000_000
_DIGITS = "0123456789"
_HEX = f"{_DIGITS}abcdef"
_LETTERS = f"{_HEX}ghijklmnopqrstuvwxyz"
_LONGEST_NAME = 200
_CONFIG, _CONTENTS = "config", "contents"


class _Kept(msgspec.Struct, frozen=True):
    """A file. ``name``: what it is about, so that one under a wrong name is noticed.

    ``digest``: of the manifest for the platform, where it was found by that of an index.
    """

    version: int
    name: str
    digest: str = ""
    config: ImageConfig | None = None
    contents: BaseContents | None = None


class BaseCache:
    """The cache of a user. Many processes may use it at once. Nothing of it raises."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, digest: str, platform: str) -> ImageRead:
        """What is known of the image whose manifest, or index, has this digest."""
        config, contents = (self._read(digest, platform, kind) for kind in (_CONFIG, _CONTENTS))
        manifest = next((it.digest for it in (config, contents) if it is not None), "")
        return ImageRead(manifest, config.config if config else None, contents.contents if contents else None)

    def keep(self, digest: str, platform: str, found: ImageRead) -> None:
        """Write what is known, and remove what was used longest ago."""
        if found.config is not None:
            self._write(digest, platform, _CONFIG, _Kept(_VERSION, "", found.digest, config=found.config))
        if found.contents is not None:
            kept = _Kept(_VERSION, "", found.digest, contents=found.contents)
            self._write(digest, platform, _CONTENTS, kept)

    def prune(self, *, most_files: int = _MOST_FILES, most_bytes: int = _MOST_BYTES) -> None:
        """Remove what was used longest ago, until there are few enough files and bytes."""
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            found = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
            files = sorted(((it.st_mtime, it.st_size, path) for it, path in found), reverse=True)
            total = 0
            for number, (_, size, path) in enumerate(files, 1):
                total += size
                if number > most_files or total > most_bytes:
                    with contextlib.suppress(OSError):
                        os.unlink(path)

    def _read(self, digest: str, platform: str, kind: str) -> _Kept | None:
        name = _name(digest, platform, kind)
        path = self._directory / name
        try:
            kept = msgspec.msgpack.decode(_inflated(read_file(path, _LARGEST)), type=_Kept)
        except (OSError, ValueError, zlib.error, msgspec.DecodeError):
            return None
        if not name or kept.version != _VERSION or kept.name != name:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return kept

    def _write(self, digest: str, platform: str, kind: str, kept: _Kept) -> None:
        name = _name(digest, platform, kind)
        if not name:
            return
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = msgspec.msgpack.encode(replace(kept, name=name))
            atomic_write.replace(self._directory / name, zlib.compress(content, 3))
            self.prune()


def _name(digest: str, platform: str, kind: str) -> str:
    """The name of a file; empty for what is not a digest."""
    words = f"{digest.replace(':', '-')}.{platform.replace('/', '-')}.{kind}"
    plain = len(words) <= _LONGEST_NAME and all(it.isalnum() or it in "_.-" for it in words)
    return words if plain and _is_digest(digest) else ""


def _is_digest(text: str) -> bool:
    """Without a pattern, for which a cached build would load ``re``."""
    algorithm, _, digits = text.partition(":")
    named = 1 <= len(algorithm) <= 20 and not algorithm.strip(_LETTERS)
    return named and 32 <= len(digits) <= 128 and not digits.strip(_HEX)


def _inflated(data: bytes) -> bytes:
    """Raises ValueError for more than it can be."""
    stream = zlib.decompressobj()
    content = stream.decompress(data, _LARGEST)
    if not stream.eof:
        raise ValueError("too large, or cut off")
    return content
