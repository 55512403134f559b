"""What a composer.json and the options of a command decide: repositories, stability, the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.packages import IndexFile, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.packages.composer.versions import STABILITIES
from freshlayer.packages.named.member import LARGEST

_PACKAGIST = "https://repo.packagist.org"
_OWN = compiled(r"https?://(?:repo\.)?packagist\.org/?")

Table = Mapping[str, object]


class Repository(Struct, frozen=True):
    """``root``: its packages.json; None for one whose ``pattern`` is known."""

    url: str
    root: IndexFile | None = None
    pattern: str = ""
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    is_canonical: bool = True

    def may_have(self, name: str) -> bool:
        """By its filters."""
        if self.only and not any(fnmatchcase(name, it) for it in self.only):
            return False
        return not any(fnmatchcase(name, it) for it in self.exclude)


class Settings(Struct, frozen=True):
    """``php``: the version of the interpreter; empty where it is not known or does not count."""

    repositories: tuple[Repository, ...]
    stability: str = "stable"
    prefers_stable: bool = False
    php: str = ""


def settings_of(command: PackageCommand, php: str) -> Settings | Reason:
    """``php``: that of the base image."""
    options = dict(command.options)
    text = next((text for path, text in command.files.items() if path.endswith("composer.json")), "{}")
    try:
        manifest = _table(msgspec.json.decode(text.encode("utf-8", "replace")))
    except (msgspec.MsgspecError, RecursionError):
        return Reason("lock-not-read", detail="composer.json is not JSON")
    platform = _table(_table(manifest.get("config")).get("platform")).get("php")
    stability = str(options.get("stability") or manifest.get("minimum-stability") or "stable").lower()
    own = [value for name, value in command.options if name == "repository"]
    repositories = tuple(_named(own) if own else _repositories(manifest.get("repositories")))
    return Settings(
        repositories,
        stability if stability in STABILITIES else "stable",
        manifest.get("prefer-stable") is True or "prefer-stable" in options,
        "" if "ignore-platform-reqs" in options else platform if isinstance(platform, str) else php,
    )


def _named(urls: list[str]) -> Iterator[Repository]:
    for url in urls:
        yield from _composer({"url": url})


def _repositories(value: object) -> Iterator[Repository]:
    """In order; packagist.org is the last one, unless it is turned off."""
    listed = (
        value
        if isinstance(value, list)
        else [
            {**_table(it), "": name} if isinstance(it, dict) else {name: it}
            for name, it in _table(value).items()
        ]
    )
    off = False
    for item in listed:
        known = _table(item)
        off |= any(known.get(name) is False for name in ("packagist.org", "packagist"))
        off |= known.get("") in {"packagist.org", "packagist"}
        if known.get("type", "composer") == "composer":
            yield from _composer(known)
    if not off:
        yield Repository(_PACKAGIST, pattern="/p2/%package%.json")


def _composer(item: Table) -> Iterator[Repository]:
    url = item.get("url")
    if not isinstance(url, str):
        return
    url = without_login(url).rstrip("/").removesuffix("/packages.json")
    if _OWN.fullmatch(url):
        yield Repository(_PACKAGIST, pattern="/p2/%package%.json")
        return
    root = IndexFile("composer", "root", (f"{url}/packages.json",), largest=LARGEST)
    only, exclude = (_texts(item.get(name)) for name in ("only", "exclude"))
    yield Repository(url, root, "", only, exclude, item.get("canonical") is not False)


def _table(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(it for it in value if isinstance(it, str)) if isinstance(value, list) else ()
