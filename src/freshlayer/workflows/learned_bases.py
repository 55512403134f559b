"""The base images that the Dockerfiles of one run start from, by the digests that were judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.evidence.images import index_in, manifest_for, with_algorithm
from freshlayer.model.base_image import BaseImage, Bases, BaseWanted, is_configured
from freshlayer.model.inputs import NotWatched
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.reference import Reference
from freshlayer.workflows.base_images import BaseImages, JudgedBase
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.model.packages import PackageRun

_NEEDS_BASE = "needs-base-image"


class LearnedBases:
    """Each image is read once, however many Dockerfiles start from it. ``known``: all that were read."""

    def __init__(self, session: Session) -> None:
        self.known: dict[tuple[str, str], BaseImage] = {}
        self._policies = session.policy.packages
        self._images = BaseImages(session, session.engine.store if session.engine else None)

    def of(
        self,
        watched: Analysis,
        verdicts: Mapping[Reference, Verdict],
        recorded: Mapping[Reference, Recorded],
        local: frozenset[Reference],
    ) -> Bases:
        """What is known of the images that an analysis wants. ``local``: those of the engine alone."""
        needed = _with_packages(watched, self._policies) if watched.package_chains else frozenset()
        judged = [
            replace(item, wanted=_of_packages(item.wanted, needed))
            for item in _judged(watched, verdicts, recorded, local)
        ]
        found = self._images.read(judged) if judged else {}
        self.known |= found
        return found


def _with_packages(watched: Analysis, policies: Mapping[str, PackagePolicy]) -> frozenset[tuple[str, str]]:
    """The base images whose files decide what is installed, where that is watched."""
    from freshlayer.discover.package_policy import chains_under_policy  # noqa: PLC0415 - of packages alone
    from freshlayer.packages import WITHOUT_CONTENTS  # noqa: PLC0415 - the same

    def needs_contents(run: PackageRun) -> bool:
        managers = {command.manager for command in run.commands}
        return run.policy is not PackagePolicy.OFF and not managers <= WITHOUT_CONTENTS

    chains = chains_under_policy(watched, policies)
    return frozenset(chain.base for chain in chains if any(map(needs_contents, chain.runs)))


def _of_packages(wanted: BaseWanted, needed: Collection[tuple[str, str]]) -> BaseWanted:
    """In one spelling, so that each image is read once."""
    contents = wanted.contents or (wanted.packages and wanted.key in needed)
    return replace(wanted, contents=contents, packages=False)


def _judged(
    watched: Analysis,
    verdicts: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
    local: frozenset[Reference],
) -> Iterator[JudgedBase]:
    """Without those of which no digest is known. A verdict that keeps what is recorded is about that."""
    named = {item.reference.text: item.reference for item in watched.discovery.inputs}
    here = {reference.text for reference in local}
    for wanted in watched.bases_wanted:
        reference = named.get(wanted.reference)
        if wanted.reference in here:
            yield JudgedBase(wanted)
        elif reference is not None and (judged := _with_digest(wanted, reference, verdicts, recorded)).digest:
            yield judged


def _with_digest(
    wanted: BaseWanted,
    reference: Reference,
    verdicts: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
) -> JudgedBase:
    if reference.pinned:
        return JudgedBase(wanted, reference.pinned, reference.pinned)
    verdict = verdicts.get(reference)
    known = (verdict.keep if verdict else None) or recorded.get(reference)
    evidence = known.evidence if known else ()
    index, _ = index_in(evidence)
    digest = with_algorithm(manifest_for(evidence, wanted.platform))
    return JudgedBase(wanted, digest, with_algorithm(index))


def with_reasons(analysis: Analysis, bases: Bases) -> Analysis:
    """With why a base image is not known, where that is why something is not watched."""
    own = (bases[wanted.key] for wanted in analysis.bases_wanted if wanted.key in bases)
    why = next((base.why_not for base in own if base.why_not and not is_configured(base)), None)
    if why is None:
        return analysis
    missed = [
        _because(item, f"{item.reason.what}, which is not known: {why.what}")
        for item in analysis.discovery.not_watched
    ]
    return replace(analysis, discovery=replace(analysis.discovery, not_watched=tuple(missed)))


def _because(item: NotWatched, detail: str) -> NotWatched:
    if item.reason.code != _NEEDS_BASE:
        return item
    return replace(item, reason=replace(item.reason, detail=detail))


def created_of(analysis: Analysis, bases: Bases) -> dict[Reference, str]:
    """When the images were made that were read anyway: the newest day of several platforms."""
    days: dict[str, str] = {}
    for wanted in analysis.bases_wanted:
        image = bases.get(wanted.key)
        if image and image.config.created > days.get(wanted.reference, ""):
            days[wanted.reference] = image.config.created
    inputs = (item.reference for item in analysis.discovery.inputs)
    return {reference: days[reference.text] for reference in inputs if reference.text in days}
