"""The demonstration without a builder: by the keys, on which it depends what a builder runs again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from freshlayer.demo.commands import Commands, Ran, freshlayer, shown
from freshlayer.demo.origin import Request
from freshlayer.demo.project import DATA, NEW, OLD, TOOL, Project

Write = Callable[[str], None]
_KEY = re.compile(r"fl-([0-9a-f]{16})\b.*/(\S+)$", re.MULTILINE)
_IDENTITIES = "--identities=identities.toml"


def demonstrate(project: Project, log: Sequence[Request], write: Write) -> bool:
    """Print each step; whether all happened as the last lines state. ``log``: the origin's."""
    commands = Commands(project.context, os.environ, log)
    write("\n1. The Dockerfile as a builder gets it: each RUN has a key, made from what its URL serves.")
    before = _rendered(project, commands, write)
    project.publish(NEW)
    write(f"\n2. Upstream, {DATA} changes from {OLD!r} to {NEW!r}.")
    write("   The text of the Dockerfile stays as it is, so docker build would print CACHED for both RUNs.")
    write("\n3. What is stale, and why:")
    stale = _checked(project, commands, write)
    write("\n4. The Dockerfile as a builder gets it now:")
    after = _rendered(project, commands, write, before)
    return _conclude(before, after, stale, log, write)


def _rendered(
    project: Project, commands: Commands, write: Write, before: dict[str, str] | None = None
) -> dict[str, str]:
    """File → key of its RUN."""
    ran = _run(project, commands, write, "render", ".")
    keys = {file: key for key, file in _KEY.findall(ran.out.decode("utf-8", "replace"))}
    for file, key in keys.items():
        mark = "" if before is None else ": the same" if before.get(file) == key else ": another"
        write(f"     key of the RUN that downloads {file}: {key}{mark}")
    return keys


def _checked(project: Project, commands: Commands, write: Write) -> list[str]:
    """The lines about stale instructions."""
    ran = _run(project, commands, write, "check", ".")
    lines = ran.out.decode("utf-8", "replace").splitlines()[1:]
    for line in lines:
        write(f"   {line}")
    return [line for line in lines if " stale: " in line]


def _run(project: Project, commands: Commands, write: Write, *words: str) -> Ran:
    argv = freshlayer(project.state, None, _IDENTITIES, *words)
    write(f"   $ {shown(argv)}")
    return commands.run(argv)


def _conclude(
    before: dict[str, str], after: dict[str, str], stale: Sequence[str], log: Sequence[Request], write: Write
) -> bool:
    whole = [request for request in log if request.method == "GET" and request.status == 200]
    moved = [file for file in before if before[file] != after.get(file)]
    held = before.keys() == {TOOL, DATA} and moved == [DATA] and len(stale) == 1 and DATA in stale[0]
    write("")
    if held:
        write(
            f"Only the RUN that downloads {DATA} has another key: a builder runs it again, and nothing else."
        )
    else:
        write("This is not what was expected: the keys do not follow the change.")
    write(f"By the origin's log of requests: {len(log)} requests, {len(whole)} of them for a whole file.")
    return held
