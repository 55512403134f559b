"""``check`` of several Dockerfiles: analysed in parallel, probed together, reported in order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.builders.image_store import Engine
from freshlayer.cli.chosen_settings import chosen_for, warn_once
from freshlayer.cli.dockerfiles import source_of
from freshlayer.cli.errors import placed
from freshlayer.cli.exit_codes import DONE, STALE, TROUBLE
from freshlayer.cli.fail_on import fails
from freshlayer.cli.options import Options
from freshlayer.cli.output import Output
from freshlayer.cli.session import session_of
from freshlayer.cli.state_place import is_lost
from freshlayer.context import SETTINGS, Source, read_found, read_settings
from freshlayer.context.tree import with_names
from freshlayer.credentials import Keyring
from freshlayer.discover.analysis import BuildRequest
from freshlayer.errors import ContextError, DockerfileError, FreshlayerError
from freshlayer.model.report import Report
from freshlayer.reference import shown
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.terminal import warn
from freshlayer.settings import HostSettings
from freshlayer.workflows.batch import AnalysedFile, Candidate, batches
from freshlayer.workflows.check import check
from freshlayer.workflows.target import Target

_LEAST_DEADLINE = 1.0
"""Seconds for the Dockerfiles of one settings file, when those before them have used up all."""


class Search(Struct, frozen=True):
    """Which Dockerfiles, and which build of each. ``below``: all those below the contexts.

    ``networks``: Dockerfile → the network mode of its last build, for where the request names none.
    """

    contexts: Sequence[str]
    file: str | None
    names: Sequence[str]
    request: BuildRequest
    below: bool
    networks: Mapping[str, str] = field(default_factory=dict)

    def request_for(self, source: Source) -> BuildRequest:
        """The build of one Dockerfile, on the network of its last build unless one is named."""
        last = self.networks.get(source.known_as) if self.request.network is None else None
        return self.request if last is None else replace(self.request, network=last)


class Findings(Struct, frozen=True):
    """``explain``: the line to print everything about. ``failing``: the findings for exit code 1."""

    explain: int | None
    failing: frozenset[str]


def check_several(
    options: Options,
    search: Search,
    findings: Findings,
    image_of: Callable[[str], str] | None,
    engine: Engine | None,
) -> int:
    """Check all of them; the exit code: 2 where one could not be read, 1 where something is stale."""
    with (
        session_of(options, None, image_of, engine, warm=True) as session,
        _Reporter(options, findings) as reporter,
    ):
        search = replace(search, networks=session.store.networks())
        wanted = list(searched(search, reporter.failed))
        with batches(
            wanted, partial(read_one, options, search, session.policy.hosts), session.policy, reporter.failed
        ) as found:
            for warning in (warning for batch in found for warning in batch.warnings):
                warn_once(warning)
            started = time.monotonic()
            for batch in found:
                keyring = Keyring(dict(os.environ), batch.policy.hosts)
                left = max(_LEAST_DEADLINE, batch.policy.deadline - (time.monotonic() - started))
                own = replace(session, policy=replace(batch.policy, deadline=left), keyring=keyring)
                due = batch.due(search.request)
                for report in check(batch.targets(search.request), due, own):
                    reporter.add(report)
        if is_lost(options, session.store):
            reporter.exit_code = TROUBLE
    return reporter.exit_code


def searched(search: Search, failed: Callable[[str], None]) -> Iterator[Candidate]:
    """What is to be read; ``failed`` is called where there is nothing."""
    if not search.below:
        yield from (Candidate(context, search.file) for context in search.contexts)
        return
    for context in search.contexts:
        try:
            found = list(_below(context, failed))
        except ContextError as error:
            failed(str(error))
        else:
            if not found:
                failed(f"{shown(context)}: holds no Dockerfile, or none that git does not ignore")
            yield from found


def _below(context: str, failed: Callable[[str], None]) -> Iterator[Candidate]:
    """Raises ContextError."""
    beginning, real = os.path.join(Path(context), ""), os.path.realpath(context)
    for path, names in with_names(context, failed):
        # The search follows no symbolic links.
        place = os.path.join(real, path.removeprefix(beginning))
        # Where names have no case, one with other letters is read as well.
        alone = SETTINGS.keys().isdisjoint(map(str.lower, names))
        yield Candidate(os.path.dirname(path) or ".", path, real=place, alone=alone)


def read_one(
    options: Options, search: Search, hosts: Mapping[str, HostSettings], wanted: Candidate
) -> AnalysedFile:
    """With ``--recursive``, settings that are not beside a Dockerfile are those of this directory.

    Its ``hosts`` count everywhere, as far as they count at all; over them those beside the Dockerfile.
    """
    if wanted.file and wanted.real:
        source = read_found(wanted.file, wanted.real)
    else:
        source = source_of(wanted.context, wanted.file, search.names)
    try:
        read = Target.of(source, search.request_for(source)).watched
    except DockerfileError as error:
        raise placed(error, source) from None
    found = AnalysedFile(source, read, platforms=search.request.platforms)
    return found if wanted.alone else with_settings(options, hosts if search.below else None, found)


def with_settings(
    options: Options, hosts: Mapping[str, HostSettings] | None, found: AnalysedFile
) -> AnalysedFile:
    """With the settings beside a Dockerfile. ``hosts``: of the run; None where those beside it are all."""
    if hosts is not None and read_settings(found.source.directory) is None:
        return found
    chosen = chosen_for(options, found.source)
    policy = replace(chosen.policy, hosts={**(hosts or {}), **chosen.policy.hosts})
    return replace(found, policy=policy, warning=chosen.warning)


class _Reporter:
    """Prints reports in a thread of its own: a pager that doesn't read keeps no origin waiting."""

    def __init__(self, options: Options, findings: Findings) -> None:
        self.exit_code = DONE
        self._failing = findings.failing
        self._output = Output(options, Style(ReportKind.CHECK, several=True, explain=findings.explain))
        self._thread = ThreadPoolExecutor(1)
        self._failure: BaseException | None = None

    def failed(self, reason: str) -> None:
        """Print why there is no report of something."""
        self.exit_code = TROUBLE
        warn(reason)

    def add(self, found: Report | FreshlayerError) -> None:
        """Print one report. Raises again what failed when an earlier one was printed."""
        if isinstance(found, FreshlayerError):
            self.failed(str(found))
            return
        if fails(found, self._failing):
            self.exit_code = max(self.exit_code, STALE)
        self._raise()
        self._thread.submit(self._guarded, partial(self._output.add, found))

    def _guarded(self, act: Callable[[], None]) -> None:
        """The first failure is kept; nothing is printed after it."""
        try:
            if self._failure is None:
                act()
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._failure = error

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown(cancel_futures=failure is not None)
        if failure is None:
            self._raise()
            self._output.end()
