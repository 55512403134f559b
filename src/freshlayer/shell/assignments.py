"""``name=value``, ``export``, ``declare`` and their like."""

from __future__ import annotations

import re

from freshlayer.shell import arithmetic
from freshlayer.shell.arms import tied
from freshlayer.shell.expand import one_at_a_time
from freshlayer.shell.frame import Frame
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status
from freshlayer.shell.syntax.nodes import Assignment, Command
from freshlayer.shell.syntax.operands import operand
from freshlayer.shell.values import (
    NOTHING,
    UNSET,
    Text,
    Values,
    concat,
    expanded,
    known,
    text_of,
    worst,
)

LOCAL = frozenset({"local", "declare", "typeset"})
"""What makes a name that ends with its function."""

DECLARING = frozenset({"export", "readonly", *LOCAL})


def declare(runner: Runner, statement: Command, frame: Frame) -> CommandResult:
    """Assignments that stay. Their status is that of the last substitution in them (POSIX 2.9.1)."""
    expander = runner.expander
    expander.substituted = Status.TRUE
    words = [expander.fields(word, frame) for word in statement.words]
    variants = one_at_a_time(words) if words else []
    command = (known(variants[0][0]) or "") if variants and variants[0] else ""
    letters = _letters(variants[0][1:]) if variants else ""
    for assignment in statement.assignments:
        _prepare(assignment.name, command, letters, frame)
        assign(runner, assignment, frame)
        _mark(assignment.name, command, letters, frame)
    for fields in variants:
        declare_words(fields, frame)
    return CommandResult(Status.TRUE if statement.words else expander.substituted)


def _letters(fields: tuple[Text, ...]) -> str:
    """The letters of the options, ``+x`` as ``+x``."""
    words = [known(field) or "" for field in fields]
    return "".join(word[1:] if word[0] == "-" else word for word in words if re.match(r"[-+]\w", word))


def _prepare(name: str, command: str, letters: str, frame: Frame) -> None:
    """What counts before the value is assigned."""
    if command in LOCAL and "g" not in letters:
        frame.hide(name)
    if command == "local":
        frame.arrays.pop(name, None)
    if command in DECLARING and "A" in letters:
        frame.associative |= {name}
    if command in DECLARING and "i" in letters:
        frame.integers |= {name}


def _mark(name: str, command: str, letters: str, frame: Frame) -> None:
    if (command == "export" and "n" in letters) or (command in DECLARING and "+x" in letters):
        frame.withhold(name)
    elif command == "export" or (command in DECLARING and "x" in letters and "+x" not in letters):
        frame.exported |= {name}


def declare_words(fields: tuple[Text, ...], frame: Frame) -> None:
    """``export NAME``, and ``export $WORD`` for ``NAME=VALUE`` in a word. An unknown word sets any name."""
    command, letters = known(fields[0]) or "", _letters(fields[1:])
    for field in fields[1:]:
        text = known(field)
        if text is None and not isinstance(field[0], str):
            frame.anything = worst(field)
            continue
        name, equals, first = str(field[0] if field else "").partition("=")
        if not name.isidentifier():
            continue
        _prepare(name, command, letters, frame)
        if equals:
            frame.set(name, (text_of(first, *field[1:]),))
        elif command == "local":
            frame.variables[name] = (UNSET,)
        if "A" in letters or ("a" in letters and command in LOCAL):
            frame.arrays.setdefault(name, {})
        _mark(name, command, letters, frame)


def assign(runner: Runner, assignment: Assignment, frame: Frame) -> None:
    """``name=value``, ``name+=value``, ``name[key]=value``, ``name=(…)``."""
    name = assignment.name
    if assignment.array is not None:
        options = [runner.expander.fields(word, frame) for word in assignment.array]
        frame.set_array(name, *one_at_a_time(options), appends=assignment.appends)
        return
    value = _value(runner, assignment, frame)
    if assignment.index:
        _assign_element(runner, assignment, value, frame)
        return
    before: Values = expanded(frame.arrays[name].get("0", NOTHING)) if name in frame.arrays else NOTHING
    if name not in frame.arrays and assignment.appends:
        before = frame.get(name)
    if name in frame.integers:
        value = _computed(runner, before if assignment.appends else NOTHING, value, frame)
    elif assignment.appends:
        value = concat(before, value)
    frame.set(name, value)


def _value(runner: Runner, assignment: Assignment, frame: Frame) -> Values:
    text = " ".join([part.text for part in assignment.value])
    if "$" not in text and "`" not in text:
        return runner.expander.whole(assignment.value, frame)
    value, frame.groups = tied(
        frame.groups,
        frame.variables,
        assignment.name,
        text,
        lambda: runner.expander.whole(assignment.value, frame),
    )
    return value


def _computed(runner: Runner, before: Values, value: Values, frame: Frame) -> Values:
    """The value of a name of ``declare -i``: an expression."""
    whole = concat(concat(before, (("+(",),)), concat(value, ((")",),))) if before != NOTHING else value
    texts = [known(text) for text in whole]
    if len(texts) != 1 or texts[0] is None:
        return whole
    return arithmetic.compute(texts[0], frame, runner.expander.quoted)


def _assign_element(runner: Runner, assignment: Assignment, value: Values, frame: Frame) -> None:
    name = assignment.name
    if name in frame.associative:
        keys = runner.expander.whole(operand(assignment.index), frame)
    else:
        keys = arithmetic.compute(assignment.index, frame, runner.expander.quoted)
    array = frame.arrays.get(name, {})
    for key in keys:
        text = known(key) or ""
        before = array.get(text, NOTHING) if assignment.appends else NOTHING
        array = {**array, text: concat(expanded(before), value)}
    frame.arrays[name] = array
