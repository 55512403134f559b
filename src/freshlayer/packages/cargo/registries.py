"""The index that a command of cargo reads, by its options, its environment and its configuration files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from freshlayer.model.reasons import Reason

CRATES_IO = "https://index.crates.io"
_OLD = "https://github.com/rust-lang/crates.io-index"
_SPARSE = "sparse+"
_MOST_REPLACED = 10

Table = Mapping[str, object]


class Registries:
    """``texts``: configuration files, the strongest last. ``overrides``: ``key=value``, before all files."""

    def __init__(self, texts: Iterable[str], overrides: Iterable[str]) -> None:
        self._tables = [*_read(overrides), *reversed(list(_read(texts)))]

    def index(self, registry: str = "", url: str = "") -> str | Reason:
        """The address of a sparse index, without a slash at its end; or why there is none.

        ``registry``: its name, ``url``: its index; without both it is the default one.
        """
        name = registry or ("" if url else self._text("registry", "default"))
        if not url and name and name != "crates-io":
            url = self._text("registries", name, "index")
            if not url:
                return Reason(
                    "package-source-unknown", detail=f"no index of the registry {name[:80]!r} is known"
                )
        return self._sparse(url or self._text("registries", "crates-io", "index") or CRATES_IO)

    def _sparse(self, url: str) -> str | Reason:
        found = self._replaced(url)
        if isinstance(found, Reason):
            return found
        url = _plain(found)
        if url == CRATES_IO or found.startswith(_SPARSE):
            return url if urlsplit(url).scheme in {"http", "https"} else _unread(found)
        return _unread(found)

    def _replaced(self, url: str) -> str | Reason:
        """What is in place of an index (``replace-with``)."""
        for _ in range(_MOST_REPLACED):
            name = self._source(url)
            instead = self._text("source", name, "replace-with") if name else ""
            if not instead:
                return url
            if self._text("source", instead, "directory") or self._text("source", instead, "local-registry"):
                return Reason("package-source-unknown", detail=f"the source {instead[:80]!r} is a directory")
            url = self._text("source", instead, "registry") or self._text("registries", instead, "index")
            if not url:
                return CRATES_IO if instead == "crates-io" else _unread(instead)
        return _unread(url)

    def _source(self, url: str) -> str:
        """The name that a configuration gives an index; empty where none does."""
        if _plain(url) == CRATES_IO:
            return "crates-io"
        names = dict.fromkeys(str(name) for table in self._tables for name in _inside(table.get("source")))
        same = (it for it in names if self._text("source", it, "registry") == url)
        return next(same, "") or self._named(url)

    def _named(self, url: str) -> str:
        names = dict.fromkeys(
            str(name) for table in self._tables for name in _inside(table.get("registries"))
        )
        return next((it for it in names if self._text("registries", it, "index") == url), "")

    def _text(self, *keys: str) -> str:
        """The strongest value of a key; empty without one."""
        for table in self._tables:
            found: object = table
            for key in keys:
                found = _inside(found).get(key)
            if isinstance(found, str):
                return found
        return ""


def _plain(url: str) -> str:
    """Without the protocol; the repository that crates.io once had is its index."""
    found = url.removeprefix(_SPARSE).rstrip("/")
    return CRATES_IO if found == _OLD else found


def _unread(url: str) -> Reason:
    return Reason("package-source-unknown", detail=f"{url[:120]!r} is no sparse index")


def _read(texts: Iterable[str]) -> Iterator[Table]:
    for text in texts:
        try:
            yield tomllib.loads(text)
        except (ValueError, RecursionError):
            continue


def _inside(value: object) -> Table:
    return value if isinstance(value, dict) else {}
