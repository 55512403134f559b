"""The workflow without a builder: analyse, recall, probe, judge, plan, record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.discover.analysis import BuildRequest
from freshlayer.docker_client.config import proxies as client_proxies
from freshlayer.errors import UnknownInputError
from freshlayer.model.report import Report
from freshlayer.workflows.image_tags import warn_of_other_images
from freshlayer.workflows.judge import Judgement
from freshlayer.workflows.observe import Due
from freshlayer.workflows.record import record_verdicts, scope_of
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

if TYPE_CHECKING:
    from freshlayer.builders.invocation import BuiltBy
    from freshlayer.workflows.engine_images import EngineImages


def check(targets: Iterable[Target], due: Due, session: Session) -> Iterator[Report | UnknownInputError]:
    """Which instructions are stale, and why: a report of each target, in order, as soon as it is known.

    Nothing is built. The observations are recorded once all reports are taken.
    """
    session = session.one_run()
    session = replace(session, store=session.store.for_one_run())
    engine = _engine_images(session) if due.images else None
    local = engine.made_here(due.images) if engine else frozenset()
    judgement = Judgement(due.without(local), session, builds=False)
    del due
    for first, found in judgement.reports(replace(target, local=local) for target in targets):
        target, report = judgement.without_strangers(first, found, engine) if engine else (first, found)
        if isinstance(report, Report):
            warn_of_other_images(scope_of(target.source, target.request), report.dockerfile, session)
        yield report
    record_verdicts(judgement.verdicts, session, judgement.verdicts.as_recorded)


def _engine_images(session: Session) -> EngineImages:
    from freshlayer.workflows.engine_images import EngineImages  # noqa: PLC0415 - where there are images

    return EngineImages(session.engine, session)


def check_one(target: Target, session: Session) -> Report:
    """``check`` of one target. Raises UnknownInputError."""
    (report,) = check([target], Due.of([target]), session)
    if isinstance(report, UnknownInputError):
        raise report
    return report


def built_by(builder: BuiltBy, engine: str, request: BuildRequest) -> BuildRequest:
    """The request, as it is meant where this builder builds. ``engine``: where the builder's cache is."""
    return replace(
        request,
        builder=builder.name,
        engine=engine,
        every_earlier=builder.builds_every_earlier_stage,
        inherits=builder.inherits_arguments,
        proxies=client_proxies(builder.environment, builder.name),
    )
