"""``sed`` on known lines: ``s``, ``y``, ``d``, ``p`` and ``q``, with addresses."""

from __future__ import annotations

import re

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.shell.patterns import Pattern, regex
from freshlayer.shell.values import number

_ADDRESS = r"(?:\d{1,6}|\$|/(?:\\.|[^/\\])*/)"
_COMMAND = compiled(
    rf"[\s;]*(?P<first>{_ADDRESS})?(?:,(?P<last>{_ADDRESS}))?\s*(?P<negated>!?)\s*(?P<name>[sydpq])"
)
_SIMPLE_END = compiled(r"[ \t]*(?:[;\n}]|\Z)")
_FLAGS = compiled(r"([gpiI0-9]*)[ \t]*(?:[;\n]|\Z)")
_ESCAPES = {"n": "\n", "t": "\t"}


class _Command(Struct, frozen=True):
    name: str
    first: str
    last: str
    negated: bool
    pattern: Pattern | None = None
    replacement: str = ""
    flags: str = ""
    table: tuple[str, str] = ("", "")


class _NotComputedError(Exception):
    """Something that is not understood, or could take long."""


def sed(arguments: list[str], lines: list[str]) -> list[str] | None:
    """The lines that it prints; None where that is not computed."""
    try:
        scripts, extended, silent = _options(arguments)
        commands = [command for script in scripts for command in _commands(script, extended=extended)]
        return _printed(commands, lines, extended=extended, silent=silent)
    except _NotComputedError:
        return None


def _options(arguments: list[str]) -> tuple[list[str], bool, bool]:
    scripts: list[str] = []
    letters = ""
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        if word in {"-e", "--expression"} and waiting:
            scripts.append(waiting.pop())
        elif re.fullmatch(r"-[nEr]+e?", word):
            letters += word
            if word.endswith("e") and waiting:
                scripts.append(waiting.pop())
        elif match := re.fullmatch(r"(?:--expression=|-e)(.*)", word, re.DOTALL):
            scripts.append(match[1])
        elif word in {"--quiet", "--silent", "--regexp-extended"}:
            letters += "E" if word == "--regexp-extended" else "n"
        elif scripts or word.startswith("-"):
            raise _NotComputedError
        else:
            scripts.append(word)
    if not scripts:
        raise _NotComputedError
    return scripts, bool(re.search("[Er]", letters)), "n" in letters


def _commands(script: str, *, extended: bool) -> list[_Command]:
    found: list[_Command] = []
    at = 0
    while script[at:].strip(" \t\n;"):
        match = _COMMAND.match(script, at)
        if not match:
            raise _NotComputedError
        place = (match["name"], match["first"] or "", match["last"] or "", bool(match["negated"]))
        if match["name"] in "sy":
            pieces, at = _delimited(script, match.end())
            found.append(_substitution(place, pieces, extended=extended))
        else:
            end = _SIMPLE_END.match(script, match.end())
            if not end:
                raise _NotComputedError
            at = end.end()
            found.append(_Command(*place))
    return found


def _delimited(script: str, at: int) -> tuple[tuple[str, str, str], int]:
    """``/one/other/flags`` with any delimiter, and where it ends."""
    delimiter = script[at : at + 1]
    if not delimiter or delimiter in "\\\n":
        raise _NotComputedError
    piece = rf"((?:\\.|\[\^?\]?[^\]\n]*\]|(?!{re.escape(delimiter)})[^\\])*)"
    plain = rf"((?:\\.|(?!{re.escape(delimiter)})[^\\])*)"
    end = re.escape(delimiter)
    match = re.compile(end + piece + end + plain + end, re.DOTALL).match(script, at) or re.compile(
        end + plain + end + plain + end, re.DOTALL
    ).match(script, at)
    flags = _FLAGS.match(script, match.end()) if match else None
    if not match or not flags:
        raise _NotComputedError
    hidden = f"\\{delimiter}"
    one, other = (piece.replace(hidden, delimiter) for piece in match.groups())
    return (one, other, flags[1]), flags.end()


def _substitution(
    place: tuple[str, str, str, bool], pieces: tuple[str, str, str], *, extended: bool
) -> _Command:
    one, other, flags = pieces
    if place[0] == "y":
        if len(one) != len(other) or "\\" in one + other or flags:
            raise _NotComputedError
        return _Command(*place, table=(one, other))
    pattern = regex(one, extended=extended, ignore_case="i" in flags.lower()) if one else None
    empty = pattern is not None and "g" in flags and pattern.compiled.search("") is not None
    if pattern is None or empty or re.search(r"\\[ULElu]", other):
        raise _NotComputedError
    return _Command(*place, pattern=pattern, replacement=other, flags=flags)


def _printed(commands: list[_Command], lines: list[str], *, extended: bool, silent: bool) -> list[str]:
    out: list[str] = []
    inside: set[int] = set()
    for row, line in enumerate(lines, 1):
        printed, kept = line, True
        for place, command in enumerate(commands):
            at = (row, row == len(lines), printed)
            if _addressed(command, place, at, inside, extended=extended) is command.negated:
                continue
            if command.name in "sy":
                printed, changed = _edited(command, printed)
                out += [printed] if changed and "p" in command.flags else []
            elif command.name == "p":
                out.append(printed)
            elif command.name == "q":
                return [*out, *([] if silent else [printed])]
            else:
                kept = False
                break
        out += [printed] if kept and not silent else []
    return out


def _addressed(
    command: _Command, place: int, at: tuple[int, bool, str], inside: set[int], *, extended: bool
) -> bool:
    """Whether a command is for this line; ``inside``: the commands whose range has started."""
    if not command.last:
        return not command.first or _is_at(command.first, at, extended=extended)
    if place in inside:
        if _is_at(command.last, at, extended=extended):
            inside.discard(place)
        return True
    if not _is_at(command.first, at, extended=extended):
        return False
    if not command.last.isdigit() or int(command.last) > at[0]:
        inside.add(place)
    return True


def _is_at(address: str, at: tuple[int, bool, str], *, extended: bool) -> bool:
    row, is_last, line = at
    if address == "$":
        return is_last
    if address.isdigit():
        return row == int(address)
    pattern = regex(address[1:-1].replace("\\/", "/"), extended=extended)
    if pattern is None or not pattern.fits(line):
        raise _NotComputedError
    return pattern.compiled.search(line) is not None


def _edited(command: _Command, line: str) -> tuple[str, bool]:
    if command.pattern is None:
        return line.translate(str.maketrans(*command.table)), True
    if not command.pattern.fits(line):
        raise _NotComputedError
    wanted = number("".join(re.findall(r"[0-9]", command.flags)) or "1")
    if wanted is None:
        raise _NotComputedError
    pieces: list[str] = []
    end = 0
    for count, found in enumerate(command.pattern.compiled.finditer(line), 1):
        if count >= wanted and (count == wanted or "g" in command.flags):
            pieces += [line[end : found.start()], _filled(command.replacement, found)]
            end = found.end()
    return "".join([*pieces, line[end:]]), bool(pieces)


def _filled(replacement: str, found: re.Match[str]) -> str:
    def put(match: re.Match[str]) -> str:
        if match[0] == "&":
            return found[0]
        if not "0" <= match[1] <= "9":
            return _ESCAPES.get(match[1], match[1])
        if int(match[1]) > found.re.groups:
            raise _NotComputedError
        return found[int(match[1])] or ""

    return re.sub(r"\\(.)|&", put, replacement, flags=re.DOTALL)
