"""Builtins that change the state of the shell, or end a part of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.shell import arithmetic
from freshlayer.shell.assignments import DECLARING, declare_words
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.programs.lines import map_file, read
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, CommandResult, Status
from freshlayer.shell.values import NOTHING, UNSET, Text, known, number

Fields = tuple[Text, ...]
Builtin = Callable[[Runner, Fields, Frame], CommandResult]
_ENDS = {"exit": End.EXIT, "return": End.RETURN, "break": End.BREAK, "continue": End.CONTINUE}


def _true(_runner: Runner, _fields: Fields, _frame: Frame) -> CommandResult:
    return DONE


def _false(_runner: Runner, _fields: Fields, _frame: Frame) -> CommandResult:
    return CommandResult(Status.FALSE)


def _end(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    frame.ended = _ENDS[known(fields[0]) or ""]
    code = number(known(fields[1])) if len(fields) > 1 else 0
    if frame.ended <= End.BREAK:
        frame.levels = max(0, (code or 1) - 1)
        return DONE
    if code is None:
        return CommandResult(Status.OPEN)
    return DONE if code % 256 == 0 else CommandResult(Status.FALSE)


_LONG_OPTIONS = {"errexit": "e", "nounset": "u", "allexport": "a", "pipefail": "pipefail"}


def options_of(words: list[str | None]) -> tuple[frozenset[str], frozenset[str], int]:
    """Options of ``set`` or of a shell that are switched on and off, and how many words they take."""
    on: set[str] = set()
    off: set[str] = set()
    place = 0
    while place < len(words) and re.match(r"[-+]\w", words[place] or ""):
        word = words[place] or ""
        chosen = on if word[0] == "-" else off
        if word.endswith("o") and not word.startswith("--") and place + 1 < len(words):
            place += 1
            chosen |= {_LONG_OPTIONS.get(words[place] or "", "")} - {""}
        chosen |= set(word[1:]) & set("eua") if not word.startswith("--") else set()
        place += 1
    return frozenset(on), frozenset(off), place


def _set(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    words = [known(field) for field in fields[1:]]
    on, off, place = options_of(words)
    frame.options = (frame.options | on) - off
    dashes = words[place : place + 1] in (["--"], ["-"])
    if dashes or place < len(words):
        frame.arguments = tuple((field,) for field in fields[1 + place + dashes :])
        # dash and ash start again with the new ones, bash goes on.
        for name in {"OPTIND", "OPTPOS"} & frame.variables.keys():
            frame.variables[name] = (("1",),)
    return DONE


def _shift(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    count = number(known(fields[1])) if len(fields) > 1 else 1
    if count is not None and count > len(frame.arguments):
        return CommandResult(Status.FALSE)
    frame.arguments = frame.arguments[1 if count is None else count :]
    return DONE


def _unset(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    functions = known(fields[1]) == "-f" if len(fields) > 1 else False
    for name in map(known, fields[1:]):
        if functions and name:
            frame.functions.pop(name, None)
        elif name and (element := re.fullmatch(r"(\w+)\[(.*)\]", name)):
            array = dict(frame.arrays.get(element[1], {}))
            array.pop(element[2].strip("\"'"), None)
            frame.arrays[element[1]] = array
        elif name and not name.startswith("-"):
            frame.unset(name)
    return DONE


def _enter(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``cd DIR``; without one it is ``~``, and for popd what was before."""
    operands = [field for field in fields[1:] if not re.match(r"-.|\+", known(field) or "")]
    home = "~" if known(fields[0]) == "cd" else "-"
    frame.enter(operands[0] if operands else (home,))
    return CommandResult(Status.PRESUMED)


def _declare(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    declare_words(fields, frame)
    return DONE


def _let(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``let EXPRESSION…``: the last one decides."""
    value = NOTHING
    for field in fields[1:]:
        plain = known(field)
        value = arithmetic.compute(plain, frame, runner.expander.quoted) if plain is not None else (field,)
    return CommandResult(arithmetic.status(value))


def _get_options(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``getopts LETTERS NAME``: one option of the arguments after the other."""
    words = [known(field) for field in fields[1:]]
    given = [known(field) for field in fields[3:]]
    arguments = given or [known(value[0]) if len(value) == 1 else None for value in frame.arguments]
    if len(words) < 2 or None in words[:2] or None in arguments:
        for name in (words[1] if len(words) > 1 else None, "OPTARG"):
            frame.set(name or "OPTARG", (UNSET,))
        return CommandResult(Status.OPEN)
    place = number(known(frame.variables.get("OPTIND", (("1",),))[0])) or 1
    return _next_option(words[0] or "", words[1] or "", [text or "" for text in arguments], place, frame)


def _next_option(letters: str, name: str, words: list[str], place: int, frame: Frame) -> CommandResult:
    """``OPTIND`` counts words; within a word, ``OPTPOS`` (ours) counts letters."""
    inside = number(known(frame.variables.get("OPTPOS", (("1",),))[0])) or 1
    word = words[place - 1] if place <= len(words) else ""
    if not word.startswith("-") or word in {"-", "--"}:
        frame.set(name, (("?",),))
        frame.set("OPTIND", ((str(place + (word == "--")),),))
        return CommandResult(Status.FALSE)
    letter, rest = word[inside], word[inside + 1 :]
    takes_value = f"{letter}:" in letters
    if takes_value and not rest:
        rest, place = (words[place] if place < len(words) else ""), place + 1
    ends = takes_value or not rest
    frame.set(name, ((letter if letter in letters and letter != ":" else "?",),))
    frame.set("OPTARG", ((rest,),) if takes_value and rest else NOTHING)
    frame.set("OPTIND", ((str(place + 1 if ends else place),),))
    frame.set("OPTPOS", ((str(1 if ends else inside + 1),),))
    return DONE


BUILTINS: dict[str, Builtin] = {
    ":": _true,
    "true": _true,
    "false": _false,
    **dict.fromkeys(_ENDS, _end),
    "set": _set,
    "shift": _shift,
    "unset": _unset,
    "read": read,
    "let": _let,
    "getopts": _get_options,
    **dict.fromkeys(("cd", "pushd", "popd"), _enter),
    **dict.fromkeys(("mapfile", "readarray"), map_file),
    **dict.fromkeys(DECLARING, _declare),
}
"""Name → what it does."""
