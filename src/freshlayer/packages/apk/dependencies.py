"""Dependencies as apk writes them: ``!name@tag>=1.2``. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.packages.apk.versions import accepts, is_valid

_FORM = compiled(
    r"(?P<not>!?)(?P<name>[^!@<>=~\s]+)(?:@(?P<tag>[^@<>=~\s]+))?(?:(?P<how>[<>=~]+)(?P<version>\S+))?"
)
_HOW = frozenset({"<", "<=", "=", "==", ">", ">=", "~", "~=", "=~", "<~", "<~=", "<=~", ">~", ">~=", ">=~"})
_BY_HASH = "><"


class Dependency(Struct, frozen=True):
    """``how``: the operator; empty without a version. ``conflict``: what it matches must not be installed."""

    name: str
    how: str = ""
    version: str = ""
    conflict: bool = False
    tag: str = ""

    def matches(self, version: str | None, checksum: str) -> bool:
        """Whether a package, or a name that it provides with ``version``, meets it."""
        if not self.how:
            return True
        if self.how == _BY_HASH:
            return checksum == self.version
        return version is not None and accepts(self.how, self.version, version)

    @property
    def text(self) -> str:
        """As apk writes it into ``/etc/apk/world``."""
        tag = f"@{self.tag}" if self.tag else ""
        return f"{'!' * self.conflict}{self.name}{tag}{self.how}{self.version}"


def parsed(word: str) -> Dependency | None:
    """One dependency, or None for what is not one."""
    form = _FORM.fullmatch(word)
    if form is None:
        return None
    how, version = form["how"] or "", form["version"] or ""
    if how and how != _BY_HASH and not (how in _HOW and is_valid(version)):
        return None
    return Dependency(form["name"], how, version, bool(form["not"]), form["tag"] or "")


def all_of(words: Iterable[str]) -> tuple[Dependency, ...]:
    """The dependencies of a line; what is not one is left out, as apk does for a package."""
    return tuple(one for word in words if (one := parsed(word)) is not None)
