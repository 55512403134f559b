"""The member of ``PackageManager`` for cargo, by the sparse index of a registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexFile, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.packages.cargo.registries import Registries
from freshlayer.packages.cargo.requirements import Requirement, fits, order, requirement_of, version_flag
from freshlayer.packages.named.member import LARGEST, RELEASES, Choice, NamedPackages, Wanted
from freshlayer.packages.named.semver import version_of

_NAME = compiled(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SHA256 = compiled(r"[0-9a-f]{64}")
_RUST = compiled(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:[-+].*)?")
_NEWEST_FORM = 2
"""Of a line: cargo leaves out lines of a later one."""

Numbers = tuple[int, ...]


class Release(Struct, frozen=True, array_like=True):
    """``rust``: the oldest compiler; empty where none is stated."""

    version: str
    digest: str = ""
    rust: str = ""


class _Line(Struct):
    vers: str
    cksum: object = ""
    yanked: object = False
    rust_version: object = None
    v: int = 1


class _Crate(Struct, frozen=True):
    """A crate and its requirements, each of which is satisfied. ``rust``: the compiler; empty if unknown.

    ``strictly``: whether a version for a newer compiler is an error (cargo install) or comes last.
    """

    requirements: tuple[Requirement, ...]
    rust: Numbers
    strictly: bool

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """The highest version for each requirement."""
        releases = [
            it for value in stated if value for it in msgspec.msgpack.decode(value, type=list[Release])
        ]
        found: dict[str, Release] = {}
        for requirement in self.requirements:
            best = self._best(releases, requirement)
            if best is None or (self.strictly and not self._runs(best)):
                return None
            found[best.version] = best
        digests = [it.digest for it in found.values()]
        return Choice(
            ", ".join(sorted(found)), digests[0] if len(digests) == 1 else "+".join(sorted(digests))
        )

    def _best(self, releases: Sequence[Release], requirement: Requirement) -> Release | None:
        known = [(it, version) for it in releases if (version := version_of(it.version))]
        fitting = [(it, version) for it, version in known if fits(version, requirement)]
        pairs = [(self.strictly or self._runs(it), order(version), it) for it, version in fitting]
        return max(pairs, key=lambda pair: pair[:2])[2] if pairs else None

    def _runs(self, item: Release) -> bool:
        return not self.rust or not item.rust or _numbers(item.rust) <= self.rust


def _wanting(command: PackageCommand, run: PackageRun, base: BaseImage) -> Iterator[Wanted | Reason]:  # noqa: ARG001
    options = dict(command.options)
    overrides = [value for name, value in command.options if name == "config"]
    registries = Registries(command.files.values(), overrides)
    of_manifest = "manifest" in options
    rust = options.get("rust-version", "") if of_manifest else _compiler(base)
    by_name: dict[str, list[str]] = {}
    for word in command.words:
        by_name.setdefault(word.partition("@")[0], []).append(word)
    for name, words in by_name.items():
        found = [_requirement(word, options, of_manifest=of_manifest) for word in words]
        known = tuple(it for it in found if it is not None)
        if not _NAME.fullmatch(name) or len(known) < len(found):
            yield Reason("package-word-unclear", detail=f"{words[0][:80]!r} is not a requirement")
            continue
        index = registries.index(
            options.get(f"registry:{name}") or options.get("registry", ""),
            options.get(f"index:{name}") or options.get("index", ""),
        )
        if isinstance(index, Reason):
            yield index
            continue
        crate = _Crate(known, _numbers(rust), not of_manifest)
        file = IndexFile(CARGO.name, "crate", (f"{index}/{_path(name)}",), largest=LARGEST)
        yield Wanted(" ".join(words), name, f"pkg:cargo/{name}", (file,), crate.choose)


def _requirement(word: str, options: dict[str, str], *, of_manifest: bool) -> Requirement | None:
    text = word.partition("@")[2]
    if of_manifest:
        return requirement_of(text)
    text = text or options.get("version", "")
    return version_flag(text) if text else ()


def _compiler(base: BaseImage) -> str:
    return dict(base.config.environment).get("RUST_VERSION", "")


def _numbers(text: str) -> Numbers:
    match = _RUST.fullmatch(text)
    return tuple(int(it or 0) for it in match.groups()) if match else ()


def _path(name: str) -> str:
    """Where the file of a crate is in an index (https://doc.rust-lang.org/cargo/reference/registry-index.html)."""
    name = name.lower()
    if len(name) <= 2:
        return f"{len(name)}/{name}"
    return f"3/{name[0]}/{name}" if len(name) == 3 else f"{name[:2]}/{name[2:4]}/{name}"


def read_crate(body: bytes) -> Entries:
    """The versions of a crate that are not yanked. A line of another form is left out. Raises ValueError."""
    lines = [line for line in body.splitlines() if line.strip()]
    read = [found for line in lines if (found := _line(line)) is not None]
    if lines and not read:
        raise ValueError("it is no index of a crate")
    usual = [it for it in read if not it.yanked and it.v <= _NEWEST_FORM and version_of(it.vers)]
    yield RELEASES, msgspec.msgpack.encode([_release(it) for it in usual])


def _line(line: bytes) -> _Line | None:
    try:
        return msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _release(line: _Line) -> Release:
    digest = line.cksum if isinstance(line.cksum, str) and _SHA256.fullmatch(line.cksum) else ""
    rust = (
        line.rust_version if isinstance(line.rust_version, str) and _RUST.fullmatch(line.rust_version) else ""
    )
    return Release(line.vers, f"sha256:{digest}" if digest else "", rust[:40])


CARGO = NamedPackages("cargo", _wanting, read_crate)
