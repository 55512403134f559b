"""The directory of parsed indexes: real compressors, real files."""

import bz2
import gzip
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard

from freshlayer.indexes import IndexCache, KnownManifest
from freshlayer.indexes.cache import UnreadableError
from freshlayer.model.packages import IndexFile

_TEXT = b"".join(b"name-%d value %d\n" % (number, number) for number in range(5000))
_COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda text: text,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def entries(kind: str, content: BinaryIO, scratch: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """One entry for each line."""
    assert kind == "lines"
    scratch.write(b"anything")
    for line in content:
        name, _, value = line.rstrip(b"\n").partition(b" ")
        yield name.decode(), value


def wanted(content: bytes = b"", compression: str = "", *, of_content: bool = False) -> IndexFile:
    digest = sha256(content).hexdigest() if content else ""
    return IndexFile("apt", "lines", ("http://x/",), digest, compression, digest_of_content=of_content)


def kept(cache: IndexCache, file: IndexFile, content: bytes, directory: Path) -> object:
    path = directory / "transferred"
    path.write_bytes(content)
    with open(path, "rb") as stream:
        return cache.keep(file, stream, sha256(content).hexdigest(), entries)


@pytest.mark.parametrize("compression", _COMPRESSIONS)
@pytest.mark.parametrize("parts", [1, 2])
def test_a_file_is_parsed_once_whatever_it_is_compressed_with(
    tmp_path: Path, compression: str, parts: int
) -> None:
    content = _COMPRESSIONS[compression](_TEXT[:100]) * (parts - 1) + _COMPRESSIONS[compression](_TEXT)
    cache, file = IndexCache(tmp_path / "indexes"), wanted(content, compression)
    assert cache.index(file) is None
    kept(cache, file, content, tmp_path)
    found = IndexCache(tmp_path / "indexes").index(file)
    assert found is not None
    assert found.get("name-4999") == b"value 4999"
    assert found.digest == file.sha256


@pytest.mark.parametrize("compression", [name for name in _COMPRESSIONS if name])
@pytest.mark.parametrize("cut", [1, 60])
def test_a_part_of_a_file_is_not_kept(tmp_path: Path, compression: str, cut: int) -> None:
    content = _COMPRESSIONS[compression](_TEXT)[:-cut]
    cache, file = IndexCache(tmp_path / "indexes"), wanted(content, compression)
    with pytest.raises(UnreadableError):
        kept(cache, file, content, tmp_path)
    assert cache.index(file) is None
    assert list((tmp_path / "indexes").iterdir()) == []


def test_a_file_is_verified_before_it_is_parsed(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "indexes")
    with pytest.raises(ValueError, match="not the file"):
        kept(cache, wanted(b"another"), _TEXT, tmp_path)


def test_the_digest_may_be_that_of_the_content(tmp_path: Path) -> None:
    cache, file = IndexCache(tmp_path / "indexes"), wanted(_TEXT, "gz", of_content=True)
    kept(cache, file, gzip.compress(_TEXT), tmp_path)
    assert cache.index(file) is not None
    with pytest.raises(ValueError, match="not the file"):
        kept(cache, file, gzip.compress(_TEXT + b"more"), tmp_path)


@pytest.mark.parametrize("compression", ["gz", "xz", "zst", "bz2"])
def test_what_decompresses_to_very_much_is_given_up(tmp_path: Path, compression: str) -> None:
    content = _COMPRESSIONS[compression](b"\0" * (70 << 20))
    with pytest.raises(UnreadableError, match="decompressed"):
        kept(IndexCache(tmp_path / "indexes"), wanted(content, compression), content, tmp_path)


def test_a_damaged_file_counts_as_missing(tmp_path: Path) -> None:
    cache, file = IndexCache(tmp_path / "indexes"), wanted(_TEXT)
    kept(cache, file, _TEXT, tmp_path)
    (path,) = (tmp_path / "indexes").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.index(file) is None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    directory = tmp_path / "indexes"
    cache = IndexCache(directory, largest=3 * len(_TEXT) * 2)
    texts = [_TEXT + b"%d x\n" % number for number in range(6)]
    for number, text in enumerate(texts):
        kept(cache, wanted(text), text, tmp_path)
        for path in directory.iterdir():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 10000))
        if number:
            assert cache.index(wanted(texts[0])) is not None
    assert sum(path.stat().st_size for path in directory.iterdir()) <= 3 * len(_TEXT) * 2
    assert cache.index(wanted(texts[1])) is None
    assert cache.index(wanted(texts[5])) is not None


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "indexes")
    kept(cache, wanted(_TEXT), _TEXT, tmp_path)
    left, young = tmp_path / "indexes" / ".new-left", tmp_path / "indexes" / ".new-young"
    left.write_bytes(b"")
    young.write_bytes(b"")
    os.utime(left, (1, time.time() - 4000))
    # A run looks for it when it keeps its first index.
    kept(IndexCache(tmp_path / "indexes"), wanted(_TEXT), _TEXT, tmp_path)
    assert not left.exists()
    assert young.exists()


def test_a_manifest_is_known_by_its_url(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "indexes")
    known = KnownManifest("aa", '"tag"', dated=5, checked=6)
    cache.keep_manifest("http://user:secret@host/InRelease", known)
    assert cache.manifest("http://user:secret@host/InRelease") == known
    assert cache.manifest("http://host/InRelease") is None
    (path,) = (tmp_path / "indexes").iterdir()
    assert b"secret" not in path.name.encode() + path.read_bytes()
    path.write_bytes(b"{")
    assert cache.manifest("http://user:secret@host/InRelease") is None


def test_without_a_directory_a_file_is_parsed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "indexes").write_bytes(b"not a directory")
    cache = IndexCache(tmp_path / "indexes")
    kept(cache, wanted(_TEXT), _TEXT, tmp_path)
    cache.keep_manifest("http://host/", KnownManifest("aa"))
    assert cache.index(wanted(_TEXT)) is None
    assert cache.manifest("http://host/") is None


_PROCESS = """
import sys
from pathlib import Path
from hashlib import sha256
from freshlayer.indexes import IndexCache
from tests.indexes.test_cache import entries, wanted, _TEXT
cache = IndexCache(Path(sys.argv[1]))
for number in range(20):
    with open(sys.argv[2], "rb") as stream:
        cache.keep(wanted(_TEXT), stream, sha256(_TEXT).hexdigest(), entries)
    assert cache.index(wanted(_TEXT)).get("name-7") == b"value 7"
"""


def test_several_processes_share_a_directory(tmp_path: Path) -> None:
    (tmp_path / "transferred").write_bytes(_TEXT)
    argv = [sys.executable, "-c", _PROCESS, str(tmp_path / "indexes"), str(tmp_path / "transferred")]
    running = [subprocess.Popen(argv) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(list((tmp_path / "indexes").iterdir())) == 1


def test_memory_stays_small(tmp_path: Path) -> None:
    """Of 40 MB of content less than 20 MB are in memory at once."""
    lines = BytesIO()
    for number in range(400_000):
        lines.write(b"name-%d %s\n" % (number, b"x" * 90))
    content = lzma.compress(lines.getvalue(), preset=0)
    (tmp_path / "transferred").write_bytes(content)
    code = (
        "import sys, resource; from pathlib import Path; from hashlib import sha256\n"
        "from freshlayer.indexes import IndexCache\n"
        "from tests.indexes.test_cache import entries, wanted\n"
        "content = open(sys.argv[2], 'rb')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "def three(*given):\n"
        "    return ((key, value) for key, value in entries(*given) if key.endswith('7777'))\n"
        "IndexCache(Path(sys.argv[1])).keep(wanted(b'', 'xz'), content, '00' * 32, three)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "indexes"), str(tmp_path / "transferred")]
    used = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    assert used < 20_000
