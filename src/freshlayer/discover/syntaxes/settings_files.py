"""The files that configure a language's package manager: where they are, and what is known of their text.

What is not known of a text is ``NOT_KNOWN`` in it. It counts unless it is a credential: a registry is not
taken for the default one because the token for it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from posixpath import join

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import NOT_KNOWN, FileText, NoText

Variable = Callable[[str], str]

_CREDENTIAL = compiled(r"(?i).*(?:token|passw|secret|auth|credential|user|email|certfile|keyfile).*[=:\s]")
"""A line that gives a value to the name of a credential, up to what is not known of it."""
_REFERRED = compiled(r"\$\{(\w+)[^}\n]*\}")
_EXPANDED = frozenset({"npm", "conda"})
"""Managers that expand variables in their files."""
_NO_FILE = "/dev/null"


def places(manager: str, program: str, variable: Variable, projects: Sequence[str]) -> list[str]:
    """Paths of the files that count, the strongest last. ``projects``: directories of the project."""
    find = _PLACES.get(program) or _PLACES.get(manager)
    return list(find(variable, projects)) if find else []


def home_of(variable: Variable) -> str:
    """The home directory of the user that a command runs as."""
    return variable("HOME") or "/root"


def configuration_of(variable: Variable) -> str:
    """The directory in which programs keep the settings of a user."""
    return variable("XDG_CONFIG_HOME") or join(home_of(variable), ".config")


def _of_pip(variable: Variable, _projects: Sequence[str]) -> Iterator[str]:
    """``pip config debug`` lists them. A file that PIP_CONFIG_FILE names hides those of the user."""
    named = variable("PIP_CONFIG_FILE")
    if named == _NO_FILE:
        return
    yield from ("/etc/xdg/pip/pip.conf", "/etc/pip.conf")
    if not named:
        yield from (
            join(home_of(variable), ".pip/pip.conf"),
            join(configuration_of(variable), "pip/pip.conf"),
        )
    site = variable("VIRTUAL_ENV")
    yield from ("/usr/pip.conf", "/usr/local/pip.conf", *([join(site, "pip.conf")] if site else ()))
    yield from [named] if named else []


def _of_npm(variable: Variable, projects: Sequence[str]) -> Iterator[str]:
    stated = [variable(f"{prefix}globalconfig") or variable(f"{prefix}GLOBALCONFIG") for prefix in _OF_NPM]
    yield from next(([it] for it in stated if it), ["/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc"])
    stated = [variable(f"{prefix}userconfig") or variable(f"{prefix}USERCONFIG") for prefix in _OF_NPM]
    yield next((it for it in stated if it), join(home_of(variable), ".npmrc"))
    yield from (join(project, ".npmrc") for project in projects)


_OF_NPM = ("npm_config_", "NPM_CONFIG_")
_NAMED = {"pypi": ("PIP_CONFIG_FILE",), "gem": ("GEMRC",), "conda": ("CONDARC",)}
"""Manager → variables that name a file. npm goes on without one that is not there."""


def named_by_variables(manager: str, variable: Variable) -> frozenset[str]:
    """Files that variables of the environment name."""
    return frozenset(it for name in _NAMED.get(manager, ()) for it in variable(name).split(":") if it)


def _of_gem(variable: Variable, _projects: Sequence[str]) -> Iterator[str]:
    yield from ("/etc/gemrc", "/usr/local/etc/gemrc", join(home_of(variable), ".gemrc"))
    yield from (path for path in variable("GEMRC").split(":") if path)


def _of_conda(variable: Variable, _projects: Sequence[str]) -> Iterator[str]:
    yield from (
        *("/etc/conda/.condarc", "/opt/conda/.condarc", "/opt/conda/condarc", "/opt/miniconda3/.condarc"),
        *(join(home_of(variable), name) for name in (".conda/.condarc", ".condarc", ".mambarc")),
    )
    yield from [variable("CONDARC")] if variable("CONDARC") else []


def _of_r(variable: Variable, _projects: Sequence[str]) -> Iterator[str]:
    yield from ("/usr/lib/R/etc/Rprofile.site", "/etc/R/Rprofile.site", "/usr/local/lib/R/etc/Rprofile.site")
    yield join(home_of(variable), ".Rprofile")


def _none(_variable: Variable, _projects: Sequence[str]) -> Iterator[str]:
    yield from ()


_PLACES: Mapping[str, Callable[[Variable, Sequence[str]], Iterator[str]]] = {
    "pypi": _of_pip,
    "npm": _of_npm,
    "gem": _of_gem,
    "conda": _of_conda,
    "cran": _of_r,
    **dict.fromkeys(("uv", "poetry", "pdm", "pipenv", "berry"), _none),
}
"""Manager, or a program whose files are others → its places. Those of ``_none`` are read by a grammar."""


def text_of(found: FileText | NoText) -> str:
    """What is known of a file, with ``NOT_KNOWN`` for the rest, and without credentials."""
    if isinstance(found, NoText) or found.perhaps:
        return NOT_KNOWN
    text = "".join(part if isinstance(part, str) else NOT_KNOWN for part in found.text[-1])
    return without_login(text)


def expanded(manager: str, text: str, variable: Variable) -> str:
    """With the variables of the environment that a manager expands. One that is not set is not known."""
    if manager not in _EXPANDED or "${" not in text:
        return text
    return without_login(_REFERRED.sub(lambda it: variable(it[1]) or NOT_KNOWN, text))


def why_not_known(texts: Mapping[str, str]) -> Reason | None:
    """Why the packages of a command are not known: a file may name another source than the usual one."""
    for path, text in texts.items():
        if NOT_KNOWN in text and any(map(_decides, text.split("\n"))):
            detail = f"{path} may name another one, and what it states is not known before the build"
            return Reason("package-source-unknown", detail=detail)
    return None


def _decides(line: str) -> bool:
    """Whether a line has something unknown that is no credential, and no part of a comment."""
    if NOT_KNOWN not in line or re.match(r"\s*[#;]", line):
        return False
    return _CREDENTIAL.match(line.partition(NOT_KNOWN)[0]) is None


def without_marks(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of files of which all that decides is known."""
    return {path: text.replace(NOT_KNOWN, "") for path, text in texts.items()}
