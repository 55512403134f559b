"""Versions that a project puts in place of those that its manifests state: ``resolutions``, ``overrides``.

npm refuses an override of what a manifest states itself: its overrides are for what packages require.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from freshlayer.discover.syntaxes.node_members import meet
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_OF_ALL = compiled(r"(?:\*\*/)?(@[^/@\s]+/[^/@\s]+|[^/@\s>]+)")
"""A package, wherever it is required; not ``a/b`` and ``a>b``: what another one requires."""
_OF_RANGE = compiled(r"(@[^/@\s]+/[^/@\s]+|[^/@\s>]+)@(?:npm:)?([^>\s]+)")
_KEY = compiled(r"(@[^/@\s]+/[^/@\s]+|[^/@\s>]+)(?:@(\S+))?")
_TAG = compiled(r"(?!v?\d|[xX*]$)[A-Za-z][\w.-]*")
_OF_REGISTRY = compiled(r"npm:[^:]+|(?!\*?$)[^:/]+")


def replacements(tool: str, manifest: Mapping[str, object], settings: Mapping[str, object]) -> dict[str, str]:
    """``NAME`` or ``NAME@RANGE`` → version or range; ``-`` for none. ``settings``: of pnpm-workspace.yaml."""
    found: dict[str, str] = {}
    for table in _tables(tool, manifest, settings):
        for key, value in table.items() if isinstance(table, dict) else ():
            whole = _OF_ALL.fullmatch(str(key))
            ranged = _OF_RANGE.fullmatch(str(key)) if tool in {"berry", "pnpm"} else None
            if isinstance(value, str) and (whole or ranged):
                name = whole[1] if whole else f"{ranged[1]}@{ranged[2]}" if ranged else ""
                found[name] = value.removeprefix("npm:") if tool == "berry" else value
    return found


def _tables(tool: str, manifest: Mapping[str, object], settings: Mapping[str, object]) -> Iterator[object]:
    """The strongest last."""
    if tool in {"yarn", "berry", "pnpm", "bun"}:
        yield manifest.get("resolutions")
    if tool == "bun":
        yield manifest.get("overrides")
    if tool == "pnpm":
        own = manifest.get("pnpm")
        yield own.get("overrides") if isinstance(own, dict) else None
        yield settings.get("overrides")


def referred(tool: str, root: Mapping[str, str]) -> Mapping[str, str]:
    """What ``$NAME`` can stand for, of what the manifest of the root states: nothing for yarn."""
    return {} if tool in {"yarn", "berry"} else root


def replaced(name: str, wanted: str, known: Mapping[str, str], root: Mapping[str, str]) -> str | None:
    """What is installed for a name; None for nothing; ``$NAME`` where that is not known.

    ``root``: see ``referred``.
    """
    value = known.get(f"{name}@{wanted}", known.get(name, wanted))
    if value == "-":
        return None
    return root.get(value[1:], value) if value.startswith("$") else value


def of_npm(manifest: Mapping[str, object], root: Mapping[str, str]) -> list[str] | None:
    """The overrides of npm as ``NAME@RANGE``, whatever requires the name; None where one is of another form.

    ``root``: what the manifest states itself.
    """
    table = manifest.get("overrides")
    found = []
    for name, item in table.items() if isinstance(table, dict) else ():
        value = item["."] if isinstance(item, dict) and item.keys() == {"."} else item
        wanted = root.get(value[1:]) if isinstance(value, str) and value[:1] == "$" else value
        plain = isinstance(wanted, str) and _OF_REGISTRY.fullmatch(wanted) and _OF_ALL.fullmatch(name)
        if not plain or root.get(name, wanted) != wanted:
            return None
        found.append(f"{name}@{wanted}")
    return found


def of_member(
    table: Mapping[str, object], member: str, name: str, wanted: str, root: Mapping[str, str]
) -> str | Reason:
    """What npm installs where a member of a workspace wants something, by the overrides of the root.

    Those for what the member requires are before the others, and of each the first that is for the range
    counts (``OverrideSet`` of arborist). ``root``: what the manifest of the root states itself.
    """
    own = table.get(member)
    rules = [*(own.items() if isinstance(own, dict) else ()), *table.items()]
    for key, value in rules:
        found = _KEY.fullmatch(key)
        if found is None or found[1] not in {name, member} or (found[1] == member and not found[2]):
            continue
        applies = found[1] == name and (
            not found[2] or bool(_TAG.fullmatch(wanted)) or meet(wanted, found[2])
        )
        if applies is None or found[1] == member:
            return _not_computed(key)
        if applies:
            return _in_place(key, value, wanted, root)
    return wanted


def of_word(
    table: Mapping[str, object], member: str | None, name: str, wanted: str, root: Mapping[str, str]
) -> str | Reason:
    """The same for a word of the command line; without a member, for the root itself.

    npm refuses an override of what the root states. One for a range counts for a word in some cases alone.
    """
    for key in _keys(table, member):
        found = _KEY.fullmatch(key)
        if found and found[1] == name and found[2]:
            return _not_computed(key)
    if member is not None:
        return of_member(table, member, name, wanted, root)
    value = of_member(table, "", name, wanted, {**root, name: wanted})
    return value if value == wanted else _not_computed(name)


def _keys(table: Mapping[str, object], member: str | None) -> Iterator[str]:
    own = table.get(member or "")
    yield from own if isinstance(own, dict) else ()
    yield from table


def _in_place(key: str, item: object, wanted: str, root: Mapping[str, str]) -> str | Reason:
    value = item.get(".", "") if isinstance(item, dict) else item
    if isinstance(value, str) and value.startswith("$"):
        value = root.get(value[1:])
    return (value or wanted) if isinstance(value, str) else _not_computed(key)


def _not_computed(key: str) -> Reason:
    return Reason("requirements-not-stated", detail=f"overrides of package.json: {key[:80]}")
