"""Which wishes of a project of npm, yarn, pnpm or bun are met by a member of its workspace.

npm takes a member of whatever version; the others take it where its version fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from freshlayer.lazy_regex import compiled

_VERSION = compiled(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_RANGE = compiled(r"(\^|~|>=|=|)[ ]?v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.[xX*])*")
_ANY = frozenset({"", "*", "x", "X"})
_LONGEST = 200

Members = Mapping[str, str]
"""Name → version; empty where there is none."""


def name_of(manifest: Mapping[str, object]) -> str:
    """How a manifest calls itself; empty where it states no text."""
    return _text(manifest, "name")


def members_of(manifests: Iterable[Mapping[str, object]]) -> Members:
    """The names and versions of these manifests; of two with one name, the first counts."""
    found: dict[str, str] = {}
    for manifest in manifests:
        if name := name_of(manifest):
            found.setdefault(name, _text(manifest, "version"))
    return found


def is_met(tool: str, members: Members, name: str, wanted: str) -> bool:
    """Whether the program links a member and requests nothing from a registry. False if not known."""
    if name not in members:
        return False
    if tool == "npm":
        return ":" not in wanted and "/" not in wanted
    return fits(members[name], wanted.removeprefix("npm:") if tool == "berry" else wanted)


def fits(version: str, wanted: str) -> bool:
    """Whether a version without a suffix is in a range of simple form; False for any other form."""
    found = _VERSION.fullmatch(version)
    if found is None or len(wanted) > _LONGEST:
        return bool(version) and version == wanted
    numbers = tuple(map(int, found.groups()))
    return any(_is_in(numbers, it.strip()) for it in wanted.split("||"))


def _is_in(numbers: tuple[int, ...], wanted: str) -> bool:
    found = _RANGE.fullmatch(wanted)
    if found is None:
        return wanted in _ANY
    operator, *texts = found.groups()
    given = [int(it) for it in texts if it is not None]
    least = tuple([*given, 0, 0][:3])
    if operator == ">=":
        return numbers >= least
    if operator == "^":
        significant = next((at + 1 for at, it in enumerate(given) if it), len(given))
    else:
        significant = min(len(given), 2) if operator == "~" else len(given)
    return numbers >= least and numbers[:significant] == least[:significant]


def _text(manifest: Mapping[str, object], field: str) -> str:
    value = manifest.get(field)
    return value if isinstance(value, str) else ""
