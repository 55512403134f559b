"""What ``freshlayer watch`` takes from outside: the webhooks of its configuration, and reports of builds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.report.terminal import warn
from freshlayer.state.base import StateStore
from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.secrets import secret
from freshlayer.watch.settings import WatchSettings
from freshlayer.workflows.build_reports import (
    BuildReports,
    NotRecordedError,
    ReportRefusedError,
    read,
    record,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from freshlayer.watch.receivers import Answer, Receiver

_MOST_KEYS = 10_000


class BuildRecorder:
    """``store``: opens the state, for one report. ``builder``: that of the service; empty for any."""

    def __init__(
        self,
        arrivals: Arrivals,
        store: Callable[[], AbstractContextManager[StateStore]],
        builder: str,
        clock: Callable[[], int],
    ) -> None:
        self._arrivals, self._store, self._builder, self._clock = arrivals, store, builder, clock
        self._keys: OrderedDict[str, None] = OrderedDict()

    def __call__(self, body: bytes) -> tuple[Answer, tuple[str, ...]]:
        """The answer, and the Dockerfiles that were built."""
        from freshlayer.watch.receivers import Answer

        try:
            reports = read(body)
            if reports.key in self._keys:
                return Answer(200, "recorded before"), ()
            names = self._recorded(reports)
        except ReportRefusedError as error:
            return Answer(422, str(error)), ()
        except NotRecordedError as error:
            return Answer(503, str(error)), ()
        self._keys[reports.key] = None
        if len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)
        return Answer(201 if names else 200, f"{len(names)} recorded"), names

    def _recorded(self, reports: BuildReports) -> tuple[str, ...]:
        with self._store() as store:
            return record(reports, self._arrivals.watched, self._builder, store, self._clock())


def receivers(
    settings: WatchSettings, directory: Path, arrivals: Arrivals, recorder: BuildRecorder
) -> Mapping[str, Receiver]:
    """Path → what answers it. Raises SecretError where a secret that is named is missing."""
    from freshlayer.watch.receivers import ReportReceiver, WebhookReceiver
    from freshlayer.watch.webhooks import WEBHOOKS

    found: dict[str, Receiver] = {
        f"/webhooks/{name}": WebhookReceiver(
            name, WEBHOOKS[it.kind], secret(it.secret, directory), it.host, arrivals, warn
        )
        for name, it in settings.webhooks.items()
    }
    if settings.api.report_token.is_named:
        token = secret(settings.api.report_token, directory)
        found["/api/builds"] = ReportReceiver(token, recorder, arrivals)
    return found
