"""conda, mamba, micromamba: a command line → the requirements of an environment.

Options: ``create`` for a new environment, ``name`` or ``prefix`` of it, ``channel`` (the strongest first),
``override-channels``, ``channel-priority``, ``platform``. ``conda config`` is a command of its own, whose
options are ``KEY VALUE``. The Python packages of an ``environment.yml`` are a line of pip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import dirname

from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import (
    DividedLine,
    LanguageLine,
    Listed,
    ProjectFiles,
    divided,
)
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.packages_pip import requirements
from freshlayer.lazy_regex import compiled
from freshlayer.masking.channels import public_channel
from freshlayer.model.packages import PackageAction
from freshlayer.model.reasons import Reason
from freshlayer.plain_yaml import Node, documents, node

_TABLE, _NAMES = table_of(
    """
    name,n= prefix,p= channel,c= channel-priority= platform,subdir= repodata-fn= root-prefix,r= file,f= clone=
    revision= solver,experimental-solver= add= append= prepend= set= remove= remove-key= get= show-sources
    download-threads= extract-threads= rc-file= log-level= cacert-path= ssl-verify= category= show describe
    env system validate write-default stdin show-channel-urls no-show-channel-urls safety-checks=
    override-channels strict-channel-priority no-channel-priority use-local no-deps only-deps no-pin
    freeze-installed update-deps no-update-deps update-specs update-all all,a copy no-builds force-reinstall
    use-index-cache,C insecure,k offline json quiet,q verbose,v yes,y dry-run,d download-only mkdir debug
    trace no-rc no-env experimental retry-clean-cache no-default-packages dev prune force allow-softlinks
    no-py-pin satisfied-skip-solve,S py-pin allow-uninstall allow-downgrade no-lock always-copy
    help,h
    """
)
_VERBS = frozenset({"install", "create", "update", "upgrade"})
_OF_ENVIRONMENTS = frozenset({"create", "update"})
_KEPT = frozenset({"name", "prefix", "channel", "override-channels", "channel-priority", "platform"})
_SETS = frozenset({"add", "append", "prepend", "set", "remove", "remove-key"})
_ELSEWHERE = frozenset({"clone", "offline", "dry-run", "help", "revision"})
_PRIORITIES = {"strict-channel-priority": "strict", "no-channel-priority": "disabled"}
_FILE = compiled(r"^(?:\.{0,2}/|[a-z]+://)|\.(?:conda|tar\.bz2)$")
_PYTHON = compiled(r"python\s*={1,2}\s*([0-9][0-9.]*)")
_YAML = compiled(r"\.ya?ml$")
_USUAL = "environment.yml"
_LOCKED = compiled(r"(?m)^@EXPLICIT\s*$")
_KEYS = frozenset({"channels", "default_channels", "channel_priority", "channel_alias"})
_MOST_FILES = 20
_BY_NAME = Reason("packages-by-name", detail="what is installed already is not known")
_UNREAD = "the environment file is not in the part of YAML that is read here"


def conda(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    line = divided(arguments, _TABLE, _NAMES)
    options = {option for option, _ in line.options}
    if line.verb == "config":
        found = tuple(_set(arguments)) or tuple(_set_by_words(line.words))
        return LanguageLine(options=found, action=PackageAction.CONFIGURE) if found else None
    if options & _ELSEWHERE:
        return None
    if line.verb == "env" and line.words[:1] and line.words[0] in _OF_ENVIRONMENTS:
        stated = [value for option, value in line.options if option == "file"] or [_USUAL]
        return _of_files(replace(line, verb=line.words[0], words=()), stated, files)
    if line.verb not in _VERBS:
        return None
    stated = [value for option, value in line.options if option == "file"]
    wanted = _of_files(line, stated, files)
    of_all = next((f"{name} {line.verb} --{it}" for it in ("all", "update-all") if it in options), "")
    listed = (*wanted.listed, *((Listed(of_all, _BY_NAME),) if of_all else ()))
    return replace(wanted, listed=listed)


def _set(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """``--add KEY VALUE`` and the like."""
    words = iter(arguments)
    for word in words:
        option = word.removeprefix("--")
        if word.startswith("--") and option in _SETS:
            key = next(words, "")
            value = "" if option == "remove-key" else next(words, "")
            if key in _KEYS:
                yield option, f"{key} {public_channel(value)}"


def _set_by_words(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """``append KEY VALUE`` and the like of micromamba."""
    if len(words) == 3 and words[0] in {"append", "prepend", "set"} and words[1] in _KEYS:
        yield words[0], f"{words[1]} {public_channel(words[2])}"


def _of_files(line: DividedLine, names: Sequence[str], files: ProjectFiles) -> LanguageLine:
    """The words of a command, and of the files that it names."""
    options = list(_kept(line))
    local = [word for word in line.words if _FILE.search(word)]
    words = dict.fromkeys(word for word in line.words if word not in local)
    found = LanguageLine()
    for name in names[:_MOST_FILES]:
        one = _of_file(name, files)
        options = [*options, *(it for it in one.options if it[0] != "name" or not _has_place(options))]
        words |= dict.fromkeys(one.words)
        found = replace(found, unknown=found.unknown or one.unknown, also=(*found.also, *one.also))
    listed = tuple(Listed(word, Reason("file-named")) for word in local if "://" not in word)
    python = next((match[1] for word in words if (match := _PYTHON.match(word))), "")
    also = tuple(_with_python(it, python) for it in found.also)
    return replace(found, words=tuple(words), options=tuple(options), listed=listed, also=also)


def _kept(line: DividedLine) -> Iterator[tuple[str, str]]:
    if line.verb == "create":
        yield "create", ""
    for option, value in line.options:
        if option in _PRIORITIES:
            yield "channel-priority", _PRIORITIES[option]
        elif option in _KEPT:
            several = value.split(",") if option == "channel" else [value]
            yield from ((option, public_channel(it)) for it in several)


def _has_place(options: Sequence[tuple[str, str]]) -> bool:
    return any(name in {"name", "prefix"} for name, _ in options)


def _with_python(line: LanguageLine, version: str) -> LanguageLine:
    """Of pip: it runs in the environment."""
    return replace(line, options=(*line.options, ("python-version", version))) if version else line


def _of_file(name: str, files: ProjectFiles) -> LanguageLine:
    text = files.read(name)
    if isinstance(text, Reason):
        return LanguageLine(unknown=text)
    if _YAML.search(name):
        return _of_environment(text, name, files)
    if _LOCKED.search(text):
        return LanguageLine()
    lines = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.splitlines())
    return LanguageLine(tuple(line for line in lines if line))


def _of_environment(text: str, name: str, files: ProjectFiles) -> LanguageLine:
    """``environment.yml``: its channels, its packages, and those of pip."""
    try:
        found = next((node(lines) for lines in documents(iter(text.splitlines()))), None)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return LanguageLine(unknown=Reason("requirements-not-stated", detail=_UNREAD))
    channels = tuple(("channel", public_channel(_plain(it))) for it in _texts(found.get("channels")))
    own = found.get("name")
    stated = found.get("dependencies") or []
    dependencies = stated if isinstance(stated, list) else [{}]
    words = tuple(_plain(it) for it in dependencies if isinstance(it, str))
    groups = [it for it in dependencies if not isinstance(it, str)]
    unknown = None if all(map(_is_of_pip, groups)) else Reason("requirements-not-stated", detail=_UNREAD)
    nested = [it for group in groups if isinstance(group, dict) for it in _texts(group.get("pip"))]
    named = (("name", _plain(own)),) if isinstance(own, str) else ()
    also = tuple(_of_pip(nested, name, files))
    return LanguageLine(words, (*named, *channels), unknown, also=also)


def _is_of_pip(group: Node) -> bool:
    """Whether it is ``pip:`` with a list of requirements."""
    stated = group.get("pip") if isinstance(group, dict) and len(group) == 1 else None
    return stated == "" or (isinstance(stated, list) and all(isinstance(it, str) for it in stated))


def _of_pip(words: Sequence[str], name: str, files: ProjectFiles) -> Iterator[LanguageLine]:
    beside = replace(files, directory=files.path(dirname(name) or "."))
    if words:
        yield replace(requirements([_plain(it) for it in words], beside), manager="pypi", program="pip")


def _texts(value: Node | None) -> list[str]:
    return [it for it in value if isinstance(it, str)] if isinstance(value, list) else []


def _plain(text: str) -> str:
    return text.strip().strip("\"'").strip()
