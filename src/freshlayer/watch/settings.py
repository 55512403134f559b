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
from freshlayer.watch.webhooks import WEBHOOKS

_ROOT = r"(/[A-Za-z0-9][A-Za-z0-9._~-]*)*"


class Trigger(Struct, frozen=True):
    """When, and what then."""

    rule: Rule
    target: Target


class ApiSettings(Struct, frozen=True):
    """``listen``: ``HOST:PORT``, or ``off``. ``token``: where it is.

    ``report_token``: that of reports of builds.
    ``proxy_header``: what a reverse proxy sets for a user that it knows. ``proxies``: its addresses; no other
    may set it. ``hosts``: the names by which browsers reach it. ``root_path``: below which it has the pages.
    ``public_badges``: whether everyone may see the badges.
    """

    listen: str = ""
    token: SecretPlace = SecretPlace()
    proxy_header: str = ""
    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    report_token: SecretPlace = SecretPlace()
    root_path: str = ""
    public_badges: bool = False


class WebhookSource(Struct, frozen=True):
    """A webhook that the service receives. ``host``: of its references, where it names another one."""

    kind: str
    secret: SecretPlace
    host: str = ""


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
    webhooks: Mapping[str, WebhookSource] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those of its triggers."""
        return tuple(trigger.rule for trigger in self.triggers.values())

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that hold secrets: no command of a trigger gets them."""
        places = [trigger.target.secret for trigger in self.triggers.values()]
        places += [webhook.secret for webhook in self.webhooks.values()]
        places += [self.api.token, self.api.report_token]
        return frozenset({place.variable for place in places} - {""})


def read(text: str, where: str) -> WatchSettings:
    """Raises OptionError, naming the file and the setting, for whatever can't be meant."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"{where}: {error}") from None
    table = Table(document, where)
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
        projects.read(table),
        {name: _webhook(inner) for name, inner in table.tables("webhooks")},
    )
    table.done()
    return settings


def _trigger(name: str, table: Table) -> Trigger:
    kind, on = table.choice("type", "", *TYPES), table.choice("on", On.ANY, *On)
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
        table.secret("report_token"),
        table.matching("root_path", _ROOT, "a path without an end slash (write /freshlayer)"),
        table.flag("public_badges"),
    )
    table.done()
    return settings


def _webhook(table: Table) -> WebhookSource:
    kind = table.choice("type", "", *WEBHOOKS)
    host = table.matching("host", r"[A-Za-z0-9.:-]*", "the host of a registry, as references name it")
    source = WebhookSource(kind, table.secret("secret", needed=True), host.lower())
    table.done()
    return source
