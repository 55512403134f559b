"""Commands that write an index into a configuration file: ``npm config set registry``, ``pip config set``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from freshlayer.lazy_regex import compiled
from freshlayer.shell.files import FileText
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import known

_REGISTRY = compiled(r"(?:@[\w.~-]{1,100}:)?registry")
_INDEX = compiled(r"(global|install)\.((?:extra[-_])?index[-_]url)")
_LOGINS = frozenset({"login", "adduser", "add-user"})
_SCOPE = compiled(r"--scope[= ](@[\w.~-]{1,100})(?!\S)")
_AT = compiled(r"--registry[= ](https?://\S{1,1000})")
_OF_NPM = "https://registry.npmjs.org/"
_OF_ALL_USERS = frozenset({"-g", "--global", "--location=global"})
_USER = compiled(r"//[^/@\s]*@")
_ADDRESS = compiled(r"https?://\S{1,1000}")


def npm(runner: Runner, words: Sequence[str]) -> None:
    """``config set KEY VALUE``, ``set KEY=VALUE`` of npm and pnpm: the file of the user, or of all."""
    path = "/usr/local/etc/npmrc" if _OF_ALL_USERS & set(words) else "/root/.npmrc"
    if words[:1] and words[0] in _LOGINS:
        _append(runner, path, "".join(_of_login(words)))
    for key in _removed(words):
        # The last statement of a key counts: of an empty one, npm takes its own registry.
        _append(runner, path, f"{key}={_OF_NPM if key == 'registry' else ''}\n")
    for key, value in _pairs(words):
        if _REGISTRY.fullmatch(key) and _ADDRESS.fullmatch(value):
            _append(runner, path, f"{key}={value}\n")


def yarn(runner: Runner, words: Sequence[str]) -> None:
    """Yarn 1, whose file is its own."""
    for key, value in _pairs(words):
        if _REGISTRY.fullmatch(key) and _ADDRESS.fullmatch(value):
            _append(runner, "/root/.yarnrc", f'"{key}" "{value}"\n')


def pip(runner: Runner, words: Sequence[str]) -> None:
    """``pip config set global.index-url URL``; the file of the user, or with ``--global`` of all."""
    path = "/etc/pip.conf" if "--global" in words else "/root/.config/pip/pip.conf"
    for key, value in _pairs(words):
        match = _INDEX.fullmatch(key)
        if match and all(map(_ADDRESS.fullmatch, value.split())):
            _append(runner, path, f"[{match[1]}]\n{match[2].replace('_', '-')} = {value}\n")


PROGRAMS: dict[str, Callable[[Runner, Sequence[str]], None]] = {
    **dict.fromkeys(("npm", "pnpm"), npm),
    **dict.fromkeys(("yarn", "yarnpkg"), yarn),
    **dict.fromkeys(("pip", "pip3"), pip),
}


def _of_login(words: Sequence[str]) -> Iterator[str]:
    """``login --scope @a --registry URL``: that registry has the packages of the scope from then on."""
    text = " ".join(words)
    scope, registry = _SCOPE.search(text), _AT.search(text)
    if scope and registry:
        yield f"{scope[1]}:registry={registry[1]}\n"


def _removed(words: Sequence[str]) -> list[str]:
    """Registries of ``config delete KEY``."""
    operands = [word for word in words if not word.startswith("-")]
    is_removal = operands[:1] in (["config"], ["c"]) and operands[1:2] in (["delete"], ["rm"])
    return [it for it in operands[2:] if _REGISTRY.fullmatch(it)] if is_removal else []


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is set."""
    operands = [word for word in words if not word.startswith("-")]
    is_set = operands[1:2] == ["set"] and operands[0] in {"config", "c"}
    rest = operands[2:] if is_set else operands[1:] if operands[:1] == ["set"] else []
    if len(rest) == 2 and "=" not in rest[0]:
        yield rest[0], rest[1]
        return
    for word in rest:
        key, equals, value = word.partition("=")
        if equals:
            yield key, value


def _append(runner: Runner, path: str, text: str) -> None:
    """To a file of which the last statement of a key counts."""
    files = runner.runs.files
    found = files.find(path)
    before = known(found.text[0]) if isinstance(found, FileText) and len(found.text) == 1 else ""
    whole = re.sub(r"(?<=[^\n])\Z", "\n", before or "") + text
    whole = _USER.sub("//", whole)
    files.write(path, FileText("", ((whole,),), origin=runner.runs.origin), certain=True)
