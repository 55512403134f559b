"""``poetry install`` of a project without a lock file: poetry resolves what pyproject.toml states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join

from freshlayer.discover.locks.project import canonical, inside, table, tables, texts
from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.poetry_requirements import requirements, specifiers
from freshlayer.discover.syntaxes.python_projects import (
    NotReadError,
    bounds_of_others,
    by_canonical_name,
    of_group,
    refuse_unread,
    stated_by,
)
from freshlayer.model.packages import PYPI_INDEX

_TABLE, _NAMES = table_of(
    """
    directory,C= project,P= extras,E= with= without= only= all-extras all-groups no-dev no-root only-root sync
    dry-run compile no-directory no-interaction,n quiet,q verbose,v no-ansi ansi no-plugins no-cache
    remove-untracked help,h version,V
    """
)
_WHOLE = (("all-extras", ""), ("all-groups", ""))
"""What poetry resolves, whichever part of it is installed."""
_VERBS = frozenset({"install", "sync"})


def poetry(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None where a lock file decides, or there is no project."""
    line = divided(arguments, _TABLE, _NAMES)
    options = dict(line.options)
    directory = join(options.get("directory") or ".", options.get("project") or ".")
    manifest = join(directory, "pyproject.toml")
    text = files.text(manifest)
    if line.verb not in _VERBS or text is None or files.text(join(directory, "poetry.lock")) is not None:
        return None

    def read(document: Mapping[str, object]) -> tuple[Iterable[str], Iterable[tuple[str, str]]]:
        refuse_unread(line.options, _NAMES)
        words = list(_wanted(document, line.options))
        return words, [*_decided(document), *bounds_of_others(_wanted(document, _WHOLE), words)]

    return stated_by(text, manifest, f"poetry {line.verb}", read)


def main_requirements(document: Mapping[str, object], extras: Sequence[str]) -> Iterator[str]:
    """What a package of poetry itself requires, with some of its extras. Raises NotReadError."""
    own, project = inside(document, "tool", "poetry"), table(document.get("project"))
    chosen = {canonical(it) for it in extras}
    dynamic = texts(project.get("dynamic"))
    if "dependencies" in project and "dependencies" not in dynamic:
        if table(own.get("dependencies")).keys() - {"python"}:
            raise NotReadError("tool.poetry.dependencies beside [project]")
        yield from texts(project.get("dependencies"))
        optional = by_canonical_name(table(project.get("optional-dependencies")))
        yield from (word for extra in optional.keys() & chosen for word in texts(optional[extra]))
        return
    if {"dependencies", "optional-dependencies"} & project.keys():
        raise NotReadError("dynamic dependencies beside [project]")
    by_extra = by_canonical_name(table(own.get("extras")))
    wanted = {canonical(name) for extra in by_extra.keys() & chosen for name in texts(by_extra[extra])}
    for name, spec in table(own.get("dependencies")).items():
        if name.lower() != "python" and (not table(spec).get("optional") or canonical(name) in wanted):
            yield from requirements(name, spec)


def _wanted(document: Mapping[str, object], options: Sequence[tuple[str, str]]) -> Iterator[str]:
    names = {name for name, _ in options}
    own = inside(document, "tool", "poetry")
    if not own and "project" not in document:
        raise NotReadError("there is no project of poetry")
    if "only-root" in names:
        return
    groups = _groups(document, own)
    chosen = _chosen(groups, options)
    if "main" in chosen:
        every = [*table(own.get("extras")), *inside(document, "project", "optional-dependencies")]
        extras = every if "all-extras" in names else _split(options, "extras")
        yield from main_requirements(document, extras)
    stated = by_canonical_name(table(document.get("dependency-groups")))
    for group in _with_included(chosen, groups):
        yield from of_group(group, stated, set())
        for name, spec in table(table(groups.get(group)).get("dependencies")).items():
            yield from requirements(name, spec)


def _with_included(chosen: Sequence[str], groups: Mapping[str, object]) -> list[str]:
    """Also the groups that these include, and those that they include. Raises NotReadError."""
    found = dict.fromkeys(chosen)
    waiting = list(chosen)
    while waiting:
        for it in map(canonical, texts(table(groups.get(waiting.pop())).get("include-groups"))):
            if it not in groups:
                raise NotReadError(f"the group {it}")
            waiting += [] if it in found else [it]
            found[it] = None
    return list(found)


def _groups(document: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """Canonical name → ``optional``, ``dependencies`` of all groups but the main one."""
    found: dict[str, object] = {it: {} for it in by_canonical_name(table(document.get("dependency-groups")))}
    found |= by_canonical_name(table(own.get("group")))
    before = table(own.get("dev-dependencies"))
    if before:
        dev = table(found.get("dev"))
        found["dev"] = {**dev, "dependencies": {**before, **table(dev.get("dependencies"))}}
    return found


def _chosen(groups: Mapping[str, object], options: Sequence[tuple[str, str]]) -> list[str]:
    names = {name for name, _ in options}
    only = _split(options, "only")
    if only:
        return [canonical(it) for it in only]
    more = {canonical(it) for it in _split(options, "with")}
    less = {canonical(it) for it in _split(options, "without")} | ({"dev"} if "no-dev" in names else set())
    usual = [it for it, group in groups.items() if not table(group).get("optional") or it in more]
    every = list(groups) if "all-groups" in names else usual
    return [it for it in ("main", *every) if it not in less]


def _split(options: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [it for name, value in options if name == wanted for it in re.split(r"[\s,]+", value) if it]


def _decided(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Options: the index, and the versions of Python that every choice has to run on."""
    own = inside(document, "tool", "poetry")
    sources = tables(own.get("source"))
    urls = [str(it.get("url", PYPI_INDEX)) for it in sources if it.get("priority", "primary") == "primary"]
    if len(urls) != len(sources) or len(urls) > 1:
        raise NotReadError("several tool.poetry.source")
    yield "index-url", urls[0] if urls else PYPI_INDEX
    project = table(document.get("project"))
    python = project.get("requires-python") or table(own.get("dependencies")).get("python")
    if isinstance(python, str) and specifiers("python", python):
        yield "requires-python", specifiers("python", python)
