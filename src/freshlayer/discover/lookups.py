"""What a lookup decides: ``V=$(curl …/latest); curl …/$V`` is covered where the lookup is watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from freshlayer.model.inputs import NotWatched, Place, RemoteInput

_DEPENDS = "depends-on-answer"
_NO_LOOKUP = frozenset(
    {
        *(_DEPENDS, "packages-by-name", "package-index", "program-not-probed", "unknown-program"),
        *(
            "script-of-image",
            "script-not-in-context",
            "script-downloaded",
            "script-not-read",
            "script-as-last-read",
            "checksum-pinned",
            "every-tag",
        ),
        *("package-file", "package-source", "no-manifest", "no-package-manager"),
        *("repository-of-image", "submodule-branches", "only-the-page", "file-of-image", "other-platforms"),
    }
)
"""Reasons of what can't be the lookup itself."""
_ANSWERS = frozenset({"curl", "wget", "aria2c", "axel", "lftp", "gh", "git ls-remote", "powershell"})
"""Syntaxes whose output is the answer of a server."""


def decided(missed: Iterable[NotWatched], inputs: Sequence[RemoteInput]) -> tuple[NotWatched, ...]:
    """With the reference that decides it, where that is watched.

    Only where all else that the script requests is watched: one of these may be the lookup.
    """
    found = tuple(dict.fromkeys(missed))
    if not any(item.reason.code == _DEPENDS for item in found):
        return found
    unclear = {_script(item) for item in found if item.reason.code not in _NO_LOOKUP and not item.warns}
    lookups: dict[tuple[int, str], list[str]] = {}
    for item in inputs:
        for place in item.places:
            if place.via in _ANSWERS:
                lookups.setdefault(_script(place), []).append(str(item.reference))
    return tuple(
        replace(item, covered_by=_likely(item, lookups[_script(item)]))
        if item.reason.code == _DEPENDS and _script(item) in lookups.keys() - unclear
        else item
        for item in found
    )


def _script(item: NotWatched | Place) -> tuple[int, str]:
    """The line of the instruction, and the path of the script that it executes."""
    return item.line, item.script.path if item.script else ""


def _likely(item: NotWatched, lookups: list[str]) -> str:
    """The one that is named in the text; for display."""
    named = [lookup for lookup in lookups if lookup in f"{item.text} {item.reason}"]
    return (named or lookups)[0]
