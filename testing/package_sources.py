"""From which index the packages of a Dockerfile come: what its managers request, or why none is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain, PackageRun
from freshlayer.packages import MANAGERS

_INSTRUCTIONS = frozenset({"ENV", "COPY", "USER", "ARG", "WORKDIR", "ADD"})


def requested(directory: Path, lines: Iterable[str], files: Mapping[str, str] | None = None) -> list[str]:
    """The addresses that the first round would request; codes of reasons where packages are not known.

    ``lines``: each a RUN, unless it begins with another instruction. ``files``: of the build context.
    """
    for name, text in (files or {}).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    text = "\n".join(it if it.split()[0] in _INSTRUCTIONS else f"RUN {it}" for it in lines)
    read = ContextFiles(directory, None).read
    dockerfile = f"FROM base\nWORKDIR /app\nCOPY . .\n{text}\n"
    found = analyse(dockerfile, BuildRequest(("linux/amd64",)), read).discovery.packages
    reasons = [it.unknown.code for commands in found.values() for it in commands if it.unknown]
    if reasons:
        return reasons
    runs = tuple(PackageRun(it, 1, commands, PackagePolicy.NAMED, "amd64") for it, commands in found.items())
    base = BaseImage("base", "linux/amd64", "sha256:0")
    addresses: list[str] = []
    for manager in dict.fromkeys(it.manager for run in runs for it in run.commands):
        steps = MANAGERS[manager]().resolve(PackageChain(("base", "linux/amd64"), runs), base)
        try:
            addresses += [file.urls[0] for file in next(steps)]
        except StopIteration as ended:
            addresses += [it.problem.code for it in ended.value.values() if it.problem]
    return addresses
