"""``--no-index`` of pip and of ``uv pip``: it forbids the index alone, not a URL or a git source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from posixpath import dirname, join

from freshlayer.discover.locks.project import from_toml, inside
from freshlayer.discover.syntaxes.language_lines import ProjectFiles

_ON = frozenset({"1", "true", "yes", "on", "y", "t"})
_REMOTE = ("://", "git+", "git@")
_VERBS = frozenset({"install", "download", "wheel"})
_FILES = frozenset({"-r", "--requirement", "-c", "--constraint", "--requirements", "--constraints"})
_OTHER = frozenset({"-e", "--editable", "--override", "--overrides", "--build-constraint", "--group"})
_UNKNOWN = (
    *("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_EDITABLE", "PIP_CONFIG_FILE", "PIP_BUILD_CONSTRAINT"),
    *("UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE"),
)
"""Variables that name further files: with one of them it is in doubt what is read."""
_NO_INDEX = {"pip": "PIP_NO_INDEX", "uv": "UV_NO_INDEX"}
_MOST_FILES = 20
Variable = Callable[[str], str | None]


def reads_local_files(program: str, words: Sequence[str], files: ProjectFiles, variable: Variable) -> bool:
    """Whether the command takes no index, and nothing that it names is remote."""
    own = list(words[: words.index("--")] if "--" in words else words)
    is_without_index = "--no-index" in own or (variable(_NO_INDEX[program]) or "").lower() in _ON
    if not is_without_index or next((word for word in own if not word.startswith("-")), "") not in _VERBS:
        return False
    links = [variable(name) for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")]
    if any(it is None or _is_remote(it) for it in links) or any(variable(it) != "" for it in _UNKNOWN):
        return False
    if any("find-links" in text for _, text in files.configuration("pypi", "pip")):
        return False
    named = list(_named(own))
    return (
        not any(map(_is_remote, own))
        and all(it is not None for it in named)
        and _are_local([it for it in named if it is not None], files)
        and all(_is_local_project(word, files) for word in own if re.match(r"[.~/]", word))
    )


def _is_remote(text: str) -> bool:
    return any(mark in text for mark in _REMOTE)


def _named(words: Sequence[str]) -> Iterator[str | None]:
    """The files of requirements; None for an option that reads something else."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        name, equals, value = word.partition("=")
        if name in _OTHER or word.startswith("-e"):
            yield None
        elif name in _FILES:
            yield value if equals else after
        elif re.match(r"-[a-zA-Z]*[rce]", word) and not word.startswith("-f"):
            yield word[2:] if word[:2] in _FILES else None


def _are_local(waiting: list[str], files: ProjectFiles) -> bool:
    """Whether the files, and those that they name, are known and have no remote requirement."""
    seen = set[str]()
    while waiting:
        name = waiting.pop()
        text = files.text(name)
        if text is None or len(seen) >= _MOST_FILES:
            return False
        if name in seen:
            continue
        seen.add(name)
        for line in re.sub(r"\\\r?\n", " ", text).splitlines():
            known = re.sub(r"(?:^|\s)#.*", "", line).strip()
            nested = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)$", known)
            if nested:
                waiting.append(join(dirname(name), nested[1]))
            elif _is_remote(known) or "${" in known or re.match(r"-e|--editable|[./~]", known):
                return False
    return True


def _is_local_project(word: str, files: ProjectFiles) -> bool:
    """A wheel or a directory of wheels, or a project whose metadata names nothing remote."""
    path = re.sub(r"\[[^\]]*\]$", "", word)
    if path.endswith((".whl", ".txt")):
        return True
    text = files.text(join(path, "pyproject.toml"))
    if text is None:
        return path.startswith("/") and not files.names(path)
    try:
        metadata = from_toml(text)
    except ValueError:
        return False
    project = inside(metadata, "project")
    lists = {key: value for key, value in metadata.items() if key != "project"}
    own = {key: value for key, value in project.items() if key not in {"urls", "readme", "license"}}
    is_stated = bool(project) and "dependencies" not in str(project.get("dynamic", ""))
    return is_stated and not any(map(_is_remote, _texts({"project": own, **lists})))


def _texts(value: object) -> Iterator[str]:
    """All texts below a value; the key of a git source counts as one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield "git+" if key in {"git", "url"} else ""
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)
