"""Commands of a script → what they read from elsewhere: the table of syntaxes, and what is only listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from freshlayer import shell
from freshlayer.discover.curl import curl
from freshlayer.discover.found import Finding, Found, Missed, Syntax, Words
from freshlayer.discover.wget import wget
from freshlayer.reference import shown
from freshlayer.shell import Lookup, Unknown

SYNTAXES: dict[str, Syntax] = {
    "curl": curl,
    "wget": wget,
}
"""Command → the syntax that reads it."""

_ANY: frozenset[str] = frozenset()
_INSTALL = frozenset(
    "add build ci create dist-upgrade download get groupinstall i in install localinstall mod restore sync"
    " swap up update upgrade require run".split()
)
FETCHERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("apt", "apt-get", "aptitude", "apk", "dnf", "microdnf", "tdnf", "yum", "zypper"), _INSTALL
    ),
    **dict.fromkeys(("pip", "pip3", "pipx", "poetry", "uv", "conda", "mamba", "micromamba"), _INSTALL),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "gem", "bundle", "composer", "cargo", "go"), _INSTALL),
    **dict.fromkeys(("dotnet", "nuget", "luarocks", "opam", "stack", "cabal", "brew", "rustup"), _INSTALL),
    **dict.fromkeys(("mvn", "gradle", "npx", "aria2c", "axel", "lftp", "rsync", "svn", "scp", "ftp"), _ANY),
    **dict.fromkeys(("aws", "gsutil", "gcloud", "az", "rclone", "s3cmd", "mc", "pecl", "cpan"), _ANY),
    **dict.fromkeys(("cpanm", "add-apt-repository", "docker-php-ext-install", "debootstrap"), _ANY),
    "git": frozenset({"clone", "fetch", "pull", "submodule", "ls-remote"}),
    "hg": frozenset({"clone", "pull"}),
}
"""Commands that fetch and that nobody here asks yet → the subcommands that do it (none named: all do)."""

_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
# Commands that handle a URL as text, and read nothing from it.
_WRITERS = frozenset(
    "echo printf tee sed awk gawk grep egrep cat export test [ [[ : true false set read local declare"
    " useradd adduser groupadd usermod mkdir chmod chown ln rm mv cp touch cut tr head tail".split()
)
_WRAPPERS: dict[str, tuple[str, int]] = {
    "sudo": ("CDghpRrTtUu", 0),
    "env": ("uCS", 0),
    "exec": ("a", 0),
    "command": ("", 0),
    "time": ("fo", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "timeout": ("ks", 1),
    "eatmydata": ("", 0),
    "gosu": ("", 1),
    "su-exec": ("", 1),
    "busybox": ("", 0),
    "retry": ("", 0),
}
"""Wrapper → letters of its options that take a value, and operands before the wrapped command."""

_REMOTE = re.compile(r"(?:^|[=@+\s\"'])((?:https?|ftps?|git|ssh|s3|gs)://[^\s\"'|&;<>()]+)")
_FETCHING = re.compile(
    r"://|(?<![\w./-])(?:"
    + "|".join(sorted(map(re.escape, [*SYNTAXES, *FETCHERS]), key=len, reverse=True))
    + r")\b"
)
_DEEPEST = 3
_LONGEST_SCRIPT = 256 * 1024


def of_script(text: str, lookup: Lookup, depth: int = 0) -> Iterator[tuple[str, Finding]]:
    """(via, finding) of every command of a script. Only scripts that hold a fetching word are parsed."""
    if not _FETCHING.search(text):
        return
    if len(text) > _LONGEST_SCRIPT or depth > _DEEPEST:
        yield "script", Missed(shown(text, 60), "the script is too long or too deep to be read")
        return
    script = shell.parse(text)
    if not script.whole:
        yield from _by_pattern(text)
        return
    for command in script.commands:
        yield from of_words(shell.words_of(command, script, lookup), lookup, depth)


def of_words(words: Words, lookup: Lookup, depth: int = 0) -> Iterator[tuple[str, Finding]]:
    """(via, finding) of one command."""
    words = _unwrapped(words)
    if not words:
        return
    if isinstance(words[0], Unknown):
        yield from _unexplained(words[0].text, words[1:])
        return
    name, arguments = basename(words[0]), words[1:]
    if name in SYNTAXES:
        yield from ((name, finding) for finding in SYNTAXES[name](arguments))
    elif name in _SHELLS:
        yield from _inner(name, arguments, lookup, depth)
    elif name in FETCHERS:
        yield from _listed(name, arguments)
    elif name not in _WRITERS:
        yield from _unexplained(name, arguments)


def _unwrapped(words: Words) -> Words:
    """Drop ``sudo``, ``env X=1``, ``timeout 60`` and their like."""
    while words and isinstance(words[0], str) and basename(words[0]) in _WRAPPERS:
        letters, operands = _WRAPPERS[basename(words[0])]
        words = words[1:]
        while words and isinstance(words[0], str) and re.match(r"-|\w+=", words[0]):
            takes_value = re.fullmatch(f"-[{letters or '-'}]", words[0])
            words = words[2 if takes_value else 1 :]
        words = words[operands:]
    return words


def _inner(name: str, arguments: Words, lookup: Lookup, depth: int) -> Iterator[tuple[str, Finding]]:
    """``sh -c SCRIPT``, with any letters beside the c; else a URL that a shell is given is a riddle."""
    for place, word in enumerate(arguments[:-1]):
        if isinstance(word, str) and re.fullmatch(r"-[a-z]*c", word):
            script = arguments[place + 1]
            if isinstance(script, str):
                yield from of_script(script, lookup, depth + 1)
            else:
                yield name, Missed(script.text, script.reason)
            return
    yield from _unexplained(name, arguments)


def _listed(name: str, arguments: Words) -> Iterator[tuple[str, Finding]]:
    subcommands = FETCHERS[name]
    plain = [word for word in arguments if isinstance(word, str) and not word.startswith("-")]
    if subcommands and not any(word in subcommands for word in plain):
        return
    written = " ".join([name, *(word if isinstance(word, str) else word.text for word in arguments)])
    yield name, Missed(shown(written, 80), f"what {name} fetches is not asked")


def _unexplained(name: str, arguments: Words) -> Iterator[tuple[str, Finding]]:
    for word in arguments:
        text = word if isinstance(word, str) else word.text
        match = _REMOTE.search(text)
        if match:
            yield name, Missed(match[1], f"freshlayer does not know what {shown(name, 40)} does with it")


def _by_pattern(text: str) -> Iterator[tuple[str, Finding]]:
    """A script that can't be parsed: the URLs that stand in it letter for letter."""
    for match in re.finditer(r"https?://[^\s\"'`|&;<>(){}]+", text):
        if "$" in match[0]:
            yield "pattern", Missed(match[0], "the script can't be parsed")
        else:
            yield "pattern", Found(match[0].rstrip(".,"))
