"""Recall, probe, judge, plan: the state of each instruction of any number of targets."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.decisions import plan as planning
from freshlayer.decisions.frontend import FRONTEND, frontend_before
from freshlayer.decisions.marks import Mark, without_chains
from freshlayer.decisions.marks import marks as marks_of
from freshlayer.decisions.since_built import SinceBuilt
from freshlayer.decisions.verdict import judge
from freshlayer.discover.analysis import NOTHING_LEARNED, Analysis, Learned
from freshlayer.errors import FreshlayerError, UnknownInputError
from freshlayer.model.build import Pairs
from freshlayer.model.observation import Observation, Verdict
from freshlayer.model.report import Report
from freshlayer.probe import ScriptsKnown
from freshlayer.reference import Reference
from freshlayer.settings import OnUnknown
from freshlayer.workflows.judged import InOrder, Judged
from freshlayer.workflows.last_builds import past_of
from freshlayer.workflows.observe import Due, answers, image_needs, recall
from freshlayer.workflows.record import as_built, scope_of
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target, report_of

if TYPE_CHECKING:
    from freshlayer.model.packages import PackagesWanted
    from freshlayer.workflows.downloaded_scripts import DownloadedScripts
    from freshlayer.workflows.engine_images import EngineImages
    from freshlayer.workflows.learned_bases import LearnedBases
    from freshlayer.workflows.packages import Found, PackagesOfRun

    _Resolved = tuple[PackagesWanted, Found]

# What few Dockerfiles have is judged by modules that are loaded where one has it: scripts that it downloads,
# base images that decide something, packages, a lock file.
_PLANNED_AT_ONCE = 100
_RESOLVED_AT_ONCE = 50
"""Dockerfiles whose index files are requested at once; so many analyses are in memory."""

_MOST_ROUNDS = 5
"""Scripts may download scripts, and what base images have may execute some."""
_LEAST_DEADLINE = 1.0


class Judgement:
    """The targets of one run against what is recorded. A reference is probed once, however many read it.

    ``verdicts``: of each reference that was observed so far, against its last observation, which is in
    ``recorded``. ``places``: where redirects ended. ``hashed``: whose body was read. ``builds``: whether a
    builder runs here. Where none does, the lock file replaces its records.
    """

    def __init__(self, due: Due, session: Session, *, builds: bool) -> None:
        self.places: dict[Reference, str] = {}
        self.hashed: set[Reference] = set()
        self._due = due
        self._alone = False
        self._session = session
        self._builds = builds
        self.recorded = recall(list(due.ttls), session, due.platforms)
        self.verdicts = Judged(self.recorded)
        self._of_scripts: DownloadedScripts | None = None
        # What was read by another process has no address.
        scripts = due.scripts.scripts
        self._requested = {it: it for it in due.ttls if it in scripts} if scripts else {}
        self._started = time.monotonic()
        self._of_bases: LearnedBases | None = None
        self._packages: PackagesOfRun | None = None

    def reports(self, targets: Iterable[Target]) -> Iterator[tuple[Target, Report | UnknownInputError]]:
        """Each target with its report, in order, as soon as all that it reads is observed."""
        with closing(answers(self._due, self.recorded, self._session)) as observations:
            if self._due.scripts.scripts:
                # What is found in a script is probed next, and no answer must wait for that.
                self._take(observations)
            numbered = enumerate(targets)
            while group := list(islice(numbered, _RESOLVED_AT_ONCE)):
                seen: list[tuple[Target, Analysis]] = []
                for number, target in group:
                    watched = target.watched
                    self._observe(watched, observations, may_read_ahead=number % _PLANNED_AT_ONCE == 0)
                    seen.append((target, self._under_policy(self._with_learned(target, watched))))
                if len(group) < _RESOLVED_AT_ONCE:
                    # No other target follows: what was to be observed is in memory for nothing.
                    observations.close()
                    self._due = replace(self._due, ttls={})
                    self._alone = number == 0
                resolved = self._resolved_together([watched for _, watched in seen])
                for (target, watched), known in zip(seen, resolved, strict=True):
                    yield target, self._report(target, watched, known)

    @property
    def _scripts(self) -> DownloadedScripts:
        if self._of_scripts is None:
            from freshlayer.workflows.downloaded_scripts import DownloadedScripts  # noqa: PLC0415 - see above

            self._of_scripts = DownloadedScripts()
        return self._of_scripts

    @property
    def _bases(self) -> LearnedBases:
        if self._of_bases is None:
            from freshlayer.workflows.learned_bases import LearnedBases  # noqa: PLC0415 - see above

            self._of_bases = LearnedBases(self._session)
        return self._of_bases

    def without_strangers(
        self, target: Target, found: Report | UnknownInputError, engine: EngineImages
    ) -> tuple[Target, Report | UnknownInputError]:
        """Without images of this machine alone, which only their registries show to be so.

        The target reads no more than was observed.
        """
        images = [it.reference for it in target.watched.discovery.inputs if it.reference.kind == "image"]
        verdicts = {reference: self.verdicts[reference] for reference in images}
        more = engine.unknown_to_registry(verdicts, self.recorded)
        if not more:
            return target, found
        target = replace(target, local=target.local | more)
        return target, self._report(target, self._under_policy(self._with_learned(target, target.watched)))

    def _with_learned(self, target: Target, watched: Analysis) -> Analysis:
        """With what its base images and the scripts that it downloads decide, and the verdicts of that."""
        if not (watched.bases_wanted or watched.discovery.scripts):
            return watched
        from freshlayer.discover.base_changes import changes  # noqa: PLC0415 - see above
        from freshlayer.workflows.learned_bases import with_reasons  # noqa: PLC0415 - the same

        before = NOTHING_LEARNED
        for _ in range(_MOST_ROUNDS):
            bases = self._bases.of(watched, self.verdicts, self.recorded, target.local)
            if not self._read_scripts(watched) and not changes(watched, before.bases, bases):
                break
            before = Learned(self._scripts.texts, bases)
            try:
                request = as_built(target.source, target.request, self._session)
                target = target.again(request, before)
            except FreshlayerError:
                # Its file is another one by now, or is gone.
                break
            watched = target.watched
            self._observe_more(watched)
        return with_reasons(watched, self._bases.known)

    def _read_scripts(self, watched: Analysis) -> bool:
        """Whether there are scripts whose text was not known."""
        wanted = [self._requested.get(item, item) for item in watched.discovery.scripts]
        if wanted:
            known = _scripts_of(watched)
            self._scripts.read(wanted, self.verdicts, self.recorded, known, self._in_time())
        return bool(wanted)

    def _observe_more(self, watched: Analysis) -> None:
        """Probe what was found since."""
        new = [item for item in watched.discovery.inputs if item.reference not in self.verdicts]
        ttls = {item.reference: watched.ttl(item) for item in new}
        self.recorded.update(recall(list(ttls), self._session, self._due.platforms))
        images = image_needs(watched, self._due.platforms)
        due = Due(ttls, self._due.platforms, _scripts_of(watched), images, self._due.held)
        self._take(answers(due, self.recorded, self._in_time()))

    def _in_time(self) -> Session:
        """All probes of a run have one deadline."""
        policy = self._session.policy
        left = max(_LEAST_DEADLINE, policy.deadline - (time.monotonic() - self._started))
        return replace(self._session, policy=replace(policy, deadline=left))

    def _take(self, observations: Iterable[Observation]) -> None:
        for seen in observations:
            if seen.body is not None:
                self._scripts.saw(seen)
            self._note_body(seen)
            known = self.recorded.get(seen.reference)
            self.verdicts.add(judge(known, seen), known)

    def _note_body(self, seen: Observation) -> None:
        if seen.served_by:
            self.places[seen.reference] = seen.served_by
        if seen.hashed:
            self.hashed.add(seen.reference)

    def _observe(
        self, watched: Analysis, observations: Iterator[Observation], *, may_read_ahead: bool
    ) -> None:
        """Take observations until all that is watched has its verdict.

        ``may_read_ahead``: where nothing is missing, take one all the same. A run that takes none for long
        would find those on their way too late.
        """
        judged = self.verdicts.keys()
        missing = {it.reference for it in watched.discovery.inputs if it.reference not in judged}
        for seen in islice(observations, None if missing else int(may_read_ahead)):
            self._take([seen])
            missing.discard(seen.reference)
            if not missing:
                break

    def _under_policy(self, watched: Analysis) -> Analysis:
        if not (watched.package_chains or watched.discovery.not_watched):
            return watched
        from freshlayer.discover.package_policy import under_policy  # noqa: PLC0415 - see above

        return under_policy(watched, self._session.policy.packages)

    def _report(
        self, target: Target, watched: Analysis, resolved: _Resolved | None = None
    ) -> Report | UnknownInputError:
        """``resolved``: what its packages would be, where that is known already."""
        verdicts = self._verdicts(target, watched)
        if watched.package_chains:
            return self._report_with_packages(target, watched, verdicts, resolved)
        return self._known(target, watched, verdicts, {})

    def _report_with_packages(
        self,
        target: Target,
        watched: Analysis,
        verdicts: Mapping[Reference, Verdict],
        resolved: _Resolved | None,
    ) -> Report | UnknownInputError:
        from freshlayer.workflows.packages import (  # noqa: PLC0415 - see above
            advice_of,
            wanted_of,
            with_unresolved,
            without_needed,
        )

        if resolved is None or self._session.supplies_secrets is not None:
            wanted = wanted_of(watched, self._bases.known)
            if self._session.supplies_secrets is not None:
                from freshlayer.workflows.package_pins import pinned  # noqa: PLC0415 - of builds alone

                wanted = pinned(wanted, target, watched, self._session)
            resolved = wanted, self._packages_of([wanted])[0]
        wanted, packages = resolved
        watched = with_unresolved(watched, packages)
        report = self._known(target, watched, verdicts, packages)
        if isinstance(report, UnknownInputError):
            return report
        advice = (*without_needed(report.advice, watched, packages), *advice_of(watched, packages))
        return replace(report, packages_wanted=wanted, advice=advice)

    def _known(
        self, target: Target, watched: Analysis, verdicts: Mapping[Reference, Verdict], packages: Found
    ) -> Report | UnknownInputError:
        """What is planned, unless ``--on-unknown fail`` stops."""
        if self._session.policy.on_unknown is OnUnknown.FAIL:
            from freshlayer.workflows.unprobed import stop_on_unknown  # noqa: PLC0415 - see above

            try:
                stop_on_unknown(target.source, watched, verdicts, packages)
            except UnknownInputError as error:
                return error
        return self._planned(target, watched, verdicts, packages)

    def _verdicts(self, target: Target, watched: Analysis) -> Mapping[Reference, Verdict]:
        """Of a run for several platforms, those of images are for the platforms of this target."""
        needs = image_needs(watched, target.request.platforms)
        if self._alone and not needs and len(self.verdicts) == len(watched.discovery.inputs):
            return InOrder(self.verdicts, watched.discovery.inputs)
        from freshlayer.decisions.images import for_platforms  # noqa: PLC0415 - of images, and of many

        return {
            item.reference: for_platforms(
                self.verdicts[item.reference],
                self.recorded.get(item.reference),
                needs[item.reference].platforms,
            )
            if item.reference in needs
            else self.verdicts[item.reference]
            for item in watched.discovery.inputs
        }

    def _resolved_together(self, group: Sequence[Analysis]) -> Sequence[_Resolved | None]:
        """Request the index files of several Dockerfiles at once."""
        if len(group) <= 1 or not any(watched.package_chains for watched in group):
            return [None] * len(group)
        from freshlayer.workflows.packages import wanted_of  # noqa: PLC0415 - see above

        wanted = [wanted_of(watched, self._bases.known) for watched in group]
        return list(zip(wanted, self._packages_of(wanted), strict=True))

    def _packages_of(self, group: Sequence[PackagesWanted]) -> list[Found]:
        """What the package commands of each would install now."""
        session = self._in_time()
        if session.indexes is None or not any(wanted.chains for wanted in group):
            return [{} for _ in group]
        if self._packages is None:
            from freshlayer.workflows.index_files import IndexFiles  # noqa: PLC0415 - see above
            from freshlayer.workflows.packages import PackagesOfRun  # noqa: PLC0415 - the same

            self._packages = PackagesOfRun(
                IndexFiles(session, session.indexes), session.until, session.policy.snapshots
            )
        return self._packages.read(group)

    def _planned(
        self, target: Target, watched: Analysis, verdicts: Mapping[Reference, Verdict], packages: Found
    ) -> Report:
        request, session, recorded = target.request, self._session, self.recorded
        scope = scope_of(target.source, request)
        marks = marks_of(watched.dockerfile, watched.stages, watched.parents, request.build_args)
        reads: Collection[int] = watched.discovery.by_instruction.keys()
        if packages:
            reads = {*reads, *packages}
        past = past_of(scope, {-1: FRONTEND} | marks, reads, recorded, session)
        if not self._builds:
            marks = without_chains(marks)
        known = planning.Known(
            by_instruction=watched.discovery.by_instruction,
            verdicts=verdicts,
            built=past.built,
            taints=session.store.taints([*verdicts, *_references_of(packages)]),
            nonce=os.urandom(16).hex() if session.policy.on_unknown is OnUnknown.REBUILD else "",
            build_args=request.build_args,
            expected=self._expected(target, verdicts),
            unbuilt=past.unbuilt,
            edited=past.edited,
            marks=marks,
            packages=packages,
            resolved=watched.resolved,
            local=frozenset(use.number for use in watched.image_uses if use.reference in target.local),
            installed=self._installed(target, watched, marks) if packages else {},
            created=self._created(watched),
            now=session.now,
        )
        instructions = planning.plan(watched.dockerfile, watched.stages, watched.parents, known)
        from_file = known.expected.verdicts if known.expected else {}
        frontends = frontend_before(watched.discovery.inputs, past.built)
        compared = SinceBuilt(verdicts, recorded, instructions, past.built, from_file, frontends)
        return replace(report_of(target, watched, instructions, compared), past=past)

    def _expected(self, target: Target, verdicts: Mapping[Reference, Verdict]) -> planning.Expected | None:
        """What the lock file knows, which replaces the records where no builder runs."""
        if self._builds or self._session.lock_path is None:
            return None
        from freshlayer.workflows.identities import expected  # noqa: PLC0415 - see above

        return expected(target, verdicts, self.recorded, self._session)

    def _installed(self, target: Target, watched: Analysis, marks: Mapping[int, Mark]) -> dict[str, Pairs]:
        from freshlayer.workflows.identities import installed  # noqa: PLC0415 - see above

        return installed(target, watched, marks, self._session)

    def _created(self, watched: Analysis) -> dict[Reference, str]:
        if self._of_bases is None:
            return {}
        from freshlayer.workflows.learned_bases import created_of  # noqa: PLC0415 - see above

        return created_of(watched, self._of_bases.known)


def _references_of(packages: Found) -> Iterator[Reference]:
    if packages:
        from freshlayer.workflows.packages import package_references  # noqa: PLC0415 - see above

        yield from package_references(packages)


def _scripts_of(watched: Analysis) -> ScriptsKnown:
    from freshlayer.discover.downloaded_scripts import confinements  # noqa: PLC0415 - see above

    return ScriptsKnown(confinements(watched.discovery.inputs), frozenset(watched.discovery.scripts))


def judged(
    targets: Mapping[str, Target], session: Session, engine: EngineImages
) -> tuple[dict[str, Target], dict[str, Report]]:
    """The targets as they are judged, and the report of each before it is built. Raises UnknownInputError."""
    images = [use.reference for target in targets.values() for use in target.analysis.image_uses]
    local = engine.made_here(dict.fromkeys(images))
    found = {name: replace(target, local=local) for name, target in targets.items()}
    judgement = Judgement(Due.of(found.values()), session, builds=True)
    reports: dict[str, Report] = {}
    for name, (first, seen) in zip(targets, judgement.reports(found.values()), strict=True):
        found[name], report = judgement.without_strangers(first, seen, engine)
        if isinstance(report, UnknownInputError):
            raise report
        reports[name] = report
    return found, reports
