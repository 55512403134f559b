"""A RUN's script → the programs it runs and the values their words can take. Pure: nothing is ever run."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from freshlayer.shell.downloads import Downloads, NoDownloads
from freshlayer.shell.evaluate import Evaluator, exec_form
from freshlayer.shell.files import Files, NoFiles
from freshlayer.shell.frame import Frame
from freshlayer.shell.outside import Outside
from freshlayer.shell.programs.script_files import PATH
from freshlayer.shell.programs.wrappers import SHELLS
from freshlayer.shell.script_runs import ScriptRuns, Unfollowed
from freshlayer.shell.status import BudgetError, Call
from freshlayer.shell.syntax.limits import is_parsed
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.values import Hole, Text, Why, known, worst, written

__all__ = [
    "SHELLS",
    "Call",
    "Following",
    "Hole",
    "Outside",
    "Surroundings",
    "Text",
    "Unfollowed",
    "Why",
    "follow",
    "follow_words",
    "is_parsed",
    "known",
    "worst",
    "written",
]


class Surroundings(Struct, frozen=True):
    """What is around a script.

    ``value``: a name's value at its start, a hole where it has none. ``platform`` is the target's.
    ``fetchers``: programs whose output is the answer of a server. ``directory``: where the script starts;
    ``home``: what ``~`` means there.
    ``files``: those of the image, which the script may change. ``search``: the directories of PATH;
    ``common``: programs that are not looked for there among ``files``. ``outside``: what is known of
    ``value`` already, where other scripts had the same.
    """

    value: Callable[[str], str | Hole]
    platform: str
    fetchers: frozenset[str]
    directory: str = "/"
    home: str = "/root"
    files: Files = NoFiles()
    search: tuple[str, ...] = PATH
    common: frozenset[str] = frozenset()
    downloads: Downloads = NoDownloads()
    outside: Outside | None = None


class Following(Struct, frozen=True):
    """The programs that a script runs, in order. ``whole`` is False where not all could be followed.

    ``unfollowed``: script files that it executes and that could not be followed to their end.
    """

    calls: tuple[Call, ...]
    whole: bool
    unfollowed: tuple[Unfollowed, ...] = ()


def follow(
    text: str, surroundings: Surroundings, name: str = "", arguments: tuple[Text, ...] = ()
) -> Following:
    """Follow a script from its start, with a name (``$0``) and arguments where it is executed with them.

    Never fails, and ends within its budget. In a script that is followed, ``Runner.child`` does the same, and
    ``Runner.script`` what ``.`` does.
    """
    script = parse(text)
    evaluator, frame = _start(surroundings)
    if name:
        frame.name = ((name,),)
    if arguments:
        frame.arguments = tuple((argument,) for argument in arguments)
    try:
        evaluator.run_script(script.body, frame)
    except (BudgetError, RecursionError):
        return _following(evaluator, whole=False)
    return _following(evaluator, whole=script.whole and evaluator.whole)


def follow_words(words: tuple[str, ...], surroundings: Surroundings) -> Following:
    """The same for a command that no shell reads: the exec form."""
    evaluator, frame = _start(surroundings)
    try:
        exec_form(evaluator, words, frame)
    except (BudgetError, RecursionError):
        return _following(evaluator, whole=False)
    return _following(evaluator, whole=evaluator.whole)


def _following(evaluator: Evaluator, *, whole: bool) -> Following:
    found = evaluator.runs.unfollowed
    unfollowed = tuple(dict.fromkeys(found)) if len(found) > 1 else found
    return Following(tuple(evaluator.calls), whole, unfollowed)


def _start(surroundings: Surroundings) -> tuple[Evaluator, Frame]:
    runs = ScriptRuns(
        surroundings.files, surroundings.search, surroundings.common, downloads=surroundings.downloads
    )
    evaluator = Evaluator(surroundings.platform, surroundings.fetchers, runs)
    outside = surroundings.outside or Outside(surroundings.value)
    return evaluator, Frame(
        outside,
        directory=surroundings.directory,
        previous=surroundings.directory,
        home=surroundings.home,
    )
