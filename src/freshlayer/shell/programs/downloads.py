"""Where curl, wget and their like put the answers of servers: into files, or to standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from posixpath import basename, join

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import NoText
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import Text, known, program_name, written

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
_ATTACHED = compiled(r"(?:--output|--output-document|--out)=(.+)|-o(/.+)|-[a-zA-Z]*O(/.+|-)")


def saved(
    runner: Runner, name: str, fields: Fields, words: list[str]
) -> Iterator[tuple[str, Callable[[], NoText]]]:
    """Each file that a download writes: its path, and what gives the answer that is in it."""
    paths = [path for path in _targets(name, words) if path]
    for place, path in enumerate(paths):
        if path != _STDOUT:
            yield path, partial(_answer, runner.runs.downloads, fields, paths, place)


def _answer(downloads: Downloads, fields: Fields, paths: list[str], place: int) -> NoText:
    """The file at a place of the paths; without a reference where it is not known which answer it is."""
    sources = downloads.sources(fields)
    return NoText(paths[place], _DOWNLOADED, sources[place] if len(sources) == len(paths) else "")


def printed_body(runner: Runner, fields: Fields) -> str:
    """The reference whose answer is the whole output of a download; empty where there is none."""
    name = program_name(fields)
    if name not in OUTPUTS:
        return ""
    paths = _targets(name, [known(field) or written(field) for field in fields[1:]])
    sources = runner.runs.downloads.sources(fields) if set(paths) <= {_STDOUT} else ()
    return sources[0] if len(sources) == 1 else ""


def _targets(name: str, words: list[str]) -> list[str]:
    """The files that ``curl -o FILE URL``, ``curl -O URL``, ``wget URL`` write; ``-`` is standard output."""
    found: list[str] = []
    urls: list[str] = []
    directory, own = "", name != "curl"
    for place, word in enumerate(words):
        if not word.startswith("-"):
            if _URL.match(word):
                urls.append(word)
            continue
        after = words[place + 1] if place + 1 < len(words) else ""
        if OUTPUTS[name].fullmatch(word):
            found.append(after)
        elif (attached := _ATTACHED.match(word)) is not None:
            found.append(attached[1] or attached[2] or attached[3])
        elif _DIRECTORY[name].fullmatch(word):
            directory = after
        elif name == "curl" and _OWN_NAME.fullmatch(word):
            own = True
    if own and not found:
        found = [_own_name(url) for url in urls]
    return [path if path == _STDOUT else join(directory, path) for path in found if path]


def _own_name(url: str) -> str:
    """The last part of the path; empty where there is none. The text need not be a valid URL."""
    path = url.partition("#")[0].partition("?")[0].partition("://")[2]
    return basename(path) if "/" in path else ""
