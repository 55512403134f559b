"""Where a builder's images are, and what is known of one: values, without what it takes to read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from freshlayer.reference import Reference

_SCHEME = "docker-image://"


class ImageStore(Protocol):
    """Docker, podman or buildah, as far as its images go."""

    @property
    def program(self) -> tuple[str, ...]:
        """The program and its own flags, before any command."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What it is started with."""

    def takes_local_images(self, named: str) -> bool:
        """As ``Builder`` has it."""


class Engine(Struct, frozen=True):
    """Whose images a build may start from. ``named``: the value of ``--builder``."""

    store: ImageStore
    named: str = ""


class LocalImage(Struct, frozen=True):
    """``digests``: under which it is known in its tag's repository, SHA-256 by its hexadecimal digits.

    ``from_registry``: whether it certainly came from there, or went there. Without digests, it did not.
    """

    digests: frozenset[str] = frozenset()
    from_registry: bool = False


def name_of(reference: Reference) -> str:
    """An image's name as every builder understands it."""
    return reference.address.removeprefix(_SCHEME)
