"""Commands that write a source into the files of gem, bundler, go, NuGet, composer and Yarn.

The file is that of the user, also where the program writes one of the project: it counts as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from xml.sax.saxutils import quoteattr

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText, NoText
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import known

_ADDRESS = compiled(r"https?://[^\s\"'<>]{1,1000}")
_USER = compiled(r"//[^/@\s]*@")
_RUBYGEMS = "https://rubygems.org/"
_LISTED = compiled(r"(?m)^- (\S+)$")
_OF_GO = compiled(r"GO(?:PROXY|NOPROXY|PRIVATE)=\S*")
_OF_BUNDLER = compiled(r"(?:mirror\.\S+|without|with|frozen|deployment|gemfile)")
_BUNDLER = "/root/.bundle/config"
_PLAIN = compiled(r"[^\"$`…?\n]*")
_NUGET = "/root/.nuget/NuGet/NuGet.Config"
_NUGET_ORG = "https://api.nuget.org/v3/index.json"
_ADDED = compiled(r'[ ]*<add key="([^"]*)" value="[^"]*" />\n')
_COMPOSER = "/root/.composer/config.json"
_REPOSITORY = compiled(r"repo(?:s|sitories|sitory)?(?:\..*)?")
_SCOPE = compiled(r"npmScopes\.([\w~-]{1,100})\.npmRegistryServer")
_SERVER = compiled(r"(?m)^npmRegistryServer:.*\n")
_CHANGED = Reason("script-changed")


def gem(runner: Runner, words: Sequence[str]) -> None:
    """``gem sources --add URL --remove URL``: the list ``:sources:`` of the user's gemrc."""
    if words[:1] != ["sources"]:
        return
    listed = dict.fromkeys(_LISTED.findall(_text(runner, "/root/.gemrc")) or [_RUBYGEMS])
    for option, value in _valued(words, {"-a": "add", "--add": "add", "-r": "remove", "--remove": "remove"}):
        address = value.rstrip("/") + "/"
        if option == "add" and _ADDRESS.fullmatch(value):
            listed[address] = None
        elif option == "remove":
            listed = {it: None for it in listed if it.rstrip("/") != value.rstrip("/")}
    _write(runner, "/root/.gemrc", ":sources:\n" + "".join(f"- {it}\n" for it in listed))


def bundler(runner: Runner, words: Sequence[str], *, certain: bool = True) -> None:
    """``bundle config [set|unset] KEY [VALUE]``: which gems are installed, and from where.

    A value that is not known is written as ``?``, one that is removed as an empty one: the files of the
    project may have it too. ``--global`` does not change a value that the project has. ``certain``: the
    command runs in every build.
    """
    rest = [it for it in words if not it.startswith("--")]
    if rest[:1] != ["config"]:
        return
    is_removal = rest[1:2] == ["unset"] or "--delete" in words
    key, *values = [*(rest[2:] if rest[1:2] in (["set"], ["unset"]) else rest[1:]), ""]
    if not _OF_BUNDLER.fullmatch(key) or not (values[:-1] or is_removal):
        return
    name = f"BUNDLE_{key.upper().replace('.', '__')}: "
    before = _text(runner, _BUNDLER)
    kept = "".join(line for line in before.splitlines(keepends=True) if not line.startswith(name))
    value = "" if is_removal else ":".join(values).strip(":")
    is_known = certain and _PLAIN.fullmatch(value) and not ("--global" in words and kept != before)
    _write(runner, _BUNDLER, f'{kept}{name}"{value if is_known else "?"}"\n')


def go(runner: Runner, words: Sequence[str]) -> None:
    """``go env -w GOPROXY=URL``."""
    if list(words[:2]) == ["env", "-w"]:
        for word in filter(_OF_GO.fullmatch, words[2:]):
            before = _text(runner, "/root/.config/go/env")
            _write(runner, "/root/.config/go/env", f"{before}{word}\n")


def nuget(runner: Runner, words: Sequence[str]) -> None:
    """``dotnet nuget add source URL --name NAME``, and what removes, disables or enables one."""
    places = {
        "-n": "name",
        "--name": "name",
        "-name": "name",
        "-s": "url",
        "--source": "url",
        "-source": "url",
    }
    options = dict(_valued([it.lower() if it.startswith("-") else it for it in words], places))
    verbs = [it.lower() for it in words[:3]]
    verb = next((it for it in verbs if it in {"add", "remove", "disable", "enable", "update"}), "")
    operands = [it for it in words[3:] if not it.startswith("-")]
    if not verb or not {"nuget", "sources"} & set(verbs):
        return
    text = _text(runner, _NUGET) or _nuget(f'    <add key="nuget.org" value="{_NUGET_ORG}" />\n')
    url = options.get("url") or next(filter(_ADDRESS.fullmatch, operands), "")
    name = options.get("name") or (operands[0] if operands and verb != "add" else "Package source 1")
    if verb in {"remove", "update"}:
        text = _ADDED.sub(lambda it: "" if it[1].lower() == name.lower() else it[0], text)
    if verb in {"add", "update"} and _ADDRESS.fullmatch(url):
        line = f"    <add key={quoteattr(name)} value={quoteattr(_USER.sub('//', url))} />\n"
        text = text.replace("  </packageSources>", f"{line}  </packageSources>")
    if verb == "disable":
        line = f'    <add key={quoteattr(name)} value="true" />\n'
        text = text.replace("  </disabledPackageSources>", f"{line}  </disabledPackageSources>")
    if verb == "enable":
        head, mark, disabled = text.partition("  <disabledPackageSources>")
        text = head + mark + _ADDED.sub(lambda it: "" if it[1].lower() == name.lower() else it[0], disabled)
    _write(runner, _NUGET, text)


def _nuget(sources: str) -> str:
    listed = f"  <packageSources>\n{sources}  </packageSources>\n"
    disabled = "  <disabledPackageSources>\n  </disabledPackageSources>\n"
    return f"<configuration>\n{listed}{disabled}</configuration>\n"


def composer(runner: Runner, words: Sequence[str]) -> None:
    """``composer config repositories.NAME …``: the packages of that repository are not known."""
    rest = [it for it in words if not it.startswith("-")]
    is_set = rest[:1] == ["config"] and len(rest) > 2 and _REPOSITORY.fullmatch(rest[1])
    if is_set or set(rest[:1]) & {"repository", "repo"}:
        runner.runs.files.write(_COMPOSER, NoText(_COMPOSER, _CHANGED), certain=True)


def yarn(runner: Runner, words: Sequence[str]) -> None:
    """``yarn config set npmRegistryServer URL``: Yarn from version 2 on, and no other one knows it."""
    rest = [it for it in words if not it.startswith("-")]
    if rest[:2] != ["config", "set"] or len(rest) < 4 or not _ADDRESS.fullmatch(rest[3]):
        return
    stated = f'npmRegistryServer: "{_USER.sub("//", rest[3])}"\n'
    before, scope = _text(runner, "/.yarnrc.yml"), _SCOPE.fullmatch(rest[2])
    if scope:
        head, mark, below = before.partition("npmScopes:\n")
        own = f"  {scope[1]}:\n    {stated}"
        _write(runner, "/.yarnrc.yml", f"{head}npmScopes:\n{own}{below if mark else ''}")
    elif rest[2] == "npmRegistryServer":
        _write(runner, "/.yarnrc.yml", stated + _SERVER.sub("", before))


PROGRAMS: dict[str, Callable[[Runner, Sequence[str]], None]] = {
    "gem": gem,
    **dict.fromkeys(("bundle", "bundler"), bundler),
    "go": go,
    **dict.fromkeys(("dotnet", "nuget"), nuget),
    "composer": composer,
    **dict.fromkeys(("yarn", "yarnpkg"), yarn),
}
PERHAPS: dict[str, Callable[[Runner, Sequence[str]], None]] = {
    **PROGRAMS,
    **dict.fromkeys(("bundle", "bundler"), partial(bundler, certain=False)),
}
"""The same where a condition that is not known decides whether they run."""


def _valued(words: Sequence[str], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(name, value) of these options, the value in the next word or behind ``=``."""
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            yield names[option], value if equals else "".join(words[place + 1 : place + 2])


def _text(runner: Runner, path: str) -> str:
    found = runner.runs.files.find(path)
    whole = known(found.text[-1]) if isinstance(found, FileText) else None
    return re.sub(r"(?<=[^\n])\Z", "\n", whole or "")


def _write(runner: Runner, path: str, text: str) -> None:
    files = runner.runs.files
    files.write(path, FileText("", ((_USER.sub("//", text),),), origin=runner.runs.origin), certain=True)
