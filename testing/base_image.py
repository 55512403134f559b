"""A base image out of nothing but a static busybox and a static bash: no test needs a registry."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

BASE = "freshlayer-test/base:1"
CONFIGURATION = ("ENV PATH=/usr/local/bin:/usr/bin:/bin", 'CMD ["sh"]')

# For scripts with arrays; the package bash-static.
BASH = Path("/bin/bash-static")

DIRECTORIES = {
    **dict.fromkeys(("bin", "dev", "etc", "home", "proc", "sys", "usr/bin", "var"), 0o755),
    "root": 0o700,
    "tmp": 0o1777,
}
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    # Each engine mounts something over these; were they missing, it would leave empty ones in a layer.
    "etc/hosts": "",
    "etc/resolv.conf": "",
}


def static_busybox() -> Path | None:
    """The system's busybox, if it has one that needs no library."""
    found = shutil.which("busybox", path="/bin:/usr/bin:/usr/local/bin")
    return Path(found) if found and _is_static(found) else None


def _is_static(program: str) -> bool:
    """The package `busybox` brings a dynamic one, which would not run in an image without libraries."""
    return subprocess.run(["ldd", program], check=False, capture_output=True).returncode != 0


def write_base_image(target: Path) -> None:
    """Write the image's root file system as a tar: the same bytes every time."""
    busybox = static_busybox()
    if busybox is None:
        raise FileNotFoundError("no static busybox")
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for member, content in _members(busybox):
            tar.addfile(member, io.BytesIO(content))


def _members(busybox: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for name, mode in DIRECTORIES.items():
        yield _member(name, tarfile.DIRTYPE, mode), b""
    yield _file("bin/busybox", busybox.read_bytes(), 0o755)
    if BASH.is_file():
        yield _file("bin/bash", BASH.read_bytes(), 0o755)
    for name, text in FILES.items():
        yield _file(name, text.encode(), 0o644)
    for applet in _applets(busybox):
        yield _link(f"bin/{applet}"), b""
    # Scripts look for env, and only for env, by this path.
    yield _link("usr/bin/env"), b""


def _applets(busybox: Path) -> list[str]:
    listed = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    return sorted(set(listed) - {"busybox"})


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    return member


def _file(name: str, content: bytes, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    member = _member(name, tarfile.REGTYPE, mode)
    member.size = len(content)
    return member, content


def _link(name: str) -> tarfile.TarInfo:
    member = _member(name, tarfile.SYMTYPE, 0o777)
    member.linkname = "/bin/busybox"
    return member
