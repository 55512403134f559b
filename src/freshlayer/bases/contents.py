"""A tree of files → what it decides: text files without secrets, databases of installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from freshlayer.bases import paths, rpm
from freshlayer.bases.limits import MOST_EXTRA, MOST_KEPT, ImageError, exceeded
from freshlayer.bases.tree import File, Lost, Tree
from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseContents, is_kept
from freshlayer.model.reasons import Reason

_SETTING = compiled(r"[ \t]*([^\s=]+)[ \t]*(=?)")
_SECRET = compiled(r"(?i)password|passwd|secret|token|_auth|credential")
_LOGIN = compiled(r"(?<=://)[^/\s@:\"']*:[^/\s@\"']*@")
_SETTINGS = ("etc/yum", "etc/dnf", "etc/tdnf", "etc/zypp")
_INLINED = ("cargo/config", "cargo/config.toml", "uv.toml", "bunfig.toml")
_SETTINGS_FILES = ("pip.conf", "npmrc", "gemrc", ".yarnrc.yml", *_INLINED)
_PAIR = compiled(
    r"(?i),?[ \t]{0,9}[\w-]{0,40}(?:token|secret|password)[\w-]{0,40}[ \t]{0,9}=[ \t]{0,9}"
    r"(?:\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}')"
)
"""In a table on one line; what is beside it stays."""
_INLINE = compiled(r"(?i)(?:token|secret|password)[\w-]{0,40}\s{0,9}=")


def missing(tree: Tree, wanted: paths.Wanted) -> frozenset[str]:
    """What links lead to, and was not kept: to be kept in another pass."""
    found = (lost.path for _, lost in _places(tree) if isinstance(lost, Lost))
    unknown = {path for path in found if not wanted.concerns(path) and not paths.is_left_out(path)}
    if len(unknown | wanted.extra) > MOST_EXTRA:
        raise exceeded(f"its links lead to more than {MOST_EXTRA} other files")
    return frozenset(unknown)


def contents_of(tree: Tree) -> BaseContents:
    """Raises ImageError where a database is too large."""
    found = {path: node.content for path, node in _text_files(tree) if isinstance(node, File)}
    kept = {path: content for path, content in found.items() if is_kept(f"/{path}") and path.isprintable()}
    texts = {
        f"/{path}": _text(path, content)
        for path, content in kept.items()
        if isinstance(content, bytes) and b"\0" not in content
    }
    unreadable: dict[str, Reason] = {}
    databases = {paths.APT: _dpkg_status(tree), paths.APK: _apk_installed(tree)}
    installed = {manager: text for manager, text in databases.items() if text is not None}
    try:
        packages = rpm.installed(lambda path: _on_disk(tree, path))
        if packages is not None:
            installed[paths.RPM] = packages
    except ImageError as error:
        unreadable[paths.RPM] = error.reason
    left_out = tuple(sorted(name for path in kept if (name := f"/{path}") not in texts))
    return BaseContents(texts, installed, left_out, unreadable)


def _places(tree: Tree) -> Iterator[tuple[str, File | Lost]]:
    """Whatever is wanted, as far as it is there or may be."""
    databases = (paths.DPKG_STATUS, *paths.APK_INSTALLED, *paths.RPM_SQLITE, *paths.RPM_NDB)
    yield from _text_files(tree)
    yield from tree.files_below(paths.DPKG_STATUS_DIRECTORY, MOST_KEPT)
    yield from _there(tree, databases)


def _text_files(tree: Tree) -> Iterator[tuple[str, File | Lost]]:
    yield from _there(tree, paths.FILES)
    for directory in paths.DIRECTORIES:
        yield from tree.files_below(directory, MOST_KEPT)


def _there(tree: Tree, names: Iterable[str]) -> Iterator[tuple[str, File | Lost]]:
    for path in names:
        node = tree.find(path)
        if isinstance(node, File | Lost):
            yield path, node


def _text(path: str, content: bytes) -> str:
    """The text of a file without the secrets that it may have."""
    text = content.decode("utf-8", "replace")
    text = _LOGIN.sub("", text) if "@" in text else text
    if not (path.startswith(_SETTINGS) or path.endswith(_SETTINGS_FILES)) or not _SECRET.search(text):
        return text
    inline = path.endswith(_INLINED)
    kept = (line for line in text.splitlines(keepends=True) if not _is_secret(line))
    plain = (_PAIR.sub("", line) if inline else line for line in kept)
    return "".join(line for line in plain if not (inline and _INLINE.search(line)))


def _is_secret(line: str) -> bool:
    """Whether a line gives a value to a name that is one of a secret; comments are kept."""
    setting = _SETTING.match(line)
    secret = _SECRET.search(setting[1]) if setting else None
    if setting is None or secret is None or set(setting[1][: secret.start()]) & set("#;"):
        return False
    return setting[2] == "=" or ":" in setting[1][secret.end() :] or line[setting.end() :].startswith(":")


def _database(tree: Tree, path: str) -> str | None:
    node = tree.find(path)
    if not isinstance(node, File) or not isinstance(node.content, bytes):
        return None
    return node.content.decode("utf-8", "replace")


def _dpkg_status(tree: Tree) -> str | None:
    """Of dpkg, and of each package that a distroless image has: one paragraph a file."""
    parts = [_database(tree, paths.DPKG_STATUS)]
    parts += [
        node.content.decode("utf-8", "replace")
        for path, node in tree.files_below(paths.DPKG_STATUS_DIRECTORY, MOST_KEPT)
        if isinstance(node, File) and isinstance(node.content, bytes) and not paths.is_left_out(path)
    ]
    known = [part for part in parts if part is not None]
    return "\n\n".join(part.strip("\n") for part in known if part.strip()) + "\n" if known else None


def _apk_installed(tree: Tree) -> str | None:
    found = (_database(tree, path) for path in paths.APK_INSTALLED)
    return next((text for text in found if text is not None), None)


def _on_disk(tree: Tree, path: str) -> Path | None:
    node = tree.find(path)
    return node.content if isinstance(node, File) and isinstance(node.content, Path) else None
