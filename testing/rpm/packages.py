"""rpm packages from values, by rpmbuild: one specification makes hundreds of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_TAGS = (
    "provides",
    "requires",
    "conflicts",
    "obsoletes",
    "recommends",
    "suggests",
    "supplements",
    "enhances",
)
_HEAD = """\
Name: made-{number}
Version: 1
Release: 1
Summary: made for a test
License: MIT
Vendor: {vendor}
AutoReqProv: no
%define debug_package %{{nil}}
%define __os_install_post %{{nil}}
%define _build_id_links none
%define _binary_payload w0.gzdio
%description
Made for a test.
%install
rm -rf %{{buildroot}}
mkdir -p %{{buildroot}}
"""


@dataclass(frozen=True)
class Package:
    """A package that is made. Dependencies are texts as in a specification."""

    name: str
    version: str = "1"
    release: str = "1"
    arch: str = "noarch"
    epoch: int | None = None
    vendor: str = "Tests"
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    suggests: tuple[str, ...] = ()
    supplements: tuple[str, ...] = ()
    enhances: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=())
    label: str = ""

    @property
    def nevra(self) -> str:
        """As dnf prints it."""
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"

    @property
    def specification(self) -> str:
        """Its part of the specification."""
        lines = [f"%package -n {self.name}", "Summary: made for a test"]
        lines += [f"Version: {self.version}", f"Release: {self.release}"]
        lines += [f"Epoch: {self.epoch}"] if self.epoch is not None else []
        lines += ["BuildArch: noarch"] if self.arch == "noarch" else []
        for tag in _TAGS:
            lines += [f"{tag.capitalize()}: {text}" for text in getattr(self, tag)]
        lines += [f"ModularityLabel: {self.label}"] if self.label else []
        lines += [f"%description -n {self.name}", "Made for a test.", f"%files -n {self.name}", *self.files]
        return "\n".join(lines) + "\n"


def build(packages: Iterable[Package], directory: Path) -> None:
    """Make all packages as files in a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, batch in enumerate(_batches(packages)):
        arch = next((one.arch for one in batch if one.arch != "noarch"), "x86_64")
        text = _HEAD.format(number=number, vendor=batch[0].vendor)
        for path in sorted({path for one in batch for path in one.files}):
            text += f"mkdir -p %{{buildroot}}{path.rpartition('/')[0]}\ntouch %{{buildroot}}{path}\n"
        text += "".join(one.specification for one in batch)
        specification = directory / f"made-{number}.spec"
        specification.write_text(text)
        top = directory / f"top-{number}"
        subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--target", arch, "--define", f"_topdir {top}", specification],
            check=True,
            capture_output=True,
            text=True,
        )
        for made in (top / "RPMS").rglob("*.rpm"):
            made.rename(directory / made.name)


def _batches(packages: Iterable[Package]) -> list[list[Package]]:
    """As few specifications as possible: a name once in each; one vendor and one architecture."""
    batches: dict[tuple[str, str, int], list[Package]] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for one in packages:
        arch = one.arch if one.arch != "noarch" else "x86_64"
        place = seen[one.vendor, arch, one.name] = seen.get((one.vendor, arch, one.name), -1) + 1
        batches.setdefault((one.vendor, arch, place), []).append(one)
    return list(batches.values())
