"""``freshlayer state``."""

from __future__ import annotations

import glob
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from freshlayer.model.inventory import Inventory
    from freshlayer.state import StateStore
    from freshlayer.state.places import Place

_ALL = 2**31


@declared.command(
    "ls",
    epilog="\b\nExamples:"
    "\n  freshlayer state ls"
    "\n  freshlayer state ls 'https://example.org/*'"
    "\n  freshlayer state ls --json",
)
@declared.argument("pattern", default="*")
@declared.option(
    "-n", "--most", type=declared.integer(1, _ALL), default=20, help="at most so many of each (20)"
)
@ours("state ls", formats=("text", "json"))
def ls(options: Options, pattern: str, most: int) -> int:
    """List the recorded Dockerfiles and references that match PATTERN, in which * matches any text."""
    from freshlayer.report.inventory import document, lines
    from freshlayer.report.terminal import show

    with _opened(options) as (store, place, problems):
        found = _inventory(store, pattern, most)
    if options.format == "json":
        echo(json.dumps(document(found, str(place)), indent=1))
    else:
        show(lines(found, str(place)), sys.stdout)
    return TROUBLE if problems else DONE


@declared.command(
    "forget",
    epilog="\b\nExamples:"
    "\n  freshlayer state forget --dry-run 'https://old.example.org/*'"
    "\n  freshlayer state forget https://example.org/data.csv"
    "\n  freshlayer state forget web/Dockerfile",
)
@declared.argument("subjects", nargs=-1, required=True, type=declared.FILE, metavar="SUBJECT…")
@declared.option("--dry-run", is_flag=True, help="print what would be removed, and remove nothing")
@ours("state forget")
def forget(options: Options, subjects: tuple[str, ...], dry_run: bool) -> int:
    """Remove the records of a reference, a Dockerfile, or whatever matches a pattern, in which * is any text.

    Of a Dockerfile: its last builds and their history. The next build of it is compared with nothing.
    Of a reference: its observation and history; what an instruction was last built with is a record of the
    Dockerfile. Marks of identities that changed while a build read them are kept: without them a later
    build could take a layer that holds other bytes.

    Exit code 2: nothing is recorded of a SUBJECT; the others are removed.
    """
    from freshlayer.reference import shown
    from freshlayer.report.terminal import warn

    with _opened(options) as (store, place, problems):
        unknown: list[str] = []
        dockerfiles, references = _matching(store, subjects, unknown.append)
        if not dry_run and (dockerfiles or references):
            store.forget(dockerfiles, references)
            _warn_of_copies(place)
    for subject in unknown:
        warn(f"{shown(subject)}: nothing is recorded of it (freshlayer state ls lists what is)")
    if not options.quiet and not problems:
        _print(dockerfiles, references, "would be removed" if dry_run else "removed")
    return TROUBLE if problems or unknown else DONE


@contextmanager
def _opened(options: Options) -> Iterator[tuple[StateStore, Place, list[str]]]:
    """The store, and what is wrong with it. A file that is not there is not made."""
    from freshlayer.cli.state_place import is_there, state_path
    from freshlayer.errors import FreshlayerError
    from freshlayer.report.terminal import warn
    from freshlayer.state import Keep
    from freshlayer.state.places import store_at

    path = state_path(options)
    if not is_there(path):
        raise FreshlayerError(f"{path}: there is no state file; nothing was recorded yet")
    problems: list[str] = []
    with closing(store_at(path, problems.append, Keep())) as store:
        yield store, path, problems
    for problem in problems:
        warn(problem)


def _inventory(store: StateStore, pattern: str, most: int) -> Inventory:
    """A relative pattern is tried as it is, and as a path below this directory."""
    found = store.inventory(pattern, most)
    if found.dockerfile_count or found.reference_count or os.path.isabs(pattern):
        return found
    return store.inventory(os.path.abspath(pattern), most)


def _matching(
    store: StateStore, subjects: Iterable[str], unknown: Callable[[str], None]
) -> tuple[list[str], list[str]]:
    """The names of recorded Dockerfiles and the texts of references."""
    dockerfiles: dict[str, None] = {}
    references: dict[str, None] = {}
    for subject in subjects:
        found = [store.inventory(pattern, _ALL) for pattern in _patterns(subject)]
        names = [item.name for inventory in found for item in inventory.dockerfiles]
        texts = [item.reference for inventory in found for item in inventory.references]
        if not names and not texts:
            unknown(subject)
        dockerfiles |= dict.fromkeys(names)
        references |= dict.fromkeys(texts)
    return list(dockerfiles), list(references)


def _patterns(subject: str) -> Iterator[str]:
    """A reference, in its own spelling too; a Dockerfile with its targets in a composition."""
    from freshlayer.cli.references import typed
    from freshlayer.errors import ReferenceInvalidError

    yield subject
    if "*" not in subject:
        with suppress(ReferenceInvalidError):
            yield typed(subject).text
    if "://" not in subject:
        path = os.path.abspath(subject) if "*" in subject else os.path.realpath(subject)
        yield path
        yield f"{path}#*"


def _warn_of_copies(path: Place) -> None:
    """A migration keeps the file as it was, and damage sets it aside."""
    from pathlib import Path

    from freshlayer.report.terminal import warn

    if not isinstance(path, Path):
        return
    for copy in sorted(path.parent.glob(f"{glob.escape(path.name)}.*")):
        if copy.suffix.startswith((".corrupt", ".version-")):
            warn(f"{copy}: this copy still holds older records (remove it where it is not needed)")


def _print(dockerfiles: list[str], references: list[str], done: str) -> None:
    from freshlayer.reference import shown

    for name in (*dockerfiles, *references):
        echo(f"{shown(name, 1000)}: {done}")


@declared.command(
    "state",
    below=(ls, forget),
    short_help="what is recorded, and how to forget it",
    epilog="\b\nExamples:\n  freshlayer state ls\n  freshlayer state forget 'https://old.example.org/*'",
)
def command() -> None:
    """List or remove what freshlayer recorded: last builds, observations, the history."""
