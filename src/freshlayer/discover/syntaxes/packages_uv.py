"""``uv sync`` of a project without a lock file: the requirements that pyproject.toml states.

Where ``uv.lock`` is there, uv keeps its versions: that command is no subject here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join

from freshlayer.discover.locks.project import table, texts
from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.pip_environment import not_computed
from freshlayer.discover.syntaxes.python_projects import (
    NotReadError,
    bounds_of_others,
    items,
    of_group,
    refuse_unread,
    stated_by,
)
from freshlayer.discover.syntaxes.uv_settings import in_order, settings

_TABLE, _NAMES = table_of(
    """
    extra= group= only-group= no-group= no-extra= directory= project= python,p= index= default-index=
    cache-dir= link-mode= package= no-install-package= python-preference= find-links,f= refresh-package=
    index-url,i=
    extra-index-url= all-extras all-groups no-dev dev only-dev no-default-groups no-install-project no-cache,n
    no-install-workspace compile-bytecode no-editable quiet,q verbose,v active inexact exact no-progress
    offline all-packages frozen locked no-build-isolation refresh upgrade,U native-tls no-config
    output-format= no-editable-package= keyring-provider= upgrade-package,P= upgrade-group= reinstall-package=
    config-setting,C,config-settings= config-settings-package= no-build-isolation-package= color=
    allow-insecure-host= reinstall no-install-local require-build-hashes no-require-build-hashes
    managed-python no-managed-python no-python-downloads allow-python-downloads system-certs help,h preview
    """
)
_INDEXES = {"default-index": "index-url", "index-url": "index-url"}
_MORE_INDEXES = frozenset({"index", "extra-index-url"})
_WHOLE = (("all-extras", ""), ("all-groups", ""))
"""What uv resolves, whichever part of it is installed."""
_NOT_READ = frozenset({"package", "all-packages", "find-links", "no-install-package", "no-extra"})


def uv_sync(arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None where the project or its lock file decides in another way."""
    line = divided(arguments, _TABLE, _NAMES)
    options = dict(line.options)
    directory = options.get("directory") or options.get("project") or "."
    text = files.text(join(directory, "pyproject.toml"))
    if text is None or {"frozen", "locked"} & options.keys():
        return None
    if files.text(join(directory, "uv.lock")) is not None:
        return None
    named = [
        (_INDEXES.get(name, "extra-index-url"), value) for name, value in line.options if _is_index(name)
    ]

    def read(document: Mapping[str, object]) -> tuple[Iterable[str], Iterable[tuple[str, str]]]:
        refuse_unread(line.options, _NAMES, not_computed(files.variable))
        words = tuple(dict.fromkeys(_wanted(document, line.options)))
        bounds = tuple(bounds_of_others(_wanted(document, _WHOLE), words))
        stated = [] if "no-config" in options else settings(files, directory, pip=False)
        return words, (*in_order(files, named, stated), *bounds)

    return stated_by(text, join(directory, "pyproject.toml"), "uv sync", read)


def _is_index(name: str) -> bool:
    return name in _INDEXES or name in _MORE_INDEXES


def _wanted(document: Mapping[str, object], options: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Requirements of the project, its extras and groups. Raises NotReadError."""
    names = {name for name, _ in options}
    project, own = table(document.get("project")), table(table(document.get("tool")).get("uv"))
    unread = list(names & _NOT_READ)
    dynamic = [it for it in texts(project.get("dynamic")) if "dependencies" in it]
    if unread or dynamic or not project:
        raise NotReadError(", ".join(sorted([*unread, *dynamic])) or "there is no [project]")
    only = [value for name, value in options if name == "only-group"] + (
        ["dev"] if "only-dev" in names else []
    )
    if not only:
        yield from texts(project.get("dependencies"))
        optional = table(project.get("optional-dependencies"))
        extras = optional if "all-extras" in names else [value for name, value in options if name == "extra"]
        for extra in extras:
            yield from texts(optional.get(extra))
    groups = table(document.get("dependency-groups"))
    groups["dev"] = [*items(groups.get("dev")), *texts(own.get("dev-dependencies"))]
    for group in only or _groups(options, groups, own):
        yield from of_group(group, groups, set())


def _groups(
    options: Sequence[tuple[str, str]], groups: Mapping[str, object], own: Mapping[str, object]
) -> Sequence[str]:
    names = {name for name, _ in options}
    usual = own.get("default-groups", ["dev"])
    default = list(groups) if usual == "all" or "all-groups" in names else texts(usual)
    left_out = {value for name, value in options if name == "no-group"}
    left_out |= {"dev"} if "no-dev" in names else set()
    kept = [] if "no-default-groups" in names else default
    stated = [value for name, value in options if name == "group"]
    return [it for it in dict.fromkeys([*kept, *stated]) if it not in left_out]
