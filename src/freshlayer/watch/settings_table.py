"""A table of ``watch.toml``, read with the place of each fault. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import seconds_of
from freshlayer.reference import shown
from freshlayer.watch.urls import fault_of

_NAME = compiled(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE = compiled(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
LEAST_INTERVAL = 1


class SecretPlace(Struct, frozen=True):
    """Where a secret is, never the secret itself: a variable of the environment, or a file.

    ``setting``: its place in watch.toml. ``cure``: what to do where the file is missing.
    """

    variable: str = ""
    file: str = ""
    setting: str = ""
    cure: str = ""

    @property
    def is_named(self) -> bool:
        """Whether there is one."""
        return bool(self.variable or self.file)


class Table:
    """A table of the file, from which settings are taken; ``done`` refuses what is left."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._left = dict(values)
        self._given = frozenset(values)
        self.where = where
        self._known: list[str] = []

    def _take(self, name: str) -> object:
        self._known.append(name)
        return self._left.pop(name, None)

    def fault(self, name: str, wanted: str) -> OptionError:
        """What is wrong with a setting: what it is not, or that it is missing."""
        if name not in self._given:
            return OptionError(f"{self.where}: {name} is not set (write {wanted.partition(' (')[0]})")
        return OptionError(f"{self.where}: {name} is not {wanted}")

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.fault(name, "a text")
        return value

    def flag(self, name: str) -> bool:
        """A yes or no; no where it is not set."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise self.fault(name, "true or false")
        return bool(value)

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(it, str) and "\0" not in it for it in value):
            raise self.fault(name, "a list of texts")
        return tuple(value)

    def seconds(self, name: str, default: float, *, least: float = 0) -> int:
        """A time, in seconds."""
        value = self._take(name)
        found = int(default) if value is None else _seconds(value)
        if found is None or found < least:
            raise self.fault(name, f"a time of at least {least:g} s (write 15m, 1h, or seconds)")
        return found

    def intervals(self, name: str, allowed: frozenset[str] | None = None) -> dict[str, float]:
        """A table of times, in seconds."""
        value = self._take(name) or {}
        if not isinstance(value, dict):
            raise self.fault(name, "a table")
        inner = Table(value, f"{self.where}: [{name}]")
        for key in value:
            if allowed is not None and key not in allowed:
                there = ", ".join(sorted(allowed))
                raise OptionError(f"{inner.where}: there is no {shown(key, 30)!r} (there are {there})")
        return {key.lower(): inner.seconds(key, 0, least=LEAST_INTERVAL) for key in value}

    def table(self, name: str) -> Table:
        """A table within it; empty where there is none."""
        value = self._take(name) or {}
        if not isinstance(value, dict):
            raise self.fault(name, "a table")
        return Table(value, f"{self.where}: [{name}]")

    def secret(self, name: str, *, needed: bool = False) -> SecretPlace:
        """The variable and the file that may hold it; at most one is named."""
        variable, file = self.text(f"{name}_env"), self.text(f"{name}_file")
        if variable and not _VARIABLE.fullmatch(variable):
            raise self.fault(f"{name}_env", "the name of a variable")
        if variable and file:
            raise self.fault(f"{name}_file", f"needed beside {name}_env")
        if needed and not (variable or file):
            raise OptionError(f"{self.where}: {name}_env is not set (name the variable with the secret)")
        setting = f"{self.where} {name}_{'env' if variable else 'file'}" if variable or file else ""
        return SecretPlace(variable, file, setting)

    def url(self, name: str, default: str = "", *, private: bool = False) -> str:
        """An HTTP URL. ``private``: a secret is sent there, which wants TLS."""
        url = self.text(name, default)
        if fault := fault_of(url, private=private):
            raise self.fault(name, fault)
        return url

    def matching(self, name: str, pattern: str, wanted: str, default: str = "") -> str:
        """A text of a form."""
        value = self.text(name, default)
        if not compiled(pattern).fullmatch(value):
            raise self.fault(name, wanted)
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within its limits."""
        value = self._take(name)
        found = default if value is None else value
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise self.fault(name, f"a number from {least} to {most}")
        return found

    @staticmethod
    def is_of(pattern: str, value: str) -> bool:
        """Whether a text has a form."""
        return compiled(pattern).fullmatch(value) is not None

    def choice(self, name: str, default: str, *names: str) -> str:
        """One of some words."""
        value = self.text(name, default)
        if value in names:
            return value
        if name not in self._given:
            raise self.fault(name, " or ".join(names))
        raise OptionError(f"{self.where}: {name} {shown(value, 30)!r} is none of {', '.join(names)}")

    def tables(self, name: str) -> list[tuple[str, Table]]:
        """The tables within a table, by name."""
        value = self._take(name) or {}
        if not isinstance(value, dict) or not all(isinstance(it, dict) for it in value.values()):
            raise self.fault(name, "a table of tables")
        for key in value:
            if not _NAME.fullmatch(key):
                raise OptionError(f"{self.where}: [{name}]: {shown(key, 30)!r} is not a name")
        return [(key, Table(inner, f"{self.where}: [{name}.{key}]")) for key, inner in value.items()]

    def rows(self, name: str) -> list[Table]:
        """The tables of a list: ``[[name]]``."""
        value = self._take(name) or []
        if not isinstance(value, list) or not all(isinstance(it, dict) for it in value):
            raise self.fault(name, f"a list of tables (write [[{name}]])")
        return [Table(inner, f"{self.where}: [[{name}]]") for inner in value]

    def done(self) -> None:
        """Raises OptionError where a setting was not taken."""
        for name in self._left:
            there = ", ".join(sorted(self._known))
            raise OptionError(f"{self.where}: there is no setting {shown(name, 30)!r} (there are {there})")


def _seconds(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return seconds_of(value) if isinstance(value, str) else None
