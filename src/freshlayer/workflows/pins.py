"""To which digests images are pinned: what was judged is what is built (rule 10 of ARCHITECTURE.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.builders.invocation import Model
from freshlayer.evidence.images import manifest_for, pin_in, spelled, with_algorithm
from freshlayer.model.base_image import ImagePin, ImageUse
from freshlayer.model.evidence import Evidence
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.settings import Pull
from freshlayer.workflows.engine_images import EngineImages
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_RECORDS_MOUNTS = frozenset({"buildah", "podman"})
"""Builders that have a mount as it is written in their cache key."""
_BY_DIGEST_ALONE = frozenset({"classic", "buildah", "podman"})
"""Builders that take an image of this machine by the digest of its index, whichever platform it is for."""


def pins_of(
    target: Target, report: Report, session: Session, engine: EngineImages | None = None
) -> tuple[ImagePin, ...]:
    """The pins of one target. ``engine``: None where the builder is not known."""
    if session.policy.pull is Pull.NEVER:
        return ()
    return tuple(_pins(_uses(target, report), target, report, engine))


def unpinned(target: Target, report: Report, pins: Iterable[ImagePin], session: Session) -> list[ImageUse]:
    """The images whose registry gave no answer, and that no pin holds to what was judged."""
    pinned = {(pin.line, pin.reference) for pin in pins}
    uses = () if session.policy.pull is Pull.NEVER else _uses(target, report)
    return [
        use
        for use in uses
        if not (report.verdicts[use.reference].is_observed or (use.line, use.reference) in pinned)
    ]


def evidence_of(report: Report, reference: Reference) -> tuple[Evidence, ...]:
    """What is known of an image now: as observed, else as recorded."""
    verdict = report.verdicts[reference]
    known = verdict.keep or report.past.recorded.get(reference)
    return known.evidence if known else ()


def _uses(target: Target, report: Report) -> list[ImageUse]:
    """Images by tag that are watched where they are named."""
    watched = {(item.reference, place.line) for item in report.inputs for place in item.places}
    return [
        use
        for use in target.analysis.image_uses
        if (use.reference, use.line) in watched
        and not use.reference.pinned
        and use.reference not in target.local
    ]


def _pins(
    uses: Iterable[ImageUse], target: Target, report: Report, engine: EngineImages | None
) -> Iterator[ImagePin]:
    """One word that names another image for each platform is not pinned."""
    by_word: dict[tuple[int, str, str], list[ImageUse]] = {}
    platforms: dict[Reference, set[str]] = {}
    for use in uses:
        by_word.setdefault((use.line, use.via, use.written), []).append(use)
        platforms.setdefault(use.reference, set()).add(use.platform)
    for found in by_word.values():
        use = found[0]
        if use.by_context or any(it.reference != use.reference for it in found):
            continue
        alone = len({it.platform for it in found}) == 1
        by_platform = alone and _is_by_platform(use, platforms[use.reference], target)
        digest = _digest(use, target, report, engine, by_platform=by_platform)
        if digest:
            yield ImagePin(use.reference, digest, use.line, use.via, use.written)


def _is_by_platform(use: ImageUse, platforms: Collection[str], target: Target) -> bool:
    """Whether its manifest is named: the digest of an index could be that of something else here.

    ``platforms``: those for which this Dockerfile reads the image.
    """
    request = target.request
    if request.builder in _RECORDS_MOUNTS and use.via == "RUN --mount" and len(request.platforms) == 1:
        # An index that moved for other platforms would run the RUN again.
        return True
    is_own = spelled(use.platform) == spelled(request.host or use.platform)
    return request.builder in _BY_DIGEST_ALONE and (len(platforms) > 1 or not is_own)


def _digest(
    use: ImageUse, target: Target, report: Report, engine: EngineImages | None, *, by_platform: bool
) -> str:
    evidence = evidence_of(report, use.reference)
    observed = report.verdicts[use.reference].is_observed
    if not observed and not (engine and engine.has(use.reference, evidence)):
        return ""
    manifest = manifest_for(evidence, use.platform) if by_platform else ""
    alone = len(target.request.platforms) == 1
    return with_algorithm(manifest) or pin_in(evidence, observed=observed, one_platform=alone)


def pins_by_target(
    targets: Mapping[str, Target],
    reports: Mapping[str, Report],
    model: Model,
    session: Session,
    engine: EngineImages,
) -> dict[str, tuple[ImagePin, ...]]:
    """Target → its pins; none where the command forbids pulls."""
    barred = {target.name for target in model.targets if target.never_pulls}
    return {
        name: () if name in barred else pins_of(target, reports[name], session, engine)
        for name, target in targets.items()
    }


def with_pins(
    target: Target, report: Report, pins: tuple[ImagePin, ...], engine: EngineImages | None
) -> Report:
    """The report with which of its instructions may be built with another image than the judged one.

    ``engine``: None where nothing is to be pulled, so that its own images are what is wanted.
    """
    pinned = {(pin.line, pin.reference) for pin in pins}
    uses = (use for use in _uses(target, report) if not use.by_context)
    others = [use for use in uses if (use.line, use.reference) not in pinned]
    here = {
        (use.line, use.reference): engine.in_place_of(use.reference, evidence_of(report, use.reference))
        for use in others
        if engine and not report.verdicts[use.reference].is_observed
    }
    return replace(
        report,
        other_images=frozenset(use.line for use in others),
        images_here={place: image for place, image in here.items() if image},
    )
