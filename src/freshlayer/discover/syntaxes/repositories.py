"""Version control: the programs whose commands are read together, because a later one names the revision.

``git.py`` is the syntax of git; that of Mercurial is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Ran, Unknown, Word, Words
from freshlayer.discover.syntaxes.git import Checkouts, git
from freshlayer.discover.syntaxes.git_sources import Source, finding_of
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
from freshlayer.lazy_regex import compiled

_GLOBAL = {"R": "repository"}
_LONG = "repository cwd config encoding encodingmode color pager rev ssh remotecmd"
_UPDATE = OptionTable.of(f"{_LONG} date tool", {**_GLOBAL, "r": "rev", "d": "date", "t": "tool"})
_REMOTE = {**_GLOBAL, "r": "rev", "e": "ssh"}
_TABLES = {
    "clone": OptionTable.of(f"{_LONG} updaterev branch", {**_REMOTE, "u": "updaterev", "b": "branch"}),
    "identify": OptionTable.of(_LONG, _REMOTE),
    **dict.fromkeys(
        ("pull", "incoming"),
        OptionTable.of(f"{_LONG} branch bookmark", {**_REMOTE, "b": "branch", "B": "bookmark"}),
    ),
    "update": _UPDATE,
}
_ALIASES = {"id": "identify", "in": "incoming", "up": "update", "co": "update", "checkout": "update"}
# In this order: a clone with --updaterev and --rev checks out the first.
_REVISIONS = ("updaterev", "rev", "bookmark", "branch")
_URL = compiled(r"(?:https?|ssh|static-http)://")


def mercurial(commands: list[Ran], _checkouts: Checkouts) -> Iterator[Finding]:
    """Read the arguments of all hg commands of a script, in order.

    A later ``update`` decides the revision of the clone or pull before it.
    """
    sources: list[Source] = []
    for command in commands:
        verb, rest = _verb(command.arguments)
        if verb not in _TABLES:
            continue
        items = list(read(rest, _TABLES[verb]))
        operands = [item.value for item in items if isinstance(item, Operand)]
        options = {item.name: item.value for item in items if isinstance(item, Option)}
        named = next((value for name in _REVISIONS if (value := options.get(name)) is not None), None)
        if verb != "update":
            sources += _source(operands, named or "", verb)
        elif sources and (ref := operands[0] if named is None and operands else named) not in {None, "."}:
            sources[-1] = replace(sources[-1], ref=_plain(ref or ""))
    yield from (finding_of(source) for source in sources)


def _verb(arguments: Words) -> tuple[str, Words]:
    """The subcommand behind the global options."""
    waiting = list(arguments)
    while waiting and isinstance(waiting[0], str) and waiting[0].startswith("-"):
        takes = waiting[0] in {"-R", "--repository", "--cwd", "--config", "--encoding", "--color", "--pager"}
        waiting = waiting[2 if takes else 1 :]
    if not waiting or isinstance(waiting[0], Unknown):
        return "", []
    return _ALIASES.get(waiting[0], waiting[0]), waiting[1:]


def _source(operands: Words, named: Word, verb: str) -> Iterator[Source]:
    """The repository that a command reads; ``URL#REVISION`` names one too."""
    if not operands:
        return
    url = operands[0]
    if isinstance(url, Unknown):
        yield Source(url, named, f"hg {verb}", "hg")
    elif _URL.match(url):
        address, _, ref = url.partition("#")
        yield Source(address, _plain(named or ref), f"hg {verb}", "hg")


def _plain(ref: Word) -> Word:
    """What is relative to a revision (``v1~2``) changes with it."""
    return ref if isinstance(ref, Unknown) else re.split(r"[~^]", ref, maxsplit=1)[0]


REPOSITORIES: dict[str, Callable[[list[Ran], Checkouts], Iterator[Finding]]] = {"git": git, "hg": mercurial}
"""Program → the syntax that reads the arguments of all its commands in a script, in order."""
