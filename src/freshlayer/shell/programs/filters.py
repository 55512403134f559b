"""Programs that turn known text into known text, computed here and never run.

Each takes its arguments and its standard input, and gives its output, or None where that is not computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from freshlayer.shell.patterns import Pattern, protected_regex, regex

Filter = Callable[[list[str], str], str | None]
_GREP = r"-(?:[oEvFiahsqc]|m\d{1,4})+"
_GREPS: dict[str, list[str]] = {"grep": [], "egrep": ["-E"], "fgrep": ["-F"]}
_CUT_LONG = {"--delimiter": "d", "--fields": "f", "--characters": "c", "--only-delimited": "s"}


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _by_lines(program: Callable[[list[str], list[str]], list[str] | None]) -> Filter:
    def run(arguments: list[str], text: str) -> str | None:
        printed = program(arguments, _lines(text))
        return None if printed is None else _joined(printed)

    return run


def _cat(arguments: list[str], text: str) -> str | None:
    return text if not arguments or arguments == ["-"] else None


def _tee(_arguments: list[str], text: str) -> str | None:
    return text


def _cut(arguments: list[str], lines: list[str]) -> list[str] | None:
    options = _options(arguments, "dfcb")
    if options is None or not options.keys() <= set("dfcbs") or len(options.keys() & set("fcb")) != 1:
        return None
    kind = (options.keys() & set("fcb")).pop()
    wanted = _ranges(options[kind])
    delimiter = options.get("d", "\t") if kind == "f" else ""
    if wanted is None or len(delimiter) > 1 or (kind == "b" and not all(line.isascii() for line in lines)):
        return None
    kept = [line for line in lines if delimiter in line] if "s" in options else lines
    return [_cut_line(line, delimiter, wanted) for line in kept]


def _cut_line(line: str, delimiter: str, wanted: list[tuple[int, int]]) -> str:
    if delimiter and delimiter not in line:
        return line
    pieces = line.split(delimiter) if delimiter else list(line)
    chosen = [piece for n, piece in enumerate(pieces, 1) if any(a <= n <= b for a, b in wanted)]
    return delimiter.join(chosen)


def _ranges(text: str) -> list[tuple[int, int]] | None:
    found: list[tuple[int, int]] = []
    for item in text.split(","):
        match = re.fullmatch(r"(\d{0,4})(-?)(\d{0,4})", item)
        if not match or not (match[1] or match[3]):
            return None
        first = int(match[1] or 1)
        last = int(match[3]) if match[3] else (10_000 if match[2] else first)
        found.append((first, last))
    return found


def _options(arguments: list[str], valued: str) -> dict[str, str] | None:
    """Options by their letters; None where there is an operand or an option that is not known."""
    found: dict[str, str] = {}
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        name, equals, value = word.partition("=")
        if name in _CUT_LONG and (equals or name == "--only-delimited"):
            found[_CUT_LONG[name]] = value
            continue
        if not re.match(r"-\w", word):
            return None
        for place, letter in enumerate(word[1:], 1):
            if letter not in valued:
                found[letter] = ""
                continue
            found[letter] = word[place + 1 :] or (waiting.pop() if waiting else "")
            break
    return found


def _head(arguments: list[str], lines: list[str]) -> list[str] | None:
    count = _count(arguments)
    return None if count is None or count.startswith("+") else lines[: int(count)]


def _tail(arguments: list[str], lines: list[str]) -> list[str] | None:
    count = _count(arguments)
    if count is None:
        return None
    if count.startswith("+"):
        return lines[max(0, int(count) - 1) :]
    return lines[-int(count) :] if int(count) else []


def _count(arguments: list[str]) -> str | None:
    """``-n 3``, ``-n3``, ``-3``, ``-n +3``, none."""
    match = re.fullmatch(r"(?:-(\d{1,6})|(?:-n ?|--lines=)(\+?\d{1,6}))?", " ".join(arguments))
    return (match[1] or match[2] or "10") if match else None


def _grep(arguments: list[str], lines: list[str]) -> list[str] | None:
    found = _found(arguments, lines)
    if found is None:
        return None
    letters, pattern, chosen = found
    if "q" in letters:
        return []
    if "c" in letters:
        return [str(len(chosen))]
    if "o" in letters:
        return [match[0] for line in chosen for match in pattern.compiled.finditer(line) if match[0]]
    return chosen


def _grep_with(letters: list[str], arguments: list[str], lines: list[str]) -> list[str] | None:
    return _grep([*letters, *arguments], lines)


def _found(arguments: list[str], lines: list[str]) -> tuple[str, Pattern, list[str]] | None:
    """The letters of the options, the pattern, and the lines that have it."""
    letters = "".join(word[1:] for word in arguments if re.fullmatch(_GREP, word))
    rest = [word for word in arguments if not re.fullmatch(_GREP, word)]
    rest = rest[1:] if rest[:1] in (["-e"], ["--"]) else rest
    if len(rest) != 1 or (rest[0].startswith("-") and rest == arguments):
        return None
    source = protected_regex(rest[0]) if "F" in letters else rest[0]
    pattern = regex(source, extended=bool(set("EF") & set(letters)), ignore_case="i" in letters)
    if pattern is None or not all(map(pattern.fits, lines)):
        return None
    chosen = [line for line in lines if bool(pattern.compiled.search(line)) is not ("v" in letters)]
    limit = re.search(r"m(\d+)", letters)
    return letters, pattern, chosen[: int(limit[1])] if limit else chosen


def finds(name: str, arguments: list[str], text: str) -> bool | None:
    """Whether a grep finds something; None where that is not computed, or where it is no grep."""
    if name not in _GREPS:
        return None
    found = _found([*_GREPS[name], *arguments], _lines(text))
    return None if found is None else bool(found[2])


def _sort(arguments: list[str], lines: list[str]) -> list[str] | None:
    """In the order of bytes: images have no locale."""
    letters = "".join(word[1:] for word in arguments)
    if not all(re.fullmatch(r"-[run]+", word) for word in arguments):
        return lines if len(lines) <= 1 and all(word.startswith("-") for word in arguments) else None
    if "n" in letters and not all(re.fullmatch(r"\d{1,9}", line) for line in lines):
        return None
    found = sorted(lines, key=int if "n" in letters else lambda line: line.encode("utf-8", "surrogateescape"))
    found = list(dict.fromkeys(found)) if "u" in letters else found
    return found[::-1] if "r" in letters else found


def _uniq(arguments: list[str], lines: list[str]) -> list[str] | None:
    if arguments:
        return None
    return [line for place, line in enumerate(lines) if place == 0 or line != lines[place - 1]]


def _wc(arguments: list[str], text: str) -> str | None:
    return f"{text.count(chr(10))}\n" if arguments in (["-l"], ["--lines"]) else None


def _tr(arguments: list[str], text: str) -> str | None:
    from freshlayer.shell.programs.tr import tr  # noqa: PLC0415 - few scripts use it

    return tr(arguments, text)


def _sed(arguments: list[str], lines: list[str]) -> list[str] | None:
    from freshlayer.shell.programs.sed import sed  # noqa: PLC0415 - see above

    return sed(arguments, lines)


def _awk(arguments: list[str], lines: list[str]) -> list[str] | None:
    from freshlayer.shell.programs.awk import awk  # noqa: PLC0415 - see above

    return awk(arguments, lines)


FILTERS: dict[str, Filter] = {
    "cat": _cat,
    "tee": _tee,
    "tr": _tr,
    "wc": _wc,
    "cut": _by_lines(_cut),
    "head": _by_lines(_head),
    "tail": _by_lines(_tail),
    "sed": _by_lines(_sed),
    **dict.fromkeys(("awk", "gawk", "mawk"), _by_lines(_awk)),
    **{name: _by_lines(partial(_grep_with, letters)) for name, letters in _GREPS.items()},
    "sort": _by_lines(_sort),
    "uniq": _by_lines(_uniq),
}
"""Program → how its output is computed."""
