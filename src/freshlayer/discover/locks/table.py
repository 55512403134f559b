"""The commands that may be bound to a lock file: a row each."""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import dirname, join

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.locks import compiled, javascript, python, scripting
from freshlayer.discover.locks.project import Lock, Project

Reader = Callable[[Project], Lock]


class LockRow(Struct, frozen=True):
    """``commands``: a pattern of the first words that are no options; the whole of them has to match."""

    programs: frozenset[str]
    commands: str
    reader: Reader


def _row(programs: str, commands: str, reader: Reader) -> LockRow:
    return LockRow(frozenset(programs.split()), commands, reader)


ROWS: tuple[LockRow, ...] = (
    _row("npm", "ci|clean-install|ic|install-clean", javascript.npm_ci),
    _row("npm", "install|i", javascript.npm_install),
    _row("yarn yarnpkg", "|install", javascript.yarn),
    _row("pnpm", "install|i|ci", javascript.pnpm),
    _row("bun", "install|i|ci", javascript.bun),
    _row("pip pip3 uv", "(?:pip )?install", python.pip),
    _row("uv", "sync", python.uv_sync),
    _row("poetry", "install|sync", python.poetry),
    _row("pipenv", "sync|install", python.pipenv),
    _row("pdm", "sync|install", python.pdm),
    _row("conda mamba micromamba", "create|install", python.conda),
    _row("conda-lock", "install", python.conda_lock),
    _row("bundle bundler", "|install", scripting.bundler),
    _row("composer", "install|i", scripting.composer),
    _row("mix", "deps.get", scripting.mix),
    _row("dart flutter", "pub get", scripting.pub),
    _row("R Rscript", "renv::restore.*", scripting.renv),
    _row("cargo", "build|b|install|fetch|test|run|check", compiled.cargo),
    _row("go", "mod download|build|install|test|run|vet", compiled.go),
    _row("dotnet", "restore|build|publish", compiled.dotnet),
    _row("mvn mvnw", ".*", compiled.maven),
    _row("gradle gradlew", ".*", compiled.gradle),
)
"""Program and subcommand → the reader of its lock file. The first row that matches counts."""

_OF_PROGRAM = {
    name: tuple(row for row in ROWS if name in row.programs)
    for name in frozenset().union(*(it.programs for it in ROWS))
}


_DIRECTORIES: dict[str, frozenset[str]] = {
    "npm": frozenset({"--prefix", "-C"}),
    "yarn": frozenset({"--cwd"}),
    "yarnpkg": frozenset({"--cwd"}),
    "pnpm": frozenset({"--prefix", "-C", "--dir"}),
    "bun": frozenset({"--cwd"}),
    "uv": frozenset({"--directory", "--project"}),
    "poetry": frozenset({"-C", "--directory", "-P", "--project"}),
    "pdm": frozenset({"-p", "--project"}),
    "composer": frozenset({"-d", "--working-dir"}),
    "dart": frozenset({"-C", "--directory"}),
    "flutter": frozenset({"-C", "--directory"}),
    "cargo": frozenset({"-C", "--manifest-path"}),
    "go": frozenset({"-C"}),
    "gradle": frozenset({"-p", "--project-dir"}),
    "gradlew": frozenset({"-p", "--project-dir"}),
}
"""Program → the options that name the directory of the project, or the manifest in it."""

_MANIFESTS = frozenset({"--manifest-path"})
_NONE: frozenset[str] = frozenset()


def _in_directory(program: str, project: Project) -> Project:
    """The project that a command names, without the options that name it."""
    options, kept, directory = _DIRECTORIES.get(program, _NONE), list[str](), project.directory
    if options.isdisjoint([word.partition("=")[0] for word in project.arguments] if options else ()):
        return project
    words = iter(project.arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name not in options:
            kept.append(word)
            continue
        value = value if equals else next(words, "")
        directory = join(directory, dirname(value) if name in _MANIFESTS else value)
    return replace(project, arguments=tuple(kept), directory=directory, is_named=True)


def lock_of(program: str, project: Project) -> Lock | None:
    """Whether a lock file names all that a command installs; None for a command that knows no lock file."""
    rows = _OF_PROGRAM.get(program)
    if rows is None:
        return None
    project = _in_directory(program, project)
    words = " ".join(word for word in project.arguments if not word.startswith("-"))
    for row in rows:
        if re.match(rf"(?:{row.commands})(?: |$)", words):
            return row.reader(project)
    return None
