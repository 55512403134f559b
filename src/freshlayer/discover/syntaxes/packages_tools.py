"""Installers of tools: rustup, nvm, n, fnm, volta, sdk, corepack, pyenv, playwright.

A word is ``TOOL@CHANNEL``: ``rust@stable``, ``node@lts/iron``, ``node@20``, ``sdkman/java@default``. What
names one version, and what the program itself decides, is listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_EXACT = Reason("exact-version")
_OF_PROGRAM = Reason("decided-by-program")
_NO_DOCUMENT = Reason("no-version-document")
_NUMBERS = compiled(r"v?(\d{1,5}(?:\.\d{1,5}){0,2})(?:\.[xX*]){0,2}")
_FULL = compiled(r"v?\d{1,5}\.\d{1,5}\.\d{1,5}")
_LATEST = frozenset({"node", "latest", "current"})


def fixed(text: str) -> Listed:
    """What names one version, whose files do not change."""
    return Listed(text, _EXACT)


def _unclear(word: str) -> LanguageLine:
    return LanguageLine(unknown=Reason("package-word-unclear", detail=f"{word[:80]!r} is no version"))


# rustup

_RUST_TABLE, _RUST_NAMES = table_of(
    """
    default-toolchain= default-host= profile= component,c= target,t= toolchain= path= yes,y
    no-modify-path no-self-update no-update-default-toolchain allow-downgrade force force-non-host quiet,q
    verbose,v install
    """
)
_RUST = compiled(
    r"(?P<channel>stable|beta|nightly|\d{1,4}\.\d{1,4}(?P<patch>\.\d{1,4}(?:-beta\.\d{1,3})?)?)"
    r"(?P<date>-\d{4}-\d\d-\d\d)?(?:-[a-z]\w*(?:-\w+){1,3})?"
)
_TOOLCHAIN_FILES = ("rust-toolchain.toml", "rust-toolchain")
_CHANNEL = compiled(r"(?m)^[ \t]*channel[ \t]*=[ \t]*[\"']([^\"'\n]{1,80})[\"']")


def rustup(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """``rustup toolchain install``, ``rustup default``, ``rustup update``, ``rustup-init``."""
    given = [word for word in arguments if not word.startswith("+")]
    options = divided(given, _RUST_TABLE, _RUST_NAMES)
    values = dict(options.options)
    if name == "rustup-init":
        return _toolchains([values.get("default-toolchain") or "stable"])
    words = [options.verb, *options.words]
    match words:
        case ["toolchain", "install" | "add" | "update", *names] | ["install" | "default", *names]:
            return _toolchains(names) if names else _of_toolchain_file(files)
        case ["override", "set", *names]:
            return _toolchains(names[:1])
        case ["update", *names] if names:
            return _toolchains(names)
        case ["self", "update"]:
            return LanguageLine(("rustup@release-stable",))
        case ["target" | "component", *_]:
            return LanguageLine(listed=(Listed(" ".join([name, *words]), _OF_PROGRAM),))
        case _:
            return None


def _toolchains(names: Sequence[str]) -> LanguageLine:
    words: list[str] = []
    listed: list[Listed] = []
    for name in names:
        match = _RUST.fullmatch(name)
        if name == "none":
            listed.append(Listed("rust none", _OF_PROGRAM))
            continue
        if match is None:
            return _unclear(name)
        if match["date"] or match["patch"]:
            listed.append(fixed(f"rust {name}"))
        else:
            words.append(f"rust@{match['channel']}")
    return LanguageLine(tuple(words), listed=tuple(listed))


def _of_toolchain_file(files: ProjectFiles) -> LanguageLine:
    """``rustup toolchain install`` without a name takes that of the project."""
    for name in _TOOLCHAIN_FILES:
        text = files.text(name)
        if text is not None:
            found = _CHANNEL.search(text)
            return _toolchains([found[1] if found else text.strip()])
    return LanguageLine(unknown=Reason("no-manifest", detail=f"{_TOOLCHAIN_FILES[0]} is not known"))


# Node.js

_NODE_TABLE, _NODE_NAMES = table_of(
    """
    reinstall-packages-from= alias= node-dist-mirror= arch,a= lts latest-npm default save,w binary,b source,s
    no-progress skip-default-packages progress quiet,q preserve,p offline download,d cleanup latest
    """
)
_VERSION_FILES = (".node-version", ".nvmrc")


def node_channel(text: str) -> str:
    """What a word stands for: ``latest``, ``lts``, ``lts/NAME`` or numbers; else empty."""
    word = text.strip().lower()
    if word in _LATEST:
        return "latest"
    if word in {"lts", "lts/*", "--lts"}:
        return "lts"
    if re.fullmatch(r"lts/(?:[a-z]{2,20}|-\d{1,2})", word):
        return word
    match = _NUMBERS.fullmatch(word)
    return match[1] if match else ""


def _node(text: str, via: str) -> LanguageLine:
    channel = node_channel(text)
    if _FULL.fullmatch(text.strip()):
        return LanguageLine(listed=(fixed(f"{via} {text.strip()}"),))
    return LanguageLine((f"node@{channel}",)) if channel else _unclear(text)


def nvm(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """``nvm install``: without a word the version of ``.nvmrc``."""
    line = divided(arguments, _NODE_TABLE, _NODE_NAMES)
    options = dict(line.options)
    if line.verb != "install":
        return None
    if "lts" in options:
        return _node(f"lts/{options['lts'] or '*'}", "node")
    if not line.words:
        return _of_version_file(files, (".nvmrc",))
    return _node("node" if line.words[0] in {"stable", "default"} else line.words[0], "node")


def n(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """``n lts``, ``n install 20``."""
    line = divided(arguments, _NODE_TABLE, _NODE_NAMES)
    words = [word for word in (line.verb, *line.words) if word and word not in {"install", "i", "download"}]
    named = {name for name, _ in line.options}
    first = "lts" if "lts" in named else "latest" if "latest" in named else (words[0] if words else "")
    if not first or first in {"rm", "-", "prune", "uninstall", "ls", "ls-remote", "exec", "run", "which"}:
        return None
    if first == "auto":
        return _of_version_file(files, _VERSION_FILES)
    if first == "stable":
        first = "lts"
    return _node(
        f"lts/{first}" if re.fullmatch(r"[a-km-z][a-z]+", first) and not node_channel(first) else first,
        "node",
    )


def fnm(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """``fnm install 20``."""
    line = divided(arguments, _NODE_TABLE, _NODE_NAMES)
    options = dict(line.options)
    if line.verb != "install":
        return None
    kept = tuple(item for item in line.options if item[0] == "node-dist-mirror")
    word = "lts" if "lts" in options else "latest" if "latest" in options else "".join(line.words[:1])
    found = (
        _node(word.replace("lts-latest", "lts"), "node") if word else _of_version_file(files, _VERSION_FILES)
    )
    return replace(found, options=kept)


def _of_version_file(files: ProjectFiles, names: Sequence[str]) -> LanguageLine:
    for name in names:
        text = files.text(name)
        if text is not None:
            return _node(text.strip().partition("\n")[0], "node")
    return LanguageLine(unknown=Reason("no-manifest", detail=f"{names[0]} is not known before the build"))


def volta(_name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """``volta install node@20 yarn typescript``: what is not node is a package of npm."""
    line = divided(arguments, _NODE_TABLE, _NODE_NAMES)
    if line.verb not in {"install", "fetch", "pin"} or not line.words:
        return None
    own = [word for word in line.words if re.fullmatch(r"node(?:@.*)?", word)]
    others = tuple(word for word in line.words if word not in own)
    found = _node((own[0].partition("@")[2] or "lts") if own else "lts", "node") if own else LanguageLine()
    return replace(found, also=(LanguageLine(others, manager="npm"),) if others else ())


def corepack(_name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """``corepack prepare pnpm@latest``: packages of npm; Berry is a package of its own there."""
    line = divided(arguments, *table_of("install-directory= output,o= activate global,g all json"))
    if line.verb not in {"prepare", "install", "use", "up"} or not line.words:
        return None
    return LanguageLine(tuple(_berry(word) for word in line.words))


def _berry(word: str) -> str:
    name, _, wanted = word.partition("@")
    wanted = wanted.partition("+")[0]
    if name == "yarn" and not re.match(r"[01](?:\.|$)|\^[01]", wanted):
        return f"@yarnpkg/cli-dist@{'latest' if wanted in {'', 'stable', 'berry'} else wanted}"
    return f"{name}@{wanted}" if wanted else name


# Others


def sdk(_name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """``sdk install java 21.0.2-tem``; without a version, or with an empty one, its default."""
    words = [word for word in arguments if word and not word.startswith("-")]
    if len(words) < 2 or words[0] not in {"install", "i"}:
        return None
    if len(words) > 2:
        return LanguageLine(listed=(fixed(f"{words[1]} {words[2]}"),))
    if not re.fullmatch(r"[a-z][a-z0-9]{0,40}", words[1]):
        return _unclear(words[1])
    return LanguageLine((f"sdkman/{words[1]}@default",))


def from_checkout(name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """``pyenv install 3.12``: the definitions of the versions are in the checkout of the program."""
    words = [word for word in arguments if not word.startswith("-")]
    if words[:1] != ["install"]:
        return None
    listed = [
        fixed(f"{name} {word}") if _FULL.fullmatch(word) else Listed(f"{name} {word}", _OF_PROGRAM)
        for word in words[1:]
    ]
    return LanguageLine(listed=tuple(listed)) if listed else None


_BRANDED = compiled(r"(?:chrome|msedge)(?:-\w+)?")


def playwright(name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """``playwright install chromium``: its version names the builds of browsers; Chrome itself moves."""
    words = [word for word in arguments if not word.startswith("-")]
    if words[:1] != ["install"] or "--with-deps" in arguments:
        return None
    listed = [
        Listed(f"{name} {word}", _NO_DOCUMENT if _BRANDED.fullmatch(word) else _OF_PROGRAM)
        for word in words[1:] or ["install"]
    ]
    return LanguageLine(listed=tuple(listed))


def uv_python(arguments: Sequence[str]) -> LanguageLine:
    """``uv python install 3.12``: uv itself has the list of versions."""
    words = [word for word in arguments[2:] if not word.startswith("-")]
    listed = [
        fixed(f"python {word}")
        if _FULL.fullmatch(word)
        else Listed(f"uv python install {word}".strip(), _OF_PROGRAM)
        for word in words or [""]
    ]
    return LanguageLine(listed=tuple(listed))
