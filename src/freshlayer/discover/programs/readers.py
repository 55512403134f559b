"""What the arguments of a program are: packages, URLs, repositories, or what freshlayer has no probe for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from freshlayer.discover.programs.rows import Invocation
from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word, Words, written
from freshlayer.discover.syntaxes.git_sources import git_text, repository_text
from freshlayer.lazy_regex import compiled
from freshlayer.masking import shown_words
from freshlayer.model.reasons import Reason
from freshlayer.reference import kind_of, shown

_URL = compiled(r"(?:https?|ftps?)://")
_INNER = compiled(r"(?:^|=)((?:https?|ftps?)://.+)")
_SHORTHAND = compiled(r"(github|gitlab|bitbucket):([\w.-]+/[\w.-]+)(?:#(.+))?")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_GITHUB = compiled(r"([A-Za-z0-9][\w-]*/[A-Za-z0-9_][\w.-]*)(?:#(.+))?")
_NODE = frozenset("npm yarn yarnpkg pnpm bun npx bunx pnpx".split())
"""Programs for which ``user/repository`` is on GitHub."""
_NAMED_URL = compiled(r"(?i)\$\{?\w*(?:url|uri|link)\b|\$\{?(?:url|uri)_")
"""A variable that holds a URL, by its name."""
_BY_NAME = Reason("packages-by-name")
_MOST_SHOWN = 80


class Named(Struct, frozen=True):
    """What a command names, and nothing is probed for.

    Its text is made where it is listed: of most package managers the packages are watched.
    """

    run: Invocation
    words: Words
    reason: Reason
    via: str = ""

    def missed(self) -> Missed:
        """As it is listed."""
        return Missed(text_of(self.run, self.words), self.reason, self.via)


ByName = Missed | Named


def as_listed(by_name: Iterable[ByName]) -> list[Missed]:
    """Packages that are not watched, as they are listed."""
    return [it.missed() if isinstance(it, Named) else it for it in by_name]


def packages(run: Invocation) -> Iterator[Finding | Named]:
    """URLs and repositories that are given as packages; the rest as one line."""
    name, words = run.name, [*run.operands, *_given(run)]
    fetched = [word for word in words if is_remote(name, word)]
    if fetched:
        for word in fetched:
            yield remote(name, word)
        words = [word for word in words if word not in fetched]
    yield Named(run, words, _BY_NAME, name)


def _given(run: Invocation) -> Words:
    """The values of options that are read."""
    read = run.row.read
    return [value for option, value in run.options if option in read and value is not None] if read else []


def listed(run: Invocation) -> Iterator[Named]:
    """What freshlayer has no probe for, as one line."""
    yield Named(run, run.operands, Reason("program-not-probed", run.name))


def urls(run: Invocation) -> Iterator[Finding]:
    """The operands, and the values of options that are read, where they are URLs; the rest are files."""
    for word in (*run.operands, *_given(run)):
        text = word.known if isinstance(word, Unknown) else word
        if is_remote(run.name, word):
            yield remote(run.name, word)
        elif "://" in text and not isinstance(word, Unknown) and (inner := _INNER.search(text)):
            yield Found(inner[1])
    for option, value in run.options:
        if "://" in (text := written(value or "")) and option not in run.row.values | run.row.read:
            detail = f"freshlayer does not know what {shown(run.name, 40)} does with it"
            yield Missed(text, Reason("unknown-program", detail=detail))


def repositories(run: Invocation) -> Iterator[Finding]:
    """``config-manager --add-repo URL``: a file of repositories is read, an index is not."""
    given = [value for _, value in run.options if value is not None and "://" in written(value)]
    for word in [*given, *(word for word in run.operands if "://" in written(word))]:
        if isinstance(word, Unknown):
            yield Missed(word.text, word.reason, run.name)
        elif word.partition("?")[0].endswith((".repo", ".flatpakrepo", ".flatpakref")):
            yield Found(word, run.name)
        else:
            # gem itself reads the source when it installs from it.
            yield Missed(word, Reason("package-index"), run.name, accepted=run.name == "gem")


def text_of(run: Invocation, words: list[Word]) -> str:
    """The command for a message, without its options."""
    texts = [text for word in words if (text := written(word)) != "--"]
    name = run.name.removeprefix("python:")
    return shown_words([name, *filter(None, run.verb.split("/")), *texts], _MOST_SHOWN)


def is_remote(name: str, word: Word) -> bool:
    """Whether a requirement names a URL or a repository."""
    if isinstance(word, str):
        text = word
        if name in _NODE and "/" in text and _GITHUB.fullmatch(text):
            return True
    elif word.known == "…":
        return bool(_NAMED_URL.search(word.text))
    else:
        text = word.known
    if ":" not in text:
        return False
    return "://" in text or bool(_SHORTHAND.fullmatch(text) or re.match(r"git@[\w.-]+:", text))


def remote(name: str, word: Word) -> Finding:
    """A requirement in the manager's own spelling → what it names."""
    if isinstance(word, Unknown):
        return Missed(word.text.partition(" @ ")[2] or word.text, word.reason, name)
    text = re.sub(r"^[\w.\[\],@/-]+?\s*@\s*(?=\w+(?:\+\w+)?://)", "", word)
    short = _SHORTHAND.fullmatch(text)
    if short:
        return Found(git_text(f"https://{_HOSTS[short[1]]}/{short[2]}.git", _ref(short[3] or "")), name)
    if name in _NODE and (on_github := _GITHUB.fullmatch(text)):
        return Found(github(on_github[1], _ref(on_github[2] or "")), name)
    vcs = re.match(r"(git|hg|svn|bzr)\+", text)
    if vcs and kind_of(vcs[0]) is None:
        return Missed(text, Reason("kind-not-probed", f"{vcs[1]} repository"), name)
    if vcs or re.match(r"(?:git|ssh)://|git@", text) or re.search(r"\.git(?:#|$)", text):
        return Found(_repository(vcs[1] if vcs else "git", text[vcs.end() :] if vcs else text), name)
    if text.startswith("file:"):
        return Missed(text, Reason("file-of-image"), name)
    if _URL.match(text):
        return Found(text.partition("#")[0], name)
    return Missed(text, Reason("kind-not-probed", shown(text.partition("://")[0], 20)), name)


def github(name: str, ref: str = "") -> str:
    """``owner/repository`` of GitHub as a reference."""
    return git_text(f"https://github.com/{name.removesuffix('.git')}.git", ref)


def _repository(kind: str, text: str) -> str:
    """Pip writes ``URL@ref#egg=…``, npm ``URL#ref``."""
    address, _, fragment = text.partition("#")
    at = re.fullmatch(r"(\w+://[^/]*/.*|git@[^:]+:.+)@([^@/][^@]*)", address)
    if at:
        return repository_text(kind, at[1], at[2])
    return repository_text(kind, address, _ref(fragment))


def _ref(fragment: str) -> str:
    """The ref of a fragment; ``semver:^1.0`` is one of the tags."""
    if fragment.startswith("semver:"):
        return "refs/tags/"
    return "" if re.search(r"=|&", fragment) else fragment
