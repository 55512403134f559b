"""Programs that turn known text into known text, computed here and never run.

Each takes its arguments and its standard input, and gives its output, or None where that is not computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.shell.patterns import protected_regex, regex
from freshlayer.shell.sed import sed

Filter = Callable[[list[str], str], str | None]
_SETS = {
    "[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "[:lower:]": "abcdefghijklmnopqrstuvwxyz",
    "[:digit:]": "0123456789",
    "[:space:]": " \t\n\r\v\f",
    "[:blank:]": " \t",
}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _cat(arguments: list[str], text: str) -> str | None:
    return text if not arguments or arguments == ["-"] else None


def _tr(arguments: list[str], text: str) -> str | None:
    options = "".join(word[1:] for word in arguments if re.fullmatch(r"-[ds]+", word))
    sets = [_characters(word) for word in arguments if not re.fullmatch(r"-[ds]+", word)]
    if not sets or any(item is None for item in sets) or len(sets) > 2:
        return None
    first, second = sets[0] or "", (sets[1] or "") if len(sets) > 1 else ""
    if "d" in options:
        return "".join(character for character in text if character not in first)
    if second:
        padded = second + second[-1] * (len(first) - len(second))
        text = text.translate(str.maketrans(first, padded[: len(first)]))
    squeezed = second or first
    return re.sub(f"([{re.escape(squeezed)}])\\1+", r"\1", text) if "s" in options and squeezed else text


def _characters(word: str) -> str | None:
    for name, characters in _SETS.items():
        word = word.replace(name, characters)
    for escape, character in _ESCAPES.items():
        word = word.replace(escape, character)
    if "[:" in word:
        return None

    def spread(match: re.Match[str]) -> str:
        return "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1)))

    return re.sub(r"([a-zA-Z0-9])-([a-zA-Z0-9])", spread, word)


def _cut(arguments: list[str], text: str) -> str | None:
    options = _options(arguments, "dfc")
    if options is None or "s" in options:
        return None
    wanted = _ranges(options.get("f") or options.get("c", ""))
    if wanted is None:
        return None
    delimiter = options.get("d", "\t") if "f" in options else ""
    return _joined([_cut_line(line, delimiter, wanted) for line in _lines(text)])


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
    """Short options only; None where there is an operand or a long option."""
    found: dict[str, str] = {}
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        if not re.match(r"-\w", word):
            return None
        for place, letter in enumerate(word[1:], 1):
            if letter not in valued:
                found[letter] = ""
                continue
            found[letter] = word[place + 1 :] or (waiting.pop() if waiting else "")
            break
    return found


def _head(arguments: list[str], text: str) -> str | None:
    count = _count(arguments)
    return None if count is None or count.startswith("+") else _joined(_lines(text)[: int(count)])


def _tail(arguments: list[str], text: str) -> str | None:
    count = _count(arguments)
    if count is None:
        return None
    lines = _lines(text)
    if count.startswith("+"):
        return _joined(lines[max(0, int(count) - 1) :])
    return _joined(lines[-int(count) :] if int(count) else [])


def _count(arguments: list[str]) -> str | None:
    """``-n 3``, ``-n3``, ``-3``, none."""
    match = re.fullmatch(r"(?:-n? ?(\+?\d{1,6}))?", " ".join(arguments))
    return (match[1] or "10") if match else None


def _sed(arguments: list[str], text: str) -> str | None:
    printed = sed(arguments, _lines(text))
    return None if printed is None else _joined(printed)


def _awk(arguments: list[str], text: str) -> str | None:
    """``awk [-F x] '{print …}'``."""
    match = re.fullmatch(
        r"(?:-F ?(\S+|' '|\" \")\0)?\{\s*print\s+([^{}]*?)\s*;?\s*\}", "\0".join(_merged(arguments))
    )
    if not match:
        return None
    separator, expression = match.groups()
    lines = [_print(expression, line.split(separator.strip("'\"") or None) if separator else line.split())
             for line in _lines(text)]  # fmt: skip
    return None if any(line is None for line in lines) else _joined([line or "" for line in lines])


def _merged(arguments: list[str]) -> list[str]:
    """``-F x`` as ``-Fx``."""
    if len(arguments) > 1 and arguments[0] == "-F":
        return [f"-F{arguments[1]}", *arguments[2:]]
    return arguments


def _print(expression: str, fields: list[str]) -> str | None:
    """Fields and strings, side by side or with commas."""
    printed = ""
    for token in re.findall(r'\$NF|\$\d{1,2}|"[^"]*"|,|\s+|.', expression):
        if token == "$NF":
            printed += fields[-1] if fields else ""
        elif token.startswith("$"):
            number = int(token[1:])
            printed += (
                " ".join(fields) if number == 0 else (fields[number - 1] if number <= len(fields) else "")
            )
        elif token.startswith('"'):
            printed += token[1:-1]
        elif token == ",":
            printed += " "
        elif token.strip():
            return None
    return printed


def _grep(arguments: list[str], text: str) -> str | None:
    letters = "".join(word[1:] for word in arguments if re.fullmatch(_GREP, word))
    patterns = [word for word in arguments if not re.fullmatch(_GREP, word)]
    if len(patterns) != 1 or patterns[0].startswith("-"):
        return None
    source = protected_regex(patterns[0]) if "F" in letters else patterns[0]
    pattern = regex(source, extended=bool(set("EFP") & set(letters)), ignore_case="i" in letters)
    lines = _lines(text)
    if pattern is None or not all(map(pattern.fits, lines)):
        return None
    chosen = [line for line in lines if bool(pattern.compiled.search(line)) is not ("v" in letters)]
    limit = re.search(r"m(\d+)", letters)
    chosen = chosen[: int(limit[1])] if limit else chosen
    if "q" in letters:
        return ""
    if "c" in letters:
        return f"{len(chosen)}\n"
    if "o" in letters:
        return _joined([found[0] for line in chosen for found in pattern.compiled.finditer(line) if found[0]])
    return _joined(chosen)


_GREP = r"-(?:[oEvFPiahsqc]|m\d{1,4})+"


def _sort(arguments: list[str], text: str) -> str | None:
    lines = _lines(text)
    return text if len(lines) <= 1 and not any(not word.startswith("-") for word in arguments) else None


FILTERS: dict[str, Filter] = {
    "cat": _cat,
    "tee": _cat,
    "tr": _tr,
    "cut": _cut,
    "head": _head,
    "tail": _tail,
    "sed": _sed,
    "awk": _awk,
    "gawk": _awk,
    "grep": _grep,
    "egrep": lambda arguments, text: _grep(["-E", *arguments], text),
    "sort": _sort,
    "uniq": _sort,
}
"""Program → how its output is computed."""


def echo(arguments: list[str]) -> str:
    """``echo``, with ``-n`` and ``-e``."""
    flags = ""
    while arguments and re.fullmatch(r"-[neE]+", arguments[0]):
        flags += arguments[0][1:]
        arguments = arguments[1:]
    text = " ".join(arguments)
    if "e" in flags:
        text = re.sub(r"\\[nt\\]", lambda match: _ESCAPES[match[0]], text)
    return text if "n" in flags else text + "\n"


def printf(arguments: list[str]) -> str | None:
    """``printf FORMAT [ARGUMENT…]`` with ``%s``, ``%d`` and ``%b``."""
    if not arguments or arguments[0].startswith("-"):
        return None
    form, values = arguments[0], arguments[1:]
    form = re.sub(r"\\[nt\\]", lambda match: _ESCAPES[match[0]], form)
    tokens = re.findall(r"%[sdbq]|%%|[^%]+|%", form)
    wanted = sum(1 for token in tokens if token in {"%s", "%d", "%b", "%q"})
    if "%" in tokens:
        return None
    rounds = max(1, -(-len(values) // wanted)) if wanted else 1
    waiting = list(reversed(values))
    printed = ""
    for token in tokens * min(rounds, 50):
        if token in {"%s", "%d", "%b", "%q"}:
            printed += waiting.pop() if waiting else ""
        else:
            printed += "%" if token == "%%" else token
    return printed
