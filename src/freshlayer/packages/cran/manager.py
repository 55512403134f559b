"""The member of ``PackageManager`` for R, by ``PACKAGES.gz`` of each repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexFile, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.packages.cran.profiles import repositories
from freshlayer.packages.named.member import Choice, NamedPackages, Wanted

_CRAN = "https://cloud.r-project.org"
_LARGEST = 64 << 20
_DECOMPRESSED = 256 << 20
_LONGEST_LINE = 1 << 16
_VERSION = compiled(r"\d{1,9}(?:[.-]\d{1,9}){1,8}")
_NAME = compiled(r"[A-Za-z][A-Za-z0-9.]{1,100}")
_MD5 = compiled(r"[0-9a-f]{32}")
_NEEDS_R = compiled(r"(?:^|,)\s*R\s*\(\s*(>=|>|<=|<|==|!=)\s*r?([\d.-]{1,40})\s*\)")
_OF_SITE = ("/usr/local/lib/R/etc/Rprofile.site", "/usr/lib/R/etc/Rprofile.site", "/etc/R/Rprofile.site")
_OF_USER = ("/root/.Rprofile",)
_FIELDS = frozenset({"Package", "Version", "Depends", "MD5sum", "OS_type"})
_OPERATORS = {
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    "<": lambda order: order < 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
}


class Release(Struct, frozen=True, array_like=True):
    """``needs``: (operator, version) of R."""

    version: str
    md5: str = ""
    needs: tuple[tuple[str, str], ...] = ()


class _Target(Struct, frozen=True):
    """``interpreter``: the version of R, empty where it is not known."""

    interpreter: str

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """The highest version; of equal ones that of the first repository (``available.packages``)."""
        releases = [
            it for value in stated if value for it in msgspec.msgpack.decode(value, type=list[Release])
        ]
        best = max(filter(self.takes, releases), key=lambda it: numbers(it.version), default=None)
        return Choice(best.version, f"md5:{best.md5}" if best.md5 else "") if best else None

    def takes(self, item: Release) -> bool:
        """Whether this R takes it."""
        if not self.interpreter:
            return True
        own = numbers(self.interpreter)
        return all(
            _OPERATORS[operator]((own > numbers(wanted)) - (own < numbers(wanted)))
            for operator, wanted in item.needs
        )


def numbers(version: str) -> tuple[int, ...]:
    """``1.2-3`` as R compares it (``package_version``): number by number; zeros at the end do not count."""
    found = [int(it) for it in re.split(r"[.-]", version)]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


class _Cran(NamedPackages):
    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The versions of each package, under its name."""
        return read_packages(content)


def _wanting(command: PackageCommand, _run: PackageRun, base: BaseImage) -> Iterator[Wanted | Reason]:
    environment = dict(base.config.environment)
    interpreter = environment.get("R_VERSION") or environment.get("R_BASE_VERSION") or ""
    target = _Target(interpreter if _VERSION.fullmatch(interpreter) else "")
    documents = tuple(
        IndexFile(
            "cran", "packages", (f"{root}/src/contrib/PACKAGES.gz",), compression="gz", largest=_LARGEST
        )
        for root in _repositories(command)
    )
    for word in command.words:
        if not _NAME.fullmatch(word):
            yield Reason("package-word-unclear", detail=repr(word[:80]))
        elif not documents:
            yield Reason("package-source-unknown", detail="the repository of R is not an http or https URL")
        else:
            yield Wanted(word, word, f"pkg:cran/{word}", documents, target.choose, word)


def _repositories(command: PackageCommand) -> list[str]:
    """Those of the call, else of a profile, else of ``CRAN`` in the environment."""
    stated = [value for name, value in command.options if name == "repos"]
    configured = repositories(_profiles(command))
    environment = [value for name, value in command.options if name == "CRAN"]
    found = stated or configured or environment or [_CRAN]
    every = dict.fromkeys(without_login(url).rstrip("/") for url in found)
    return [url for url in every if url.startswith(("https://", "http://"))]


def _profiles(command: PackageCommand) -> Iterator[str]:
    """That of the site, and that of the user: those of the command, else those of the image."""
    for own, paths in (("Rprofile.site", _OF_SITE), (".Rprofile", _OF_USER)):
        texts = [command.files[path] for path in (own, *paths) if path in command.files]
        yield from texts[:1]


def read_packages(content: BinaryIO) -> Entries:
    """A file ``PACKAGES``: what counts of each record. Raises ValueError."""
    found: dict[str, list[Release]] = {}
    fields: dict[str, str] = {}
    for name, value in _fields(content):
        if name:
            fields[name] = value
            continue
        _keep(fields, found)
        fields = {}
    _keep(fields, found)
    if not found:
        raise ValueError("it is no list of packages")
    for package, releases in found.items():
        yield package, msgspec.msgpack.encode(releases)


def _fields(content: BinaryIO) -> Iterator[tuple[str, str]]:
    """(name, value) of each field; two empty texts between records."""
    name, value, size = "", "", 0
    while line := content.readline(_LONGEST_LINE):
        size += len(line)
        if size > _DECOMPRESSED:
            raise ValueError("the list is too large")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[:1] in {" ", "\t"} and name:
            value = f"{value} {text.strip()}"[:_LONGEST_LINE]
            continue
        if name:
            yield name, value
        name, _, value = text.partition(":")
        name, value = (name, value.strip()) if name in _FIELDS else ("", "")
        if not text.strip():
            yield "", ""
    if name:
        yield name, value


def _keep(fields: dict[str, str], found: dict[str, list[Release]]) -> None:
    name, version = fields.get("Package", ""), fields.get("Version", "")
    if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version)) or fields.get("OS_type") == "windows":
        return
    needs = tuple(
        (it[1], it[2]) for it in _NEEDS_R.finditer(fields.get("Depends", "")) if _VERSION.fullmatch(it[2])
    )
    md5 = fields.get("MD5sum", "")
    found.setdefault(name, []).append(Release(version, md5 if _MD5.fullmatch(md5) else "", needs))


def _no_entries(_body: bytes) -> Entries:
    return iter(())


CRAN = _Cran("cran", _wanting, _no_entries)
