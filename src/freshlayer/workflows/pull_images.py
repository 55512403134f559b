"""For builders that take a tag as it was pulled: what moved since then is pulled before they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from freshlayer.builders.invocation import Invocation, Model
from freshlayer.builders.local_images import ImageStore, LocalImage, local_images, name_of, pull
from freshlayer.model.evidence import Identity, Strength, contrast
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.reference import Reference
from freshlayer.settings import Pull
from freshlayer.workflows.observe import probe_now
from freshlayer.workflows.platforms import default_platform
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_MANIFEST = "manifest"
_HUB = "docker-image://docker.io/"

Here = Mapping[Reference, LocalImage]
Answers = Mapping[Reference, Observation]


def pull_moved(targets: Mapping[str, Target], model: Model, invocation: Invocation, session: Session) -> None:
    """Probe the tags that are here and were pulled; pull those that lead elsewhere by now, with a message.

    Nothing that fails here costs a build: the image that is here is used.
    """
    references = _left_to_us(targets, model)
    if not references or session.policy.offline or session.policy.pull is Pull.NEVER:
        return
    _pull_moved(references, invocation, invocation.named, session)


def _pull_moved(references: Sequence[Reference], store: ImageStore, named: str, session: Session) -> None:
    here = local_images(store, references)
    answers = _answers(here, session)
    unasked = [
        it for it in here if answers[it].outcome is ProbeOutcome.UNKNOWN and not _is_nameless(it, here[it])
    ]
    moved = _moved(here, answers)
    if not (unasked or moved) or not store.takes_local_images(named):
        return
    _warn_of_unasked(unasked, answers, session)
    elsewhere = _known_to_registry({reference: here[reference] for reference in moved}, session)
    for reference, digest in moved.items():
        if reference in elsewhere:
            _pull(reference, here[reference], digest, store, session)
        else:
            session.warn(
                f"{name_of(reference)}: the registry has another image under this tag, and does not know the"
                " one that is here, which is used (pull the tag to have the other)"
            )


def _left_to_us(targets: Mapping[str, Target], model: Model) -> tuple[Reference, ...]:
    """The images of all targets, but for those that the builder itself pulls."""
    pulled = {target.name for target in model.targets if target.pull}
    found = (it for name, target in targets.items() if name not in pulled for it in target.analysis.images)
    return tuple(dict.fromkeys(found))


def _is_nameless(reference: Reference, image: LocalImage) -> bool:
    """Whether it is probably an image of this machine alone, whose name without a registry means Docker Hub.

    Docker Hub refuses to say of such a name whether it exists, so that every build would have a warning.
    """
    return not image.from_registry and reference.address.startswith(_HUB)


def _answers(here: Here, session: Session) -> Answers:
    """Without platforms, a tag's digest is that of its index: what it was pulled by."""
    by_platform: dict[tuple[str, ...], list[Reference]] = {}
    for reference, image in here.items():
        by_platform.setdefault((image.platform,) if image.of_platform else (), []).append(reference)
    answers: dict[Reference, Observation] = {}
    for platforms, references in by_platform.items():
        answers |= probe_now(references, {}, session, platforms)
    return answers


def _moved(here: Here, answers: Answers) -> dict[Reference, str]:
    """The digests of tags that lead to something else than what is here."""
    found = {reference: _digest(answers[reference]) for reference in here}
    return {it: digest for it, digest in found.items() if digest and digest not in here[it].digests}


def _known_to_registry(moved: Here, session: Session) -> set[Reference]:
    """What came from its registry. An image that was made here must not be replaced by an older one there."""
    certain = {reference for reference, image in moved.items() if image.from_registry}
    by_digest = {_by_digest(it, moved[it]): it for it in moved if it not in certain}
    answers = probe_now(list(by_digest), {}, session, ()) if by_digest else {}
    seen = {by_digest[it] for it, answer in answers.items() if answer.outcome is ProbeOutcome.SEEN}
    return certain | seen


def _by_digest(reference: Reference, image: LocalImage) -> Reference:
    """A manifest by its digest, to be requested: unlike one that a Dockerfile pins."""
    repository = reference.address.partition("@")[0].rpartition(":")[0]
    pinned = f"{repository}@sha256:{min(image.digests)}"
    return replace(reference, address=pinned, text=pinned)


def _pull(reference: Reference, image: LocalImage, digest: str, store: ImageStore, session: Session) -> None:
    was, now = (Identity(_MANIFEST, value, Strength.CONTENT) for value in (min(image.digests), digest))
    moved = f"{name_of(reference)} {contrast(was, now)}"
    why = pull(store, reference, "" if image.platform == default_platform() else image.platform)
    if why:
        session.warn(f"{moved}; it can't be pulled ({why}), and the image that is here is used")
    else:
        session.warn(f"{moved}; it was pulled")


def _warn_of_unasked(unasked: Sequence[Reference], answers: Answers, session: Session) -> None:
    """Once for all of them. What its registry does not have was made here."""
    if unasked:
        first, more = unasked[0], len(unasked) - 1
        others = f", and {more} more" if more else ""
        reason = answers[first].reason
        session.warn(
            f"{name_of(first)}{others}: {reason}; the image that is here is used, whether it moved or not"
        )


def _digest(observation: Observation) -> str:
    return next((item.value for item in observation.evidence if item.scheme == _MANIFEST), "")
