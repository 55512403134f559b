"""The index of a repository from values, without packages: what a solver reads."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from testing.rpm.packages import Package

_FLAGS = {"=": "EQ", "<": "LT", ">": "GT", "<=": "LE", ">=": "GE"}
_KINDS = (
    "provides",
    "requires",
    "conflicts",
    "obsoletes",
    "recommends",
    "suggests",
    "supplements",
    "enhances",
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_COMMON = 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"'


def digest(one: Package, salt: str = "") -> str:
    """What stands for the bytes of a package."""
    return hashlib.sha256(f"{one}{salt}".encode()).hexdigest()


def primary(packages: Sequence[Package], salt: str = "") -> str:
    """primary.xml."""
    text = "".join(_package(one, salt) for one in packages)
    return f'{_HEAD}<metadata {_COMMON} packages="{len(packages)}">\n{text}</metadata>\n'


def _package(one: Package, salt: str) -> str:
    parts = "".join(
        f"<rpm:{kind}>{''.join(map(_entry, _texts(one, kind)))}</rpm:{kind}>"
        for kind in _KINDS
        if _texts(one, kind)
    )
    files = "".join(
        f"<file>{path}</file>" for path in one.files if "/bin/" in path or path.startswith("/etc/")
    )
    return (
        f'<package type="rpm"><name>{one.name}</name><arch>{one.arch}</arch>'
        f'<version epoch="{one.epoch or 0}" ver="{one.version}" rel="{one.release}"/>'
        f'<checksum type="sha256" pkgid="YES">{digest(one, salt)}</checksum>'
        "<summary>s</summary><description>d</description><packager></packager><url></url>"
        '<time file="1" build="1"/><size package="1" installed="1" archive="1"/>'
        f'<location href="{one.nevra}.rpm"/><format><rpm:license>MIT</rpm:license>'
        f"<rpm:vendor>{one.vendor}</rpm:vendor><rpm:sourcerpm>s.src.rpm</rpm:sourcerpm>"
        f"{parts}{files}</format></package>\n"
    )


def _texts(one: Package, kind: str) -> tuple[str, ...]:
    own: tuple[str, ...] = getattr(one, kind)
    epoch = f"{one.epoch}:" if one.epoch else ""
    return (*own, f"{one.name} = {epoch}{one.version}-{one.release}") if kind == "provides" else own


def _entry(text: str) -> str:
    name, operator, version = (text, "", "") if text.startswith("(") else (*text.split(), "", "")[:3]
    if not operator:
        return f"<rpm:entry name={quoteattr(name)}/>"
    epoch, _, bare = version.rpartition(":")
    ver, _, rel = bare.partition("-")
    release = f' rel="{rel}"' if rel else ""
    flags = _FLAGS[operator]
    return f'<rpm:entry name={quoteattr(name)} flags="{flags}" epoch="{epoch or 0}" ver="{ver}"{release}/>'


def filelists(packages: Iterable[Package], salt: str = "") -> str:
    """filelists.xml."""
    rows = "".join(
        f'<package pkgid="{digest(one, salt)}" name="{one.name}" arch="{one.arch}">'
        f'<version epoch="{one.epoch or 0}" ver="{one.version}" rel="{one.release}"/>'
        f"{''.join(f'<file>{path}</file>' for path in one.files)}</package>\n"
        for one in packages
    )
    space = "http://linux.duke.edu/metadata/filelists"
    return f'{_HEAD}<filelists xmlns="{space}" packages="0">\n{rows}</filelists>\n'


def write(packages: Sequence[Package], directory: Path, salt: str = "", revision: int = 1) -> None:
    """The index in a directory. ``revision`` changes the manifest alone, ``salt`` the bytes of packages."""
    data = directory / "repodata"
    data.mkdir(parents=True, exist_ok=True)
    rows = ""
    for kind, text in (("primary", primary(packages, salt)), ("filelists", filelists(packages, salt))):
        content = text.encode()
        packed = gzip.compress(content, mtime=revision)
        (data / f"{kind}.xml.gz").write_bytes(packed)
        rows += (
            f'<data type="{kind}"><checksum type="sha256">{hashlib.sha256(packed).hexdigest()}</checksum>'
            f'<open-checksum type="sha256">{hashlib.sha256(content).hexdigest()}</open-checksum>'
            f'<location href="repodata/{kind}.xml.gz"/><timestamp>{revision}</timestamp>'
            f"<size>{len(packed)}</size><open-size>{len(content)}</open-size></data>"
        )
    head = '<repomd xmlns="http://linux.duke.edu/metadata/repo">'
    (data / "repomd.xml").write_text(f"{_HEAD}{head}<revision>{revision}</revision>{rows}</repomd>\n")
