"""Where curl, wget and their like put the answers of servers: into files, or to standard output."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from posixpath import join

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import NoText
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import Text, all_written, program_name

Fields = tuple[Text, ...]
_STDOUT = "-"
_DOWNLOADED = Reason("script-downloaded")

OUTPUTS = {
    "curl": compiled(r"-[a-zA-Z#]*o|--output"),
    "wget": compiled(r"-[a-zA-Z]*O|--output-document"),
    "aria2c": compiled(r"-o|--out"),
}
_OWN_NAME = compiled(r"-[a-zA-Z#]*O[a-zA-Z]*|--remote-name(?:-all)?")
_DIRECTORY = {
    "curl": compiled(r"--output-dir"),
    "wget": compiled(r"-[a-zA-Z]*P|--directory-prefix"),
    "aria2c": compiled(r"-d|--dir"),
}
_URL = compiled(r"(?:https?|ftp)://[^/]")
_PLAIN = compiled(r"-[a-zA-Z#]*O (?:https?|ftp)://[^/?# ][^?# ]*/([^/?# ]+)")
"""``curl -fsSLO URL``, as most are written, with the last part of the path."""
_LETTERS = frozenset("oOPd")
_LONG = frozenset({"out", "dir", "rem"})
"""A letter of each short option that decides where a file is written, and how each long one begins."""
_ATTACHED = compiled(r"(?:--output|--output-document|--out)=(.+)|-o(/.+)|-[a-zA-Z]*O(/.+|-)")


def saved(
    runner: Runner, name: str, fields: Fields, words: list[str]
) -> list[tuple[str, Callable[[], NoText]]]:
    """Each file that a download writes: its path, and what gives the answer that is in it."""
    paths, downloads = _targets(name, words), runner.runs.downloads
    if len(paths) == 1:
        return [] if paths[0] == _STDOUT else [(paths[0], partial(_answer, downloads, fields, paths, 0))]
    return [
        (path, partial(_answer, downloads, fields, paths, place))
        for place, path in enumerate(paths)
        if path != _STDOUT
    ]


def _answer(downloads: Downloads, fields: Fields, paths: list[str], place: int) -> NoText:
    """The file at a place of the paths; without a reference where it is not known which answer it is."""
    sources = downloads.sources(fields)
    return NoText(paths[place], _DOWNLOADED, sources[place] if len(sources) == len(paths) else "")


def printed_body(runner: Runner, fields: Fields) -> str:
    """The reference whose answer is the whole output of a download; empty where there is none."""
    name = program_name(fields)
    if name not in OUTPUTS:
        return ""
    paths = _targets(name, all_written(fields[1:]))
    sources = runner.runs.downloads.sources(fields) if set(paths) <= {_STDOUT} else ()
    return sources[0] if len(sources) == 1 else ""


def _targets(name: str, words: list[str]) -> list[str]:
    """The files that ``curl -o FILE URL``, ``curl -O URL``, ``wget URL`` write; ``-`` is standard output."""
    if name == "curl" and len(words) == 2 and (plain := _PLAIN.fullmatch(" ".join(words))):
        return [plain[1]]
    found: list[str] = []
    directory, own = "", name != "curl"
    for place, word in enumerate(words):
        if word[:1] != "-" or (word[2:5] not in _LONG if word[1:2] == "-" else _LETTERS.isdisjoint(word)):
            continue
        if name == "curl" and word[-1] != "o" and _OWN_NAME.fullmatch(word):
            own = True
            continue
        after = words[place + 1] if place + 1 < len(words) else ""
        if OUTPUTS[name].fullmatch(word):
            found.append(after)
        elif (attached := _ATTACHED.match(word)) is not None:
            found.append(attached[1] or attached[2] or attached[3])
        elif _DIRECTORY[name].fullmatch(word):
            directory = after
    if own and not found:
        found = [_own_name(word) for word in words if word[:1] != "-" and _URL.match(word)]
    if "" in found:
        found = [path for path in found if path]
    return [path if path == _STDOUT else join(directory, path) for path in found] if directory else found


def _own_name(url: str) -> str:
    """The last part of the path; empty where there is none. The text need not be a valid URL."""
    if "#" in url or "?" in url:
        url = url.partition("#")[0].partition("?")[0]
    path = url.partition("://")[2]
    return path.rpartition("/")[2] if "/" in path else ""
