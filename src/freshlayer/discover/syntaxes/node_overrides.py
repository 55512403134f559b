"""Versions that a project puts in place of those that its manifests state: ``resolutions``, ``overrides``.

npm refuses an override of what a manifest states itself: its overrides are for what packages require.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from freshlayer.lazy_regex import compiled

_OF_ALL = compiled(r"(?:\*\*/)?(@[^/@\s]+/[^/@\s]+|[^/@\s>]+)")
"""A package, wherever it is required; not ``a/b`` and ``a>b``: what another one requires."""
_OF_RANGE = compiled(r"(@[^/@\s]+/[^/@\s]+|[^/@\s>]+)@(?:npm:)?([^>\s]+)")
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
    if tool in {"npm", "bun"}:
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
