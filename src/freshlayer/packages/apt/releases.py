"""Release files: which index files a source has, and how it describes itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from freshlayer.model.packages import IndexFile
from freshlayer.packages.apt.preferences import Origin
from freshlayer.packages.apt.sources import Source

Get = Callable[[str], bytes | None]

_LARGEST_RELEASE = 16 << 20

_SHA256 = 64
"""Hexadecimal digits. A file that is named by SHA512 alone is requested again, conditionally."""

_COMPRESSIONS = (("xz", "xz"), ("zst", "zst"), ("gz", "gz"), ("bz2", "bz2"), ("", ""))
"""Ending → compression, as preferred."""


class PackagesFile(Struct, frozen=True):
    """An index file of packages, and what its Release file states of its origin."""

    file: IndexFile
    origin: Origin


def release_file(source: Source) -> IndexFile:
    """The Release file of a source."""
    names = ("InRelease", "Release")
    urls = tuple(f"{source.directory}{name}" for name in names)
    return IndexFile("apt", "release", urls, optional=source.trusted, largest=_LARGEST_RELEASE)


def _text(get: Get, name: str) -> str:
    return (get(name) or b"").decode("utf-8", "replace")


def packages_files(source: Source, get: Get, architectures: Sequence[str]) -> Iterator[PackagesFile]:
    """The index files of a source for some architectures. ``get``: the entries of its Release file."""
    if source.flat:
        found = _index(source, get, _kind_name(source))
        if found is not None:
            yield PackagesFile(found, _origin(source, get, "", ""))
        return
    for component in source.components:
        for architecture in _places(source, get, architectures):
            path = f"{component}/{architecture}/{_kind_name(source)}"
            found = _index(source, get, path)
            if found is not None:
                origin = _origin(source, get, component, architecture.removeprefix("binary-"))
                yield PackagesFile(found, origin)


def without_release(source: Source, architectures: Sequence[str]) -> Iterator[PackagesFile]:
    """The same, where the source is trusted and has no Release file."""
    nothing: Get = lambda _: None  # noqa: E731 - a name for what answers nothing
    name = _kind_name(source)
    paths = [("", "", name)]
    if not source.flat:
        paths = [
            (component, architecture, f"{component}/{architecture}/{name}")
            for component in source.components
            for architecture in _directories(source, architectures)
        ]
    for component, architecture, path in paths:
        urls = (f"{source.directory}{path}.gz",)
        file = IndexFile("apt", _kind(source), urls, compression="gz", optional=True)
        origin = _origin(source, nothing, component, architecture.removeprefix("binary-"))
        yield PackagesFile(file, origin)


def _kind(source: Source) -> str:
    return "packages" if source.kind == "deb" else "sources"


def _kind_name(source: Source) -> str:
    return "Packages" if source.kind == "deb" else "Sources"


def _directories(source: Source, architectures: Sequence[str]) -> list[str]:
    if source.kind == "deb-src":
        return ["source"]
    return [f"binary-{one}" for one in source.architectures(architectures)]


def _places(source: Source, get: Get, architectures: Sequence[str]) -> list[str]:
    """The directories of a component; packages for all architectures may have one of their own."""
    found = _directories(source, architectures)
    if source.kind == "deb-src":
        return found
    supported = _text(get, "Architectures").split()
    apart = "Packages" not in _text(get, "No-Support-for-Architecture-all").split()
    if "all" in supported and apart:
        found.append("binary-all")
    return found


def _index(source: Source, get: Get, path: str) -> IndexFile | None:
    """The file in the compression that is preferred of those that there are."""
    for ending, compression in _COMPRESSIONS:
        name = f"{path}.{ending}" if ending else path
        stated = _text(get, f"/{name}") or _text(get, f"/./{name}")
        digest, _, size = stated.partition(" ")
        if not digest or (size == "0" and ending):
            continue
        urls = _urls(source, get, name, digest)
        sha256 = digest if len(digest) == _SHA256 else ""
        return IndexFile("apt", _kind(source), urls, sha256=sha256, compression=compression)
    return None


def _urls(source: Source, get: Get, name: str, digest: str) -> tuple[str, ...]:
    wanted = source.options.get("by-hash", "").lower()
    offered = _text(get, "Acquire-By-Hash").lower() == "yes"
    plain = f"{source.directory}{name}"
    if wanted == "no" or not (offered or wanted == "force"):
        return (plain,)
    parent, slash, _ = name.rpartition("/")
    algorithm = "SHA256" if len(digest) == _SHA256 else "SHA512"
    return (f"{source.directory}{parent}{slash}by-hash/{algorithm}/{digest}", plain)


def _origin(source: Source, get: Get, component: str, architecture: str) -> Origin:
    suite, label = _text(get, "Suite"), _text(get, "Label")
    names = (source.suite.rstrip("/"), suite, _text(get, "Codename"))
    return Origin(
        archive=suite,
        codename=_text(get, "Codename"),
        version=_text(get, "Version"),
        origin=_text(get, "Origin"),
        label=label,
        component=component,
        architecture=architecture,
        site=source.site,
        not_automatic=_text(get, "NotAutomatic").lower() == "yes",
        but_automatic_upgrades=_text(get, "ButAutomaticUpgrades").lower() == "yes",
        security=label == "Debian-Security" or any(_is_security(name) for name in names),
    )


def _is_security(suite: str) -> bool:
    """``bookworm-security``, ``noble-security``, and ``buster/updates`` of older releases."""
    return suite.endswith(("-security", "/updates"))
