"""Follows the text of a file that a script executes or sources."""

from __future__ import annotations

from contextlib import nullcontext

from freshlayer.model.inputs import is_download
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, BudgetError, CommandResult, Status
from freshlayer.shell.syntax.limits import is_parsed
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.values import Hole, Text

_MOST_TEXTS = 4
_LONGEST = 1024 * 1024
_ENDLESS = Reason("limit-reached", detail="scripts execute each other too deep")


def follow(runner: Runner, script: FileText, frame: Frame) -> CommandResult:
    """Follow a file in this frame: of several texts each, beside the others. Raises BudgetError."""
    if not runner.runs.may_follow(script.name):
        runner.runs.miss(script.name, _ENDLESS)
        return CommandResult(Status.PRESUMED)
    if script.doubt is not None:
        runner.runs.miss(script.name, script.doubt)
    outcome = DONE
    arms: list[Frame] = []
    for text in script.text[:_MOST_TEXTS]:
        arm = frame.branch() if len(script.text) > 1 else frame
        outcome = _follow_text(runner, script.name, text, arm)
        arms.append(arm)
    if len(arms) > 1:
        frame.join(arms)
    frame.land(End.RETURN)
    return CommandResult(Status.PRESUMED, outcome.out)


def _follow_text(runner: Runner, name: str, text: Text, frame: Frame) -> CommandResult:
    source = _with_names(text, frame)
    if not is_parsed(source, _LONGEST):
        runner.runs.miss(name, Reason("script-too-long"))
        return CommandResult(Status.PRESUMED)
    script = parse(source)
    if not script.whole:
        runner.runs.miss(name, Reason("script-not-followed"), source)
    try:
        with runner.apart() if is_download(name) else nullcontext(), runner.runs.script(name, script.lines):
            return runner.run(script.body, frame)
    except (BudgetError, RecursionError):
        if script.whole:
            runner.runs.miss(name, Reason("script-not-followed"), source)
        if is_download(name):
            return CommandResult(Status.PRESUMED)
        raise


def _with_names(text: Text, frame: Frame) -> str:
    """The text, in which a variable of its own stands for each part that is not known."""
    parts: list[str] = []
    for part in text:
        if isinstance(part, Hole):
            name = f"freshlayer_unknown_{len(frame.variables)}"
            frame.variables[name] = ((part,),)
            parts.append(f"${{{name}}}")
        else:
            parts.append(part)
    return "".join(parts)
