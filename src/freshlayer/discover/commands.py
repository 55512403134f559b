"""The programs that a script runs → what they read from the network: the table of syntaxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import pairwise

from msgspec.structs import replace

from freshlayer import shell
from freshlayer.discover.fetching import SUBCOMMANDS as FETCHING
from freshlayer.discover.fetching import may_fetch
from freshlayer.discover.not_followed import beginning, by_pattern
from freshlayer.discover.package_calls import MAY_TAKE, OF_SYSTEM, PackageCalls
from freshlayer.discover.programs.code import LANGUAGES, codes, read_code
from freshlayer.discover.programs.names import is_plain_program, known_part, program_of, respelled, words_of
from freshlayer.discover.programs.readers import ByName, Named, as_listed
from freshlayer.discover.programs.rows import invoked
from freshlayer.discover.programs.table import names, program
from freshlayer.discover.programs.texts import PRINTERS, SUBCOMMANDS
from freshlayer.discover.proxies import read_through, through, used
from freshlayer.discover.syntaxes.aria2c import aria2c
from freshlayer.discover.syntaxes.curl import config_words, curl, simple
from freshlayer.discover.syntaxes.found import (
    Finding,
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
from freshlayer.discover.syntaxes.repositories import REPOSITORIES
from freshlayer.discover.syntaxes.wget import wget
from freshlayer.lazy_regex import compiled
from freshlayer.model.inputs import ScriptPlace
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.request_form import Proxies
from freshlayer.shell import SHELLS, Call, Surroundings, Unfollowed
from freshlayer.shell.values import NOTHING


def _storage(arguments: Words) -> Iterator[Finding]:
    from freshlayer.discover.syntaxes.storage import storage  # noqa: PLC0415 - few scripts use it

    return storage(arguments)


def _az(arguments: Words) -> Iterator[Finding]:
    from freshlayer.discover.syntaxes.storage import az  # noqa: PLC0415 - the same

    return az(arguments)


def _named_remotes(program: str, arguments: Words) -> Iterator[Finding]:
    from freshlayer.discover.syntaxes.storage import named_remotes  # noqa: PLC0415 - the same

    return named_remotes(program, arguments)


def _skopeo(arguments: Words) -> Iterator[Finding]:
    from freshlayer.discover.syntaxes.images import skopeo  # noqa: PLC0415 - the same

    return skopeo(arguments)


SYNTAXES: dict[str, Syntax] = {
    "curl": curl,
    "wget": wget,
    "aria2c": aria2c,
    "axel": aria2c,
    **dict.fromkeys(("aws", "gsutil", "gcloud", "s3cmd", "s5cmd"), _storage),
    "az": _az,
    "skopeo": _skopeo,
    **{name: partial(_named_remotes, name) for name in ("mc", "rclone")},
}
"""Program → the syntax that reads its arguments, where a row of ``programs`` can't.

Version control: ``repositories.REPOSITORIES``.
"""

_COMPLETE = frozenset({"curl", "wget"})
"""Programs whose syntax finds every URL that they read: another is a proxy or a header."""

_ALL_READ = PRINTERS | _COMPLETE
"""Programs of which no other word is looked at."""

FETCHERS = frozenset({"curl", "wget", "aria2c", "git", "axel", "lftp"})
"""Programs whose output is the answer of a server."""

_FOLLOWED = frozenset({"pwsh", "powershell", "apt-mark"})
_REMOTE = compiled(r"(?:^|[=@+\s\"'(])((?:https?|ftps?|git|ssh|s3|gs)://[^\s\"'|&;<>()]+)")
_INPUTS = {**dict.fromkeys(("wget", "aria2c"), ("-i", "--input-file")), "curl": ("-K", "--config")}
_FIRST_OF_INPUT = {
    name: frozenset([f"{option}{end}" for option in options for end in ("", "-", "=-")])
    for name, options in _INPUTS.items()
}
"""The words with which such an option may begin."""
_LONGEST_SCRIPT = 64 * 1024
_NOTHING_GIVEN = [""]
_BY_NAME = frozenset({"packages-by-name", "program-not-probed", "package-index"})


Others = Callable[[Call], Iterator[tuple[str, Finding]] | None]
"""What an interpreter with a syntax of its own reads; None for every other program."""


def of_script(
    text: str,
    surroundings: Surroundings,
    known: Checkouts | None = None,
    others: Others | None = None,
    packages: PackageCalls | None = None,
) -> list[tuple[str, Finding]]:
    """(via, finding) of every program of a script. Only scripts that hold a fetching word are parsed.

    ``known``: the working copies of git that are there, brought up to date. ``others`` comes first.
    ``packages``: takes the commands of package managers; without it they are not watched.
    """
    if not may_fetch(text, surroundings, known_names()):
        return []
    if not shell.is_parsed(text, _LONGEST_SCRIPT):
        return [("script", Missed(beginning(text), Reason("script-too-long")))]
    following = shell.follow(text, surroundings)
    found = of_calls(following.calls, known, others, packages)
    found += _of_unfollowed(following.unfollowed) if following.unfollowed else ()
    if not following.whole:
        found += by_pattern(text, {finding.text for _, finding in found})
    return found


def of_words(
    words: tuple[str, ...],
    surroundings: Surroundings,
    known: Checkouts | None = None,
    others: Others | None = None,
    packages: PackageCalls | None = None,
) -> Iterator[tuple[str, Finding]]:
    """The same of a command that no shell reads: the exec form."""
    following = shell.follow_words(words, surroundings)
    yield from of_calls(following.calls, known, others, packages)
    yield from _of_unfollowed(following.unfollowed)


def _of_unfollowed(scripts: tuple[Unfollowed, ...]) -> Iterator[tuple[str, Finding]]:
    """Script files that are executed, with why they are not read, and the URLs of those that are in part."""
    for script in scripts:
        inside = list(by_pattern(script.text, set())) if script.text else []
        for via, finding in inside:
            line = script.text[: max(script.text.find(finding.text), 0)].count("\n") + 1
            yield via, replace(finding, place=ScriptPlace(script.name, line))
        if not inside:
            yield "script", Missed(script.name, script.reason, place=script.place)


@cache
def known_names() -> frozenset[str]:
    """Programs that reach the network, or decide what others read: of the image, not of the context."""
    return names() | SYNTAXES.keys() | REPOSITORIES.keys() | _FOLLOWED


@cache
def _never_reading() -> frozenset[str]:
    """Programs of which nothing is read, whatever their words are: most of those that a script runs."""
    return PRINTERS - known_names() - LANGUAGES.keys()


def of_calls(
    calls: tuple[Call, ...],
    known: Checkouts | None = None,
    others: Others | None = None,
    packages: PackageCalls | None = None,
) -> list[tuple[str, Finding]]:
    """(via, finding) of programs in the order in which they run. ``known``, ``others``: see ``of_script``."""
    checkouts = known if known is not None else Checkouts()
    every: list[tuple[str, Finding]] = []
    repositories: dict[str, list[Ran]] = {}
    seen: dict[str, Proxies | None] = {}
    for call in calls:
        words = words_of(call.words)
        first = words[0] if words else ""
        if first == "curl" and call.given is NOTHING and not call.proxies and (only := simple(words[1:])):
            every.append(("curl", _at(call.place, only)))
            continue
        if isinstance(first, str) and is_plain_program(first):
            name, arguments = first, words[1:]
        else:
            followed = others(call) if others else None
            if followed is not None:
                every += followed
                continue
            words = respelled(words, call)
            name, arguments = program_of(words)
        if name in REPOSITORIES:
            repositories.setdefault(name, []).append(Ran(arguments, call.directory, call.place))
            seen[name] = seen.get(name) or used(name, [], dict(call.proxies))
            continue
        if name in _INPUTS:
            arguments = _hole_of_input(name, arguments, call)
        found = _of_call(name, arguments, words, call, packages)
        for finding in read_through(found, name, arguments, call.proxies) if found else ():
            every.append((finding.via or name or "RUN", _at(call.place, finding)))
    for name, commands in repositories.items():
        for it in REPOSITORIES[name](commands, checkouts):
            every.append((it.via, _at(_place_of(it, commands), through(it, seen[name]))))
    return every


def _of_call(
    name: str, arguments: Words, words: Words, call: Call, packages: PackageCalls | None
) -> list[Finding]:
    """What is given as a URL, and behind it the packages by name."""
    if packages and name in OF_SYSTEM and not any(call.given) and _names_no_url(arguments):
        return list(packages.of(name, arguments, call, ()))
    if name in _never_reading():
        return list(packages.of(name, arguments, call, ())) if packages else []
    # Most commands are given nothing.
    given = [""] if call.given is NOTHING else [known_part(text) for text in call.given]
    found: list[Finding] = []
    by_name: list[ByName] = []
    for it in _of_program(name, arguments, words, given):
        if isinstance(it, Named) or (packages and isinstance(it, Missed) and it.reason.code in _BY_NAME):
            by_name.append(it)
        else:
            found.append(it)
    if packages and (by_name or name in MAY_TAKE):
        found += packages.of(name, arguments, call, by_name)
    elif by_name:
        found += as_listed(by_name)
    return found


def _names_no_url(arguments: Words) -> bool:
    """Whether all words are known, and none is a URL or the short form of one."""
    return Unknown not in map(type, arguments) and ":" not in "".join(map(str, arguments))


def _at(place: ScriptPlace | None, finding: Finding) -> Finding:
    """The finding of a command in a script file."""
    return replace(finding, place=place) if place else finding


def _place_of(finding: Finding, commands: list[Ran]) -> ScriptPlace | None:
    """Where the command is that names what was found; else the first one of the program."""
    for command in commands:
        if any(
            isinstance(word, str) and len(word) > 1 and word in finding.text for word in command.arguments
        ):
            return command.place
    return commands[0].place


def _hole_of_input(name: str, arguments: Words, call: Call) -> Words:
    """``wget -i -``, where why the URLs are not known is known: that word in place of the option."""
    if call.given is NOTHING:
        return arguments
    hole = next((hole for text in call.given if (hole := shell.worst(text)) is not None), None)
    if hole is None:
        return arguments
    unknown = Unknown(hole.reason, hole.text, "…")
    pairs = pairwise(["", *arguments])
    return [unknown if word == "-" and before in _INPUTS[name] else word for before, word in pairs]


def _of_program(name: str, arguments: Words, words: Words, given: list[str]) -> Iterable[Finding | Named]:
    if name in LANGUAGES and (code := codes(name, arguments, given)):
        return [it for word in code for it in read_code(name, word, " ".join(plain(arguments)))]
    found = _explained(name, arguments, given)
    if found or name in _ALL_READ or (name and given == _NOTHING_GIVEN and _names_no_url(arguments)):
        return found
    if (name in SYNTAXES or program(name)) and _first(arguments) in SUBCOMMANDS:
        # ``npm config set registry URL`` only notes it.
        return found
    if not name and isinstance(words[0], Unknown) and _first(arguments) in FETCHING:
        # ``$MANAGER install X``: a subcommand of those that fetch.
        return [Missed(" ".join(map(written, words)), words[0].reason)]
    rest = _without_stores(arguments) if name in SYNTAXES else arguments
    return _unexplained(name or written(words[0]), rest, given)


def _first(arguments: Words) -> str:
    """The first word that is known and no option, which may be a subcommand."""
    return next((word for word in plain(arguments) if not word.startswith("-")), "")


def _without_stores(arguments: Words) -> Words:
    """Without what a command of an object store writes to, and the server that it names."""
    pairs = pairwise(["", *arguments])
    kept = [word for before, word in pairs if not re.match(r"--(?:endpoint|host)", written(before))]
    return [word for word in kept if not re.match(r"(?:s3|gs)://|--(?:endpoint|host)", written(word))]


def _explained(name: str, arguments: Words, given: list[str]) -> list[Finding | Named]:
    """What a row or a syntax finds."""
    for row, reader in program(name):
        invocation = invoked(name, arguments, row, tuple(given))
        if invocation is not None:
            return list(reader(invocation))
    return list(SYNTAXES[name](_with_input(name, arguments, given))) if name in SYNTAXES else []


def _with_input(name: str, arguments: Words, given: list[str]) -> Words:
    """``echo URL… | wget -i -``: the URLs of a known input in place of the option."""
    if name not in _INPUTS or _FIRST_OF_INPUT[name].isdisjoint(arguments) or any("…" in it for it in given):
        return arguments
    for option in _INPUTS[name] if given else ():
        for spelling in ([option, "-"], [f"{option}-"], [f"{option}=-"]):
            for place in range(len(arguments)) if spelling[0] in arguments else ():
                if arguments[place : place + len(spelling)] == spelling:
                    lines = [word for text in given for word in _words_of_input(name, text)]
                    return [*arguments[:place], *arguments[place + len(spelling) :], *lines]
    return arguments


def _words_of_input(name: str, text: str) -> Words:
    if name == "curl":
        return config_words(text)
    return [line.strip() for line in text.split("\n") if line.strip()]


def _unexplained(name: str, arguments: Words, given: list[str]) -> Iterator[Finding]:
    """A URL among the arguments of another program, most likely to read it: installers, rpm, tar, scripts."""
    for text in given:
        for match in _REMOTE.finditer(text) if "://" in text else ():
            yield Missed(match[1], _unknown_program(name))
    for option, word in pairwise(["", *arguments]):
        text = word.known if isinstance(word, Unknown) else word
        found = _REMOTE.search(text) if "://" in text else None
        if isinstance(word, Unknown) and (found or _is_script(name, option)):
            yield Missed(word.text, word.reason)
        elif not found or isinstance(word, Unknown):
            continue
        else:
            yield Missed(found[1], _unknown_program(name))


def _unknown_program(name: str) -> Reason:
    return Reason("unknown-program", detail=f"freshlayer does not know what {shown(name, 40)} does with it")


def _is_script(name: str, option: Word) -> bool:
    """Whether a word is a script: the word after ``-c``, and every argument of eval."""
    if name == "eval":
        return True
    return name in SHELLS and isinstance(option, str) and re.fullmatch(r"-[a-z]*c", option) is not None
