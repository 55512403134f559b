"""Commands that run another command: ``sudo``, ``env X=1``, ``timeout 60`` and their like; xargs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.shell.values import UNSET, Hole, Text, Values, known, text_of

SHELLS = ("sh", "bash", "ash", "dash", "zsh", "ksh")
_WRAPPERS: dict[str, tuple[str, int]] = {
    "sudo": ("CDghpRrTtUu", 0),
    "env": ("uCS", 0),
    "exec": ("a", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "time": ("fo", 0),
    "nice": ("n", 0),
    "ionice": ("cn", 0),
    "nohup": ("", 0),
    "timeout": ("ks", 1),
    "eatmydata": ("", 0),
    "gosu": ("", 1),
    "su-exec": ("", 1),
    "busybox": ("", 0),
    "retry": ("", 0),
    "setarch": ("", 1),
    "linux32": ("", 0),
    "stdbuf": ("ioe", 0),
    "unbuffer": ("", 0),
}
"""Wrapper → letters of its options that take a value, and operands before the wrapped command."""


class Wrapped(Struct, frozen=True):
    """The command inside. ``assignments``: by ``env`` and ``sudo``; ``cleared``: no other name is set."""

    fields: tuple[Text, ...]
    assignments: dict[str, Values]
    cleared: bool = False
    wrapped: bool = False


def unwrapped(fields: tuple[Text, ...]) -> Wrapped:
    """The wrapped command. ``wrapped``: not by a builtin alone, so that it is a program of its own."""
    assignments: dict[str, Values] = {}
    cleared = wrapped = False
    while fields and (name := basename(known(fields[0]) or "")) in _WRAPPERS:
        letters, operands = _WRAPPERS[name]
        if name == "command" and len(fields) > 1 and known(fields[1]) in {"-v", "-V"}:
            break
        wrapped = True
        fields = fields[1:]
        while fields and isinstance(first := (fields[0] or ("",))[0], str) and re.match(r"-|\w+=", first):
            if not first.startswith("-"):
                variable, _, value = first.partition("=")
                assignments[variable] = (text_of(value, *fields[0][1:]),)
            cleared = cleared or (name == "env" and first in {"-i", "-", "--ignore-environment"})
            if name == "env" and (removed := _removed(first, fields[1:2])):
                assignments[removed] = (UNSET,)
            takes_value = re.fullmatch(f"-[{letters or '-'}]", first)
            fields = fields[2 if takes_value else 1 :]
        fields = fields[operands:]
    return Wrapped(fields, assignments, cleared, wrapped)


def _removed(option: str, behind: tuple[Text, ...]) -> str:
    """The name of ``-u NAME``, ``-uNAME`` and ``--unset=NAME``."""
    if option == "-u":
        return (known(behind[0]) or "") if behind else ""
    match = re.match(r"(?:--unset=|-u)(.+)", option)
    return match[1] if match else ""


class Xargs(Struct, frozen=True):
    """``-I MARK``, ``-n AT_MOST`` (0: all), ``-d`` or ``-0``, ``-a FILE``."""

    mark: str = ""
    at_most: int = 0
    delimiter: str = ""
    file: str = ""


def xargs_options(fields: tuple[Text, ...]) -> tuple[tuple[Text, ...], Xargs]:
    """The command that xargs runs, and how."""
    options = Xargs()
    rest = list(fields[1:])
    while rest and (word := known(rest[0]) or "").startswith("-"):
        rest.pop(0)
        match = re.fullmatch(
            r"-([InPLdEsa])(.*)|--(?:replace|max-args|delimiter|arg-file)=(.*)|-i(.*)", word, re.DOTALL
        )
        if not match:
            options = replace(options, delimiter="\0") if word in {"-0", "--null"} else options
            continue
        value = match[2] or match[3] or match[4] or ""
        if match[1] and not value and rest:
            value = known(rest.pop(0)) or ""
        if match[1] == "I" or word.startswith(("-i", "--r")):
            options = replace(options, mark=value or "{}")
        elif match[1] in {"n", "L"} or word.startswith("--m"):
            options = replace(options, at_most=int(value) if value.isdecimal() else 0)
        elif match[1] == "a" or word.startswith("--a"):
            options = replace(options, file=value)
        elif match[1] == "d" or word.startswith("--d"):
            options = replace(options, delimiter={"\\n": "\n", "\\0": "\0"}.get(value, value))
    return tuple(rest) or (("echo",),), options


def xargs_commands(command: tuple[Text, ...], options: Xargs, given: Text) -> Iterator[tuple[Text, ...]]:
    """The commands for one input."""
    items = _items(given, options)
    if options.mark:
        for item in items:
            yield tuple(_marked(word, options.mark, item) for word in command)
        return
    size = options.at_most or max(1, len(items))
    for start in range(0, max(1, len(items)), size):
        yield (*command, *items[start : start + size])


def _items(given: Text, options: Xargs) -> list[Text]:
    text = known(given)
    if text is None:
        return [given]
    if options.delimiter:
        return [text_of(item) for item in text.removesuffix("\n").split(options.delimiter)]
    lines = [line.strip() for line in text.split("\n")] if options.mark else text.split()
    return [text_of(item) for item in lines if item]


def _marked(word: Text, mark: str, item: Text) -> Text:
    parts: list[str | Hole] = []
    for part in word:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        first, *others = part.split(mark)
        parts.append(first)
        for other in others:
            parts += [*item, other]
    return text_of(*parts)
