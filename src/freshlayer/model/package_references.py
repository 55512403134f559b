"""References of packages in pairs: a package URL, or a mark in place of all packages of a manager. Pure."""

from __future__ import annotations

from freshlayer.model.package_policy import URL_TYPES

_MANAGERS = {kind: manager for manager, kind in URL_TYPES.items()}
_AS_A_WHOLE = "packages:"
"""Before the name of a manager: in place of its packages, where there are none or they were never known."""


def manager_of(reference: str) -> str:
    """The manager of a reference of a pair; empty where it is not that of a package."""
    if reference.startswith(_AS_A_WHOLE):
        return reference.removeprefix(_AS_A_WHOLE)
    scheme, _, rest = reference.partition(":")
    return _MANAGERS.get(rest.partition("/")[0], "") if scheme == "pkg" else ""


def as_a_whole(manager: str) -> str:
    """The reference in place of packages."""
    return f"{_AS_A_WHOLE}{manager}"
