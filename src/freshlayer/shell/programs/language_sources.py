"""Commands that write a source into the files of gem, bundler, go, NuGet and composer.

The file is that of the user, also where the program writes one of the project: it counts as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import quoteattr

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.shell.files import NOT_KNOWN
from freshlayer.shell.programs.settings_writer import SettingsWriter

_ADDRESS = compiled(r"https?://[^\s\"'<>]{1,1000}")
_RUBYGEMS = "https://rubygems.org/"
_LISTED = compiled(r"(?m)^- (\S+)$")
_OF_GO = compiled(r"GO(?:PROXY|NOPROXY|PRIVATE)")
_OF_BUNDLER = compiled(r"(?:mirror\.\S+|without|with|frozen|deployment|gemfile)")
_GEMRC = "~/.gemrc"
_GO = "~/.config/go/env"
_BUNDLER = "~/.bundle/config"
_PLAIN = compiled(r"[^\"?\0\n]*")
_NUGET = "~/.nuget/NuGet/NuGet.Config"
_NUGET_ORG = "https://api.nuget.org/v3/index.json"
_ADDED = compiled(r'[ ]*<add key="([^"]*)" value="[^"]*" />\n')
_COMPOSER = "~/.composer/config.json"
_REPOSITORY = compiled(r"repo(?:s|sitories|sitory)?(?:\..*)?")


def gem(files: SettingsWriter, words: Sequence[str]) -> None:
    """``gem sources --add URL --remove URL``: the list ``:sources:`` of the user's gemrc."""
    if words[:1] != ["sources"]:
        return
    before = files.text(_GEMRC)
    usual = NOT_KNOWN if NOT_KNOWN in before else _RUBYGEMS
    listed = dict.fromkeys(_LISTED.findall(before) or [usual])
    for option, value in _valued(words, {"-a": "add", "--add": "add", "-r": "remove", "--remove": "remove"}):
        address = value.rstrip("/") + "/"
        if option == "add":
            listed[address if _ADDRESS.fullmatch(value) and NOT_KNOWN not in value else NOT_KNOWN] = None
        elif option == "remove":
            listed = {it: None for it in listed if it.rstrip("/") != value.rstrip("/")}
    files.write(_GEMRC, ":sources:\n" + "".join(f"- {it}\n" for it in listed))


def bundler(files: SettingsWriter, words: Sequence[str]) -> None:
    """``bundle config [set|unset] KEY [VALUE]``: which gems are installed, and from where.

    A value that is not known is written as ``?``, one that is removed as an empty one: the files of the
    project may have it too. ``--global`` does not change a value that the project has.
    """
    rest = [it for it in words if not it.startswith("--")]
    if rest[:1] != ["config"]:
        return
    is_removal = rest[1:2] == ["unset"] or "--delete" in words
    key, *values = [*(rest[2:] if rest[1:2] in (["set"], ["unset"]) else rest[1:]), ""]
    if not _OF_BUNDLER.fullmatch(key) or not (values[:-1] or is_removal):
        return
    name = f"BUNDLE_{key.upper().replace('.', '__')}: "
    before = files.text(_BUNDLER)
    kept = "".join(line for line in before.splitlines(keepends=True) if not line.startswith(name))
    value = "" if is_removal else ":".join(values).strip(":")
    is_known = files.certain and _PLAIN.fullmatch(value) and not ("--global" in words and kept != before)
    files.write(_BUNDLER, f'{kept}{name}"{value if is_known else "?"}"\n', certain=True)


def go(files: SettingsWriter, words: Sequence[str]) -> None:
    """``go env -w GOPROXY=URL``, ``go env -u GOPROXY``."""
    unset = list(words[:2]) == ["env", "-u"]
    for word in words[2:] if unset or list(words[:2]) == ["env", "-w"] else ():
        name, _, value = word.partition("=")
        if _OF_GO.fullmatch(name):
            files.state(_GO, name, "" if unset else f"{name}={value}\n")


def nuget(files: SettingsWriter, words: Sequence[str]) -> None:
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
    if any(NOT_KNOWN in without_login(word) for word in (*operands, *options.values())):
        files.lose(_NUGET)
        return
    text = files.text(_NUGET) or _nuget(f'    <add key="nuget.org" value="{_NUGET_ORG}" />\n')
    url = options.get("url") or next(filter(_ADDRESS.fullmatch, operands), "")
    name = options.get("name") or (operands[0] if operands and verb != "add" else "Package source 1")
    if verb in {"remove", "update"}:
        text = _ADDED.sub(lambda it: "" if it[1].lower() == name.lower() else it[0], text)
    if verb in {"add", "update"} and _ADDRESS.fullmatch(url):
        line = f"    <add key={quoteattr(name)} value={quoteattr(without_login(url))} />\n"
        text = text.replace("  </packageSources>", f"{line}  </packageSources>")
    if verb == "disable":
        line = f'    <add key={quoteattr(name)} value="true" />\n'
        text = text.replace("  </disabledPackageSources>", f"{line}  </disabledPackageSources>")
    if verb == "enable":
        head, mark, disabled = text.partition("  <disabledPackageSources>")
        text = head + mark + _ADDED.sub(lambda it: "" if it[1].lower() == name.lower() else it[0], disabled)
    files.write(_NUGET, text)


def _nuget(sources: str) -> str:
    listed = f"  <packageSources>\n{sources}  </packageSources>\n"
    disabled = "  <disabledPackageSources>\n  </disabledPackageSources>\n"
    return f"<configuration>\n{listed}{disabled}</configuration>\n"


def composer(files: SettingsWriter, words: Sequence[str]) -> None:
    """``composer config repositories.NAME …``: the packages of that repository are not known."""
    rest = [it for it in words if not it.startswith("-")]
    is_set = rest[:1] == ["config"] and len(rest) > 2 and _REPOSITORY.fullmatch(rest[1])
    if is_set or set(rest[:1]) & {"repository", "repo"}:
        files.lose(_COMPOSER)


PROGRAMS: dict[str, Callable[[SettingsWriter, Sequence[str]], None]] = {
    "gem": gem,
    **dict.fromkeys(("bundle", "bundler"), bundler),
    "go": go,
    **dict.fromkeys(("dotnet", "nuget"), nuget),
    "composer": composer,
}


def _valued(words: Sequence[str], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(name, value) of these options, the value in the next word or behind ``=``."""
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            yield names[option], value if equals else "".join(words[place + 1 : place + 2])
