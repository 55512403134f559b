"""Real repositories of apt: packages by dpkg-deb, indexes by apt-ftparchive, with by-hash and a date."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path

FIRST = 1_780_000_000
"""The date of the first index, in seconds since 1970."""


class AptRepository:
    """``pool`` and ``dists`` in a directory. Nothing is seen of a change until ``publish``.

    ``valid_for``: seconds from the date of an index until it is expired; 0: it never is.
    """

    def __init__(self, directory: Path, suites: tuple[str, ...] = ("stable",)) -> None:
        self.directory = directory
        self.suites = suites
        self.date = FIRST
        self.valid_for = 0
        for suite in suites:
            (directory / "pool" / suite).mkdir(parents=True)

    def add(
        self, name: str, version: str, depends: str = "", suite: str = "stable", content: str = ""
    ) -> None:
        """A package with one file, in place of another version of it in that suite."""
        self.remove(name, suite)
        root = self.directory / "build"
        (root / "DEBIAN").mkdir(parents=True)
        (root / "usr/share/versions").mkdir(parents=True)
        (root / "usr/share/versions" / name).write_text(content or f"{name} {version}\n")
        lines = [f"Package: {name}", f"Version: {version}", "Architecture: all", "Maintainer: nobody <a@b.c>"]
        lines += [f"Depends: {depends}"] if depends else []
        (root / "DEBIAN" / "control").write_text("\n".join([*lines, "Description: none", ""]))
        target = self.directory / "pool" / suite / f"{name}_{version.replace(':', '%3a')}_all.deb"
        argv = ["dpkg-deb", "--root-owner-group", "--build", "-Znone", str(root), str(target)]
        # The same version has the same bytes, unless its content says otherwise.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(argv, check=True, capture_output=True, env=environment)
        shutil.rmtree(root)

    def remove(self, name: str, suite: str = "stable") -> None:
        for path in (self.directory / "pool" / suite).glob(f"{name}_*.deb"):
            path.unlink()

    def publish(self, later: int = 3600) -> None:
        """Write the indexes of all suites, with a date so many seconds later."""
        self.date += later
        for suite in self.suites:
            self._publish(suite)

    def _publish(self, suite: str) -> None:
        packages = _ftparchive(self.directory, "packages", f"pool/{suite}")
        write_suite(self.directory, suite, packages, self.date, self.valid_for)

    def sources(self, url: str) -> str:
        """The text of a sources.list."""
        return sources(url, self.suites)


def sources(url: str, suites: tuple[str, ...]) -> str:
    """The text of a sources.list. No file is signed, so that apt has to trust them."""
    return "".join(f"deb [trusted=yes] {url} {suite} main\n" for suite in suites)


def write_suite(directory: Path, suite: str, packages: bytes, date: int, valid_for: int = 0) -> None:
    """Write the indexes of a suite. ``packages``: the text of its Packages file."""
    dists = directory / "dists" / suite
    binary = dists / "main" / "binary-amd64"
    by_hash = binary / "by-hash" / "SHA256"
    by_hash.mkdir(parents=True, exist_ok=True)
    for name, content in (("Packages", packages), ("Packages.xz", lzma.compress(packages))):
        (binary / name).write_bytes(content)
        (by_hash / sha256(content).hexdigest()).write_bytes(content)
    (dists / "Release").unlink(missing_ok=True)
    label = "Debian-Security" if "security" in suite else "Debian"
    fields = {"Origin": "Debian", "Label": label, "Suite": suite, "Codename": suite}
    fields |= {"Architectures": "amd64", "Components": "main", "Acquire-By-Hash": "yes"}
    options = [f"-oAPT::FTPArchive::Release::{name}={value}" for name, value in fields.items()]
    options += ["-oAPT::FTPArchive::Release::Patterns::=Packages*"]
    text = _ftparchive(directory, *options, "release", f"dists/{suite}").decode()
    lines = [line for line in text.splitlines() if not line.startswith("Date:")]
    dates = [f"Date: {formatdate(date, usegmt=True)}"]
    dates += [f"Valid-Until: {formatdate(date + valid_for, usegmt=True)}"] if valid_for else []
    (dists / "Release").write_text("\n".join([*dates, *lines, ""]))


def _ftparchive(directory: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "LC_ALL": "C"}
    argv = ["apt-ftparchive", *arguments]
    return subprocess.run(argv, cwd=directory, check=True, capture_output=True, env=environment).stdout
