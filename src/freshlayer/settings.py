"""``freshlayer.toml`` or ``[tool.freshlayer]`` → policy. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum

from freshlayer.errors import OptionError

_MIB = 1024 * 1024


class OnUnknown(StrEnum):
    """What an input that can't be asked does to its instruction (design rule 4)."""

    KEEP = "keep"
    REBUILD = "rebuild"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Policy:
    """``hash_up_to`` in octets, ``timeout`` in seconds for one reference."""

    on_unknown: OnUnknown = OnUnknown.KEEP
    hash_up_to: int = 4 * _MIB
    connections: int = 100
    timeout: float = 20.0
    offline: bool = False

    def but(
        self,
        *,
        on_unknown: str | None = None,
        connections: int | None = None,
        timeout: float | None = None,
        offline: bool = False,
    ) -> Policy:
        """The same with what the command line says. None leaves a setting as it is."""
        return replace(
            self,
            on_unknown=OnUnknown(on_unknown) if on_unknown else self.on_unknown,
            connections=connections or self.connections,
            timeout=timeout or self.timeout,
            offline=offline or self.offline,
        )


_TYPES: dict[str, tuple[type, ...]] = {
    "on_unknown": (str,),
    "hash_up_to": (int,),
    "connections": (int,),
    "timeout": (int, float),
}


def read(text: str, where: str, *table: str) -> Policy:
    """Read settings; ``table`` is the path to ours in a shared file.

    Raises OptionError, naming the file and the setting, for whatever can't be meant.
    """
    try:
        document: object = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"{where}: {error}") from None
    for name in table:
        document = document.get(name, {}) if isinstance(document, dict) else {}
    if not isinstance(document, dict):
        raise OptionError(f"{where}: [{'.'.join(table)}] is no table")
    for name, value in document.items():
        _check(where, name, value)
    try:
        unknown = OnUnknown(document.get("on_unknown", OnUnknown.KEEP))
    except ValueError:
        raise OptionError(f"{where}: on_unknown is keep, rebuild or fail") from None
    return replace(Policy(), **{**document, "on_unknown": unknown})


def _check(where: str, name: str, value: object) -> None:
    if name not in _TYPES:
        raise OptionError(f"{where}: there is no setting {name!r} (there are {', '.join(sorted(_TYPES))})")
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
        raise OptionError(f"{where}: {name} can't be {value!r}")
    if isinstance(value, int | float) and value <= 0 and name != "hash_up_to":
        raise OptionError(f"{where}: {name} has to be more than 0")
