"""Archives that serve a repository as it was at a time: snapshot.debian.org and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.packages.apt.sources import Source, is_skipped

PUBLIC = {
    **dict.fromkeys(
        ("deb.debian.org/debian", "ftp.debian.org/debian", "httpredir.debian.org/debian"),
        "http://snapshot.debian.org/archive/debian/{time}",
    ),
    **dict.fromkeys(
        ("deb.debian.org/debian-security", "security.debian.org", "security.debian.org/debian-security"),
        "http://snapshot.debian.org/archive/debian-security/{time}",
    ),
    **dict.fromkeys(
        ("archive.ubuntu.com/ubuntu", "security.ubuntu.com/ubuntu"),
        "https://snapshot.ubuntu.com/ubuntu/{time}",
    ),
}
"""URL of a repository without its scheme → the archive that its distribution runs. ``{time}``: as
``20261101T235959Z``."""

_UNCHECKED = {"check-valid-until": "no"}
_WORD = re.compile(r"[^\s\[\]#]+")


def snapshot_of(source: Source, time: str, archives: Mapping[str, str]) -> Source | None:
    """The same suite as it was; None where no archive is known. ``archives``: beside ``PUBLIC``."""
    place = source.uri.partition("://")[2].rstrip("/")
    if _is_snapshot(source.uri):
        return source
    archive = {**PUBLIC, **archives}.get(place)
    if archive is None:
        return None
    return replace(source, uri=archive.replace("{time}", time), options={**source.options, **_UNCHECKED})


def _is_snapshot(uri: str) -> bool:
    """Whether a URL has a time in it, and is the same at all times."""
    return re.search(r"/\d{8}T\d{6}Z(?:/|$)", uri) is not None


def as_of(sources: Iterable[Source], time: str, archives: Mapping[str, str]) -> Iterator[Source]:
    """Each as it was; itself where no archive is known, which ``undated`` finds."""
    for source in sources:
        yield snapshot_of(source, time, archives) or source


def undated(sources: Iterable[Source], time: str, archives: Mapping[str, str]) -> str:
    """The URL of the first that no archive has; empty where all have one."""
    missing = (it.uri for it in sources if not is_skipped(it) and snapshot_of(it, time, archives) is None)
    return next(missing, "")


def lines_of(sources: Iterable[Source], time: str, archives: Mapping[str, str]) -> str:
    """The text of a file in ``sources.list.d`` with the archives of those that have one (sources.list(5))."""
    found: dict[str, None] = {}
    for source in sources:
        known = snapshot_of(source, time, archives)
        if known is not None and known.uri != source.uri:
            found[_line(known)] = None
    return "".join(found)


def _line(source: Source) -> str:
    """A value that is no single word, as a key that is written out, has no place in a line."""
    options = " ".join(
        f"{name}={value}" for name, value in sorted(source.options.items()) if _WORD.fullmatch(value)
    )
    words = [source.kind, f"[{options}]", source.uri, source.suite, *source.components]
    return f"{' '.join(words)}\n"
