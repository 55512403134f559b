"""Projects of npm, yarn, pnpm and bun: manifests, the members of a workspace, and catalogs of versions.

The patterns of members are those of each program: real ones are the oracle of ``tests/packages/npm``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from posixpath import join, normpath
from typing import Protocol

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.discover.syntaxes.node_overrides import replacements
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.plain_yaml import Node, documents, node
from freshlayer.shell.patterns import matches

Manifest = Mapping[str, object]
SECTIONS = ("dependencies", "optionalDependencies", "devDependencies")
PEERS = "peerDependencies"
OPTIONAL_PEERS = "peerDependenciesMeta"
"""npm and bun install the peers that this section does not mark as optional; pnpm installs all."""

_MOST_MEMBERS = 1000
_MOST_PLACES = 2000
_MOST_PATTERNS = 100
_MOST_LOOKS = 20_000
_MOST_PIECES = 50
_DEEPEST = 12
_MAGIC = compiled(r"[*?\[]|[!+@]\(")
_BRACES = compiled(r"\{([^{}]*)\}")
_EXTENDED = compiled(r"[!+*?@]\(")
_FILE = compiled(r".+\.[A-Za-z][A-Za-z0-9]{0,5}$")
"""Names that directories seldom have: for ``**`` they count where something below them is known."""
_UNREAD = "the file is not in the part of YAML that is read here"
_LOCAL = compiled(r"(?:file|portal):")


class Files(Protocol):
    """The files that a command sees; names are relative to its directory, or absolute."""

    def path(self, name: str) -> str:
        """Absolute."""

    def read(self, name: str) -> str | Reason:
        """The text of a file, or why it is not known."""

    def text(self, name: str) -> str | None:
        """The text of a file; None where it is not known."""

    def names(self, directory: str) -> frozenset[str]:
        """What is in a directory, as far as it is known."""


class Workspace(Struct, frozen=True):
    """A project. ``root`` and ``members``: directories, relative to that of the command, or absolute.

    ``unknown``: why a part of the members is not known. ``catalogs``: name → package → version; the usual one
    is called ``default``. ``links``: whether a version of a registry can be a member instead.
    ``replacements``: see ``node_overrides``; ``overrides``: the table of npm. ``above``: where npm reads them
    for a member; else empty.
    """

    root: str
    members: tuple[str, ...] = ()
    unknown: Reason | None = None
    catalogs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    links: bool = True
    replacements: Mapping[str, str] = field(default_factory=dict)
    above: str = ""
    overrides: Mapping[str, object] = field(default_factory=dict)


def read_manifest(files: Files, directory: str) -> Manifest | Reason:
    """The package.json of a directory; a reason where it is not known."""
    text = files.read(f"{directory}/package.json")
    if isinstance(text, Reason):
        return text
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return Reason("lock-not-read", detail="package.json is not JSON")
    return found if isinstance(found, dict) else {}


def stated(manifest: Manifest, sections: Sequence[str] = SECTIONS) -> Iterator[tuple[str, str]]:
    """Names and what is wanted of them; a peer dependency counts where no section before names it.

    With ``OPTIONAL_PEERS`` among the sections, optional ones count too.
    """
    before: set[str] = set()
    marks = {} if OPTIONAL_PEERS in sections else _table(manifest, OPTIONAL_PEERS)
    for section in sections:
        for name, wanted in _table(manifest, section).items():
            is_taken = section != PEERS or not (name in before or _is_optional(marks, name))
            if isinstance(wanted, str) and is_taken:
                before.add(name)
                yield name, wanted


def _is_optional(marks: Manifest, peer: str) -> bool:
    return _table(marks, peer).get("optional") is True


def _table(manifest: Manifest, field: str) -> Manifest:
    found = manifest.get(field)
    return found if isinstance(found, dict) else {}


def workspace(tool: str, files: Files, directory: str) -> Workspace:
    """The project of a directory, which may be a member of another one above it.

    ``tool``: ``npm``, ``yarn``, ``berry``, ``pnpm`` or ``bun``. npm installs a member alone; of ``--prefix``
    it looks at no directory above.
    """
    own = _workspace(tool, files, directory)
    if own.members or own.unknown or (tool == "npm" and directory != "."):
        return own
    for above in upwards(files, directory)[1:]:
        found = _workspace(tool, files, above)
        if files.path(directory) in {files.path(it) for it in found.members}:
            if tool != "npm":
                return found
            return replace(own, above=above, overrides=found.overrides)
    return own


def upwards(files: Files, directory: str) -> list[str]:
    """A directory and those above it, the nearest first, relative as it is."""
    found = [normpath(directory)]
    while files.path(found[-1]) != "/" and len(found) < _DEEPEST:
        found.append(normpath(join(found[-1], "..")))
    return found


def _workspace(tool: str, files: Files, root: str) -> Workspace:
    manifest = read_manifest(files, root)
    manifest = {} if isinstance(manifest, Reason) else manifest
    settings = _settings(tool, files, root)
    if isinstance(settings, Reason):
        return Workspace(root, unknown=settings)
    listed = manifest.get("workspaces")
    table = listed if isinstance(listed, dict) else {}
    patterns = settings.get("packages") if tool == "pnpm" else table.get("packages", listed)
    texts = [it for it in patterns if isinstance(it, str)] if isinstance(patterns, list) else []
    found = _members(tool, files, root, texts)
    unknown = found if isinstance(found, Reason) else None
    members = () if isinstance(found, Reason) else tuple(found)
    catalogs = _catalogs([settings, *((manifest, table) if tool == "bun" else ())])
    links = tool != "pnpm" or _links(files, root, settings)
    known = _table(manifest, "overrides") if tool == "npm" else {}
    replaced = replacements(tool, manifest, settings)
    return Workspace(root, members, unknown, catalogs, links, replaced, overrides=known)


def _settings(tool: str, files: Files, root: str) -> Mapping[str, object] | Reason:
    """What a file beside package.json states of a project."""
    name = {"pnpm": "pnpm-workspace.yaml", "berry": ".yarnrc.yml"}.get(tool)
    text = files.text(f"{root}/{name}") if name else None
    if name is None or text is None:
        return {}
    try:
        found: Node = next((node(lines) for lines in documents(iter(text.splitlines()))), {})
    except ValueError:
        return Reason("requirements-not-stated", detail=f"{name}: {_UNREAD}")
    return found if isinstance(found, dict) else {}


def _links(files: Files, root: str, settings: Mapping[str, object]) -> bool:
    """Whether pnpm takes a member where a version of it is wanted: from version 9 on, not by itself."""
    own = files.text(f"{root}/.npmrc") or ""
    written = re.search(r"(?m)^\s*link-workspace-packages\s*=\s*(\w+)", own)
    value = settings.get("linkWorkspacePackages") or (written[1] if written else "")
    return value in {"true", "deep"}


def _catalogs(tables: Iterable[Mapping[str, object]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        several = table.get("catalogs")
        every = dict(several) if isinstance(several, dict) else {}
        for name, versions in [("default", table.get("catalog")), *every.items()]:
            for package, wanted in versions.items() if isinstance(versions, dict) else ():
                if isinstance(wanted, str):
                    found.setdefault(str(name), {})[str(package)] = wanted
    return found


def with_local(tool: str, files: Files, directories: Iterable[str]) -> list[str]:
    """Also the directories that dependencies name as ``file:PATH``, whose dependencies are installed too."""
    found = dict.fromkeys(map(normpath, directories))
    waiting = list(found)
    while waiting and len(found) <= _MOST_MEMBERS:
        directory = waiting.pop()
        manifest = read_manifest(files, directory)
        for _, wanted in () if isinstance(manifest, Reason) else stated(manifest):
            member = local(directory, wanted)
            is_local = wanted.startswith("file:") or (tool == "berry" and wanted.startswith("portal:"))
            if is_local and member not in found and not isinstance(read_manifest(files, member), Reason):
                found[member] = None
                waiting.append(member)
    return list(found)


def local(directory: str, wanted: str) -> str:
    """The directory or archive of ``file:PATH`` or ``portal:PATH``."""
    return normpath(join(directory, _LOCAL.sub("", wanted, count=1)))


def _members(tool: str, files: Files, root: str, patterns: Sequence[str]) -> list[str] | Reason:
    """The directories that have a manifest and that the patterns name; yarn 1 knows no ``!``."""
    taken: list[str] = []
    left: list[str] = []
    for number, pattern in enumerate(patterns):
        text = pattern.removeprefix("!")
        if text == pattern:
            # For yarn from version 2 on, `a/**` is what is below a, and not a itself.
            taken.append(f"{text[:-2]}*/**" if tool == "berry" and text.endswith("/**") else text)
        elif tool in {"berry", "pnpm"} or (tool != "yarn" and text not in patterns[number:]):
            left.append(text)
    read = _Patterns(files, root)
    try:
        outside = set(read.directories(left, lambda _: True))
        found = [it for it in read.directories(taken, read.has_manifest) if it not in outside]
    except _NotReadError as error:
        return Reason("requirements-not-stated", detail=f"workspaces: {error}"[:80])
    return [it for it in found if it != normpath(root)]


class _NotReadError(ValueError):
    """A pattern that is not computed here, or that names too much."""


class _Patterns:
    """The directories below a root, as far as they are known."""

    def __init__(self, files: Files, root: str) -> None:
        self._files = files
        self._root = normpath(root)
        self._places = 0
        self._looks = 0

    def has_manifest(self, directory: str) -> bool:
        """Whether there is one, of whatever text."""
        found = self._files.read(f"{directory}/package.json")
        return not isinstance(found, Reason) or found.code != "no-manifest"

    def directories(self, patterns: Sequence[str], counts: Callable[[str], bool]) -> Iterator[str]:
        """In order, each once."""
        found: dict[str, None] = {}
        for pattern in _expanded(patterns):
            pieces = [it for it in pattern.split("/") if it not in {"", "."}]
            if len(pieces) > _MOST_PIECES:
                raise _NotReadError("a pattern of too many pieces")
            for directory in self._walk(self._root, pieces, set(), 0):
                if directory not in found and counts(directory):
                    found[directory] = None
        if len(found) > _MOST_MEMBERS:
            raise _NotReadError(f"more than {_MOST_MEMBERS} members")
        yield from found

    def _walk(self, at: str, pieces: Sequence[str], seen: set[tuple[str, int]], depth: int) -> Iterator[str]:
        if (at, len(pieces)) in seen:
            return
        seen.add((at, len(pieces)))
        if not pieces:
            yield at
        elif pieces[0] == "**":
            yield from self._walk(at, pieces[1:], seen, depth)
            for name in self._names(at) if depth < _DEEPEST else ():
                below = normpath(join(at, name))
                if not name.startswith(".") and not (_FILE.match(name) and self._is_empty(below)):
                    yield from self._walk(below, pieces, seen, depth + 1)
        elif not _MAGIC.search(pieces[0]):
            yield from self._walk(normpath(join(at, pieces[0])), pieces[1:], seen, depth)
        else:
            for name in self._names(at):
                if _fits(pieces[0], name):
                    yield from self._walk(normpath(join(at, name)), pieces[1:], seen, depth)

    def _is_empty(self, directory: str) -> bool:
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise _NotReadError("too many files")
        return not self._files.names(directory)

    def _names(self, directory: str) -> list[str]:
        self._places += 1
        if self._places > _MOST_PLACES:
            raise _NotReadError("too many directories")
        return sorted(it for it in self._files.names(directory) if it != "node_modules")


def _fits(piece: str, name: str) -> bool:
    if name.startswith(".") and not piece.startswith("."):
        return False
    found = None if _EXTENDED.search(piece) else matches(piece, name)
    if found is None:
        raise _NotReadError(piece)
    return found


def _expanded(patterns: Iterable[str]) -> list[str]:
    """``{a,b}`` written out."""
    waiting, found = list(patterns)[::-1], []
    while waiting:
        pattern = waiting.pop()
        braces = _BRACES.search(pattern)
        if braces is None:
            found.append(pattern)
        else:
            before, after = pattern[: braces.start()], pattern[braces.end() :]
            waiting += [f"{before}{it}{after}" for it in braces[1].split(",")[::-1]]
        if len(waiting) + len(found) > _MOST_PATTERNS:
            raise _NotReadError("too many patterns")
    return found
