"""Which images the tags of a build meant, and whether they still do.

A plain ``docker build`` with the same tag replaces the image, possibly by one with an old file: the builder's
cache of that build knows no keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import TYPE_CHECKING

from freshlayer.reference import shown
from freshlayer.state import Scope
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.builders.base import Ended
    from freshlayer.builders.invocation import BuildTarget, Invocation

_MOST = 20
_SHORT = 12
_LONGEST = 200


def images_of(
    targets: Iterable[BuildTarget], invocation: Invocation, ended: Ended
) -> dict[str, dict[str, str]]:
    """Target → tag → the image that it means after a build that succeeded, where no program is needed."""
    if ended.exit_code:
        return {}
    tags = {target.name: target.tags[:_MOST] for target in targets}
    found = {tag: invocation.image_of(tag) for tag in dict.fromkeys(chain(*tags.values()))}
    return {name: {tag: found[tag] for tag in some if found[tag]} for name, some in tags.items()}


def warn_of_other_images(scope: Scope, dockerfile: str, session: Session) -> None:
    """Print the tags of the last build that mean another image by now; nothing with ``--offline``."""
    if session.image_of is None or session.policy.offline:
        return
    for tag, image in islice(session.store.tags(scope).items(), _MOST):
        now = session.image_of(tag)
        if now and now != image:
            session.warn(
                f"{dockerfile}: {shown(tag, _LONGEST)} is the image {_short(now)}, not {_short(image)} of the"
                " last build: what is reported of the last build is not in that image (build it again)"
            )


def _short(image: str) -> str:
    return shown(image.removeprefix("sha256:")[:_SHORT])
