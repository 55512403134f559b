"""npm, yarn, pnpm, bun."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.locks.project import (
    Lock,
    Project,
    Table,
    covered,
    floating,
    from_json,
    inside,
    missing,
    not_there,
    table,
    unreadable,
)
from freshlayer.discover.syntaxes.node_members import is_met, members_of
from freshlayer.discover.syntaxes.node_overrides import referred, replaced
from freshlayer.discover.syntaxes.node_workspaces import (
    OPTIONAL_PEERS,
    PEERS,
    SECTIONS,
    read_manifest,
    stated,
    workspace,
)
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_SECTIONS = (*SECTIONS, PEERS)
_NOT_FROM_INDEX = ("file:", "link:", "workspace:", "portal:", "patch:", "catalog:")
_YARN_KEY = compiled(r'(?m)^(?:"[^"\n]+"|[^\s#"][^\n]*):\s*$')
_YARN_ENTRY = compiled(r"(@?[^@\s\",]{1,214})@(?:npm:)?([^\",]*)")
_PNPM_NAME = compiled(r"(?m)^ {6}'?(@?[\w./-]+)'?:\n {8}specifier: ([^\n]+)$")
_PNPM_OLD = compiled(r"(?m)^ {2}'?(@?[\w./-]+)'?:(?: [^\n]+|\n {4}specifier: [^\n]+)$")
_PNPM_PEERS = compiled(r"(?m)^ {2}autoInstallPeers: true$")
_OF_EACH = compiled(r"(?m)^\s*(?:shared-workspace-lockfile\s*=|sharedWorkspaceLockfile:)\s*false\b")
"""See "shared-workspace-lockfile" in the manual of pnpm."""
_TRAILING_COMMA = compiled(r",(\s*[}\]])")
_WITHOUT_LOCK = ("--no-package-lock", "--package-lock=false", "--no-shrinkwrap")
_NO_LOCK = compiled(r"(?m)^[ \t]*package-lock[ \t]*=[ \t]*false\b")
_VALUES = ("--prefix", "--cwd", "-C", "--dir", "--registry", "--omit", "--include", "--loglevel", "--cache")


def npm_ci(project: Project) -> Lock:
    """``npm ci`` refuses a lock file that does not fit its manifest."""
    return _npm(_of_workspace("npm", project), fails=True)


def _npm(project: Project, *, fails: bool) -> Lock:
    found = project.first("npm-shrinkwrap.json", "package-lock.json")
    manifest = project.text("package.json")
    if found is None or manifest is None:
        return not_there(project, "package-lock.json", "package.json", fails=fails)
    name, text = found
    try:
        lock, wanted = from_json(text), list(_wanted("npm", project, _SECTIONS))
    except ValueError:
        return unreadable(name)
    if "packages" in lock:
        return covered(name, _behind(wanted, lambda it: inside(lock, "packages", it)), ())
    names = {it.name for it in wanted if not it.directory}
    return covered(name, names, table(lock.get("dependencies")))


def npm_install(project: Project) -> Lock:
    """``npm install`` without names follows a lock file that fits its manifest."""
    project = _of_workspace("npm", project)
    if len(project.words(*_VALUES)) > 1:
        return floating("npm install with names does not follow a lock file")
    if project.has("-g", "--global"):
        return floating("npm install -g does not follow a lock file")
    if project.has(*_WITHOUT_LOCK) or _NO_LOCK.search(project.text(".npmrc") or ""):
        return floating("npm install ignores the lock file (package-lock is off)")
    return _npm(project, fails=False)


def yarn(project: Project) -> Lock:
    """``yarn install`` that refuses to change its lock file."""
    project = _of_workspace("yarn", project)
    if not project.has("--immutable", "--frozen-lockfile") and not _is_immutable(project):
        return floating("yarn install changes its lock file unless it is given --immutable")
    text, manifest = project.text("yarn.lock"), project.text("package.json")
    if text is None or manifest is None:
        # Yarn 1 installs without a lock file, whatever it is given. It has no .yarnrc.yml.
        fails = project.text(".yarnrc.yml") is not None
        return not_there(project, "yarn.lock", "package.json", fails=fails)
    keys = ", ".join(key.strip().removesuffix(":") for key in _YARN_KEY.findall(text))
    locked = {f"{name}@{spec}" for name, spec in _YARN_ENTRY.findall(keys)}
    try:
        tool = "yarn" if project.text(".yarnrc.yml") is None else "berry"
        wanted = [f"{it.name}@{it.spec.removeprefix('npm:')}" for it in _wanted(tool, project)]
    except ValueError:
        return unreadable("package.json")
    return covered("yarn.lock", wanted, locked)


def pnpm(project: Project) -> Lock:
    """``pnpm install`` that refuses to change its lock file."""
    project = _of_workspace("pnpm", project)
    if not project.has("--frozen-lockfile") and project.environment("CI").lower() not in {"1", "true"}:
        return floating("pnpm install changes its lock file unless it is given --frozen-lockfile")
    if _OF_EACH.search(f"{project.text('.npmrc') or ''}\n{project.text('pnpm-workspace.yaml') or ''}"):
        return floating("each member of the workspace has a lock file of its own (sharedWorkspaceLockfile)")
    text, manifest = project.text("pnpm-lock.yaml"), project.text("package.json")
    if text is None or manifest is None:
        # In CI alone, pnpm writes a lock file where there is none.
        is_frozen = project.has("--frozen-lockfile") and not project.has("--no-frozen-lockfile")
        return not_there(project, "pnpm-lock.yaml", "package.json", fails=is_frozen)
    newer = re.search(r"(?ms)^importers:\n(.*?)(?=^\S|\Z)", text)
    if newer:
        locked = {f"{name}@{spec.strip(chr(39))}" for name, spec in _PNPM_NAME.findall(newer[1])}
        names = {name for name, _ in _PNPM_NAME.findall(newer[1])}
    else:
        locked, names = set(), set(_PNPM_OLD.findall(text))
    try:
        sections = (*_SECTIONS, OPTIONAL_PEERS) if _PNPM_PEERS.search(text) else SECTIONS
        wanted = list(_wanted("pnpm", project, sections))
    except ValueError:
        return unreadable("package.json")
    if newer:
        return covered("pnpm-lock.yaml", (f"{it.name}@{it.spec}" for it in wanted), locked)
    return covered("pnpm-lock.yaml", (it.name for it in wanted if not it.directory), names)


def bun(project: Project) -> Lock:
    """``bun install`` that refuses to change its lock file."""
    project = _of_workspace("bun", project)
    if not project.has("--frozen-lockfile") and "ci" not in project.arguments[:1]:
        return floating("bun install changes its lock file unless it is given --frozen-lockfile")
    text, manifest = project.text("bun.lock"), project.text("package.json")
    if text is None or manifest is None:
        return missing("bun.lock")
    try:
        lock = from_json(_TRAILING_COMMA.sub(r"\1", text))
        wanted = list(_wanted("bun", project, _SECTIONS))
    except ValueError:
        return unreadable("bun.lock")
    return covered("bun.lock", _behind(wanted, lambda it: inside(lock, "workspaces", it)), ())


def _is_immutable(project: Project) -> bool:
    return project.environment("YARN_ENABLE_IMMUTABLE_INSTALLS").lower() in {"1", "true"}


def _of_workspace(tool: str, project: Project) -> Project:
    """For a member, the project at the root of its workspace, which has the lock file.

    Of a directory that the command names, npm looks at none above it.
    """
    if tool == "npm" and project.is_named:
        return project
    found = workspace(tool, _Files(project), ".")
    return replace(project, directory=project.path(found.above or found.root))


class _Wish(Struct, frozen=True):
    """What a package.json takes from an index. ``directory``: that of a member; empty for the root."""

    directory: str
    name: str
    spec: str


class _Files:
    """The files of a project, as the readers of workspaces take them."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def path(self, name: str) -> str:
        """Absolute."""
        return self._project.path(name)

    def read(self, name: str) -> str | Reason:
        """The text of a file, or that there is none."""
        text = self._project.text(name)
        return Reason("no-manifest") if text is None else text

    def text(self, name: str) -> str | None:
        """The text of a file."""
        return self._project.text(name)

    def names(self, directory: str) -> frozenset[str]:
        """What is in a directory."""
        return self._project.names(self.path(directory))


def _wanted(tool: str, project: Project, sections: Sequence[str] = SECTIONS) -> Iterator[_Wish]:
    """Of the root and of the members whose manifests are known. Raises ValueError."""
    files = _Files(project)
    found = workspace(tool, files, ".")
    root = from_json(project.text("package.json") or "")
    members = {it: read_manifest(files, it) for it in found.members}
    manifests = {"": root, **{at: it for at, it in members.items() if not isinstance(it, Reason)}}
    own = members_of(it for at, it in manifests.items() if at and found.links)
    # In the lock files of these two, what is replaced is not there.
    known = found.replacements if tool in {"berry", "pnpm"} else {}
    own_wishes = referred(tool, dict(stated(root)))
    for directory, manifest in manifests.items():
        for name, stated_ in stated(manifest, sections):
            spec = replaced(name, stated_, known, own_wishes)
            if (
                spec is not None
                and not is_met(tool, own, name, spec)
                and not spec.startswith(_NOT_FROM_INDEX)
            ):
                yield _Wish(directory, name, spec)


def _behind(wanted: Iterable[_Wish], locked: Callable[[str], Table]) -> list[str]:
    """What is not in the part of a lock file that is for its directory."""
    known: dict[str, list[Table]] = {}
    found = []
    for it in wanted:
        if it.directory not in known:
            part = locked(it.directory)
            known[it.directory] = [table(part.get(section)) for section in _SECTIONS]
        if not any(section.get(it.name) == it.spec for section in known[it.directory]):
            found.append(f"{it.name}@{it.spec}")
    return found
