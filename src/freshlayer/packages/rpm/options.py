"""The options of a command, whatever program spells them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freshlayer.packages.rpm.ini import words

_NAMES = {"from": "repo", "from-repo": "repo", "root": "installroot"}
"""Options of zypper and dnf5 → the name used here."""


class Options(Struct, frozen=True):
    """The options of one command, as (name, value) in order."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, options: Iterable[tuple[str, str]]) -> Options:
        """From the options of a ``PackageCommand``."""
        return cls(tuple((_NAMES.get(name, name), value) for name, value in options))

    def has(self, *names: str) -> bool:
        """Whether one of these is given."""
        return any(name in names for name, _ in self.pairs)

    def all(self, name: str) -> tuple[str, ...]:
        """The values of an option that may be given several times."""
        return tuple(value for given, value in self.pairs if given == name)

    def list(self, name: str) -> tuple[str, ...]:
        """The same where a value is a list itself."""
        return tuple(word for value in self.all(name) for word in words(value))

    def last(self, name: str) -> str:
        """The value of an option that counts once."""
        return ("", *self.all(name))[-1]
