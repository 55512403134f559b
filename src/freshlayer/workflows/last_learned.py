"""What the last check or build learned of scripts and base images; without the network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from freshlayer.bases.cache import BaseCache
from freshlayer.discover.analysis import Analysis, Learned
from freshlayer.discover.downloaded_scripts import script_of, script_text
from freshlayer.evidence.images import manifest_for, with_algorithm
from freshlayer.files.user_directories import cache_home
from freshlayer.model.base_image import BaseImage, BaseWanted
from freshlayer.model.downloaded_scripts import ScriptText, ScriptTexts
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference
from freshlayer.state import StateStore


def last_learned(analysis: Analysis, store: StateStore) -> Learned:
    """What the state and the cache have, which may be something else by now."""
    bases = {(base.reference, base.platform): base for base in _bases(analysis, store)}
    return Learned(_scripts(analysis.discovery.scripts, store), bases)


def _scripts(references: Iterable[Reference], store: StateStore) -> ScriptTexts:
    return {
        script_of(reference): _earlier(script_text(kept.body))
        for reference, kept in (store.scripts(references) if references else {}).items()
    }


def _earlier(found: ScriptText) -> ScriptText:
    return ScriptText(found.text, found.reason, earlier=True)


def _bases(analysis: Analysis, store: StateStore) -> Iterator[BaseImage]:
    wanted = analysis.bases_wanted
    names = {item.reference for item in wanted}
    inputs = [item.reference for item in analysis.discovery.inputs if item.reference.text in names]
    recorded = store.observations([it for it in inputs if not it.pinned])
    by_name = {it.text: it for it in inputs}
    cache = BaseCache(cache_home(os.environ) / "freshlayer" / "bases")
    for item in wanted:
        digest = _digest(item, by_name.get(item.reference), recorded)
        found = cache.find(digest, item.platform) if digest else None
        if found is not None and found.config is not None:
            yield BaseImage(*item.key, found.digest or digest, found.config, found.contents)


def _digest(wanted: BaseWanted, reference: Reference | None, recorded: Mapping[Reference, Recorded]) -> str:
    """``sha256:…`` of the manifest that was last observed; empty where there is none."""
    if reference is None or reference.pinned:
        return reference.pinned if reference else ""
    known = recorded.get(reference)
    return with_algorithm(manifest_for(known.evidence, wanted.platform)) if known else ""
