"""The member of ``PackageManager`` for Maven: what is no release, by ``maven-metadata.xml``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from xml.etree.ElementTree import Element

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexFile, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.packages.maven.versions import Bound, fits, is_range, order, ranges_of
from freshlayer.packages.named.member import LARGEST, RELEASES, Choice, NamedPackages, Wanted
from freshlayer.packages.rpm.xml import elements

_CENTRAL = "https://repo.maven.apache.org/maven2"
_PART = r"[A-Za-z0-9_][\w.-]{0,150}"
_WORD = compiled(rf"(?P<group>{_PART}):(?P<artifact>{_PART}):(?P<version>[^:\s]{{1,200}})")
_VERSION = compiled(r"[\w.+~-]{1,200}")
_UPDATED = compiled(r"\d{14}")
_SNAPSHOT = "-SNAPSHOT"
_MOST_VERSIONS = 50_000


class Metadata(Struct, frozen=True, array_like=True):
    """``snapshot``: ``timestamp-buildNumber`` of the newest build. ``updated``: ``yyyyMMddHHmmss``."""

    latest: str = ""
    release: str = ""
    versions: tuple[str, ...] = ()
    snapshot: str = ""
    updated: str = ""


class _Version(Struct, frozen=True):
    text: str
    ranges: tuple[Bound, ...] = ()

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """A range takes the highest version; of the others the repository that was updated last decides."""
        known = [msgspec.msgpack.decode(value, type=Metadata) for value in stated if value]
        if self.ranges:
            versions = [text for it in known for text in it.versions if fits(text, self.ranges)]
            best = max(versions, key=order, default="")
            return Choice(best) if best else None
        found = [(it.updated, value) for it in known if (value := self._of(it))]
        return Choice(max(found)[1]) if found else None

    def _of(self, known: Metadata) -> str:
        if self.text == "LATEST":
            return known.latest or known.release or max(known.versions, key=order, default="")
        if self.text == "RELEASE":
            stable = [text for text in known.versions if not text.endswith(_SNAPSHOT)]
            return known.release or max(stable, key=order, default="")
        return f"{self.text.removesuffix(_SNAPSHOT)}-{known.snapshot}" if known.snapshot else known.updated


def _wanting(command: PackageCommand, _run: PackageRun, _base: BaseImage) -> Iterator[Wanted | Reason]:
    named = [value for name, value in command.options if name == "repository"]
    repositories = list(dict.fromkeys(url.rstrip("/") for url in named)) or [_CENTRAL]
    if any(not url.startswith(("https://", "http://")) for url in repositories):
        yield Reason("package-source-unknown", detail="a repository of Maven is no http or https URL")
        return
    for word in command.words:
        match = _WORD.fullmatch(word)
        version = match["version"] if match else ""
        ranges = ranges_of(version) if is_range(version) else []
        if match is None or ranges is None:
            yield Reason("package-word-unclear", detail=repr(word[:80]))
            continue
        path = f"{match['group'].replace('.', '/')}/{match['artifact']}"
        roots = repositories
        if version.endswith(_SNAPSHOT):
            path = f"{path}/{version}"
            roots = [url for url in repositories if url != _CENTRAL] or repositories
        documents = tuple(
            IndexFile(MAVEN.name, "metadata", (f"{root}/{path}/maven-metadata.xml",), largest=LARGEST)
            for root in roots
        )
        choose = _Version(version, tuple(ranges)).choose
        purl = f"pkg:maven/{match['group']}/{match['artifact']}"
        yield Wanted(word, match["artifact"], f"{purl}{_qualifier(version)}", documents, choose)


def _qualifier(version: str) -> str:
    """Two snapshots of an artifact are two inputs."""
    return f"?channel={version}" if version.endswith(_SNAPSHOT) else ""


def read_metadata(body: bytes) -> Entries:
    """What ``<versioning>`` states. Raises ValueError."""
    found = next(elements(BytesIO(body), "versioning"), None)
    if found is None:
        raise ValueError("it is no metadata of a repository")
    versions = (it.text or "" for it in found.iterfind("./{*}versions/{*}version"))
    stamp, build = _text(found, "snapshot/{*}timestamp"), _text(found, "snapshot/{*}buildNumber")
    updated = _text(found, "lastUpdated")
    metadata = Metadata(
        _text(found, "latest"),
        _text(found, "release"),
        tuple(text for text in versions if _VERSION.fullmatch(text))[:_MOST_VERSIONS],
        f"{stamp}-{build}" if stamp and build.isdecimal() else "",
        updated if _UPDATED.fullmatch(updated) else "",
    )
    yield RELEASES, msgspec.msgpack.encode(metadata)


def _text(root: Element, path: str) -> str:
    text = (root.findtext(f"./{{*}}{path}") or "").strip()
    return text if _VERSION.fullmatch(text) else ""


MAVEN = NamedPackages("maven", _wanting, read_metadata)
