"""``pip install``, ``uv pip install``, ``pipx install``: a command line → the requirements that it names.

Options have the long names of pip: ``index-url``, ``extra-index-url``, ``pre``, ``python-version``,
``only-binary``, ``no-binary``, ``constraint`` (one for each line of a constraints file). Requirements of the
files that ``-r`` names are words as those of the command line; options in these files count.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, join

from freshlayer.discover.locks.project import table
from freshlayer.discover.syntaxes.language_lines import (
    LanguageLine,
    Listed,
    ProjectFiles,
    divided,
    not_followed,
)
from freshlayer.discover.syntaxes.options import Operand, read
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.packages_poetry import main_requirements
from freshlayer.discover.syntaxes.pip_environment import from_environment
from freshlayer.discover.syntaxes.python_projects import NotReadError
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    requirement,r,requirements= constraint,c,constraints= editable,e= index-url,i,pypi-url,default-index=
    extra-index-url,index= find-links,f= target,t= prefix= root= platform= python-version= implementation=
    abi= cache-dir= progress-bar= log= cert= client-cert= timeout= retries= upgrade-strategy= only-binary=
    no-binary= global-option= install-option= config-settings,C,config-setting= exists-action= src= dest,d=
    wheel-dir,w= report= python,p= trusted-host,allow-insecure-host= proxy= root-user-action= use-feature=
    keyring-provider= link-mode= resolution= prerelease= exclude-newer= exclude-newer-package=
    index-strategy= pip-args= spec= suffix= override= torch-backend= build,b= pre no-index upgrade,U no-deps
    user quiet,q verbose,v
    no-cache-dir,no-cache,n ignore-installed,I force-reinstall no-build-isolation break-system-packages system
    require-hashes disable-pip-version-check no-input prefer-binary compile no-compile reinstall isolated
    include-deps force no-config
    """
)
_KEPT = frozenset(
    {"index-url", "extra-index-url", "pre", "python-version", "only-binary", "no-binary", "no-deps"}
)
_USUAL_OF_UV = {"resolution": "highest", "exclude-newer": "", "exclude-newer-package": "", "override": ""}
"""Options of uv with which another version than the newest is taken → their value when it is not so."""
_VERBS = frozenset({"install", "download", "wheel"})
_LOCAL = compiled(r"^(?:\.{0,2}/|\.{1,2}$|~)|\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)$")
_EXTRAS = compiled(r"\[[^\]]*\]$")
_COMMENT = compiled(r"(?:^|\s)#.*")
_HASHES = compiled(r"\s--hash[=\s]\S+")
_BEHIND_URL = compiled(r"(?<=\S)\s+(?:;|--).*$")
"""Markers and options of a requirement."""
_MOST_FILES = 20
_DYNAMIC = Reason("requirements-not-stated")
_LOCAL_FILES = Reason("requirements-not-stated", detail="--no-index takes local files")


def pip(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    given = list(arguments[1:] if name == "uv" and arguments[:1] == ["pip"] else arguments)
    if name == "uv" and len(given) == len(arguments):
        return None
    line = divided(given, _TABLE, _NAMES)
    options = list(line.options)
    if line.verb not in _VERBS:
        return None
    try:
        options = _with_settings(name, options, files)
    except NotReadError as error:
        return LanguageLine(unknown=Reason("requirements-not-stated", detail=str(error)[:80]))
    names = {option for option, _ in options}
    if "no-index" in names:
        return LanguageLine(unknown=_LOCAL_FILES)
    unread = [f"--{it}" for it, value in options if value and value != _USUAL_OF_UV.get(it, value)]
    if name == "uv" and unread:
        return LanguageLine(unknown=Reason("requirements-not-stated", detail=", ".join(unread)))
    return _Requirements(files).line(line.words, options)


def _with_settings(name: str, options: list[tuple[str, str]], files: ProjectFiles) -> list[tuple[str, str]]:
    """With what variables state, and the files of uv. Raises NotReadError."""
    if name != "uv":
        return [*from_environment(name, files.variable), *options]
    from freshlayer.discover.syntaxes.uv_settings import in_order, settings  # noqa: PLC0415 - of uv alone

    isolated = "no-config" in {option for option, _ in options}
    return in_order(files, options, [] if isolated else settings(files, ".", pip=True))


def requirements(lines: Sequence[str], files: ProjectFiles) -> LanguageLine:
    """Lines that stand for a requirements file, as those below ``pip:`` of an ``environment.yml``."""
    return _Requirements(files).stated(lines, from_environment("pip", files.variable))


class _Requirements:
    """Collects the requirements of a command and of the files that it names."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files
        self._words: dict[str, None] = {}
        self._options: list[tuple[str, str]] = []
        self._unknown: Reason | None = None
        self._read: set[str] = set()
        self._remotes: dict[str, None] = {}
        self._listed: dict[Listed, None] = {}

    def line(self, words: Sequence[str], options: Sequence[tuple[str, str]]) -> LanguageLine:
        for word in words:
            self._word(word)
        for name, value in options:
            self._option(name, value, ".")
        return self._found()

    def stated(self, lines: Sequence[str], options: Iterable[tuple[str, str]]) -> LanguageLine:
        """Of lines as those of a file."""
        for name, value in options:
            self._option(name, value, ".")
        self._of_lines(lines, ".")
        return self._found()

    def _found(self) -> LanguageLine:
        words, options = tuple(self._words), tuple(self._options)
        remotes, listed = tuple(self._remotes), tuple(self._listed)
        return LanguageLine(words, options, self._unknown, remotes=remotes, listed=listed)

    def _of_file(self, word: str) -> None:
        """A URL of a file is an input by itself, as one of the command line is there."""
        if "://" in word:
            self._remotes[_BEHIND_URL.sub("", word)] = None
        self._word(word)

    def _word(self, word: str) -> None:
        if "://" in word:
            self._listed[not_followed(_BEHIND_URL.sub("", word))] = None
        elif _LOCAL.search(_EXTRAS.sub("", word)):
            extras = _EXTRAS.search(word)
            self._project(_EXTRAS.sub("", word), extras[0] if extras else "")
        else:
            self._words[word] = None

    def _option(self, name: str, value: str, directory: str) -> None:
        if name == "requirement":
            self._file(join(directory, value))
        elif name == "constraint":
            self._options += [("constraint", line) for line in self._lines(join(directory, value))]
        elif name == "editable":
            self._word(join(directory, value) if not value.startswith("git+") else value)
        elif name == "no-index":
            self._unknown = self._unknown or _LOCAL_FILES
        elif (name, value) == ("prerelease", "allow"):
            self._options.append(("pre", ""))
        elif name in _KEPT:
            self._options.append((name, value))

    def _file(self, path: str) -> None:
        if path in self._read or len(self._read) >= _MOST_FILES:
            return
        self._read.add(path)
        self._of_lines(self._lines(path), dirname(path))

    def _of_lines(self, lines: Iterable[str], directory: str) -> None:
        for line in lines:
            if line.startswith("-"):
                self._of_options(line, directory)
            else:
                self._of_file(_HASHES.sub("", line).strip())

    def _of_options(self, line: str, directory: str) -> None:
        try:
            words = shlex.split(line)
        except ValueError:
            self._unknown = self._unknown or Reason(
                "package-word-unclear", detail=f"{line[:80]!r} is not read"
            )
            return
        for item in read(list(words), _TABLE):
            if isinstance(item, Operand):
                continue
            name, value = _NAMES.get(item.name, item.name), item.value
            if name == "editable" and isinstance(value, str) and "://" in value:
                self._of_file(value)
            else:
                self._option(name, value if isinstance(value, str) else "", directory)

    def _lines(self, path: str) -> Iterator[str]:
        text = self._files.read(path)
        if isinstance(text, Reason):
            self._unknown = self._unknown or text
            return
        for line in re.sub(r"\\\n", " ", text).splitlines():
            known = _COMMENT.sub("", line).strip()
            if known:
                yield known

    def _project(self, path: str, extras: str) -> None:
        """A project of the context: its metadata states what it requires, unless its build decides that."""
        if re.search(r"\.(?:whl|zip|tar\.\w+|tgz)$", path):
            self._listed |= dict.fromkeys((Listed(path, Reason("file-named")), not_followed(path)))
            return
        text = self._files.read(join(path, "pyproject.toml"))
        if isinstance(text, Reason):
            self._unknown = self._unknown or _DYNAMIC
            return
        try:
            document = tomllib.loads(text)
        except (ValueError, RecursionError):
            document = {}
        project = document.get("project", {})
        if not project and "poetry" in table(document.get("tool")):
            self._of_poetry(document, re.findall(r"[\w.-]+", extras))
            return
        stated = project.get("dependencies", []) if isinstance(project, dict) else None
        dynamic = project.get("dynamic", []) if isinstance(project, dict) else []
        if not project or not isinstance(stated, list) or "dependencies" in dynamic:
            self._unknown = self._unknown or _DYNAMIC
            return
        optional = project.get("optional-dependencies", {})
        for extra in re.findall(r"[\w.-]+", extras):
            more = optional.get(extra) if isinstance(optional, dict) else None
            if "optional-dependencies" in dynamic:
                self._unknown = self._unknown or _DYNAMIC
                return
            # Of an extra that a project does not have, pip warns.
            stated = [*stated, *(more if isinstance(more, list) else ())]
        for word in stated:
            if isinstance(word, str):
                self._words[word] = None

    def _of_poetry(self, document: Mapping[str, object], extras: Sequence[str]) -> None:
        """A project whose metadata poetry makes of its own tables."""
        try:
            for word in list(main_requirements(document, extras)):
                self._of_file(word)
        except NotReadError:
            self._unknown = self._unknown or _DYNAMIC
