"""What a version of a package requires, as the list of all versions has it."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from freshlayer.model.base_image import BaseImage
from freshlayer.packages.npm.words import wish_of

_MOST = 2000
_LONGEST = 400


class Edge(Struct, frozen=True):
    """A dependency. ``name``: of the directory; ``package``: in the registry, another one for an alias."""

    name: str
    package: str
    wanted: str
    peer: bool = False
    optional: bool = False


class Manifest(Struct, frozen=True, array_like=True):
    """Name → range of each kind of dependency. ``os``, ``cpu``, ``libc``: ``!`` excludes."""

    dependencies: dict[str, str] = {}
    optional: dict[str, str] = {}
    peers: dict[str, str] = {}
    optional_peers: tuple[str, ...] = ()
    bundled: tuple[str, ...] = ()
    os: tuple[str, ...] = ()
    cpu: tuple[str, ...] = ()
    libc: tuple[str, ...] = ()


class Stated(Struct):
    """The same as a registry writes it; another form of a field counts as none."""

    dependencies: object = None
    optional: object = msgspec.field(default=None, name="optionalDependencies")
    peers: object = msgspec.field(default=None, name="peerDependencies")
    about_peers: object = msgspec.field(default=None, name="peerDependenciesMeta")
    bundled: object = msgspec.field(default=None, name="bundleDependencies")
    bundled_too: object = msgspec.field(default=None, name="bundledDependencies")
    os: object = None
    cpu: object = None
    libc: object = None

    def manifest(self) -> Manifest:
        """As it is kept."""
        about = self.about_peers if isinstance(self.about_peers, dict) else {}
        optional = [name for name, it in about.items() if isinstance(it, dict) and it.get("optional") is True]
        dependencies = _table(self.dependencies)
        bundled = self.bundled or self.bundled_too
        return Manifest(
            dependencies,
            _table(self.optional),
            _table(self.peers),
            _list(optional),
            tuple(dependencies) if bundled is True else _list(bundled),
            _list(self.os),
            _list(self.cpu),
            _list(self.libc),
        )


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    items = [(name, wanted) for name, wanted in value.items() if isinstance(wanted, str)]
    return {name: wanted for name, wanted in items[:_MOST] if len(name) + len(wanted) <= _LONGEST}


def _list(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        return ()
    return tuple(it for it in items[:_MOST] if isinstance(it, str) and len(it) <= _LONGEST)


def edges_of(manifest: Manifest) -> tuple[Edge, ...]:
    """The dependencies that come from a registry. What a package bundles is in its archive."""
    found: dict[str, Edge] = {}
    optional = {*manifest.optional_peers}
    for name, wanted in manifest.peers.items():
        _add(found, name, wanted, peer=True, optional=name in optional)
    for name, wanted in manifest.dependencies.items():
        _add(found, name, wanted)
    for name, wanted in manifest.optional.items():
        _add(found, name, wanted, optional=True)
    return tuple(edge for name, edge in found.items() if name not in manifest.bundled)


def _add(
    found: dict[str, Edge], name: str, wanted: str, *, peer: bool = False, optional: bool = False
) -> None:
    edge = edge_of(f"{name}@{wanted}" if wanted else name, name, peer=peer, optional=optional)
    if edge is not None:
        found[name] = edge


def edge_of(word: str, name: str = "", *, peer: bool = False, optional: bool = False) -> Edge | None:
    """None for what is not in a registry."""
    wish = wish_of(word)
    if wish is None:
        return None
    own = name or (word.partition("@npm:")[0] if "@npm:" in word else wish.name)
    return Edge(own, wish.name, wish.wanted or "*", peer, optional)


def runs_on(manifest: Manifest, cpu: str, libc: str) -> bool:
    """Whether a version is for Linux on this processor and C library."""
    return _takes(manifest.os, "linux") and _takes(manifest.cpu, cpu) and _takes(manifest.libc, libc)


def _takes(stated: tuple[str, ...], own: str) -> bool:
    """As npm reads the lists: ``!x`` excludes."""
    if not stated or f"!{own}" in stated or stated == ("any",):
        return f"!{own}" not in stated
    return own in stated or all(it.startswith("!") for it in stated)


def libc_of(base: BaseImage) -> str:
    """The C library of a base image."""
    files = base.contents.files if base.contents else {}
    alpine = re.search(r"(?m)^ID=[\"']?alpine", files.get("/etc/os-release", ""))
    return "musl" if alpine or "alpine" in base.reference else "glibc"
