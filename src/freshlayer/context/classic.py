"""The context that is sent to the classic builder: a changed Dockerfile invalidates no ``COPY . .``.

With ``-f`` outside the context the docker client ships the Dockerfile under a random name and writes that
name into the ``.dockerignore`` that it ships, so every ``COPY . .`` runs again (measured, 20.10 and 26).
freshlayer's own tar has a fixed name, which the ``.dockerignore`` excludes. The daemon removes a Dockerfile,
and a ``.dockerignore``, that the rules exclude, before any COPY.
"""

from __future__ import annotations

import grp
import io
import os
import pwd
import re
import stat
import tarfile
from functools import cache
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from freshlayer.context.dockerignore import NAME, patterns, read_rules, walk
from freshlayer.context.ignore_patterns import Patterns

DOCKERFILE = ".freshlayer.Dockerfile"


class ClassicContext(Struct, frozen=True):
    """``name`` is the Dockerfile's path in the tar; ``shipped`` the text of its ``.dockerignore``.

    ``as_before_23``: the daemon hashes headers too, and a docker client before 23 puts the owner's names and
    the kind of the file into them (measured, 20.10 and 26); it also reads the rules differently.
    """

    root: Path
    name: str
    rules: str
    shipped: str
    as_before_23: bool = False

    @classmethod
    def of(cls, root: Path, *, dockerfile: Path | None = None, as_before_23: bool = False) -> ClassicContext:
        """Read the directory's rules, and choose a name for the Dockerfile that they exclude.

        With a name that the user's own rules exclude already, the user's ``.dockerignore`` is sent verbatim,
        so that a ``COPY . .`` copies the same file; else a line is added to it. The name of the user's
        own ``dockerfile`` is preferred: docker's client would send it.
        """
        text = read_rules(root / NAME)
        if text is None:
            return cls(root, DOCKERFILE, "", f"{DOCKERFILE}\n{NAME}\n", as_before_23)
        rules = patterns(root / NAME, text, before_23=as_before_23)
        own = _below(root, dockerfile)
        name = own if own and own != NAME and rules.excludes(own) else _hidden_name(text, rules)
        if name:
            return cls(root, name, text, text, as_before_23)
        return cls(root, DOCKERFILE, text, f"{text.rstrip(chr(10))}\n{DOCKERFILE}\n", as_before_23)

    def write(self, dockerfile: bytes, stream: IO[bytes]) -> None:
        """Stream the tar; no file is held in memory. Raises OSError, BrokenPipeError among it.

        GNU format: docker takes the PAX headers that Python writes by default for a Dockerfile.
        """
        rules = patterns(self.root / NAME, self.rules, before_23=self.as_before_23)
        links: dict[tuple[int, int], str] = {}
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT, bufsize=256 * 1024) as tar:
            for path, status in walk(self.root, rules):
                if path not in {NAME, self.name}:
                    self._add(tar, path, status, links)
            ignore = self._ignore_entry() or _hidden(NAME)
            _add_text(tar, ignore, self.shipped.encode("utf-8", "surrogateescape"))
            _add_text(tar, _hidden(self.name), dockerfile)

    def _ignore_entry(self) -> tarfile.TarInfo | None:
        try:
            return self._entry(NAME, (self.root / NAME).stat())
        except OSError:
            return None

    def _add(
        self, tar: tarfile.TarFile, path: str, status: os.stat_result, links: dict[tuple[int, int], str]
    ) -> None:
        info = self._entry(path, status)
        full = self.root / path
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            first = links.setdefault((status.st_dev, status.st_ino), path)
            if first != path:
                info.type, info.linkname = tarfile.LNKTYPE, first
                tar.addfile(info)
                return
        if stat.S_ISREG(status.st_mode):
            with full.open("rb") as source:
                info.size = os.fstat(source.fileno()).st_size
                tar.addfile(info, source)
            return
        _describe(info, full, status)
        tar.addfile(info)

    def _entry(self, path: str, status: os.stat_result) -> tarfile.TarInfo:
        """With the modes and owners (root) that the docker client sends."""
        info = _Entry(path) if self.as_before_23 else tarfile.TarInfo(path)
        info.mode = status.st_mode
        info.mtime = int(status.st_mtime)
        if self.as_before_23:
            info.uname, info.gname = _user(status.st_uid), _group(status.st_gid)
        return info


class _Entry(tarfile.TarInfo):
    """Writes the whole mode, with the kind of the file, which tarfile leaves out."""

    def tobuf(self, *arguments: Any, **options: Any) -> bytes:
        blocks = super().tobuf(*arguments, **options)
        header = bytearray(blocks[-tarfile.BLOCKSIZE :])
        header[100:108] = b"%07o\0" % self.mode
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        return blocks[: -tarfile.BLOCKSIZE] + bytes(header)


def _describe(info: tarfile.TarInfo, full: Path, status: os.stat_result) -> None:
    kinds = {
        stat.S_IFDIR: tarfile.DIRTYPE,
        stat.S_IFLNK: tarfile.SYMTYPE,
        stat.S_IFIFO: tarfile.FIFOTYPE,
        stat.S_IFCHR: tarfile.CHRTYPE,
        stat.S_IFBLK: tarfile.BLKTYPE,
    }
    info.type = kinds[stat.S_IFMT(status.st_mode)]
    if info.type == tarfile.SYMTYPE:
        info.linkname = os.readlink(full)
    if info.type in {tarfile.CHRTYPE, tarfile.BLKTYPE}:
        info.devmajor, info.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)


def _hidden(name: str) -> tarfile.TarInfo:
    """A file that no COPY sees."""
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    return info


def _add_text(tar: tarfile.TarFile, info: tarfile.TarInfo, content: bytes) -> None:
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


@cache
def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


@cache
def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""


def _below(root: Path, dockerfile: Path | None) -> str:
    """The path of the user's Dockerfile in the context; empty where it is elsewhere."""
    if dockerfile is None:
        return ""
    try:
        found = dockerfile.resolve().relative_to(root.resolve()).as_posix()
        return found if stat.S_ISREG((root / found).lstat().st_mode) else ""
    except (OSError, ValueError):
        return ""


def _hidden_name(text: str, rules: Patterns) -> str:
    """A name that the rules exclude, so that no file of the tar has it: ``freshlayer.log`` for ``*.log``."""
    for line in text.split("\n"):
        pattern = line.strip().removeprefix("/").removeprefix("**/").rstrip("/")
        name = pattern.replace("*", "freshlayer")
        plain = re.fullmatch(r"[\w.*-]+", pattern) and not re.fullmatch(r"\.+", name)
        # An exception for a path below the name needs the name as a directory.
        if plain and name != NAME and rules.excludes(name) and not rules.may_hold_exceptions(name):
            return name
    return ""
