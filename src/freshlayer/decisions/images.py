"""Verdicts of images, for the platforms of one target. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.evidence import images
from freshlayer.model.observation import Recorded, Verdict


def for_platforms(verdict: Verdict, recorded: Recorded | None, platforms: tuple[str, ...]) -> Verdict:
    """The verdict of a run that probed for more platforms, with the identity for these."""
    known = verdict.keep or recorded
    if not platforms or known is None or verdict.identity is None:
        return verdict
    index, probed = images.index_in(known.evidence)
    if not index or probed == images.platform_list(platforms):
        return verdict
    identity = images.identity_for(known.evidence, platforms)
    return replace(verdict, identity=identity) if identity else verdict
