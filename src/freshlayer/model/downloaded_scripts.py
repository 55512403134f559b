"""Scripts that instructions download and execute: values between the analysis and the probe."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from freshlayer.model.reasons import Reason

LARGEST = 1024 * 1024
"""Bytes of a script that is read."""


class ScriptText(Struct, frozen=True):
    """The text of a script; or why it is not read.

    ``earlier``: it is the text of the last look, and not probed again.
    """

    text: str = ""
    reason: Reason | None = None
    earlier: bool = False


class Confinement(Struct, frozen=True):
    """What a probe may do for a reference that only a downloaded script names.

    ``hosts``: ``host[:port]`` that the user's credentials may be sent to. ``loopback``: whether it may
    connect to this machine.
    """

    hosts: frozenset[str] = frozenset()
    loopback: bool = False


ScriptTexts = Mapping[str, ScriptText]
"""By reference."""
