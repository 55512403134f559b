"""For builders that take a tag as it was pulled: what moved since then is pulled before they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freshlayer.asking import Rooms, ask
from freshlayer.builders import Builder
from freshlayer.builders.local_images import LocalImage, local_images, name_of, pull
from freshlayer.model import Identity, Observation, Outcome, Strength, contrast
from freshlayer.reference import Reference
from freshlayer.settings import Pull

_MANIFEST = "manifest"


def pull_moved(references: Sequence[Reference], builder: Builder, host: str, rooms: Rooms) -> None:
    """Ask for the tags that are here and were pulled; pull those that lead elsewhere by now, and say so.

    ``host``: the machine's platform. Nothing that fails here costs a build: the image that is here is used.
    """
    if not references or rooms.policy.offline or rooms.policy.pull is Pull.NEVER:
        return
    here = local_images(builder, references)
    # Without platforms, a tag's digest is that of its index: what it was pulled by.
    answers = ask(list(here), {}, rooms, ()) if here else {}
    _warn_of_unasked({reference: answers[reference] for reference in here}, rooms)
    for reference, image in here.items():
        digest = _digest(answers[reference])
        if digest and digest not in image.digests:
            _pull(reference, image, digest, builder, host, rooms)


def _pull(
    reference: Reference, image: LocalImage, digest: str, builder: Builder, host: str, rooms: Rooms
) -> None:
    was, now = (Identity(_MANIFEST, value, Strength.CONTENT) for value in (min(image.digests), digest))
    moved = f"{name_of(reference)} {contrast(was, now)}"
    why = pull(builder, reference, "" if image.platform == host else image.platform)
    if why:
        rooms.warn(f"{moved}; it can't be pulled ({why}), and the image that is here is used")
    else:
        rooms.warn(f"{moved}; it was pulled")


def _warn_of_unasked(seen: Mapping[Reference, Observation], rooms: Rooms) -> None:
    """Once for all of them. What its registry does not have was made here: podman gives that a digest too."""
    unasked = [reference for reference, it in seen.items() if it.outcome is Outcome.UNKNOWN]
    if unasked:
        first, more = unasked[0], len(unasked) - 1
        others = f", and {more} more" if more else ""
        reason = seen[first].reason
        rooms.warn(
            f"{name_of(first)}{others}: {reason}; the image that is here is used, whether it moved or not"
        )


def _digest(observation: Observation) -> str:
    return next((item.value for item in observation.evidence if item.scheme == _MANIFEST), "")
