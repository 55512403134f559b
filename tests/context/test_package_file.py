"""The control stanza of Debian package files: as dpkg-deb writes them, and as no program would."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from freshlayer.context.package_file import MOST, control_of
from freshlayer.context.script_files import ContextFiles
from freshlayer.model.context_files import ContextText, ContextUnread, Wanted

CONTROL = (
    "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: m <m@e.org>\nDepends: a,\n b\nDescription: d\n"
)


def tar_of(name: str = "./control", content: bytes = CONTROL.encode()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, body in (("./md5sums", b"x" * 700), (name, content)):
            entry = tarfile.TarInfo(path)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


def ar_of(*members: tuple[str, bytes]) -> bytes:
    found = b"!<arch>\n"
    for name, content in members:
        found += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        found += content + b"\n" * (len(content) % 2)
    return found


def deb_of(control: bytes, name: str = "control.tar") -> bytes:
    return ar_of(("debian-binary", b"2.0\n"), (name, control), ("data.tar", b"x" * 1024))


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb writes the files")
@pytest.mark.parametrize("compression", ["none", "gzip", "xz", "zstd"])
def test_what_dpkg_deb_writes(compression: str, tmp_path: Path) -> None:
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    (tmp_path / "tree/DEBIAN/control").write_text(CONTROL)
    (tmp_path / "tree/big").write_bytes(bytes(MOST + 1000))
    path = tmp_path / "x.deb"
    argv = ["dpkg-deb", "--root-owner-group", "--uniform-compression", f"-Z{compression}", "-z1", "-b"]
    subprocess.run([*argv, str(tmp_path / "tree"), str(path)], check=True, capture_output=True)
    (answer,) = ContextFiles(tmp_path, None).read([Wanted("x.deb")]).values()
    assert answer == ContextText(f"{CONTROL}Size: {path.stat().st_size}\n")


BOMB = b"\0" * (1 << 25)

BAD = {
    "empty": b"",
    "not an archive": b"\x7fELF" * 100,
    "no member": b"!<arch>\n",
    "no control part": ar_of(("debian-binary", b"2.0\n"), ("data.tar", b"")),
    "cut off": deb_of(gzip.compress(tar_of()), "control.tar.gz")[:150],
    "a size that is none": b"!<arch>\n" + b"control.tar".ljust(48) + b"-1".ljust(10) + b"`\n" + b"x" * 600,
    "a size of a gigabyte": b"!<arch>\n" + b"control.tar".ljust(48) + b"1000000000`\n" + b"x" * 600,
    "many members": ar_of(*[("x", b"")] * 1000),
    "an unknown compression": deb_of(b"x", "control.tar.Z"),
    "no gzip": deb_of(b"x" * 100, "control.tar.gz"),
    "no xz": deb_of(b"x" * 100, "control.tar.xz"),
    "no zstd": deb_of(b"x" * 100, "control.tar.zst"),
    "gzip without an end": deb_of(gzip.compress(tar_of())[:-20], "control.tar.gz"),
    "zstd without an end": deb_of(zstandard.compress(tar_of())[:-20], "control.tar.zst"),
    "an xz of much memory": deb_of(
        lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]), "control.tar.xz"
    ),
    "no control file": deb_of(tar_of("./other")),
    "a control file that is cut off": deb_of(tar_of()[:2100]),
    "a control file that is too long": deb_of(tar_of(content=b"x" * 300_000)),
}


# Made when they are wanted, since each takes a while.
LARGE: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda content: gzip.compress(content, 1),
    "xz": lambda content: lzma.compress(content, preset=0),
    "zst": zstandard.compress,
}


@pytest.mark.parametrize("ending", LARGE)
def test_what_becomes_too_large_is_refused(ending: str, tmp_path: Path) -> None:
    refused(deb_of(LARGE[ending](BOMB), f"control.tar.{ending}"), tmp_path)


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_is_no_package_is_refused(content: bytes, tmp_path: Path) -> None:
    refused(content, tmp_path)


def refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        control_of(content[:MOST], len(content))
    (tmp_path / "x.deb").write_bytes(content)
    (answer,) = ContextFiles(tmp_path, None).read([Wanted("x.deb")]).values()
    assert isinstance(answer, ContextUnread)
    assert answer.reason.code == "package-file"


def test_a_damaged_package_is_read_or_refused() -> None:
    random_ = random.Random(7)
    for name, control in (
        ("control.tar", tar_of()),
        ("control.tar.gz", gzip.compress(tar_of())),
        ("control.tar.xz", lzma.compress(tar_of())),
        ("control.tar.zst", zstandard.compress(tar_of())),
    ):
        whole = deb_of(control, name)
        for _ in range(200):
            damaged = bytearray(whole)
            for _ in range(random_.randint(1, 6)):
                damaged[random_.randrange(len(damaged))] = random_.randrange(256)
            try:
                assert control_of(bytes(damaged), len(damaged)).endswith(f"Size: {len(damaged)}\n")
            except ValueError:
                continue


def test_a_second_stanza_is_left_out() -> None:
    text = control_of(deb_of(tar_of(content=b"\nPackage: x\r\n\r\nPackage: y\n")), 5)
    assert text == "Package: x\nSize: 5\n"
