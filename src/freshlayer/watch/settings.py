"""``watch.toml`` → how often, what, and which triggers. Pure.

The file is named on the command line and never looked for: its commands run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct, field

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import SECONDS
from freshlayer.reference import KINDS, shown
from freshlayer.watch.firing import On, Rule
from freshlayer.watch.schedule import Pace

_DURATION = compiled(r"\s*(\d{1,6})\s*(s|m|h|d|w)\s*")
_NAME = compiled(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE = compiled(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LEAST_INTERVAL = 1


class CommandTarget(Struct, frozen=True):
    """``argv``: the program and its arguments. ``timeout`` in seconds; then it is ended."""

    argv: tuple[str, ...]
    timeout: int = 3600


class WebhookTarget(Struct, frozen=True):
    """``secret_env``, ``secret_file``: where the key of the signature is, never the key itself."""

    url: str
    secret_env: str = ""
    secret_file: str = ""
    timeout: int = 10


Target = CommandTarget | WebhookTarget


class Trigger(Struct, frozen=True):
    """When, and what then."""

    rule: Rule
    target: Target


class ApiSettings(Struct, frozen=True):
    """``listen``: ``HOST:PORT``, or ``off``. ``token_env``, ``token_file``: where the token is."""

    listen: str = ""
    token_env: str = ""
    token_file: str = ""


class WatchSettings(Struct, frozen=True):
    """Times in seconds.

    ``search``: between two looks for new and changed Dockerfiles. ``reread``: between two reads of one whose
    text is the same. ``settle``: for so long no cause may have changed. ``seed``: of the jitter.
    """

    paths: tuple[str, ...] = ()
    pace: Pace = Pace()
    search: int = 60
    reread: int = 3600
    settle: int = 60
    seed: str = ""
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    api: ApiSettings = ApiSettings()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those of its triggers."""
        return tuple(trigger.rule for trigger in self.triggers.values())

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that hold secrets: no command of a trigger gets them."""
        targets = [trigger.target for trigger in self.triggers.values()]
        named = {it.secret_env for it in targets if isinstance(it, WebhookTarget)}
        return frozenset({*named, self.api.token_env} - {""})


def read(text: str, where: str) -> WatchSettings:
    """Raises OptionError, naming the file and the setting, for whatever can't be meant."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"{where}: {error}") from None
    table = _Table(document, where)
    interval = table.seconds("interval", 900, least=_LEAST_INTERVAL)
    pace = Pace(
        interval=interval,
        hosts=table.intervals("hosts"),
        kinds=table.intervals("kinds", frozenset(kind.name for kind in KINDS)),
        longest=table.seconds("longest_wait", max(14400, interval), least=interval),
    )
    usual = WatchSettings()
    settings = WatchSettings(
        table.words("paths"),
        pace,
        table.seconds("search", usual.search, least=1),
        table.seconds("reread", usual.reread, least=1),
        table.seconds("settle", usual.settle),
        table.text("seed"),
        {name: _trigger(name, inner) for name, inner in table.tables("triggers")},
        _api(table.table("api")),
    )
    table.done()
    return settings


class _Table:
    """A table of the file, from which settings are taken; ``done`` refuses what is left."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._left = dict(values)
        self.where = where
        self._known: list[str] = []

    def _take(self, name: str) -> object:
        self._known.append(name)
        return self._left.pop(name, None)

    def fault(self, name: str, wanted: str) -> OptionError:
        return OptionError(f"{self.where}: {name} is not {wanted}")

    def text(self, name: str, default: str = "") -> str:
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.fault(name, "a text")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(it, str) and "\0" not in it for it in value):
            raise self.fault(name, "a list of texts")
        return tuple(value)

    def seconds(self, name: str, default: float, *, least: float = 0) -> int:
        value = self._take(name)
        found = int(default) if value is None else _seconds(value)
        if found is None or found < least:
            raise self.fault(name, f"a time of at least {least:g} s (write 15m, 1h, or seconds)")
        return found

    def intervals(self, name: str, allowed: frozenset[str] | None = None) -> dict[str, float]:
        value = self._take(name) or {}
        if not isinstance(value, dict):
            raise self.fault(name, "a table")
        inner = _Table(value, f"{self.where}: [{name}]")
        for key in value:
            if allowed is not None and key not in allowed:
                there = ", ".join(sorted(allowed))
                raise OptionError(f"{inner.where}: there is no {shown(key, 30)!r} (there are {there})")
        return {key.lower(): inner.seconds(key, 0, least=_LEAST_INTERVAL) for key in value}

    def table(self, name: str) -> _Table:
        value = self._take(name) or {}
        if not isinstance(value, dict):
            raise self.fault(name, "a table")
        return _Table(value, f"{self.where}: [{name}]")

    def secret(self, name: str) -> tuple[str, str]:
        """The variable and the file that may hold it; at most one is named."""
        variable, file = self.text(f"{name}_env"), self.text(f"{name}_file")
        if variable and not _VARIABLE.fullmatch(variable):
            raise self.fault(f"{name}_env", "the name of a variable")
        if variable and file:
            raise self.fault(f"{name}_file", f"needed beside {name}_env")
        return variable, file

    def tables(self, name: str) -> list[tuple[str, _Table]]:
        value = self._take(name) or {}
        if not isinstance(value, dict) or not all(isinstance(it, dict) for it in value.values()):
            raise self.fault(name, "a table of tables")
        for key in value:
            if not _NAME.fullmatch(key):
                raise OptionError(f"{self.where}: [{name}]: {shown(key, 30)!r} is not a name")
        return [(key, _Table(inner, f"{self.where}: [{name}.{key}]")) for key, inner in value.items()]

    def done(self) -> None:
        for name in self._left:
            there = ", ".join(sorted(self._known))
            raise OptionError(f"{self.where}: there is no setting {shown(name, 30)!r} (there are {there})")


def _seconds(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * SECONDS[match[2]] if match else None


def _trigger(name: str, table: _Table) -> Trigger:
    kind, on = table.text("type"), table.text("on", On.ANY)
    if kind not in TYPES:
        raise table.fault("type", " or ".join(TYPES))
    if on not in list(On):
        raise table.fault("on", " or ".join(On))
    rule = Rule(name, On(on), table.seconds("min_interval", 0))
    trigger = Trigger(rule, TYPES[kind](table))
    table.done()
    return trigger


def _command(table: _Table) -> CommandTarget:
    argv = table.words("command")
    if not argv or not argv[0]:
        raise table.fault("command", "a list with a program and its arguments")
    return CommandTarget(argv, table.seconds("timeout", 3600, least=1))


def _webhook(table: _Table) -> WebhookTarget:
    url = table.text("url")
    if not _is_http(url):
        raise table.fault("url", "an http or https URL with a host (in ASCII)")
    if "@" in urlsplit(url).netloc:
        raise table.fault("url", "a URL without a password (name secret_env)")
    return WebhookTarget(url, *table.secret("secret"), table.seconds("timeout", 10, least=1))


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = host and host.isascii() and port != 0
    return bool(named and parts.scheme in {"http", "https"} and url.isprintable() and " " not in url)


def _api(table: _Table) -> ApiSettings:
    settings = ApiSettings(table.text("listen"), *table.secret("token"))
    table.done()
    return settings


TYPES: Mapping[str, Callable[[_Table], Target]] = {"command": _command, "webhook": _webhook}
"""What a trigger can do: the value of ``type``, and what reads the rest of its table."""
