"""Large XML indexes → the compact form of libsolv, by libsolv."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import solv

from freshlayer.model.packages import Entries
from freshlayer.packages.rpm.system import MOST_PARENTHESES
from freshlayer.packages.rpm.xml import guard

LARGEST_SOLV = 256 << 20
_PIECE = 4 << 20
_LONGEST_TAG = 4096
_LONGEST_TEXT = 8 << 20
_LONG = re.compile(rb"<[^<]{500,}")
_PACKAGE = re.compile(rb"<package\b[^<>]{0,1024}?\bpkgid=[\"']([0-9a-f]{32,128})[\"']")
_CHECKSUMS = {
    128: solv.REPOKEY_TYPE_MD5,
    160: solv.REPOKEY_TYPE_SHA1,
    224: solv.REPOKEY_TYPE_SHA224,
    256: solv.REPOKEY_TYPE_SHA256,
    384: solv.REPOKEY_TYPE_SHA384,
    512: solv.REPOKEY_TYPE_SHA512,
}
"""Bits of a digest → its type."""


def primary(content: BinaryIO, scratch: BinaryIO) -> Entries:
    """``solv``: a primary.xml, with the provides of files that its own dependencies name."""
    pool, repo = _parsed(content)
    if not repo.nsolvables and b'packages="0"' not in _head(content):
        raise ValueError("it has no packages")
    _add_file_provides(pool, repo)
    yield "solv", _written(repo, scratch)
    del pool


def filelists(content: BinaryIO, scratch: BinaryIO) -> Entries:
    """``solv``: a filelists.xml, as packages that have a digest and files alone."""
    pool = _pool()
    repo = pool.add_repo("repository")
    data = repo.add_repodata()
    for digest in _digests(content):
        one = repo.add_solvable()
        kind = _CHECKSUMS.get(len(digest) * 4)
        if checksum := solv.Chksum.from_bin(kind, bytes.fromhex(digest)) if kind else None:
            data.set_checksum(one.id, solv.SOLVABLE_CHECKSUM, checksum)
    data.internalize()
    if not repo.nsolvables and b"<filelists" not in _head(content):
        raise ValueError("it has no packages")
    _add(pool, repo, content, solv.Repo.REPO_EXTEND_SOLVABLES)
    yield "solv", _written(repo, scratch)


def _digests(content: BinaryIO) -> Iterator[str]:
    """The digests of all packages of a filelists.xml: libsolv adds files to packages that it knows."""
    guard(content)
    rest = b""
    while piece := content.read(_PIECE):
        text = rest + piece
        end = 0
        for found in _PACKAGE.finditer(text):
            end = found.end()
            yield found[1].decode()
        rest = text[max(end, len(text) - _LONGEST_TAG) :]


def _head(content: BinaryIO) -> bytes:
    content.seek(0)
    return content.read(4096)


def _pool() -> solv.Pool:
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    return pool


def _refuse_deep(content: BinaryIO) -> None:
    """Raise ValueError for a dependency with very many parentheses: libsolv parses it by recursion."""
    rest = b""
    while piece := content.read(_PIECE):
        text = rest + piece
        for found in _LONG.finditer(text):
            one = found[0]
            if b"entry" in one and one.count(b"(") + one.count(b"&#") > MOST_PARENTHESES:
                raise ValueError("a dependency is nested too deeply")
        rest = text[max(0, text.rfind(b"<")) :]
        if len(rest) > _LONGEST_TEXT:
            raise ValueError("a text is too long")


def _parsed(content: BinaryIO) -> tuple[solv.Pool, solv.Repo]:
    """Both: the memory of a repository is that of its pool."""
    guard(content)
    _refuse_deep(content)
    pool = _pool()
    repo = pool.add_repo("repository")
    _add(pool, repo, content, 0)
    return pool, repo


def _add(pool: solv.Pool, repo: solv.Repo, content: BinaryIO, flags: int) -> None:
    # A seek within a buffer moves no descriptor, and libsolv reads from the descriptor.
    content.seek(0, 2)
    content.seek(0)
    file = solv.xfopen_fd("index.xml", content.fileno(), "r")
    read = repo.add_rpmmd(file, None, flags | solv.Repo.REPO_NO_INTERNALIZE)
    file.close()
    repo.internalize()
    if not read:
        raise ValueError(str(pool.errstr) or "not an index of packages")


def _add_file_provides(pool: solv.Pool, repo: solv.Repo) -> None:
    """As the tools of libsolv do it: with this list, a later pool looks none of these files up again."""
    added = pool.addfileprovides_queue()
    if not added:
        return
    data = repo.first_repodata()
    for one in added:
        data.add_idarray(solv.SOLVID_META, solv.REPOSITORY_ADDEDFILEPROVIDES, one)
    data.internalize()


def _written(repo: solv.Repo, scratch: BinaryIO) -> bytes:
    file = solv.xfopen_fd("index.solv", scratch.fileno(), "w")
    done = repo.write(file)
    file.flush()
    file.close()
    if not done:
        raise ValueError("libsolv does not write the index")
    scratch.seek(0)
    found = scratch.read(LARGEST_SOLV + 1)
    if len(found) > LARGEST_SOLV:
        raise ValueError("the index is too large")
    return found
