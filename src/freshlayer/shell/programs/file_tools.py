"""Commands that write, copy, link and remove files: what they do to the files of the image."""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import basename, dirname, join

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.base_image import is_wanted
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import Files, FileText, NoText, absolute
from freshlayer.shell.frame import Frame
from freshlayer.shell.programs.downloads import OUTPUTS, saved
from freshlayer.shell.programs.filters import FILTERS
from freshlayer.shell.programs.script_files import listed, path_of
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import (
    NOTHING,
    Hole,
    Text,
    Values,
    Why,
    all_written,
    bodies_of,
    concat,
    known,
    text_of,
)

Fields = tuple[Text, ...]

_CHANGED = Reason("script-changed")
_DOWNLOADED = Reason("script-downloaded")
_TAKES_VALUE = {"install": "mogTSt", "cp": "tS", "mv": "tS", "ln": "tS"}
_MOST_FILES = 50
_NO_OPTION = frozenset({"", "\n"})
"""What is behind the dash of a word that is no option."""


def apply(runner: Runner, name: str, fields: Fields, frame: Frame) -> None:
    """What one of WRITERS does to files; words that are not known are as written."""
    files, directory = runner.runs.files, frame.directory
    words = all_written(fields[1:])
    text = "".join(words)
    if "~" in text:
        words = [_at_home(word, frame) for word in words]
        text = "".join(words)
    if name in OUTPUTS:
        for path, read in saved(runner, name, fields, words):
            files.save(absolute(path, directory), read)
    elif name == "tee" and frame.given is not None:
        for field in fields[1:]:
            if not (known(field) or "-").startswith("-"):
                write(runner, field, frame.given, frame, appends="-a" in words)
    elif (tool := _TOOLS.get(name)) is not None:
        options, operands = _divided(words, _TAKES_VALUE.get(name, ""))
        if "*" in text or "?" in text or "[" in text:
            operands = [path for word in operands for path in _named(runner, word, frame)]
        tool(files, Tool(name, options, operands[:_MOST_FILES], directory, frame.certain))


def _named(runner: Runner, word: str, frame: Frame) -> list[str]:
    """The settings that a pattern means; any other word stays as it is."""
    if "*" not in word and "?" not in word and "[" not in word:
        return [word]
    head, slash, _ = word.rpartition("/")
    settings = is_wanted(absolute(head or slash, frame.directory))
    return (settings and listed(runner, word, frame)) or [word]


def write(runner: Runner, target: Text, out: Values, frame: Frame, *, appends: bool) -> None:
    """A redirection, or tee, to a file."""
    path, files = path_of(target, frame), runner.runs.files
    if not path or path.startswith("/dev/"):
        return
    before = files.find(path) if appends else None
    if isinstance(before, NoText):
        if before.source:
            files.write(path, NoText(path, _CHANGED), certain=True)
        return
    content = _content(path, concat(before.text, out) if isinstance(before, FileText) else out)
    if isinstance(before, FileText) and isinstance(content, FileText):
        content = replace(content, perhaps=before.perhaps, of_base=before.of_base, origin=before.origin)
    if isinstance(content, FileText) and runner.runs.origin:
        content = replace(content, origin=runner.runs.origin)
    files.write(path, content, certain=frame.certain)


def with_input(runner: Runner, fields: Fields, frame: Frame) -> tuple[Fields, Values | None]:
    """A filter of one known file, as if the file were its standard input."""
    path = path_of(fields[-1], frame) if len(fields) > 1 else None
    found = runner.runs.files.find(path) if path else None
    if isinstance(found, NoText) and found.source:
        return fields[:-1], ((Hole(Why.ANSWER, found.reason, found.name, found.source),),)
    return (fields[:-1], found.text) if isinstance(found, FileText) else (fields, None)


class Tool(Struct, frozen=True):
    """A command that changes files; the value of an option is joined to it by a blank.

    ``certain``: it runs in every build.
    """

    name: str
    options: list[str]
    operands: list[str]
    directory: str
    certain: bool = True


def _copy(files: Files, tool: Tool) -> None:
    target, sources = _target(tool.options, tool.operands)
    if target is None or not sources:
        return
    symbolic = tool.name == "ln" and any(re.match(r"-[a-zA-Z]*s|--symbolic", word) for word in tool.options)
    place = absolute(target, tool.directory)
    for source in sources:
        origin = absolute(source, tool.directory)
        into = len(sources) > 1 or target.endswith(("/", "/.")) or target in {".", ".."} or files.names(place)
        new = join(place, basename(origin)) if into or _is_directory(place) else place
        if symbolic:
            files.link(new, absolute(source, dirname(new)))
            continue
        found = files.find(origin)
        if found is not None:
            files.write(new, found, certain=True)
        elif tool.name != "install" and files.names(origin):
            files.copy(origin, new)
        if tool.name == "mv" and found is not None:
            files.remove(origin)


def _remove(files: Files, tool: Tool) -> None:
    for operand in tool.operands:
        path = absolute(operand, tool.directory)
        if not tool.certain and isinstance(found := files.find(path), FileText):
            files.write(path, found, certain=False)
        else:
            files.remove(path)


def _touch(files: Files, tool: Tool) -> None:
    for path in (absolute(operand, tool.directory) for operand in tool.operands):
        if files.exists(path) is False:
            files.write(path, FileText(path, NOTHING), certain=tool.certain)


def _edit(files: Files, tool: Tool) -> None:
    """``sed -i SCRIPT FILE``: computed where the filter can, else the text is not known."""
    if not any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in tool.options):
        return
    apart = any(re.match(r"-[a-zA-Z]*[ef]$|--expression|--file", word) for word in tool.options)
    others = [word for word in tool.options if not re.match(r"-[nErsz]*i|--in-place", word)]
    arguments = [*others, *([] if apart else tool.operands[:1])]
    for operand in tool.operands if apart else tool.operands[1:]:
        path = absolute(operand, tool.directory)
        found = files.find(path)
        if isinstance(found, NoText) and found.source:
            files.write(path, NoText(found.name, _CHANGED), certain=True)
        if isinstance(found, FileText):
            texts = [_edited(tool.name, arguments, text) for text in found.text]
            kept = tuple(text for text in texts if text is not None)
            changed = NoText(found.name, _CHANGED)
            whole = len(kept) == len(texts)
            files.write(path, replace(found, text=kept) if whole else changed, certain=tool.certain)


_TOOLS: dict[str, Callable[[Files, Tool], None]] = {
    **dict.fromkeys(("cp", "mv", "install", "ln"), _copy),
    **dict.fromkeys(("rm", "unlink"), _remove),
    "touch": _touch,
    **dict.fromkeys(("sed", "gsed", "perl"), _edit),
}
"""Program → what it does to files."""

WRITERS = frozenset({*_TOOLS, *OUTPUTS, "tee"})
"""Programs that do anything to files."""


def _content(path: str, out: Values) -> FileText | NoText:
    """The text that was written, unless nothing of it is known."""
    if len(sources := bodies_of(out)) == 1:
        return NoText(path, _DOWNLOADED, sources[0])
    holes = [part for text in out for part in text if isinstance(part, Hole)]
    strings = [part for text in out for part in text if isinstance(part, str) and part.strip()]
    if holes and not strings:
        code = "script-downloaded" if holes[0].reason.code == "depends-on-answer" else "script-changed"
        return NoText(path, Reason(code))
    return FileText(path, out)


def _edited(name: str, arguments: list[str], text: Text) -> Text | None:
    plain = known(text)
    if name == "perl" or plain is None:
        return None
    found = FILTERS["sed"](arguments, plain)
    return None if found is None else text_of(found)


def _divided(words: list[str], letters: str) -> tuple[list[str], list[str]]:
    """Options, with the values of those letters joined to them by a blank, and operands."""
    options: list[str] = []
    operands: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word == "--":
            return options, [*operands, *words[place:]]
        if word[:1] != "-" or word[1:2] in _NO_OPTION:
            operands.append(word)
        elif letters and re.fullmatch(f"-[a-zA-Z]*[{letters}]", word) and place < len(words):
            options.append(f"{word} {words[place]}")
            place += 1
        else:
            options.append(word)
    return options, operands


def _target(options: list[str], operands: list[str]) -> tuple[str | None, list[str]]:
    """``SOURCE… TARGET``, ``-t TARGET SOURCE…``, ``ln -s SOURCE``."""
    for word in options:
        match = re.match(r"(?:-[a-zA-Z]*t |--target-directory=)(.+)", word)
        if match:
            return f"{match[1].rstrip('/')}/", operands
    if len(operands) == 1:
        return ".", operands
    return (operands[-1], operands[:-1]) if operands else (None, [])


def _at_home(word: str, frame: Frame) -> str:
    return f"{frame.home_directory}{word[1:]}" if word.startswith("~/") or word == "~" else word


def _is_directory(path: str) -> bool:
    """A directory that every image has."""
    return path.endswith(("/bin", "/sbin")) or path in {"/", "/tmp", "/opt", "/etc", "/root", "/usr/local"}  # noqa: S108
