"""Scripts inside the script: ``sh -c``, ``eval``, ``.``, and a script on standard input."""

from __future__ import annotations

import re
from posixpath import basename

from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell.frame import Frame
from freshlayer.shell.programs.builtins import options_of
from freshlayer.shell.programs.outputs import output_of
from freshlayer.shell.programs.script_files import as_input, interpreted, sourced, sourced_download
from freshlayer.shell.programs.wrappers import SHELLS
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status, together
from freshlayer.shell.values import Hole, Text, Values, Why, alternatives, body_of, known, worst, written

Fields = tuple[Text, ...]
_LONGEST_SHOWN = 80
_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})


def evaluate(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``eval WORDS``."""
    holes = [hole for field in fields if (hole := worst(field)) is not None]
    if len(fields) > 1 and (source := body_of(fields[1])):
        return sourced_download(runner, source, frame)
    if not holes:
        return runner.script(" ".join(written(field) for field in fields[1:]), frame)
    if all(hole.why < Why.IMAGE for hole in holes):
        runner.called(fields, frame)
    frame.anything = next(part for part in output_of(runner, fields) if isinstance(part, Hole))
    return CommandResult(Status.PRESUMED)


def source(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``. FILE``: without its text, what it sets is not known."""
    outcome = sourced(runner, fields, frame) if len(fields) > 1 else None
    if outcome is not None:
        return outcome
    file = shown(written(fields[1]), _LONGEST_SHOWN) if len(fields) > 1 else "a file"
    reason = Reason("needs-image-files", detail=f"may be set by {file} of the image")
    frame.anything = Hole(Why.IMAGE, reason, file)
    return CommandResult(Status.PRESUMED)


def another_shell(runner: Runner, fields: Fields, frame: Frame) -> CommandResult | None:
    """``sh -c SCRIPT [NAME [ARGUMENT…]]``, ``su -c SCRIPT``, and a script on standard input, ``sh -s``.

    None for a shell that runs a file: it is a program like another.
    """
    words = [known(field) for field in fields]
    if basename(words[0] or "") in SHELLS:
        place = _script_place(words)
    else:
        place = next((n for n, word in enumerate(words[:-1]) if word in {"-c", "--command"}), 0) + 1
        place = place if place > 1 else 0
    if place:
        return _with_script(runner, fields, words, place, frame)
    outcome = _with_input(runner, fields, words, frame)
    return interpreted(runner, fields, frame) if outcome is None else outcome


def _script_place(words: list[str | None]) -> int:
    """The place of the script of ``-c``; 0 where there is none."""
    place, command = 1, False
    while place < len(words) and re.match(r"[-+]\w|--", words[place] or ""):
        word = words[place] or ""
        command = command or (re.fullmatch(r"-\w*c\w*", word) is not None)
        place += 2 if word in _VALUED or re.fullmatch(r"-\w*o", word) else 1
        if word == "--":
            break
    return place if command and place < len(words) else 0


def _with_script(
    runner: Runner, fields: Fields, words: list[str | None], place: int, frame: Frame
) -> CommandResult:
    script = words[place]
    if body_of(fields[place]):
        followed = as_input(runner, (fields[place],), fields[place + 1 :] or fields[:1], frame)
        if followed is not None:
            return followed
    if script is None:
        runner.called(fields, frame)
        return CommandResult(Status.PRESUMED, (output_of(runner, fields),))
    name: Values = (fields[place + 1],) if len(fields) > place + 1 else (fields[0],)
    arguments = tuple((field,) for field in fields[place + 2 :])
    return run_child(runner, script, frame, (name, arguments), words[1:place])


def run_child(
    runner: Runner,
    script: str,
    frame: Frame,
    parameters: tuple[Values, tuple[Values, ...]],
    options: list[str | None],
) -> CommandResult:
    """Follow a script in another shell, with ``$0`` and arguments, and the options of its start."""
    on, _, _ = options_of(options)
    start = f"set -{''.join(sorted(on - {'pipefail'}))}\n" if on - {"pipefail"} else ""
    start += "set -o pipefail\n" if "pipefail" in on else ""
    return runner.child(start + script, frame, *parameters)


def _with_input(
    runner: Runner, fields: Fields, words: list[str | None], frame: Frame
) -> CommandResult | None:
    place = 1
    while place < len(words) and re.match(r"[-+]\w|--", words[place] or ""):
        place += 1
    place += words[place : place + 1] == ["-"]
    reads_input = any(re.fullmatch(r"-\w*s\w*", word or "") for word in words[1:place])
    if frame.given is None or not (reads_input or place == len(words)):
        return None
    scripts = [known(text) for text in frame.given]
    if None in scripts:
        return as_input(runner, frame.given, (fields[0], *fields[place:]), frame)
    if not any(scripts):
        return None
    name: Values = (fields[0],)
    arguments = tuple((field,) for field in fields[place:])
    given = frame.given
    frame.given = None
    outcomes = [
        run_child(runner, script or "", frame, (name, arguments), words[1:place]) for script in scripts
    ]
    frame.given = given
    out = alternatives(text for outcome in outcomes for text in outcome.out)
    return CommandResult(together([outcome.status for outcome in outcomes]), out)
