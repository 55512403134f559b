"""``freshlayer.toml``, ``[tool.freshlayer]`` and comments in the Dockerfile → policy. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import SECONDS
from freshlayer.reference import shown

_MIB = 1024 * 1024


class OnUnknown(StrEnum):
    """What an input that can't be asked does to its instruction (design rule 4)."""

    KEEP = "keep"
    REBUILD = "rebuild"
    FAIL = "fail"


class Pull(StrEnum):
    """Whether images that moved are pulled, for builders that do not ask the registry themselves."""

    CHANGED = "changed"
    NEVER = "never"


class HostSettings(Struct, frozen=True):
    """What ``[hosts."name"]`` says: where a credential is found, never the credential itself.

    ``…_env`` name environment variables. ``command`` prints the password or token. ``header`` sends it in a
    field of that name instead of ``Authorization``. ``ca``, ``certificate`` and ``key`` are PEM files.
    """

    user: str = ""
    user_env: str = ""
    password_env: str = ""
    token_env: str = ""
    command: tuple[str, ...] = ()
    header: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password_env: str = ""
    insecure: bool = False


class Policy(Struct, frozen=True):
    """``hash_up_to`` in octets; ``timeout`` in seconds for one reference, ``deadline`` for all of them.

    ``hosts`` by ``name[:port]``. ``full_answer_every``: seconds after which a reference is probed
    without conditions; 0: each time. ``keep_history`` in seconds, ``keep_history_up_to`` in bytes: older
    events of the history, and more of them, are removed.
    """

    on_unknown: OnUnknown = OnUnknown.KEEP
    hash_up_to: int = 4 * _MIB
    connections: int = 100
    timeout: float = 20.0
    deadline: float = 60.0
    offline: bool = False
    pull: Pull = Pull.CHANGED
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)
    full_answer_every: int = 7 * 86400
    keep_history: int = 400 * 86400
    keep_history_up_to: int = 200_000_000

    def but(
        self,
        *,
        on_unknown: str | None = None,
        connections: int | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        offline: bool = False,
    ) -> Policy:
        """The same with what the command line says. None leaves a setting as it is."""
        return replace(
            self,
            on_unknown=OnUnknown(on_unknown) if on_unknown else self.on_unknown,
            connections=connections or self.connections,
            timeout=timeout or self.timeout,
            deadline=deadline or self.deadline,
            offline=offline or self.offline,
        )


_USUAL = Policy()
_LEAST = {"connections": 1, "timeout": 0.1, "deadline": 0.1}
_MOST = 2**53
_TYPES: dict[str, tuple[type, ...]] = {
    "on_unknown": (str,),
    "hash_up_to": (int,),
    "full_answer_every": (int, str),
    "keep_history": (int, str),
    "keep_history_up_to": (int,),
    "connections": (int,),
    "timeout": (int, float),
    "deadline": (int, float),
    "pull": (str,),
    "hosts": (dict,),
}
_TIMES = ("full_answer_every", "keep_history")
_CHOICES: Mapping[str, type[StrEnum]] = {"on_unknown": OnUnknown, "pull": Pull}
_HOST_FIELDS = asdict(HostSettings())


def read(text: str, where: str, *table: str, below: Policy = _USUAL) -> Policy:
    """Read settings; ``table`` is the path to ours in a shared file.

    ``below``: what counts where the text says nothing; of the hosts those that it does not name.

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
    chosen = {name: _choice(where, name, document[name]) for name in _CHOICES if name in document}
    hosts = {name.lower(): _host(where, name, said) for name, said in document.get("hosts", {}).items()}
    times = {name: _seconds(where, name, document[name]) for name in _TIMES if name in document}
    known = {**document, **chosen, **times}
    return replace(below, **{**known, "hosts": {**below.hosts, **hosts}})


def says_fail(text: str) -> bool:
    """Whether settings say ``on_unknown = "fail"``, whatever else is wrong in them."""
    return (
        re.search(r"""^[ \t]*["']?on_unknown["']?[ \t]*=[ \t]*["']fail["']""", text, re.MULTILINE) is not None
    )


def _choice(where: str, name: str, said: object) -> StrEnum:
    """One of a setting's words."""
    words = list(_CHOICES[name])
    found = next((word for word in words if word == said), None)
    if found is None:
        raise OptionError(f"{where}: {name} is {', '.join(words[:-1])} or {words[-1]}")
    return found


def _host(where: str, name: str, said: object) -> HostSettings:
    """One host's table; a password written into it is refused, for the file is meant to be committed."""
    place = f'{where}: [hosts."{shown(name, 60)}"]'
    if not isinstance(said, dict):
        raise OptionError(f"{place} is no table")
    for key, value in said.items():
        if key not in _HOST_FIELDS:
            raise OptionError(
                f"{place}: there is no {shown(key, 30)!r} (there are {', '.join(_HOST_FIELDS)})"
            )
        if not _is_like(_HOST_FIELDS[key], value):
            raise OptionError(f"{place}: {key} can't be {shown(repr(value), 40)}")
    if "header" in said and not re.fullmatch(r"[A-Za-z0-9-]{1,64}", said["header"]):
        raise OptionError(f"{place}: header is no name of a header field")
    return HostSettings(**{**said, "command": tuple(said.get("command", ()))})


def _is_like(default: object, value: object) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)
    return type(value) is type(default)


def _check(where: str, name: str, value: object) -> None:
    if name not in _TYPES:
        raise OptionError(f"{where}: there is no setting {name!r} (there are {', '.join(sorted(_TYPES))})")
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
        raise OptionError(f"{where}: {name} can't be {value!r}")
    if isinstance(value, int | float):
        least = _LEAST.get(name, 0)
        if not least <= value < _MOST:
            raise OptionError(f"{where}: {name} can't be {value!r} (at least {least:g})")


def _seconds(where: str, name: str, said: int | str) -> int:
    """A time as a number of seconds, or as ``7d``."""
    if isinstance(said, int):
        return said
    match = _DURATION.fullmatch(said)
    if match is None:
        raise OptionError(f"{where}: {name} can't be {shown(repr(said), 40)} (write 7d, 12h, or seconds)")
    return int(match[1]) * SECONDS[match[2]]


_DURATION = compiled(r"\s*(\d{1,6})\s*(s|m|h|d|w)\s*")
