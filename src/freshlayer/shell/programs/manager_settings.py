"""Commands that write an index into a configuration file: ``npm config set registry``, ``pip config set``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from posixpath import join

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import NPM_REGISTRY
from freshlayer.shell.files import NOT_KNOWN
from freshlayer.shell.programs.settings_writer import SettingsWriter

_REGISTRY = compiled(r"(?:@[\w.~-]{1,100}:)?registry")
_OF_BERRY = compiled(r"npmRegistryServer|npmScopes(?:[.\[].*)?")
_SCOPE = compiled(r"npmScopes(?:\.|\[\"?)([\w~-]{1,100})(?:\"?\])?\.npmRegistryServer")
_INDEX = compiled(r"(global|install)\.((?:extra[-_])?index[-_]url|find[-_]links|no[-_]index|pre)")
_LOGINS = frozenset({"login", "adduser", "add-user"})
_LOGIN_SCOPE = compiled(r"--scope[= ](@[\w.~-]{1,100})(?!\S)")
_AT = compiled(r"--registry[= ](https?://\S{1,1000})")
_OF_NPM = f"{NPM_REGISTRY}/"
_OF_ALL_USERS = frozenset({"-g", "--global", "--location=global"})
_LOCATION = compiled(r"(?:--location|-L)[= ](\w+)")
_ADDRESS = compiled(r"https?://\S{1,1000}")
_NRM = "~/.nrmrc"
_PIP = "~/.config/pip/pip.conf"
_SITE = "/usr/local/pip.conf"


def npm(files: SettingsWriter, words: Sequence[str]) -> None:
    """``config set KEY VALUE``, ``set KEY=VALUE`` of npm and pnpm: of the user, of all, of the project."""
    location = _LOCATION.search(" ".join(words))
    is_global = not _OF_ALL_USERS.isdisjoint(words) or (location and location[1] == "global")
    path = "/usr/local/etc/npmrc" if is_global else "~/.npmrc"
    if location and location[1] == "project":
        path = join(files.project("package.json"), ".npmrc")
    if words[:1] and words[0] in _LOGINS:
        for key, url in _of_login(words):
            files.state(path, key, f"{key}={url}\n")
    for key in _removed(words):
        files.state(path, key, "")
    for key, value in _pairs(words, _VALUED_OF_NPM):
        if _REGISTRY.fullmatch(key):
            files.state(path, key, f"{key}={_known(value)}\n")
        elif NOT_KNOWN in key:
            files.lose(path)


_VALUED_OF_NPM = frozenset({"--location", "-L", "--registry", "--scope", "--prefix"})


def nrm(files: SettingsWriter, words: Sequence[str]) -> None:
    """``nrm use NAME``: a registry of ``nrm add NAME URL``. Those of nrm itself move with its versions."""
    verb, name, url = [*(it for it in words if not it.startswith("-")), "", "", ""][:3]
    if verb == "add":
        files.write(_NRM, f"{files.text(_NRM)}[{name}]\nregistry={_known(url)}\n")
    elif verb == "use":
        own = re.findall(rf"(?m)^\[{re.escape(name)}\]\nregistry=(.*)$", files.text(_NRM))
        found = own[-1] if own else _OF_NPM if name == "npm" else NOT_KNOWN
        files.state("~/.npmrc", "registry", f"registry={found}\n")


def yarn(files: SettingsWriter, words: Sequence[str]) -> None:
    """``yarn config set KEY VALUE``: Yarn 1 and later ones have other keys, and other files.

    Yarn 1 writes the file of the user, which is not in the home of root. A later one writes that of the
    project, with ``-H`` that in the home.
    """
    old = "/usr/local/share/.yarnrc" if files.home == "/root" else "~/.yarnrc"
    in_home = not {"-H", "--home"}.isdisjoint(words)
    new = "~/.yarnrc.yml" if in_home else join(files.project("package.json"), ".yarnrc.yml")
    for key in _removed(words):
        files.state(old, f'"{key}"', "")
    rest = [it for it in words if not it.startswith("-")]
    if rest[:2] == ["config", "unset"] and _OF_BERRY.fullmatch("".join(rest[2:3])):
        _of_berry(files, new, rest[2], "")
    for key, value in _pairs(words, frozenset()):
        if _REGISTRY.fullmatch(key):
            files.state(old, f'"{key}"', f'"{key}" "{_known(value)}"\n')
        elif _OF_BERRY.fullmatch(key):
            _of_berry(files, new, key, _known(value) if "--json" not in words else NOT_KNOWN)


def _of_berry(files: SettingsWriter, path: str, key: str, value: str) -> None:
    line = f'npmRegistryServer: "{value}"\n' if value else ""
    scope = _SCOPE.fullmatch(key)
    if key == "npmRegistryServer":
        files.write(path, line + re.sub(r"(?m)^npmRegistryServer:.*\n", "", files.text(path)))
    elif scope and value:
        head, mark, below = files.text(path).partition("npmScopes:\n")
        below = re.sub(rf"(?m)^  {re.escape(scope[1])}:\n(?:    .*\n)*", "", below)
        files.write(path, f"{head}npmScopes:\n  {scope[1]}:\n    {line}{below if mark else ''}")
    else:
        files.lose(path)


def pip(files: SettingsWriter, words: Sequence[str]) -> None:
    """``pip config set global.index-url URL``: of the user, ``--global``: of all, ``--site``: of this pip."""
    path = "/etc/pip.conf" if "--global" in words else _SITE if "--site" in words else _PIP
    rest = [it for it in words if not it.startswith("-")]
    for key in rest[2:] if rest[:2] == ["config", "unset"] else ():
        _of_pip(files, path, key, "")
    for key, value in _pairs(words, frozenset()):
        _of_pip(files, path, key, value)


def _of_pip(files: SettingsWriter, path: str, key: str, value: str) -> None:
    """``value``: empty for a key that is removed."""
    match = _INDEX.fullmatch(key)
    if match is None:
        if NOT_KNOWN in key:
            files.lose(path)
        return
    name = match[2].replace("_", "-")
    kept = re.sub(rf"(?m)^\[{match[1]}\]\n{name} = .*\n", "", files.text(path))
    if not value and re.search(rf"(?m)^{name}\s*[=:]", kept):
        files.lose(path)
    else:
        files.write(path, kept + (f"[{match[1]}]\n{name} = {value}\n" if value else ""))


def pdm(files: SettingsWriter, words: Sequence[str]) -> None:
    """``pdm config pypi.url URL``: which index counts for a project is not computed."""
    if any(word.startswith("pypi.") or NOT_KNOWN in word for word in words):
        files.lose("pdm.toml" if "--local" in words else "~/.config/pdm/config.toml")


PROGRAMS: dict[str, Callable[[SettingsWriter, Sequence[str]], None]] = {
    **dict.fromkeys(("npm", "pnpm"), npm),
    **dict.fromkeys(("yarn", "yarnpkg"), yarn),
    **{"pip": pip, "nrm": nrm, "yrm": nrm, "pdm": pdm},
}


def _known(value: str) -> str:
    """A value that is no address names no source that is known."""
    return value if _ADDRESS.fullmatch(value) and NOT_KNOWN not in value.rpartition("@")[2] else NOT_KNOWN


def _of_login(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """``login --scope @a --registry URL``: that registry has the packages of the scope from then on."""
    text = " ".join(words)
    scope, registry = _LOGIN_SCOPE.search(text), _AT.search(text)
    if scope and registry:
        yield f"{scope[1]}:registry", _known(registry[1])


def _removed(words: Sequence[str]) -> list[str]:
    """Registries of ``config delete KEY``."""
    operands = [word for word in words if not word.startswith("-")]
    is_removal = operands[:1] in (["config"], ["c"]) and operands[1:2] in (["delete"], ["rm"])
    return [it for it in operands[2:] if _REGISTRY.fullmatch(it)] if is_removal else []


def _pairs(words: Sequence[str], valued: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is set. ``valued``: options with a value in the next word."""
    places = range(len(words))
    skipped = {place + 1 for place in places if words[place] in valued}
    operands = [words[it] for it in places if it not in skipped and not words[it].startswith("-")]
    is_set = operands[1:2] == ["set"] and operands[0] in {"config", "c"}
    rest = operands[2:] if is_set else operands[1:] if operands[:1] == ["set"] else []
    if len(rest) == 2 and "=" not in rest[0]:
        yield rest[0], rest[1]
        return
    for word in rest:
        key, equals, value = word.partition("=")
        if equals:
            yield key, value
