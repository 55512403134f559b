"""Which packages a command would install, from the text of indexes. Pure.

``base.py`` is the Protocol; a member is a package of its own and a row of ``MANAGERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from freshlayer.packages.base import PackageManager


def _apk() -> PackageManager:
    from freshlayer.packages.apk.manager import APK  # noqa: PLC0415 - a run without packages loads no member

    return APK


MANAGERS: Mapping[str, Callable[[], PackageManager]] = MappingProxyType({"apk": _apk})
"""Name, as in ``PackageCommand.manager`` → the member; its modules are loaded when it is called."""
