"""The identities file."""

from __future__ import annotations

import multiprocessing
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.errors import StateError
from freshlayer.lock.identities_file import (
    Entry,
    _document,
    is_gone,
    read_identities,
    read_installed,
    user_name,
    write_identities,
)
from freshlayer.model.evidence import Identity, Strength

V1 = Identity("etag", "v1", Strength.STRONG)
V2 = Identity("etag", "v2", Strength.STRONG)


def test_it_is_small_sorted_and_holds_no_time_and_no_line(tmp_path: Path) -> None:
    path = tmp_path / "identities.toml"
    write_identities(path, "Dockerfile", [("https://example.org/b", V2), ("https://example.org/a", V1)])
    assert path.read_text() == (
        "# Written by freshlayer: what the remote inputs were at the last build.\n"
        "version = 1\n"
        "\n"
        "[[input]]\n"
        'reference = "https://example.org/a"\n'
        'identity = "etag:v1"\n'
        'strength = "strong"\n'
        'used-by = ["Dockerfile"]\n'
        "\n"
        "[[input]]\n"
        'reference = "https://example.org/b"\n'
        'identity = "etag:v2"\n'
        'strength = "strong"\n'
        'used-by = ["Dockerfile"]\n'
    )


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write_identities(path, "Dockerfile", [("https://example.org/a", V1)])
    before = os.stat(path)
    write_identities(path, "Dockerfile", [("https://example.org/a", V1)])
    assert (os.stat(path).st_ino, os.stat(path).st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_several_dockerfiles_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write_identities(path, "a/Dockerfile", [("https://example.org/a", V1), ("https://example.org/both", V1)])
    write_identities(path, "b/Dockerfile", [("https://example.org/both", V2)])
    write_identities(path, "a/Dockerfile", [("https://example.org/both", V2)])
    assert read_identities(path) == {
        "https://example.org/both": Entry("https://example.org/both", V2, ("a/Dockerfile", "b/Dockerfile"))
    }


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_identities(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version = 2", "its version is 2, not 1"),
        (b"", "its version is None, not 1"),
        (b"\xff\xfe", "can't be read as an identities file"),
        (b"version = [", "can't be read as an identities file"),
        (b"version = " + b"[" * 5000, "can't be read as an identities file"),
        (b"version = 1\ninput = 3", "'input' is not a list"),
        (b"version = 1\n[[input]]\nreference = 'x'", "[[input]] 1 lacks a reference or an identity"),
        (
            b"version = 1\n[[input]]\nreference = 'x'\nidentity = 'y'\nstrength = 'strong'",
            "'y' is not an identity",
        ),
        (b"version = 1\n[[input]]\nreference = 'x'\nidentity = 'a:b'\nstrength = 'huge'", "'huge' is not"),
    ],
)
def test_what_is_no_identities_file_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "i"
    path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        read_identities(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


@given(st.text(), st.text(min_size=1))
def test_every_text_comes_back_from_toml(reference: str, value: str) -> None:
    entry = Entry(reference, Identity("etag", value, Strength.STRONG), ("Dockerfile",))
    (found,) = tomllib.loads(_document([entry], {}))["input"]
    safe = str.maketrans({chr(c): "\N{REPLACEMENT CHARACTER}" for c in range(0xD800, 0xE000)})
    assert found["reference"] == reference.translate(safe)
    assert found["identity"] == f"etag:{value}".translate(safe)


def _write_a_hundred(path: Path, worker: int) -> None:
    for number in range(100):
        name = f"https://example.org/{worker}/{number}"
        write_identities(path, f"{worker}/{number}/Dockerfile", [(name, V1)])


def test_two_processes_lose_no_entry(tmp_path: Path) -> None:
    """Without a lock 121 of 200 were left."""
    path = tmp_path / "i"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_a_hundred, args=(path, worker)) for worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(read_identities(path)) == 200
    assert [file.name for file in tmp_path.iterdir()] == ["i"]


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    """As for the state: a cache of a CI that is empty has no directory either."""
    path = tmp_path / "new" / "er" / "i"
    write_identities(path, "Dockerfile", [("https://example.org/a", V1)])
    assert list(read_identities(path)) == ["https://example.org/a"]


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write_identities(path, "Dockerfile", [("https://example.org/a", V1)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_identities(path)) == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("dockerfile", "name", "gone"),
    [
        ("repo/Dockerfile", "Dockerfile", True),
        ("repo/a/b/Dockerfile", "a/b/Dockerfile", True),
        ("Dockerfile", "../Dockerfile", True),
        ("elsewhere/Dockerfile", "../elsewhere/Dockerfile", True),
    ],
)
def test_a_dockerfile_is_named_as_seen_from_the_file(
    tmp_path: Path, dockerfile: str, name: str, *, gone: bool
) -> None:
    path = tmp_path / "repo" / "i"
    path.parent.mkdir()
    assert user_name(path, tmp_path / dockerfile) == name
    assert is_gone(path, name) is gone
    (tmp_path / dockerfile).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / dockerfile).touch()
    assert not is_gone(path, name)


@pytest.mark.parametrize("name", ["<stdin>", "app (inline)", ".../app/Dockerfile"])
def test_what_is_no_path_is_never_gone(tmp_path: Path, name: str) -> None:
    assert not is_gone(tmp_path / "i", name)


def test_a_path_of_this_machine_alone_is_not_written(tmp_path: Path) -> None:
    assert user_name(tmp_path / "i", Path("/nowhere/app/Dockerfile")) == ".../app/Dockerfile"


CURL = ("pkg:deb/debian/curl?arch=amd64&distro=bookworm", "version:7.88~1@sha256:aa")
LIB = ("pkg:deb/debian/libcurl4?arch=amd64&distro=bookworm", "version:7.88~1@sha256:bb")


def test_packages_of_an_instruction_take_one_line(tmp_path: Path) -> None:
    path = tmp_path / "identities"
    write_identities(path, "Dockerfile", [], installed={"digest": (CURL, LIB)})
    assert read_installed(path) == {("Dockerfile", "digest"): (CURL, LIB)}
    assert sum("pkg:" in line for line in path.read_text().splitlines()) == 1
    assert read_identities(path) == {}


def test_packages_of_other_dockerfiles_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "identities"
    write_identities(path, "a", [("https://example.org/a", V1)], installed={"one": (CURL,)})
    write_identities(path, "b", [], installed={"one": (LIB,), "none": ()})
    write_identities(path, "a", [], installed={"two": (CURL,)})
    assert read_installed(path) == {("a", "two"): (CURL,), ("b", "one"): (LIB,)}
    write_identities(path, "b", [], lambda name: name == "a")
    assert read_installed(path) == {}


@pytest.mark.parametrize(
    "text",
    ["packages = 1", "[[packages]]\n", '[[packages]]\nused-by="a"\ninstruction="b"\ninstalled=["x"]\n'],
)
def test_blocks_that_are_not_of_packages_are_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "identities"
    path.write_text(f"version = 1\n{text}")
    with pytest.raises(StateError):
        read_installed(path)
