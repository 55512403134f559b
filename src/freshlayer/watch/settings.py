"""``watch.toml`` → how often, what, and which triggers. Pure.

The file is named on the command line and never looked for: its commands run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from msgspec import Struct, field

from freshlayer.errors import OptionError
from freshlayer.reference import KINDS
from freshlayer.watch.firing import On, Rule
from freshlayer.watch.projects import settings as projects
from freshlayer.watch.schedule import Pace
from freshlayer.watch.settings_table import LEAST_INTERVAL, SecretPlace, Table
from freshlayer.watch.triggers import TYPES
from freshlayer.watch.triggers.base import Target


class Trigger(Struct, frozen=True):
    """When, and what then."""

    rule: Rule
    target: Target


class ApiSettings(Struct, frozen=True):
    """``listen``: ``HOST:PORT``, or ``off``. ``token``: where it is.

    ``proxy_header``: what a reverse proxy sets for a user that it knows. ``proxies``: its addresses; no other
    may set it. ``hosts``: the names by which browsers reach it.
    """

    listen: str = ""
    token: SecretPlace = SecretPlace()
    proxy_header: str = ""
    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


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
    projects: projects.ProjectSettings = projects.ProjectSettings()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those of its triggers."""
        return tuple(trigger.rule for trigger in self.triggers.values())

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that hold secrets: no command of a trigger gets them."""
        named = {trigger.target.secret.variable for trigger in self.triggers.values()}
        return frozenset({*named, self.api.token.variable} - {""})


def read(text: str, where: str) -> WatchSettings:
    """Raises OptionError, naming the file and the setting, for whatever can't be meant."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"{where}: {error}") from None
    cloned = projects.read(document, where)
    table = Table({it: one for it, one in document.items() if it not in projects.TABLES}, where)
    interval = table.seconds("interval", 900, least=LEAST_INTERVAL)
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
        cloned,
    )
    table.done()
    return settings


def _trigger(name: str, table: Table) -> Trigger:
    kind, on = table.text("type"), table.text("on", On.ANY)
    if kind not in TYPES:
        raise table.fault("type", " or ".join(TYPES))
    if on not in list(On):
        raise table.fault("on", " or ".join(On))
    rule = Rule(name, On(on), table.seconds("min_interval", 0))
    trigger = Trigger(rule, TYPES[kind](table))
    table.done()
    return trigger


def _api(table: Table) -> ApiSettings:
    settings = ApiSettings(
        table.text("listen"),
        table.secret("token"),
        table.text("proxy_header"),
        table.words("proxies"),
        table.words("hosts"),
    )
    table.done()
    return settings
