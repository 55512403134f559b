"""The member for dnf, dnf5, microdnf, yum, tdnf and zypper.

dnf keeps metadata for 48 hours (zypper for 10 minutes) in a layer that does not remove them
(``dnf clean all``, ``rm -rf /var/cache/dnf``), and a later RUN takes them. So a package belongs to the RUN
that stored the metadata of its repository: with a key on the later one alone, a build would take the metadata
of the layer below, and install the old version as the new one. ``--refresh`` and ``metadata_expire=0`` read
them again; ``makecache`` stores them, and reads none that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import BinaryIO

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.packages import (
    Entries,
    IndexAnswers,
    IndexFile,
    PackageChain,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.base import PackageManager
from freshlayer.packages.rpm import comps, manifests, modulemd, updateinfo

NAME = "rpm"


class _Rpm:
    """See the Protocol."""

    name = NAME

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        contents = base.contents
        if contents is None and base.reference == "scratch":
            contents = BaseContents()
        problem = base.why_not or Reason("installed-packages-unknown")
        if contents is not None:
            problem = contents.unreadable.get(NAME, problem)
        if contents is None or NAME in contents.unreadable:
            return {run.number: Resolution(problem=problem) for run in chain.runs}
        try:
            from freshlayer.packages.rpm.session import Session  # noqa: PLC0415 - libsolv, where it is needed
        except ImportError as error:
            missing = Reason("solver-missing", detail=f"libsolv can't be loaded: {error}")
            return {run.number: Resolution(problem=missing) for run in chain.runs}
        return (yield from Session(chain, contents).resolutions())

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:
        if reader := _TEXTS.get(kind):
            return reader(content)
        try:
            from freshlayer.packages.rpm import solvables  # noqa: PLC0415 - libsolv, where it is needed
        except ImportError as error:
            raise ValueError(f"libsolv can't be loaded: {error}") from error
        readers = {"primary": solvables.primary, "filelists": solvables.filelists}
        if kind not in readers:
            raise ValueError(f"not a kind of index: {kind!r}")
        return readers[kind](content, scratch)


_TEXTS: dict[str, Callable[[BinaryIO], Entries]] = {
    "metalink": manifests.metalink,
    "mirrorlist": manifests.mirrorlist,
    "repomd": manifests.repomd,
    "group": comps.group,
    "modules": modulemd.modules,
    "updateinfo": updateinfo.updateinfo,
}
"""Kind of an index → its reader, of those that need no libsolv."""

RPM: PackageManager = _Rpm()
