"""Indexes that only an attacker would send cost no more time than their size, and end in no error."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from time import process_time
from typing import TypeVar

import pytest

from freshlayer.model.base_image import BaseContents, BaseImage, ImageConfig
from freshlayer.packages.apk.records import entries as entries_of_apk
from freshlayer.packages.apt.entries import entries_of
from freshlayer.packages.apt.sources import MOST_SOURCES, sources_of
from freshlayer.packages.npm.choose import choose as choose_version
from freshlayer.packages.npm.choose import is_range
from freshlayer.packages.npm.documents import VERSIONS, Release, read_document, releases_of
from freshlayer.packages.pypi.choose import offers
from freshlayer.packages.pypi.pages import FILES, IndexedFile, files_of, read_page
from freshlayer.packages.pypi.target import Target, target_of

_SECONDS = 2
_HASH = "a" * 64
Value = TypeVar("Value")


def soon(act: Callable[[], Value]) -> Value:
    started = process_time()
    found = act()
    assert process_time() - started < _SECONDS
    return found


def page(body: bytes) -> list[IndexedFile]:
    return files_of(dict(read_page(io.BytesIO(body)))[FILES])


def versions(document: object) -> list[Release]:
    body = io.BytesIO(json.dumps(document).encode())
    return releases_of(dict(read_document("version", body))[VERSIONS])


@pytest.mark.parametrize(
    "body",
    [
        b'<a href="x">' + b" " * 60_000,
        b"<a " * 1_000_000,
        b'<a x="' * 300_000,
        b"<a " + b"x=" * 500_000,
    ],
)
def test_a_page_that_ends_in_no_link(body: bytes) -> None:
    assert soon(lambda: page(body)) == []


def test_links_as_indexes_write_them() -> None:
    """The value of an attribute may have the sign that ends the tag."""
    text = (
        f'<A HREF="../x-1.tar.gz#sha256={_HASH}" data-requires-python=">=3.8" >x-1.tar.gz</A>'
        "<a href='y' data-yanked=''>\n x-2.tar.gz\n</a >"
        "<abbr>x-3.tar.gz</abbr><a href=z><b>x-4</b></a>"
    )
    expected = [
        IndexedFile("x-1.tar.gz", _HASH, ">=3.8", url="../x-1.tar.gz"),
        IndexedFile("x-2.tar.gz", yanked=True, url="y"),
    ]
    assert page(text.encode()) == expected


@pytest.mark.parametrize("digest", ["\x1b[31m", "A" * 10_000, "../..", "a" * 63])
def test_a_digest_that_is_none(digest: str) -> None:
    listed = {"filename": "x-1.tar.gz", "hashes": {"sha256": digest}}
    assert page(json.dumps({"files": [listed]}).encode()) == [IndexedFile("x-1.tar.gz")]
    assert versions({"version": "1.0.0", "dist": {"shasum": digest}}) == [Release("1.0.0")]


@pytest.mark.parametrize(
    "file",
    [
        IndexedFile(f"x-{'9' * 200}{'9' * 5000}-py3-none-any.whl"),
        IndexedFile(f"x-1-{'-'.join(['.'.join(f'a{it}' for it in range(300))] * 3)}.whl"),
        IndexedFile(f"x-1-{'-'.join(['.'.join('abcdefghijklmnopqrstuvwxyzabcdefghijklm')] * 3)}.whl"),
    ],
)
def test_a_file_of_a_strange_name_is_no_candidate(file: IndexedFile) -> None:
    target = Target((3, 11, 2), "x86_64", ("linux_x86_64",))
    good = IndexedFile("x-1.0-py3-none-any.whl")
    (found,) = soon(lambda: offers([file, good], target))
    assert found.file == good


def test_a_required_python_of_many_digits() -> None:
    target = Target((3, 11, 2), "x86_64", ("linux_x86_64",))
    file = IndexedFile("x-1.0-py3-none-any.whl", python=f">={'9' * 5000}")
    soon(lambda: offers([file], target))


@pytest.mark.parametrize("version", ["3.999999999", "3." + "9" * 5000, "\u0663.\u0661\u0661"])
def test_a_base_whose_python_is_none(version: str) -> None:
    base = BaseImage("x", "linux/amd64", "", ImageConfig((("PYTHON_VERSION", version),)))
    assert target_of(base, "amd64").python is None


def test_a_database_without_a_version() -> None:
    contents = BaseContents({}, {"apk": "P:python3\nA:x\n" * 50_000})
    base = BaseImage("x", "linux/amd64", "", ImageConfig(), contents)
    assert soon(lambda: target_of(base, "amd64")).python is None


@pytest.mark.parametrize("version", ["1.0.0\x1b]0;x\x07", "1.0.0\n", "", "1.0.0-" + "a." * 1000])
def test_a_version_that_npm_does_not_take(version: str) -> None:
    assert versions({"version": version}) == []


def test_ranges_of_many_blanks() -> None:
    blanks = " " * 100_000
    assert not soon(lambda: is_range(f">{blanks}1"))
    assert versions({"version": "1.0.0", "engines": {"node": f">{blanks}<"}}) == [Release("1.0.0")]
    long = Release(f"1.0.0-{'9' * 240}")
    assert soon(lambda: choose_version("^1", {}, [Release("1.0.0"), long])) == Release("1.0.0")


def test_a_release_file_of_empty_lines() -> None:
    body = io.BytesIO(b"Origin: x\nSHA256:" + b"\n " * 200_000 + f"\n {_HASH} 3 main/Packages\n".encode())
    entries = soon(lambda: dict(entries_of("release", body)))
    assert entries["/main/Packages"] == f"{_HASH} 3".encode()


def test_an_index_of_millions_of_names() -> None:
    """Little when it is compressed, and gigabytes in memory."""
    provides = b" ".join(b"%x" % number for number in range(120_000))
    text = b"".join(b"P:app%d\nV:1\np:%s\n\n" % (number, provides) for number in range(40))
    member = tarfile.TarInfo("APKINDEX")
    member.size = len(text)
    index = io.BytesIO()
    with tarfile.open(fileobj=index, mode="w") as archive:
        archive.addfile(member, io.BytesIO(text))
    index.seek(0)
    with pytest.raises(ValueError, match="four million"):
        dict(entries_of_apk(index))


def test_sources_that_multiply() -> None:
    many = range(20_000)
    uris, suites = " ".join(f"http://h/{it}" for it in many), " ".join(f"s{it}" for it in many)
    text = f"Types: deb\nURIs: {uris}\nSuites: {suites}\nComponents: main\n"
    found = soon(lambda: sources_of({"/etc/apt/sources.list.d/x.sources": text}, "amd64"))
    assert len(found) == MOST_SOURCES + 1
