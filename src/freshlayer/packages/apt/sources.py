"""The package sources of a machine: ``sources.list`` and ``sources.list.d`` (sources.list(5))."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from msgspec import Struct

from freshlayer.masking.urls import public_text
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt.configuration import Configuration, parts_of
from freshlayer.packages.apt.stanzas import stanzas_of

_LINE = re.compile(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+\S+)*)\s*")
_OPTION = re.compile(r"([A-Za-z-]+)(\+|-)?=(\S+)")
_TRUE = frozenset({"yes", "true", "1", "with", "on", "enable", "force"})
MOST_SOURCES = 200


class Source(Struct, frozen=True):
    """One suite of a repository. ``kind``: ``deb`` or ``deb-src``; ``components`` are empty where it is flat.

    ``options``: name as in one-line entries → value (``arch``, ``arch+``, ``trusted``, ``by-hash``).
    ``place``: the file that names it.
    """

    kind: str
    uri: str
    suite: str
    components: tuple[str, ...]
    options: Mapping[str, str]
    place: str

    @property
    def flat(self) -> bool:
        """Whether its index files are in the directory that the suite names."""
        return self.suite.endswith("/")

    @property
    def directory(self) -> str:
        """The URL of the directory of its Release file, with a slash at its end."""
        base = self.uri.rstrip("/")
        if not self.flat:
            return f"{base}/dists/{self.suite}/"
        below = self.suite.strip("/").removeprefix("./")
        return f"{base}/{below}/" if below not in {"", "."} else f"{base}/"

    @property
    def site(self) -> str:
        """The host, as pins name it."""
        host = self.uri.partition("://")[2].partition("/")[0]
        return host.rpartition("@")[2].partition(":")[0]

    @property
    def trusted(self) -> bool:
        """Whether it may be without a Release file."""
        names = ("trusted", "allow-insecure")
        return any(self.options.get(name, "").lower() in _TRUE for name in names)

    def architectures(self, configured: Sequence[str]) -> tuple[str, ...]:
        """Those of the machine that it is read for."""
        chosen = _list(self.options.get("arch", "")) or list(configured)
        chosen += _list(self.options.get("arch+", ""))
        left_out = _list(self.options.get("arch-", ""))
        return tuple(one for one in configured if one in chosen and one not in left_out)


def _list(text: str) -> list[str]:
    return text.replace(",", " ").split()


def sources_of(
    files: Mapping[str, str], native: str, configuration: Configuration | None = None
) -> tuple[Source, ...]:
    """All sources, in the order in which apt reads them; more than MOST_SOURCES where there are too many."""
    paths = _paths(files, configuration or Configuration({}, {}))
    listed = tuple(islice(_listed(files, paths, native), MOST_SOURCES + 1))
    found: dict[tuple[object, ...], Source] = {}
    for source in listed:
        found.setdefault((source.kind, source.directory, source.components), source)
    return listed if len(listed) > MOST_SOURCES else tuple(found.values())


def _listed(files: Mapping[str, str], paths: Sequence[str], native: str) -> Iterator[Source]:
    for path in paths:
        read = _deb822 if path.endswith(".sources") else _one_line
        yield from read(files.get(path, "").replace("$(ARCH)", native), path)


def _paths(files: Mapping[str, str], configuration: Configuration) -> list[str]:
    """The files of sources; a command line may name others (``-o Dir::Etc::sourcelist=…``)."""
    one = posixpath.join("/etc/apt", configuration.text("Dir::Etc::sourcelist", "sources.list"))
    several = posixpath.join("/etc/apt", configuration.text("Dir::Etc::sourceparts", "sources.list.d"))
    return [one, *parts_of(files, several.rstrip("/"), (".list", ".sources"))]


def _one_line(text: str, place: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = _LINE.fullmatch(line.partition("#")[0].strip())
        if match is None:
            continue
        kind, written, uri, suite, components = match.groups()
        options = {name.lower() + (sign or ""): value for name, sign, value in _OPTION.findall(written or "")}
        flat = suite.endswith("/")
        yield Source(kind, uri, suite, () if flat else tuple(components.split()), options, place)


_FIELDS = {
    "architectures": "arch",
    "architectures-add": "arch+",
    "architectures-remove": "arch-",
    "trusted": "trusted",
    "allow-insecure": "allow-insecure",
    "by-hash": "by-hash",
    "signed-by": "signed-by",
    "check-date": "check-date",
    "check-valid-until": "check-valid-until",
    "valid-until-min": "valid-until-min",
    "valid-until-max": "valid-until-max",
}


def _deb822(text: str, place: str) -> Iterator[Source]:
    for fields in stanzas_of(text):
        if fields.get("enabled", "yes").lower() in {"no", "false", "0", "off", "without", "disable"}:
            continue
        options = {short: fields[name] for name, short in _FIELDS.items() if name in fields}
        components = tuple(fields.get("components", "").split())
        each = (fields.get(name, "").split() for name in ("types", "uris", "suites"))
        for kind, uri, suite in product(*each):
            flat = suite.endswith("/")
            if kind in {"deb", "deb-src"}:
                yield Source(kind, uri, suite, () if flat else components, options, place)


_OF_THE_IMAGE = ("file:", "copy:")


def why_not_read(source: Source) -> Reason | None:
    """Why freshlayer can't read a source that apt reads."""
    scheme = source.uri.partition(":")[0]
    if scheme in {"http", "https"}:
        return None
    detail = f"{public_text(source.uri)}: freshlayer does not read {scheme}: sources"
    if source.uri.startswith(_OF_THE_IMAGE):
        detail = f"{source.uri}: the repository is a directory of the image"
    return Reason("apt-source-not-read", source.place, detail)


def is_skipped(source: Source) -> bool:
    """Whether apt reads nothing from it in a build."""
    return source.uri.startswith("cdrom:")
