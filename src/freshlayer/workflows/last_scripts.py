"""The scripts that instructions download, as the last check or build read them; without the probe."""

from __future__ import annotations

from collections.abc import Iterable

from freshlayer.discover.downloads import script_of, script_text
from freshlayer.model.downloaded_scripts import ScriptText, ScriptTexts
from freshlayer.reference import Reference
from freshlayer.state import StateStore


def last_read(references: Iterable[Reference], store: StateStore) -> ScriptTexts:
    """What the state has of these scripts, which may be others by now."""
    return {
        script_of(reference): _earlier(script_text(kept.body))
        for reference, kept in store.scripts(references).items()
    }


def _earlier(found: ScriptText) -> ScriptText:
    return ScriptText(found.text, found.reason, earlier=True)
