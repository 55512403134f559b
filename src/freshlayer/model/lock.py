"""What a lock file holds: the remote inputs of Dockerfiles, each with what it was when it was locked."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from freshlayer.model.evidence import Identity, Strength

NOT_SEEN = "unseen"
"""The written identity of an input that was not observed when it was locked."""


class LockUser(Struct, frozen=True, order=True, gc=False):
    """An instruction that reads something, without its line: lines change with every edit.

    ``dockerfile``: its path as seen from the lock file. ``stage``: its label. The line ``# syntax=`` is
    written as the word ``syntax`` in the stage ``#``.
    """

    dockerfile: str
    stage: str
    instruction: str

    def __str__(self) -> str:
        return f"{self.dockerfile} {self.stage} {self.instruction}"

    @classmethod
    def parse(cls, text: str) -> LockUser:
        """Read the written form. Raises ValueError where it has no three parts."""
        dockerfile, stage, instruction = text.rsplit(" ", 2)
        if not (dockerfile and stage and instruction):
            raise ValueError(text)
        return cls(dockerfile, stage, instruction)


class LockedInput(Struct, frozen=True, kw_only=True, gc=False):
    """A reference and what it was.

    ``identity``: None where it was not observed; ``reason`` has the code of why. ``platform``: of an image,
    whose identity is the manifest for it; empty of everything else. ``index``: ``sha256:…`` of the index that
    the tag of an image names. ``served_by``: where redirects ended. ``sha256``, ``size``: of the body when it
    was locked. ``frozen``: ``update`` leaves it alone. ``used_by``: instructions that name it, in the
    Dockerfile or a file of its context; ``learned_by``: those that read it because of a base image or a
    downloaded script.
    """

    reference: str
    identity: Identity | None
    used_by: tuple[LockUser, ...]
    learned_by: tuple[LockUser, ...] = ()
    platform: str = ""
    served_by: str = ""
    sha256: str = ""
    size: int | None = None
    index: str = ""
    frozen: bool = False
    reason: str = ""

    @property
    def users(self) -> tuple[LockUser, ...]:
        """All instructions that read it."""
        return (*self.used_by, *self.learned_by)

    @property
    def name(self) -> tuple[str, str]:
        """What there is one entry for: the reference and the platform."""
        return self.reference, self.platform

    @property
    def strength(self) -> Strength:
        return self.identity.strength if self.identity else Strength.NONE


class NotRead(Struct, frozen=True, kw_only=True, order=True):
    """What the Dockerfile alone seems to read, and does not read with the base image that is locked.

    ``reference`` is empty for something that is not watched; ``text`` and ``reason`` are those of it then.
    """

    used_by: LockUser
    reference: str = ""
    text: str = ""
    reason: str = ""


class LockedUnwatched(Struct, frozen=True, kw_only=True, order=True):
    """Something that an instruction reads and that no lock covers. ``reason``: the code of why.

    ``text``: as in reports, without secrets. ``accepted``: as in ``NotWatched``. ``learned``: only a
    base image or a downloaded script shows it.
    """

    used_by: LockUser
    reason: str
    text: str = ""
    accepted: bool = False
    learned: bool = False


class LockedPackage(Struct, frozen=True, order=True, gc=False):
    """``name``: the last part of the package URL, or all of it where it does not fit the ``source``.

    ``digest``: ``scheme:hexadecimal`` as the index states it; empty where it states none.
    """

    name: str
    version: str
    digest: str


class LockedPackages(Struct, frozen=True, kw_only=True):
    """The packages of one manager that an instruction installs.

    ``source``: their package URL without the name: ``pkg:deb/debian?arch=amd64&distro=bookworm``.
    ``commands``: what the instruction requests of the manager, by which it is found again after an edit.
    ``packages``: by name. ``reason``: the code of why they were not known; empty where they are.
    ``learned``: as in ``LockedUnwatched``. ``at``: the time as of which their sources were read, as
    ``20261101T235959Z``; empty: when they were locked.
    """

    used_by: LockUser
    manager: str
    platform: str
    commands: tuple[str, ...]
    source: str = ""
    packages: tuple[LockedPackage, ...] = ()
    reason: str = ""
    learned: bool = False
    at: str = ""

    @property
    def name(self) -> tuple[LockUser, str, str, tuple[str, ...]]:
        """By what the block of an instruction is found. Equal ones are in the order of the Dockerfile."""
        return self.used_by, self.manager, self.platform, self.commands


class LockedDockerfile(Struct, frozen=True, kw_only=True):
    """A Dockerfile, and the options with which it was locked, so that they need not be repeated.

    ``path``, ``context``: as seen from the lock file. ``target``: empty: all stages. ``network``: empty where
    none was given. ``pin_packages``: whether locked builds give package managers the locked versions.
    """

    path: str
    context: str = ""
    platforms: tuple[str, ...] = ()
    target: str = ""
    network: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    pin_packages: bool = False


class Lock(Struct, frozen=True, kw_only=True):
    """A lock file, read. Everything is sorted as the file is."""

    dockerfiles: tuple[LockedDockerfile, ...] = ()
    inputs: tuple[LockedInput, ...] = ()
    packages: tuple[LockedPackages, ...] = ()
    unwatched: tuple[LockedUnwatched, ...] = ()
    not_read: tuple[NotRead, ...] = ()

    @property
    def by_name(self) -> dict[tuple[str, str], LockedInput]:
        """(reference, platform) → its entry."""
        return {item.name: item for item in self.inputs}
