"""``pdm install`` of a project without a lock file: pdm resolves what pyproject.toml states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join

from freshlayer.discover.locks.project import canonical, inside, table, tables, texts
from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.python_projects import (
    NotReadError,
    by_canonical_name,
    of_group,
    refuse_unread,
    stated_by,
)
from freshlayer.model.packages import PYPI_INDEX

_TABLE, _NAMES = table_of(
    """
    project,p= group,G,with= without= lockfile,L= skip,k= config,c= venv= dev,d no-default prod,production
    no-dev no-self no-editable no-isolation no-lock,frozen-lockfile check quiet,q verbose,v dry-run
    fail-fast,x clean config-setting,C= non-interactive,n help,h
    """
)
_ALL = ":all"
_UNREAD = ("resolution", "overrides", "allow_prereleases")
"""Keys of ``tool.pdm`` that decide versions."""


def pdm(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None where a lock file decides, or the command needs one."""
    line = divided(arguments, _TABLE, _NAMES)
    options = dict(line.options)
    directory = options.get("project") or "."
    manifest = join(directory, "pyproject.toml")
    lock = join(directory, options.get("lockfile") or "pdm.lock")
    text = files.text(manifest)
    if line.verb != "install" or text is None or files.text(lock) is not None or "check" in options:
        return None

    def read(document: Mapping[str, object]) -> tuple[Iterable[str], Iterable[tuple[str, str]]]:
        refuse_unread(line.options, _NAMES)
        return _wanted(document, line.options), _decided(document, files)

    return stated_by(text, manifest, "pdm install", read)


def _wanted(document: Mapping[str, object], options: Sequence[tuple[str, str]]) -> Iterator[str]:
    own, project = inside(document, "tool", "pdm"), table(document.get("project"))
    unread = [f"tool.pdm.{it}" for it in _UNREAD if own.get(it)]
    unread += [it for it in texts(project.get("dynamic")) if "dependencies" in it]
    if unread or not project:
        raise NotReadError(", ".join(unread) or "there is no [project]")
    names = {name for name, _ in options}
    optional = by_canonical_name(table(project.get("optional-dependencies")))
    groups = by_canonical_name(
        {**table(own.get("dev-dependencies")), **table(document.get("dependency-groups"))}
    )
    if "no-default" not in names:
        yield from texts(project.get("dependencies"))
    for group in _chosen(options, optional, groups):
        yield from texts(optional.get(group))
        yield from of_group(group, groups, set())


def _chosen(
    options: Sequence[tuple[str, str]], optional: Mapping[str, object], groups: Mapping[str, object]
) -> list[str]:
    """Groups of development are installed unless they are left out; extras where they are named."""
    names = {name for name, _ in options}
    stated = _split(options, "group")
    chosen = [] if {"prod", "no-dev"} & names else list(groups)
    if any(it in groups for it in stated):
        chosen = []
    if _ALL in stated:
        stated = [*stated, *optional]
    left_out = set(_split(options, "without"))
    return [it for it in dict.fromkeys([*chosen, *stated]) if it not in left_out]


def _split(options: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [
        it if it == _ALL else canonical(it)
        for name, value in options
        if name == wanted
        for it in value.split(",")
        if it
    ]


def _decided(document: Mapping[str, object], files: ProjectFiles) -> Iterator[tuple[str, str]]:
    """Options: the indexes, and the versions of Python that every choice has to run on."""
    main = files.variable("PDM_PYPI_URL") or PYPI_INDEX
    for source in tables(inside(document, "tool", "pdm").get("source")):
        url = source.get("url")
        if (
            not isinstance(url, str)
            or {"include_packages", "exclude_packages"} & source.keys()
            or "${" in url
        ):
            raise NotReadError("tool.pdm.source")
        if source.get("type", "index") != "index":
            raise NotReadError("tool.pdm.source of links")
        if source.get("name") == "pypi":
            main = url
        else:
            yield "extra-index-url", url
    yield "index-url", main
    python = table(document.get("project")).get("requires-python")
    if isinstance(python, str) and python:
        yield "requires-python", python
