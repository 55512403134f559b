"""The identities file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.errors import StateError
from freshlayer.model import Identity, Strength
from freshlayer.state import Entry, read_identities, write_identities
from freshlayer.state.identities import _document

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
            "'y' is no identity",
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
    (found,) = tomllib.loads(_document([entry]))["input"]
    safe = str.maketrans({chr(c): "\N{REPLACEMENT CHARACTER}" for c in range(0xD800, 0xE000)})
    assert found["reference"] == reference.translate(safe)
    assert found["identity"] == f"etag:{value}".translate(safe)
