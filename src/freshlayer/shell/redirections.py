"""Redirections: what a statement reads, and the file that it writes."""

from __future__ import annotations

from freshlayer.model.reasons import Reason
from freshlayer.shell.frame import Frame
from freshlayer.shell.programs.dispatch import IN_SHELL
from freshlayer.shell.programs.file_tools import write
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult
from freshlayer.shell.syntax.nodes import Command, Literal, Redirected, Statement, Word
from freshlayer.shell.values import NOTHING, Hole, Values, Why

_DIFFERS = Reason(
    "not-computed", detail="a here-document sets it, which bash and other shells take differently"
)


def redirected(runner: Runner, statement: Redirected, frame: Frame) -> CommandResult:
    """Follow a statement with what it is given; what it writes goes to the file."""
    before = frame.given, frame.touched
    if statement.given is not None:
        frame.given, frame.touched = _given(runner, statement.statement, statement.given, frame), False
    heard = frame.heard
    frame.heard = (heard and not statement.writes) or statement.output is not None
    outcome = runner.run(statement.statement, frame)
    frame.heard = heard
    if statement.given is not None:
        frame.given, frame.touched = before
    if statement.output is not None:
        for target in runner.expander.whole(statement.output, frame):
            write(runner, target, outcome.out, frame, appends=statement.appends)
    silent = not statement.writes or outcome.out is NOTHING
    return outcome if silent else CommandResult(outcome.status)


def _given(runner: Runner, inner: Statement, document: Word, frame: Frame) -> Values:
    """A document. bash expands that of a program in the child process, and dash in the shell itself."""
    before = dict(frame.variables)
    found = runner.expander.whole(document, frame)
    if frame.variables != before and _is_program(inner, frame):
        differing = [name for name, values in frame.variables.items() if values != before.get(name)]
        frame.variables.update((name, ((Hole(Why.OTHER, _DIFFERS, f"${{{name}}}"),),)) for name in differing)
    return found


def _is_program(statement: Statement, frame: Frame) -> bool:
    """Whether a child process runs it; a name that is not known is taken for a program."""
    words = statement.all_words if isinstance(statement, Command) else ()
    if not words:
        return False
    first = "".join(part.text for part in words[0] if isinstance(part, Literal))
    return first not in frame.functions and first not in IN_SHELL
