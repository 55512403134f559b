"""Reasons: a stable code, what happened, and what to do. The one place that formats them. Pure."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

_IMAGE = "docker-image://"


class Reason(Struct, frozen=True, gc=False):
    """Why a decision was made. Other code compares ``code`` alone.

    ``subject``: what it is about, where the place that prints it does not name it. ``detail``: what happened,
    as a clause; without one the meaning of the code is printed. ``hint``: what to do, where that is printed
    with the reason.
    """

    code: str
    subject: str = ""
    detail: str = ""
    hint: str = ""

    @property
    def what(self) -> str:
        """What happened, as a clause."""
        return self.detail or meaning_of(self.code)

    @property
    def text(self) -> str:
        """``SUBJECT: what happened (what to do)``."""
        about = f"{familiar(self.subject)}: {self.what}" if self.subject else self.what
        return f"{about} ({self.hint})" if self.hint else about

    def __str__(self) -> str:
        return self.text

    def changed(self, change: Callable[[str], str]) -> "Reason":
        """The same with ``change`` applied to each text: to hide secrets."""
        texts = (self.subject, self.detail, self.hint)
        subject, detail, hint = (change(text) if text else "" for text in texts)
        return Reason(self.code, subject, detail, hint)

    @property
    def document(self) -> dict[str, str]:
        """As it is written in JSON."""
        return {"code": self.code, "text": self.text, "hint": self.hint or hint_of(self.code)}


def familiar(subject: str) -> str:
    """An image as users type it: ``python:3.12``."""
    if not subject.startswith(_IMAGE):
        return subject
    return subject.removeprefix(_IMAGE).removeprefix("docker.io/").removeprefix("library/")


def meaning_of(code: str) -> str:
    """What a code means, as a clause."""
    return _known(code)[0]


def hint_of(code: str) -> str:
    """What to do about it, as a clause."""
    return _known(code)[1]


def _known(code: str) -> tuple[str, str]:
    """Those of builds first: most reports print no others, and the tables are long."""
    from freshlayer.model.reasons_of_builds import BUILDS  # noqa: PLC0415 - many runs print none

    if code in BUILDS:
        return BUILDS[code]
    from freshlayer.model.all_reasons import REASONS  # noqa: PLC0415 - the same

    return REASONS[code]


def about(subject: str, reason: Reason) -> Reason:
    """The reason with what it is about, before its own subject."""
    return replace(reason, subject=f"{subject}: {familiar(reason.subject)}" if reason.subject else subject)


def with_hint(reason: Reason) -> Reason:
    """The reason with the hint of its code, where it has none and there is something to do."""
    hint = reason.hint or hint_of(reason.code)
    return reason if hint == "nothing" else replace(reason, hint=hint)


def followed_by(reason: Reason, clause: str) -> Reason:
    """The reason with one more clause."""
    return replace(reason, detail=f"{reason.detail or meaning_of(reason.code)}; {clause}")


def joined(reasons: Iterable[Reason]) -> Reason:
    """Several reasons as one: the code and the subject of the first."""
    first, *others = reasons
    if not others:
        return first
    detail = "; ".join([first.detail or meaning_of(first.code), *(str(other) for other in others)])
    return replace(first, detail=detail)
