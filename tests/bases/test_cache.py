"""What is known of images is on disk: bounded, for several processes at once; a damaged file is none."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.bases.cache import BaseCache
from freshlayer.bases.image_read import ImageRead
from freshlayer.model.base_image import BaseContents, ImageConfig
from freshlayer.model.reasons import Reason

PLATFORM = "linux/amd64"
CONFIG = ImageConfig((("A", "b"),), ("/bin/sh", "-c"), "u", "/w", ("RUN a",), "amd64")
CONTENTS = BaseContents(
    {"/etc/os-release": "ID=ä\n"},
    {"apt": "Package: a\n"},
    ("/etc/apt/x",),
    {"rpm": Reason("rpm-database-invalid")},
)


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def test_both_parts_come_back_and_each_can_be_there_alone(tmp_path: Path) -> None:
    cache = BaseCache(tmp_path / "bases")
    cache.keep(digest(1), PLATFORM, ImageRead(digest(2), CONFIG))
    assert cache.find(digest(1), PLATFORM) == ImageRead(digest(2), CONFIG)
    cache.keep(digest(1), PLATFORM, ImageRead(digest(2), contents=CONTENTS))
    assert BaseCache(tmp_path / "bases").find(digest(1), PLATFORM) == ImageRead(digest(2), CONFIG, CONTENTS)
    assert cache.find(digest(1), "linux/arm64") == ImageRead()
    assert cache.find(digest(3), PLATFORM) == ImageRead()


@pytest.mark.parametrize(
    "name", ["", "sha256:..", "../../etc/passwd", "sha256:" + "g" * 64, "sha256:" + "0" * 64 + "/"]
)
def test_what_is_no_digest_is_no_file(tmp_path: Path, name: str) -> None:
    cache = BaseCache(tmp_path / "bases")
    cache.keep(name, PLATFORM, ImageRead(name, CONFIG, CONTENTS))
    assert list(tmp_path.rglob("*")) == []
    assert cache.find(name, PLATFORM) == ImageRead()


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    BaseCache(tmp_path / "bases").keep(digest(1), PLATFORM, ImageRead(digest(1), CONFIG))
    assert (tmp_path / "bases").stat().st_mode & 0o077 == 0


@given(st.data())
def test_a_damaged_file_counts_as_missing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("bases")
    cache = BaseCache(directory)
    cache.keep(digest(1), PLATFORM, ImageRead(digest(1), contents=CONTENTS))
    (file,) = directory.iterdir()
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(bytes(content[: data.draw(st.sampled_from([len(content), at]))]))
    assert cache.find(digest(1), PLATFORM) in [ImageRead(), ImageRead(digest(1), contents=CONTENTS)]


@pytest.mark.parametrize("content", [b"", b"x" * 100, zlib.compress(b"\xc0")])
def test_other_bytes_count_as_missing(tmp_path: Path, content: bytes) -> None:
    counts_as_missing(tmp_path, content)


def test_what_becomes_too_large_counts_as_missing(tmp_path: Path) -> None:
    counts_as_missing(tmp_path, zlib.compress(bytes(200_000_000), 9))


def counts_as_missing(tmp_path: Path, content: bytes) -> None:
    cache = BaseCache(tmp_path)
    cache.keep(digest(1), PLATFORM, ImageRead(digest(1), CONFIG))
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert cache.find(digest(1), PLATFORM) == ImageRead()


def test_a_file_under_the_name_of_another_image_counts_as_missing(tmp_path: Path) -> None:
    cache = BaseCache(tmp_path)
    cache.keep(digest(1), PLATFORM, ImageRead(digest(1), CONFIG))
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / file.name.replace(digest(1)[7:], digest(2)[7:]))
    assert cache.find(digest(2), PLATFORM) == ImageRead()


def test_what_was_used_longest_ago_is_removed_first(tmp_path: Path) -> None:
    cache = BaseCache(tmp_path)
    for number in range(6):
        cache.keep(digest(number), PLATFORM, ImageRead(digest(number), CONFIG))
        (file,) = tmp_path.glob(f"*{number}.linux*")
        os.utime(file, (number, number))
    assert cache.find(digest(0), PLATFORM).config == CONFIG
    cache.prune(most_files=3)
    kept = [number for number in range(6) if cache.find(digest(number), PLATFORM).config]
    assert kept == [0, 4, 5]
    cache.prune(most_bytes=1)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_can_not_be_made_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = BaseCache(tmp_path / "file" / "bases")
    cache.keep(digest(1), PLATFORM, ImageRead(digest(1), CONFIG))
    assert cache.find(digest(1), PLATFORM) == ImageRead()


def test_processes_that_write_at_once_leave_whole_files(tmp_path: Path) -> None:
    text = (
        "import sys; from pathlib import Path; from tests.bases.test_cache import *\n"
        "cache = BaseCache(Path(sys.argv[1]))\n"
        "for turn in range(15):\n"
        "    cache.keep(digest(turn % 4), PLATFORM, ImageRead(digest(turn % 4), CONFIG, CONTENTS))\n"
        "    found = cache.find(digest(turn % 4), PLATFORM)\n"
        "    assert found == ImageRead(digest(turn % 4), CONFIG, CONTENTS), found\n"
    )
    argv = [sys.executable, "-c", text, str(tmp_path)]
    running = [subprocess.Popen(argv, cwd=Path(__file__).parents[2]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0] * 3
    assert len(list(tmp_path.iterdir())) == 8
