"""Standard input, line by line."""

from __future__ import annotations

import re

from freshlayer.model.reasons import Reason
from freshlayer.shell.frame import Frame
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status
from freshlayer.shell.values import (
    BLANKS,
    EMPTY,
    Hole,
    Text,
    Values,
    Why,
    known,
    separator,
    split,
    text_of,
    worst,
)

Fields = tuple[Text, ...]
INPUT = Hole(
    Why.IMAGE, Reason("needs-command-output", detail="its arguments are read from standard input"), "…"
)
_VALUED = "adinNptu"


def lines(given: Values | None) -> list[Text] | None:
    """The lines of a known input; None where it has holes or alternatives."""
    if given is None or len(given) != 1:
        return None
    if any(isinstance(part, Hole) and part.why is not Why.ARGUMENT for part in given[0]):
        return None
    found: list[list[str | Hole]] = [[]]
    for part in given[0]:
        if isinstance(part, Hole):
            found[-1].append(part)
            continue
        first, *others = part.split("\n")
        found[-1].append(first)
        found += [[other] for other in others]
    texts = [text_of(*line) for line in found]
    return texts[:-1] if texts and not texts[-1] else texts


def unread(given: Values | None) -> Hole:
    """Why a line of an input is not known."""
    holes = [hole for text in given or () if (hole := worst(text)) is not None]
    return max(holes, key=lambda hole: hole.why, default=INPUT)


def read(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``read``: takes one line off the input. At its end, and in a last line without end, it fails."""
    options, names = _arguments(fields[1:])
    line, status = _taken(frame, options)
    if "a" in options:
        found = [item.text for item in split(line, frame.separators, quoted=False) if item.text or item.kept]
        frame.set_array(options["a"], found, appends=False)
    else:
        _divide(line, names or ["REPLY"], frame, raw="r" in options)
    return CommandResult(status)


def _arguments(fields: Fields) -> tuple[dict[str, str], list[str]]:
    """Options by their letters, and the names."""
    options: dict[str, str] = {}
    waiting = [known(field) or "" for field in reversed(fields)]
    while waiting and re.match(r"-\w", waiting[-1]):
        word = waiting.pop()
        for place, letter in enumerate(word[1:], 1):
            options[letter] = ""
            if letter in _VALUED:
                options[letter] = word[place + 1 :] or (waiting.pop() if waiting else "")
                break
    return options, [name for name in reversed(waiting) if name != "--"]


def _taken(frame: Frame, options: dict[str, str]) -> tuple[Text, Status]:
    """One line off the input of the frame."""
    if frame.given is None or len(frame.given) != 1 or options.keys() & set("nNu") or options.get("d"):
        frame.touched = True
        return (unread(frame.given),), Status.OPEN if frame.given is None else Status.PRESUMED
    whole = frame.given[0]
    line, rest, ended = _first(whole, "\0" if "d" in options else "\n")
    if "r" not in options:
        line, rest, ended = _continued(line, rest, ended=ended)
    hole = worst(line)
    if hole is not None and hole.why is not Why.ARGUMENT:
        # What is behind an unknown part may be another line.
        frame.touched = True
        return (hole,), Status.PRESUMED
    frame.given, frame.touched = (rest,), True
    return line, Status.TRUE if ended else Status.FALSE


def _first(text: Text, end: str) -> tuple[Text, Text, bool]:
    """The first line, what is behind it, and whether it has an end."""
    for place, part in enumerate(text):
        if isinstance(part, str) and end in part:
            first, _, rest = part.partition(end)
            return text_of(*text[:place], first), text_of(rest, *text[place + 1 :]), True
    return text, EMPTY, False


def _continued(line: Text, rest: Text, *, ended: bool) -> tuple[Text, Text, bool]:
    """Without ``-r`` a backslash at the end of a line joins the next one."""
    while ended and line and isinstance(line[-1], str) and re.search(r"(?<!\\)(?:\\\\)*\\\Z", line[-1]):
        more, rest, ended = _first(rest, "\n")
        line = text_of(*line[:-1], line[-1][:-1], *more)
    return line, rest, ended


def _divide(line: Text, names: list[str], frame: Frame, *, raw: bool) -> None:
    """The last name takes the rest, without the blanks around it."""
    text = known(line)
    if text is None:
        for name in names:
            frame.set(name, (line,))
        return
    blanks = "".join(character for character in frame.separators if character in BLANKS)
    rest = text.strip(blanks) if blanks and names != ["REPLY"] else text
    for place, name in enumerate(names):
        first = rest
        if frame.separators and place < len(names) - 1:
            found = separator(frame.separators).search(rest)
            first, rest = (rest[: found.start()], rest[found.end() :]) if found else (rest, "")
        elif frame.separators and len(names) >= 1:
            first = _without_one_end(rest, frame.separators)
        frame.set(name, (text_of(first if raw else re.sub(r"\\(.)", r"\1", first)),))


def _without_one_end(rest: str, separators: str) -> str:
    """A single separator that is no blank, at the very end, ends the last field and is no part of it."""
    others = "".join(character for character in separators if character not in BLANKS)
    if rest[-1:] and rest[-1] in others and not any(c in others for c in rest[:-1]):
        return rest[:-1].rstrip("".join(c for c in separators if c in BLANKS))
    return rest


def map_file(_runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``mapfile -t NAME``: all lines that are left."""
    found = lines(frame.given)
    name = (known(fields[-1]) or "") if len(fields) > 1 else "MAPFILE"
    flags = "".join(known(field) or "" for field in fields[1:-1])
    ends = "" if "t" in flags else "\n"
    unknown: Text = (unread(frame.given),)
    items = [text_of(*line, ends) for line in found] if found is not None else [unknown]
    frame.set_array(name, items, appends=False)
    consume(frame)
    return CommandResult(Status.TRUE if found is not None else Status.PRESUMED)


def consume(frame: Frame) -> None:
    """A program has read all of the input."""
    if frame.given is not None:
        frame.given, frame.touched = (EMPTY,), True
