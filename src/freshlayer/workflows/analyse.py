"""Analyse a Dockerfile with the files of its context; what was analysed before is looked up."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.analyses import AnalysisCache, key_of, stamp_at_start, stamp_of_code
from freshlayer.context import Source
from freshlayer.discover.analysis import Analysis, BuildRequest, Learned
from freshlayer.files.user_directories import cache_home

if TYPE_CHECKING:
    from freshlayer.context.script_files import ContextFiles
    from freshlayer.model.context_files import ContextAnswer, Wanted

SWITCH = "FRESHLAYER_ANALYSES"
"""``off``: nothing is looked up and nothing is kept."""


def analysed(source: Source, request: BuildRequest, learned: Learned) -> Analysis:
    """Raises DockerfileError, ContextError."""
    place = None if os.environ.get(SWITCH) == "off" else cache_home(os.environ) / "freshlayer" / "analyses"
    code = stamp_at_start() if place and _may_be_used(place, source) else b""
    key = key_of(source.content, request, learned, code)
    if not (place and key):
        return _read(source, request, learned, [])
    analyses = AnalysisCache(place)
    found = analyses.find(key, lambda wanted: _of_context(source).read(wanted))
    if found is None:
        answers: list[tuple[Wanted, ContextAnswer]] = []
        found = _read(source, request, learned, answers)
        if stamp_of_code() == code:
            analyses.keep(key, answers, found)
    return found


def _read(
    source: Source, request: BuildRequest, learned: Learned, answers: list[tuple[Wanted, ContextAnswer]]
) -> Analysis:
    """``answers`` gets those of the context, in order."""
    from freshlayer.discover.reading import analyse  # noqa: PLC0415 - loads all that reads a Dockerfile

    files: ContextFiles | None = None

    def noted(wanted: Sequence[Wanted]) -> Mapping[Wanted, ContextAnswer]:
        nonlocal files
        files = files or _of_context(source)
        found = files.read(wanted)
        answers.extend((item, found[item]) for item in wanted)
        return found

    return analyse(source.text, request, noted, learned.scripts, learned.bases)


def _of_context(source: Source) -> ContextFiles:
    from freshlayer.context.script_files import ContextFiles  # noqa: PLC0415 - few Dockerfiles run its files

    return ContextFiles(source.context, source.path)


def _may_be_used(place: Path, source: Source) -> bool:
    """A file that changes in a context that is copied whole has the copy run again."""
    real = os.path.realpath(place)
    return not any(real.startswith(_below(it)) for it in {source.context, source.directory})


def _below(directory: Path) -> str:
    return os.path.join(os.path.realpath(directory), "")
