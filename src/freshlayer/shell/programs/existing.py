"""``[ -f FILE ]``: whether a file is in the image, as far as the base image decides it."""

from __future__ import annotations

from freshlayer.model.base_image import DIRECTORIES, is_kept
from freshlayer.shell.files import FilesSeen, FileText
from freshlayer.shell.frame import Frame
from freshlayer.shell.programs import test as conditions
from freshlayer.shell.programs.script_files import path_of
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status
from freshlayer.shell.values import Text, known


def test(runner: Runner, fields: tuple[Text, ...], frame: Frame) -> CommandResult:
    """``[ … ]``, ``test …``."""
    words = list(fields[1:])
    if words and known(words[-1]) in {"]", "]]"}:
        words = words[:-1]
    double = known(fields[0]) == "[["
    decided = conditions.decide(words, double=double, exists=exists_in(runner, frame))
    return CommandResult(Status.OPEN if decided is None else Status.TRUE if decided else Status.FALSE)


def exists_in(runner: Runner, frame: Frame) -> conditions.Exists:
    """What decides the operators of files here."""

    def exists(operator: str, path: str) -> bool | None:
        absolute = path_of((path,), frame)
        decides = absolute is not None and (is_kept(absolute) or absolute in DIRECTORIES)
        return _decided(operator, absolute, runner.runs.files) if absolute and decides else None

    return exists


def _decided(operator: str, path: str, files: FilesSeen) -> bool | None:
    found = files.exists(path)
    if operator == "-s" and found:
        file = files.find(path)
        return any(file.text) if isinstance(file, FileText) and len(file.text) == 1 else None
    if operator in {"-f", "-s"}:
        return found
    if files.names(path):
        return True
    # A directory may be empty.
    return found if operator != "-d" or path in DIRECTORIES else False if found else None
