"""Which images the tags of a build meant, and whether they still do.

A plain ``docker build`` with the same tag replaces the image, possibly by one with an old file: the builder's
cache of that build knows no keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from freshlayer.builders import BuildCommand, Builder, Ended, image_ids
from freshlayer.builders.compositions.base import BuildTarget, Composition
from freshlayer.reference import shown
from freshlayer.state import Scope
from freshlayer.workflows.session import Session

_MOST = 20
_SHORT = 12
_LONGEST = 200


def images_of(command: BuildCommand, builder: Builder, ended: Ended) -> dict[str, str]:
    """Tag → the image that it means after a build that succeeded, where that is known without a program.

    Another instance of buildx keeps its result, unless an option loads it.
    """
    if ended.exit_code or (builder.engine(command.builder).startswith("buildx:") and not command.load):
        return {}
    found = {tag: builder.image_of(tag) for tag in command.tags[:_MOST]}
    return {tag: image for tag, image in found.items() if image}


def images_of_targets(
    targets: Sequence[BuildTarget], tool: Composition, ended: Ended
) -> list[dict[str, str]]:
    """The same for each target of compose or bake."""
    if ended.exit_code:
        return [{} for _ in targets]
    tags = [target.tags[:_MOST] for target in targets]
    found = {tag: image_ids.of_daemon(tool.engine, tag) for tag in dict.fromkeys(chain(*tags))}
    return [{tag: found[tag] for tag in some if found[tag]} for some in tags]


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
