"""Whether an analysis would be another one, now that a base image is known."""

from __future__ import annotations

from freshlayer.discover.analysis import Analysis
from freshlayer.model.base_image import BaseImage, Bases, is_configured

_UNKNOWN = "needs-base-image"


def changes(analysis: Analysis, before: Bases, now: Bases) -> bool:
    """``before``: what the analysis was made with."""
    return any(
        _changes(
            analysis, before.get(wanted.key), now[wanted.key], contents=wanted.contents or wanted.packages
        )
        for wanted in analysis.bases_wanted
        if wanted.key in now
    )


def _changes(analysis: Analysis, before: BaseImage | None, now: BaseImage, *, contents: bool) -> bool:
    if contents and now.contents is not None and (before is None or before.contents is None):
        return True
    return is_configured(now) and not (before and is_configured(before)) and _matters(analysis, now)


def _matters(analysis: Analysis, base: BaseImage) -> bool:
    """Whether its configuration decides anything of this Dockerfile."""
    config = base.config
    starts = config.triggers or config.shell or config.os != "linux" or config.directory not in {"", "/"}
    set_there = {name for name, _ in config.environment} & analysis.names_of_base
    unknown = (item.reason.code == _UNKNOWN for item in analysis.discovery.not_watched)
    return bool(starts) or bool(set_there) or any(unknown)
