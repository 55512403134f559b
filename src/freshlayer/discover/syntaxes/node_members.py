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
_ABOVE_ALL = (1 << 60, 0, 0)

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


def meet(one: str, other: str) -> bool | None:
    """Whether a version is in both of two ranges of simple form; None for any other form."""
    spans = [_span(it.strip()) for it in (one, other)]
    if spans[0] is None or spans[1] is None:
        return None
    return spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]


def _span(wanted: str) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The least version, and the first one above."""
    found = _RANGE.fullmatch(wanted) if len(wanted) <= _LONGEST else None
    if found is None:
        return ((0, 0, 0), _ABOVE_ALL) if wanted in _ANY else None
    operator, *texts = found.groups()
    given = [int(it) for it in texts if it is not None]
    least = tuple([*given, 0, 0][:3])
    if operator == ">=":
        return least, _ABOVE_ALL
    if operator == "^":
        significant = next((at + 1 for at, it in enumerate(given) if it), len(given))
    else:
        significant = min(len(given), 2) if operator == "~" else len(given)
    head = least[:significant]
    return least, tuple([*head[:-1], head[-1] + 1, 0, 0][:3])


def _is_in(numbers: tuple[int, ...], wanted: str) -> bool:
    span = _span(wanted)
    return span is not None and span[0] <= numbers < span[1]


def _text(manifest: Mapping[str, object], field: str) -> str:
    value = manifest.get(field)
    return value if isinstance(value, str) else ""
