"""Package managers: their URL and git arguments are inputs, their packages by name are listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from freshlayer.discover.syntaxes.found import (
    Finding,
    Found,
    Missed,
    Unknown,
    Word,
    Words,
    plain,
    url,
    written,
)
from freshlayer.discover.syntaxes.git_sources import git_text, repository_text
from freshlayer.lazy_regex import compiled
from freshlayer.masking import takes_secret
from freshlayer.model.reasons import Reason
from freshlayer.reference import kind_of, shown

_INDEX = {
    **dict.fromkeys(("-i", "--index-url", "--extra-index-url", "--index", "--default-index"), 1),
    **dict.fromkeys(
        ("--registry", "-X", "--repository", "--trusted-host", "--source", "-s", "--clear-sources"), 1
    ),
    **dict.fromkeys(("--proxy", "--keyserver", "--channel", "-c", "--server", "--repo"), 1),
}
"""Options whose value is a package index: read by name, not by content."""
_URL = compiled(r"(?:https?|ftps?)://")
_SHORTHAND = compiled(r"(github|gitlab|bitbucket):([\w.-]+/[\w.-]+)(?:#(.+))?")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_MOST_SHOWN = 80


class Manager(Struct, frozen=True):
    """``verbs``: the subcommands that fetch; none named: all do. ``fetched``: options whose value is read."""

    verbs: frozenset[str]
    fetched: frozenset[str] = frozenset()


_APT = Manager(
    frozenset("install update upgrade dist-upgrade full-upgrade download source build-dep".split())
)
_RPM = Manager(
    frozenset("install update upgrade groupinstall localinstall swap module builddep makecache".split()),
    frozenset({"--add-repo"}),
)
_PIP = Manager(
    frozenset("install download wheel sync add".split()),
    frozenset({"-r", "--requirement", "-f", "--find-links", "-c", "--constraint", "-e", "--editable"}),
)
_NODE = Manager(frozenset("install i ci add update up global exec dlx create".split()))
_ANY = Manager(frozenset())
MANAGERS: dict[str, Manager] = {
    **dict.fromkeys(("apt", "apt-get", "aptitude"), _APT),
    "apk": Manager(frozenset("add update upgrade fetch".split())),
    **dict.fromkeys(("dnf", "microdnf", "tdnf", "yum", "zypper", "dnf5"), _RPM),
    "yum-config-manager": Manager(frozenset(), frozenset({"--add-repo"})),
    **dict.fromkeys(("pip", "pip3", "pipx", "uv", "poetry", "pipenv", "pdm"), _PIP),
    **dict.fromkeys(
        ("conda", "mamba", "micromamba"), Manager(frozenset("install create update env".split()))
    ),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "corepack"), _NODE),
    "npx": _ANY,
    "gem": Manager(frozenset({"install", "update"})),
    **dict.fromkeys(("bundle", "bundler"), Manager(frozenset({"install", "update"}))),
    "composer": Manager(frozenset("install update require create-project global".split())),
    "cargo": Manager(frozenset("install build fetch update add".split())),
    "go": Manager(frozenset("install get mod build run".split())),
    **dict.fromkeys(
        ("dotnet", "nuget"), Manager(frozenset("restore add tool install publish build".split()))
    ),
    **dict.fromkeys(("mvn", "gradle", "gradlew", "sbt", "lein", "luarocks", "opam", "stack", "cabal"), _ANY),
    **dict.fromkeys(("brew", "rustup", "pecl", "pear", "cpan", "cpanm", "debootstrap", "nix-env"), _ANY),
    **dict.fromkeys(("docker-php-ext-install", "install_packages", "snap", "flatpak", "asdf", "nvm"), _ANY),
    **dict.fromkeys(("R", "Rscript", "install2.r", "julia"), Manager(frozenset({"install"}))),
}
"""Package manager → what of it fetches."""


def packages(name: str, arguments: Words) -> Iterator[Finding]:
    """URLs and repositories that are given as packages; the rest as one line."""
    manager, command = MANAGERS[name], name
    if name == "uv" and plain(arguments)[:1] == ["pip"]:
        arguments, command = arguments[1:], "uv pip"
    if manager.verbs and not any(word in manager.verbs for word in plain(arguments)):
        return
    operands = list(_operands(manager, arguments))
    named = [word for word in operands if not _is_remote(word)]
    for word in operands:
        if _is_remote(word):
            yield _remote(name, word)
    if name != "yum-config-manager":
        text = " ".join([command, *(written(word) for word in named if written(word) != "--")])
        yield Missed(shown(text, _MOST_SHOWN), Reason("packages-by-name"), name)


def _operands(manager: Manager, arguments: Words) -> Iterator[Word]:
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        if isinstance(word, Unknown):
            yield word
            continue
        option, equals, value = word.partition("=")
        if option in manager.fetched:
            if equals:
                yield value
            continue
        if (option in _INDEX or takes_secret(option, "pip")) and not equals:
            waiting = waiting[:-1]
        elif option == "--git" and waiting:
            yield f"git+{written(waiting.pop())}"
        elif not word.startswith("-"):
            yield word


def _is_remote(word: Word) -> bool:
    text = written(word)
    return bool(re.search(r"://", text) or _SHORTHAND.fullmatch(text) or re.match(r"git@[\w.-]+:", text))


def _remote(name: str, word: Word) -> Finding:
    """A requirement in the manager's own spelling → what it names."""
    if isinstance(word, Unknown):
        return Missed(word.text.partition(" @ ")[2] or word.text, word.reason, name)
    text = re.sub(r"^[\w.\[\],-]+\s*@\s*(?=\w+(?:\+\w+)?://)", "", word)
    short = _SHORTHAND.fullmatch(text)
    if short:
        return Found(git_text(f"https://{_HOSTS[short[1]]}/{short[2]}.git", short[3] or ""), name)
    vcs = re.match(r"(git|hg|svn|bzr)\+", text)
    if vcs and kind_of(vcs[0]) is None:
        return Missed(text, Reason("kind-not-probed", f"{vcs[1]} repository"), name)
    if vcs or re.match(r"(?:git|ssh)://|git@", text) or re.search(r"\.git(?:#|$)", text):
        return Found(_repository(vcs[1] if vcs else "git", text[vcs.end() :] if vcs else text), name)
    if text.startswith("file:"):
        return Missed(text, Reason("file-of-image"), name)
    return Found(text.partition("#")[0], name) if _URL.match(text) else url(text)


def _repository(kind: str, text: str) -> str:
    """Pip writes ``URL@ref#egg=…``, npm ``URL#ref``."""
    address, _, fragment = text.partition("#")
    at = re.fullmatch(r"(\w+://[^/]*/.*|git@[^:]+:.+)@([^@/][^@]*)", address)
    if at:
        return repository_text(kind, at[1], at[2])
    ref = "" if re.search(r"=|&", fragment) else fragment.removeprefix("semver:")
    return repository_text(kind, address, ref)
