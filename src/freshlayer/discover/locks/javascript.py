"""npm, yarn, pnpm, bun."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from freshlayer.lazy_regex import compiled

_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies")
_NOT_FROM_INDEX = ("file:", "link:", "workspace:", "portal:", "patch:", "catalog:")
_YARN_KEY = compiled(r'(?m)^(?:"[^"\n]+"|[^\s#"][^\n]*):\s*$')
_YARN_ENTRY = compiled(r"(@?[^@\s\",]{1,214})@(?:npm:)?([^\",]*)")
_PNPM_NAME = compiled(r"(?m)^ {6}'?(@?[\w./-]+)'?:\n {8}specifier: ([^\n]+)$")
_PNPM_OLD = compiled(r"(?m)^ {2}'?(@?[\w./-]+)'?:(?: [^\n]+|\n {4}specifier: [^\n]+)$")
_TRAILING_COMMA = compiled(r",(\s*[}\]])")
_WITHOUT_LOCK = ("--no-package-lock", "--package-lock=false", "--no-shrinkwrap")
_NO_LOCK = compiled(r"(?m)^[ \t]*package-lock[ \t]*=[ \t]*false\b")
_VALUES = ("--prefix", "--cwd", "-C", "--dir", "--registry", "--omit", "--include", "--loglevel", "--cache")


def npm_ci(project: Project) -> Lock:
    """``npm ci`` refuses a lock file that does not fit its manifest."""
    return _npm(project, fails=True)


def _npm(project: Project, *, fails: bool) -> Lock:
    found = project.first("npm-shrinkwrap.json", "package-lock.json")
    manifest = project.text("package.json")
    if found is None or manifest is None:
        return not_there(project, "package-lock.json", "package.json", fails=fails)
    name, text = found
    try:
        lock, wanted = from_json(text), dict(_wanted(from_json(manifest)))
    except ValueError:
        return unreadable(name)
    root = inside(lock, "packages", "")
    if "packages" in lock:
        locked = {f"{it}@{spec}" for section in _SECTIONS for it, spec in table(root.get(section)).items()}
        return covered(name, (f"{it}@{spec}" for it, spec in wanted.items()), locked)
    return covered(name, wanted, table(lock.get("dependencies")))


def npm_install(project: Project) -> Lock:
    """``npm install`` without names follows a lock file that fits its manifest."""
    if len(project.words(*_VALUES)) > 1:
        return floating("npm install with names does not follow a lock file")
    if project.has("-g", "--global"):
        return floating("npm install -g does not follow a lock file")
    if project.has(*_WITHOUT_LOCK) or _NO_LOCK.search(project.text(".npmrc") or ""):
        return floating("npm install ignores the lock file (package-lock is off)")
    return _npm(project, fails=False)


def yarn(project: Project) -> Lock:
    """``yarn install`` that refuses to change its lock file."""
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
        wanted = [f"{name}@{spec.removeprefix('npm:')}" for name, spec in _wanted(from_json(manifest))]
    except ValueError:
        return unreadable("package.json")
    return covered("yarn.lock", wanted, locked)


def pnpm(project: Project) -> Lock:
    """``pnpm install`` that refuses to change its lock file."""
    if not project.has("--frozen-lockfile") and project.environment("CI").lower() not in {"1", "true"}:
        return floating("pnpm install changes its lock file unless it is given --frozen-lockfile")
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
        wanted = dict(_wanted(from_json(manifest)))
    except ValueError:
        return unreadable("package.json")
    if newer:
        return covered("pnpm-lock.yaml", (f"{name}@{spec}" for name, spec in wanted.items()), locked)
    return covered("pnpm-lock.yaml", wanted, names)


def bun(project: Project) -> Lock:
    """``bun install`` that refuses to change its lock file."""
    if not project.has("--frozen-lockfile") and "ci" not in project.arguments[:1]:
        return floating("bun install changes its lock file unless it is given --frozen-lockfile")
    text, manifest = project.text("bun.lock"), project.text("package.json")
    if text is None or manifest is None:
        return missing("bun.lock")
    try:
        lock = from_json(_TRAILING_COMMA.sub(r"\1", text))
        wanted = [f"{name}@{spec}" for name, spec in _wanted(from_json(manifest))]
    except ValueError:
        return unreadable("bun.lock")
    root = inside(lock, "workspaces", "")
    locked = {f"{name}@{spec}" for section in _SECTIONS for name, spec in table(root.get(section)).items()}
    return covered("bun.lock", wanted, locked)


def _is_immutable(project: Project) -> bool:
    return project.environment("YARN_ENABLE_IMMUTABLE_INSTALLS").lower() in {"1", "true"}


def _wanted(manifest: Table) -> Iterator[tuple[str, str]]:
    """(name, range) of what a package.json takes from an index."""
    for section in _SECTIONS:
        for name, spec in table(manifest.get(section)).items():
            if isinstance(spec, str) and not spec.startswith(_NOT_FROM_INDEX):
                yield name, spec
