"""The managers of packages, and which of what they install is an input."""

from __future__ import annotations

from freshlayer.model.str_enum import StrEnum

URL_TYPES = {
    **{"apt": "deb", "apk": "apk", "rpm": "rpm"},
    **{"pypi": "pypi", "npm": "npm", "gem": "gem"},
    **{"cran": "cran", "maven": "maven", "nuget": "nuget"},
    "tools": "generic",
    "cargo": "cargo",
    "go": "golang",
    "composer": "composer",
    "conda": "conda",
}
"""Manager → the type of its package URLs."""

OF_LANGUAGES = frozenset(URL_TYPES) - {"apt", "apk", "rpm"}
"""Managers whose inputs are the packages that a command names, whatever the policy is."""


DATED = frozenset({"pypi", "npm", "conda", "apt"})
"""Managers whose indexes state when each version was published, or are archived by the time."""


class PackagePolicy(StrEnum):
    """Which packages of an instruction are inputs (setting and directive ``packages``)."""

    CLOSURE = "closure"
    SECURITY = "security"
    NAMED = "named"
    OFF = "off"


_WITH_CLOSURE = frozenset({"apt", "apk", "rpm"})


def usual_policy(manager: str) -> PackagePolicy:
    """The policy of a manager where nothing sets one.

    The dependencies of a language's packages change nearly every week, so that only named packages count.
    """
    return PackagePolicy.CLOSURE if manager in _WITH_CLOSURE else PackagePolicy.NAMED


_BY_WIDTH = (PackagePolicy.CLOSURE, PackagePolicy.NAMED, PackagePolicy.SECURITY, PackagePolicy.OFF)


def widest(*policies: PackagePolicy) -> PackagePolicy:
    """The policy by which a package counts that instructions with different policies install.

    ``named`` is wider than ``security`` here: of a package that a command names, every change counts.
    """
    return min(policies, key=_BY_WIDTH.index, default=PackagePolicy.OFF)
