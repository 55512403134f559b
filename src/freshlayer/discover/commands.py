"""The programs that a script runs → what they read from the network: the table of syntaxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from posixpath import basename

from msgspec.structs import replace

from freshlayer import shell
from freshlayer.discover.proxies import used
from freshlayer.discover.syntaxes.aria2c import aria2c
from freshlayer.discover.syntaxes.curl import curl
from freshlayer.discover.syntaxes.found import (
    Finding,
    Found,
    Missed,
    Ran,
    Syntax,
    Unknown,
    Word,
    Words,
    plain,
    written,
)
from freshlayer.discover.syntaxes.git import Checkouts
from freshlayer.discover.syntaxes.images import skopeo
from freshlayer.discover.syntaxes.packages import MANAGERS, packages
from freshlayer.discover.syntaxes.repositories import REPOSITORIES
from freshlayer.discover.syntaxes.storage import az, named_remotes, storage
from freshlayer.discover.syntaxes.wget import wget
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script, masked_words
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.request_form import Proxies
from freshlayer.shell import SHELLS, Call, Surroundings

SYNTAXES: dict[str, Syntax] = {
    "curl": curl,
    "wget": wget,
    "aria2c": aria2c,
    "axel": aria2c,
    **dict.fromkeys(("aws", "gsutil", "gcloud", "s3cmd", "s5cmd"), storage),
    "az": az,
    "skopeo": skopeo,
    **{name: partial(named_remotes, name) for name in ("mc", "rclone")},
    **{name: partial(packages, name) for name in MANAGERS},
}
"""Program → the syntax that reads its arguments. Version control: ``repositories.REPOSITORIES``."""

_ALL: frozenset[str] = frozenset()
_VERBS = frozenset("clone checkout co export pull update".split())
_IMAGES = frozenset("blob config copy cp digest export manifest pull".split())
_LISTED: dict[str, frozenset[str]] = {
    **dict.fromkeys({"svn", "hg", "bzr", "cvs", "fossil"} - REPOSITORIES.keys(), _VERBS),
    # By itself crane reads what is for linux/amd64, whatever the build is for.
    **dict.fromkeys(("crane", "gcrane", "oras", "regctl"), _IMAGES),
    **dict.fromkeys(("rsync", "scp", "sftp", "ftp", "lftp", "vcs"), _ALL),
}
"""Programs that fetch in a way that freshlayer has no probe for → their subcommands that do (none: all)."""

FETCHERS = frozenset({"curl", "wget", "aria2c", "git", "axel", "lftp"})
"""Programs whose output is the answer of a server."""

# Programs that handle a URL as text, or write it somewhere, and read nothing from it.
_WRITERS = frozenset(
    "echo printf tee sed awk gawk grep egrep cat export test [ [[ : true false set read local declare"
    " useradd adduser groupadd usermod mkdir chmod chown ln rm mv cp touch cut tr head tail jq yq xmlstarlet"
    " gpg gpg2 ssh-keyscan ssh-keygen crudini augtool dpkg-divert update-alternatives expr which find sort"
    " openssl keytool timeout ping nslookup host dig getent".split()
)
_REMOTE = compiled(r"(?:^|[=@+\s\"'(])((?:https?|ftps?|git|ssh|s3|gs)://[^\s\"'|&;<>()]+)")
_FETCHING = compiled(
    r"://|(?<![\w.-])(?:"
    + "|".join(sorted(map(re.escape, [*SYNTAXES, *_LISTED, *REPOSITORIES]), key=len, reverse=True))
    + r")\b"
)
_LITERAL = compiled(r"https?://[^\s\"'`|&;<>(){}]+")
_COMMENT = compiled(r"(?m)(?<!\S)#.*")
_ENDED = compiled(r"[\"']?(?:[\s;&|<>)]|\Z)")
_LONGEST_SCRIPT = 64 * 1024
_NOT_FOLLOWED = Reason("script-not-followed")
_NOT_KNOWN = Reason("not-computed")


def of_script(
    text: str, surroundings: Surroundings, known: Checkouts | None = None
) -> Iterator[tuple[str, Finding]]:
    """(via, finding) of every program of a script. Only scripts that hold a fetching word are parsed.

    ``known``: the working copies of git that are there, brought up to date.
    """
    if not _may_fetch(text, surroundings):
        return
    if len(text) > _LONGEST_SCRIPT:
        yield "script", Missed(_beginning(text), Reason("script-too-long"))
        return
    following = shell.follow(text, surroundings)
    yield from of_calls(following.calls, known)
    if not following.whole:
        yield from _by_pattern(text)


def _may_fetch(text: str, surroundings: Surroundings) -> bool:
    """Whether a fetching word is in the script, or in a variable that it names."""
    if _FETCHING.search(text):
        return True
    names = set(re.findall(r"\$\{?([A-Za-z_]\w*)", text))
    values = (surroundings.value(name) for name in names)
    return any(isinstance(value, str) and _FETCHING.search(value) for value in values)


def of_calls(calls: tuple[Call, ...], known: Checkouts | None = None) -> Iterator[tuple[str, Finding]]:
    """(via, finding) of programs in the order in which they run. ``known``: see ``of_script``."""
    checkouts = known if known is not None else Checkouts()
    repositories: dict[str, list[Ran]] = {}
    through: dict[str, Proxies | None] = {}
    for call in calls:
        words = [_word(field) for field in call.words]
        name = basename(words[0]) if words and isinstance(words[0], str) else ""
        if name in REPOSITORIES:
            repositories.setdefault(name, []).append(Ran(words[1:], call.directory))
            through[name] = through.get(name) or used(name, [], dict(call.proxies))
            continue
        given = [_known_part(text) for text in call.given]
        proxies = used(name, words[1:], dict(call.proxies))
        for finding in _of_program(name, words, given):
            yield finding.via or name or "RUN", _through(finding, proxies)
    for name, commands in repositories.items():
        yield from ((it.via, _through(it, through[name])) for it in REPOSITORIES[name](commands, checkouts))


def _through(finding: Finding, proxies: Proxies | None) -> Finding:
    """The finding, read through these proxies."""
    if proxies is None or isinstance(finding, Missed):
        return finding
    return replace(finding, form=replace(finding.form, proxies=proxies))


def _word(field: shell.Text) -> Word:
    value = shell.known(field)
    if value is not None:
        return value
    hole = shell.worst(field)
    return Unknown(hole.reason if hole else _NOT_KNOWN, shell.written(field), _known_part(field))


def _known_part(text: shell.Text) -> str:
    return "".join(part if isinstance(part, str) else "…" for part in text)


def _of_program(name: str, words: Words, given: list[str]) -> Iterator[Finding]:
    arguments = words[1:]
    if name in SYNTAXES:
        yield from SYNTAXES[name](arguments)
    elif name in _LISTED:
        if not _LISTED[name] or _LISTED[name] & set(plain(arguments)):
            text = " ".join(masked_words([name, *map(written, arguments)]))
            yield Missed(shown(text, 80), Reason("program-not-probed", name))
    elif name not in _WRITERS:
        yield from _unexplained(name or written(words[0]), arguments, given)


def _unexplained(name: str, arguments: Words, given: list[str]) -> Iterator[Finding]:
    """A URL among the arguments of another program, most likely to read it: installers, rpm, tar, scripts."""
    for text in given:
        for match in _REMOTE.finditer(text):
            yield Missed(match[1], _unknown_program(name))
    for option, word in pairwise(["", *arguments]):
        found = _REMOTE.search(word.known if isinstance(word, Unknown) else word)
        if isinstance(word, Unknown) and (found or _is_script(name, option)):
            yield Missed(word.text, word.reason)
        elif not found or isinstance(word, Unknown):
            continue
        elif name in _READERS and re.match(r"(?:https?|ftps?)://", word):
            yield Found(word)
        else:
            yield Missed(found[1], _unknown_program(name))


def _unknown_program(name: str) -> Reason:
    return Reason("unknown-program", detail=f"freshlayer does not know what {shown(name, 40)} does with it")


def _is_script(name: str, option: Word) -> bool:
    """Whether a word is a script: the word after ``-c``, and every argument of eval."""
    if name == "eval":
        return True
    return name in SHELLS and isinstance(option, str) and re.fullmatch(r"-[a-z]*c", option) is not None


_READERS = frozenset(
    "rpm dpkg apt-key rpmkeys pkg pkg_add pip-compile php python python3 node ruby perl tar unzip deno helm"
    " kubectl oc terraform code code-server jupyter R Rscript java".split()
)
"""Programs that read a URL given as a bare argument."""


def _by_pattern(text: str) -> Iterator[tuple[str, Finding]]:
    """A script that can't be followed to its end: the URLs that it holds verbatim."""
    text = _COMMENT.sub("", text)
    if not _LITERAL.search(text):
        yield "pattern", Missed(_beginning(text), _NOT_FOLLOWED)
    for match in _LITERAL.finditer(text):
        if "$" in match[0] or not _ENDED.match(text, match.end()):
            yield "pattern", Missed(match[0], _NOT_FOLLOWED)
        else:
            yield "pattern", Found(match[0].rstrip(".,"))


def _beginning(script: str) -> str:
    """The start of a script, for a message."""
    return shown(masked_script(" ".join(script[:200].split())), 60)
