"""``freshlayer history``."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from freshlayer.model.history import History
    from freshlayer.state import StateStore


@declared.command(
    "history",
    short_help="what changed when, and what builds cost and saved",
    epilog="\b\nExamples:\n  freshlayer history\n  freshlayer history https://example.org/data.csv",
)
@declared.argument("subject", required=False, type=declared.FILE, metavar="[REFERENCE|DOCKERFILE]")
@declared.option(
    "-n", "--most", type=declared.integer(1, 10_000), default=20, help="at most so many of each (20)"
)
@ours("history", formats=("text", "json"))
def command(options: Options, subject: str | None, most: int) -> int:
    """Print when an input changed, which build took the change up, and what each build cost and saved.

    Without an argument: the latest changes and builds of the Dockerfiles in this directory and below.
    Requests nothing from the network.
    """
    from contextlib import closing

    from freshlayer.cli.state_place import is_there, state_path
    from freshlayer.errors import OptionError
    from freshlayer.model.history import History
    from freshlayer.report.history import document, lines
    from freshlayer.report.terminal import show, warn
    from freshlayer.state import Keep
    from freshlayer.state.places import store_at

    if options.format not in {None, "text", "json"}:
        raise OptionError(f"history: --format {options.format}: the history has the formats text and json")
    problems: list[str] = []
    path = state_path(options)
    found = History()
    # To open it would make one.
    if is_there(path):
        with closing(store_at(path, problems.append, Keep())) as store:
            found = _found(store, subject, most)
    for problem in problems:
        warn(problem)
    if options.format == "json":
        echo(json.dumps(document(found), indent=1))
    else:
        show(lines(found, _whose(subject)), sys.stdout)
    return TROUBLE if problems else DONE


def _whose(subject: str | None) -> str:
    from freshlayer.reference import shown

    if subject is None or os.path.isdir(subject):
        return f"of the Dockerfiles below {shown(subject or '.')} (name a reference or a Dockerfile)"
    return f"of {shown(subject)}"


def _found(store: StateStore, subject: str | None, most: int) -> History:
    from freshlayer.cli.references import typed
    from freshlayer.model.history import History

    if subject is None or os.path.isdir(subject):
        return store.history_of_directory(os.path.realpath(subject or "."), most)
    is_path = os.path.lexists(subject) or subject.startswith(("/", "./", "../"))
    found = History() if is_path else store.history(typed(subject).text, most)
    from freshlayer.files.path_text import text_of

    # A Dockerfile that is gone has a history too, and its name may be that of an image.
    if found == History() and "://" not in subject:
        return store.history_of_dockerfile(text_of(os.path.realpath(subject)), most)
    return found
