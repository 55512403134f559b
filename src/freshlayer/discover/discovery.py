"""What the instructions of a Dockerfile read, and what a build adds to its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from freshlayer.model.inputs import NotWatched, RemoteInput
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from freshlayer.discover.lock_advice import Unlocked
    from freshlayer.model.base_image import BaseWanted
    from freshlayer.model.downloaded_scripts import ScriptTexts
    from freshlayer.model.packages import PackageCommand


class Discovery(Struct, frozen=True):
    """``by_instruction``: instruction number → what it reads. ``inputs``: the same by reference.

    ``scripts``: inputs that are executed as scripts, and whose text is not known. ``packages``: instruction
    number → its package commands in the order in which they run; of several platforms, those of each that
    differ. ``bases``: the images that stages start from. ``unlocked``: installs that no lock file binds.
    """

    by_instruction: Mapping[int, tuple[Reference, ...]]
    inputs: tuple[RemoteInput, ...]
    not_watched: tuple[NotWatched, ...]
    scripts: tuple[Reference, ...] = ()
    packages: Mapping[int, tuple[PackageCommand, ...]] = field(default_factory=dict)
    bases: tuple[BaseWanted, ...] = ()
    unlocked: tuple[Unlocked, ...] = ()


class Conditions(Struct, frozen=True):
    """What a build adds to a Dockerfile.

    ``platform``: ``os/arch[/variant]``. ``loopback``: a loopback URL in a RUN means this machine, as it does
    on the host's network. ``watched``: first line of an instruction → references that a comment adds.
    ``contexts``: name → source of a named build context. ``scripts``: what is known of downloaded scripts.
    """

    platform: str
    loopback: bool = True
    watched: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    scripts: ScriptTexts = field(default_factory=dict)
