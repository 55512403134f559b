"""Which packages a command would install, from the text of indexes. Pure.

``base.py`` is the Protocol; a member is a package of its own and a row of ``MANAGERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from freshlayer.model.package_policy import OF_LANGUAGES
from freshlayer.packages.base import PackageManager


def _apk() -> PackageManager:
    from freshlayer.packages.apk.manager import APK  # noqa: PLC0415 - a run without packages loads no member

    return APK


def _apt() -> PackageManager:
    from freshlayer.packages.apt import APT  # noqa: PLC0415 - a run without packages loads no member

    return APT


def _cargo() -> PackageManager:
    from freshlayer.packages.cargo.manager import CARGO  # noqa: PLC0415 - a run without packages loads no member

    return CARGO


def _cran() -> PackageManager:
    from freshlayer.packages.cran.manager import CRAN  # noqa: PLC0415 - the same

    return CRAN


def _conda() -> PackageManager:
    from freshlayer.packages.conda.manager import CONDA  # noqa: PLC0415 - the same

    return CONDA


def _composer() -> PackageManager:
    from freshlayer.packages.composer.manager import COMPOSER  # noqa: PLC0415 - the same

    return COMPOSER


def _gem() -> PackageManager:
    from freshlayer.packages.gem.manager import GEM  # noqa: PLC0415 - the same

    return GEM


def _go() -> PackageManager:
    from freshlayer.packages.go.manager import GO  # noqa: PLC0415 - the same

    return GO


def _maven() -> PackageManager:
    from freshlayer.packages.maven.manager import MAVEN  # noqa: PLC0415 - the same

    return MAVEN


def _nuget() -> PackageManager:
    from freshlayer.packages.nuget.manager import NUGET  # noqa: PLC0415 - the same

    return NUGET


def _npm() -> PackageManager:
    from freshlayer.packages.npm.resolver import NPM  # noqa: PLC0415 - the same

    return NPM


def _pypi() -> PackageManager:
    from freshlayer.packages.pypi.resolver import PYPI  # noqa: PLC0415 - the same

    return PYPI


def _rpm() -> PackageManager:
    from freshlayer.packages.rpm import RPM  # noqa: PLC0415 - a run without packages loads no member

    return RPM


def _tools() -> PackageManager:
    from freshlayer.packages.tools.manager import TOOLS  # noqa: PLC0415 - the same

    return TOOLS


MANAGERS: Mapping[str, Callable[[], PackageManager]] = {
    "apk": _apk,
    "apt": _apt,
    "cargo": _cargo,
    "cran": _cran,
    "composer": _composer,
    "conda": _conda,
    "gem": _gem,
    "go": _go,
    "maven": _maven,
    "npm": _npm,
    "nuget": _nuget,
    "pypi": _pypi,
    "rpm": _rpm,
    "tools": _tools,
}
"""Name, as in ``PackageCommand.manager`` → the member; its modules are loaded when it is called."""

WITHOUT_CONTENTS = OF_LANGUAGES
"""Managers whose choice is known without the files of the base image: from its environment alone."""
