"""Who reads a builder's display: text → what happened, by instruction. Pure but for the clock's values."""

from __future__ import annotations

from collections.abc import Mapping

from freshlayer.builders.command_line.build import BuildCommand
from freshlayer.builders.progress.buildah import Buildah
from freshlayer.builders.progress.classic import Classic
from freshlayer.builders.progress.lines import LineReader, Lines
from freshlayer.builders.progress.plain import Plain
from freshlayer.builders.progress.terminal import Terminal
from freshlayer.model.progress_event import ProgressEvent

_OUT, _ERR = 1, 2
_SILENT = frozenset({"quiet", "none"})


def buildkit(command: BuildCommand, environment: Mapping[str, str]) -> Lines | None:
    """For BuildKit by the docker client and by buildx, in whichever form the user selects.

    No form is selected here: the display is the user's.
    """
    form = command.progress or environment.get("BUILDKIT_PROGRESS", "")
    if command.quiet or form in _SILENT:
        return None
    if form == "rawjson":
        return _raw(_ERR)
    return Lines(_Drawn(), _ERR)


def composed(form: str, stream: int) -> Lines | None:
    """For compose and bake, which show BuildKit's text of all their targets. ``form``: as selected."""
    if form == "rawjson":
        return _raw(stream)
    return None if form in _SILENT else Lines(_Drawn(), stream)


def classic(command: BuildCommand) -> Lines | None:
    """For the classic builder."""
    return None if command.quiet else Lines(Classic(), _OUT)


def buildah(command: BuildCommand) -> Lines | None:
    """For buildah and podman. With several jobs the steps of stages cannot be distinguished."""
    several = any(word.partition("=")[0] == "--jobs" for word in command.words)
    return None if command.quiet or several else Lines(Buildah(), _OUT)


def _raw(stream: int) -> Lines:
    from freshlayer.builders.progress.rawjson import LONGEST, RawJson  # noqa: PLC0415 - few select it

    return Lines(RawJson(), stream, LONGEST)


class _Drawn(LineReader):
    """BuildKit's text: plain in a pipe, drawn on a terminal, as the client decides."""

    def __init__(self) -> None:
        self._forms: tuple[LineReader, ...] = (Plain(), Terminal())

    def line(self, text: str, now: float) -> None:
        for form in self._forms:
            form.line(text, now)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:
        return next((events for form in self._forms if (events := form.ended(now))), ())
