"""Private roots for apt with the indexes of real archives, from the mirror that apt is configured with.

Each is read once a day, and kept in .builders. ``pockets`` is made from Debian's indexes: an archive in the
form of Ubuntu's, with the components main and universe and the suites -updates, -security and -backports.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from testing.apt_answers import AptAnswers
from testing.apt_root import AptRoot
from testing.debian_root import KEPT, NoRootError, debian_root_tar, mirror

ARCHIVES = ("bookworm", "trixie", "pockets")
_DAY = 86400
_SITE = "archive.example"
_SUITES = ("stable", "stable-updates", "stable-security", "stable-backports")


@cache
def archive(name: str) -> AptRoot:
    """A root by the name of its archive. The test is skipped where there is none, or fails on CI."""
    try:
        return _pockets() if name == "pockets" else _debian(name)
    except (NoRootError, RuntimeError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to have the indexes of {name}: {error}")
        pytest.skip(f"no indexes of {name}: {error}")


@cache
def answers(name: str) -> AptAnswers:
    """What apt-get answers in that root."""
    return AptAnswers(archive(name), KEPT.parent / "apt" / f"{name}.answers")


def _status(suite: str) -> str:
    with tarfile.open(debian_root_tar(suite)) as tar:
        member = tar.extractfile("./var/lib/dpkg/status")
        return member.read().decode() if member is not None else ""


def _debian(suite: str) -> AptRoot:
    """Debian with its updates and its security suite; the machine is a fresh minbase root."""
    lists = KEPT.parent / "apt" / suite
    root = AptRoot(_own() / suite, lists=lists)
    main = mirror().rstrip("/")
    options = "[trusted=yes]"
    lines = [
        f"deb {options} {main} {suite} main",
        f"deb {options} {main} {suite}-updates main",
        f"deb {options} {main}-security {suite}-security main",
        *([f"deb-src {options} {main} {suite} main"] if suite == "bookworm" else []),
    ]
    root.write({"/etc/apt/sources.list": "\n".join(lines) + "\n", "/var/lib/dpkg/status": _status(suite)})
    with open(f"{lists}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        read = KEPT.parent / "apt" / f"{suite}.read"
        if not read.exists() or time.time() - read.stat().st_mtime > _DAY:
            root.update()
            read.touch()
    return root


@cache
def _own() -> Path:
    """A directory of this process, removed at its end."""
    directory = Path(tempfile.mkdtemp(prefix="freshlayer-apt-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def _pockets() -> AptRoot:
    debian = _debian("bookworm")
    root = AptRoot(_own() / "pockets")
    [packages] = debian.lists.glob("*_dists_bookworm_main_binary-amd64_Packages")
    pockets = _divide(packages.read_text())
    for suite in _SUITES:
        for name, text in _suite(suite, pockets):
            (root.lists / name).write_text(text)
    source = f"Types: deb\nURIs: http://{_SITE}/ubuntu/\nSuites: {' '.join(_SUITES)}\n"
    root.write(
        {
            "/etc/apt/sources.list.d/ubuntu.sources": f"{source}Components: main universe\nTrusted: yes\n",
            "/var/lib/dpkg/status": _status("bookworm"),
        }
    )
    return root


def _divide(text: str) -> dict[tuple[str, str], list[str]]:
    """(suite, component) → stanzas. Some sources have newer versions in the other suites."""
    found: dict[tuple[str, str], list[str]] = {}
    for stanza in text.split("\n\n"):
        if not stanza.strip():
            continue
        name, source, version = _named(stanza)
        component = "universe" if zlib.crc32(source.encode()) % 3 == 0 else "main"
        found.setdefault(("stable", component), []).append(stanza)
        suite = {0: "stable-updates", 1: "stable-security", 2: "stable-backports"}.get(
            zlib.crc32(f"{source}!".encode()) % 12
        )
        if suite is not None and name:
            found.setdefault((suite, component), []).append(_newer(stanza, version))
    return found


def _named(stanza: str) -> tuple[str, str, str]:
    fields: dict[str, str] = dict(re.findall(r"^(Package|Source|Version): (\S+)", stanza, re.MULTILINE))
    return fields["Package"], fields.get("Source") or fields["Package"], fields["Version"]


def _newer(stanza: str, version: str) -> str:
    """A later version, with what it states of packages of its own version."""
    stanza = stanza.replace(f"Version: {version}\n", f"Version: {version}.1\n")
    stanza = re.sub(r"^Source: (\S+) .*$", r"Source: \1", stanza, flags=re.MULTILINE)
    return stanza.replace(f"(= {version})", f"(= {version}.1)")


def _suite(suite: str, pockets: dict[tuple[str, str], list[str]]) -> Iterator[tuple[str, str]]:
    """Name and text of the lists of a suite."""
    start = f"{_SITE}_ubuntu_dists_{suite}"
    sums = ""
    for component in ("main", "universe"):
        text = "\n\n".join(pockets.get((suite, component), [])) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()
        sums += f" {digest} {len(text.encode())} {component}/binary-amd64/Packages\n"
        yield f"{start}_{component}_binary-amd64_Packages", text
    late = "NotAutomatic: yes\nButAutomaticUpgrades: yes\n" if suite.endswith("backports") else ""
    head = f"Origin: Ubuntu\nLabel: Ubuntu\nSuite: {suite}\nCodename: stable\nArchitectures: amd64\n"
    yield f"{start}_Release", f"{head}{late}Components: main universe\nSHA256:\n{sums}"
