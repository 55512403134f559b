"""Programs that print their arguments in one form or another; None where that is not computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from posixpath import basename as last_of
from posixpath import dirname as first_of

from freshlayer.lazy_regex import compiled
from freshlayer.shell.values import Hole, Text, changed, text_of

Printer = Callable[[list[str]], str | None]
_ESCAPES = {
    **{"n": "\n", "t": "\t", "\\": "\\", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"},
}
_ESCAPE = compiled(r"\\(0?[0-7]{1,3}|.)", re.DOTALL)
_CONVERSION = compiled(r"%(?:%|([-0+ ]*\d{0,3}(?:\.\d{1,3})?)([sdibxXou]))|([^%]+)|(.)", re.DOTALL)
_MARK = "\ue000{}\ue001"
_MARKED = compiled("\ue000([0-9]{1,6})\ue001")
_MOST_ROUNDS = 2000
_MOST_NUMBERS = 2000


class _NotComputedError(Exception):
    """A form that is not understood, or that sh and bash print differently."""


def echo(arguments: list[str]) -> str | None:
    """``echo``, with ``-n`` and ``-e`` as bash has them.

    Without ``-e`` only some shells expand a backslash, so there it is not computed.
    """
    flags = ""
    while arguments and re.fullmatch(r"-[neE]+", arguments[0]):
        flags += arguments[0][1:]
        arguments = arguments[1:]
    text = " ".join(arguments)
    if "\\" in text and not flags.strip("n"):
        return None
    if "e" in flags:
        try:
            text = _unescaped(text)
        except _NotComputedError:
            return None
    return text if "n" in flags else text + "\n"


def printf(arguments: list[str]) -> str | None:
    """``printf FORMAT [ARGUMENT…]``; the format is used again until there is no argument left."""
    options = arguments[:1] if arguments[:1] == ["--"] else []
    arguments = arguments[len(options) :]
    if not arguments or (arguments[0].startswith("-") and not options):
        return None
    try:
        pieces = [(m[1], m[2], m[3], m[4], m[0]) for m in _CONVERSION.finditer(_unescaped(arguments[0]))]
        return "".join(_formatted(pieces, arguments[1:]))
    except _NotComputedError:
        return None


def printf_around(fields: Sequence[Text]) -> Text | None:
    """The same where parts of the words are not known: these are left where they are printed."""
    holes: list[Hole] = []
    words = []
    for field in fields:
        holes_before = len(holes)
        holes += [part for part in field if isinstance(part, Hole)]
        numbers = iter(range(holes_before, len(holes)))
        words.append(
            "".join(part if isinstance(part, str) else _MARK.format(next(numbers)) for part in field)
        )
    text = printf(words)
    if not holes or text is None:
        return None
    split = _MARKED.split(text)
    return changed(text_of(*(holes[int(it)] if place % 2 else it for place, it in enumerate(split))))


def _formatted(pieces: list[tuple[str, str, str, str, str]], values: list[str]) -> Iterator[str]:
    wanted = sum(1 for piece in pieces if piece[1])
    rounds = max(1, -(-len(values) // wanted)) if wanted else 1
    if rounds > _MOST_ROUNDS:
        raise _NotComputedError
    waiting = list(reversed(values))
    for flags, conversion, text, odd, whole in pieces * rounds:
        if odd:
            raise _NotComputedError
        if conversion:
            yield _converted(flags, conversion, waiting.pop() if waiting else "")
        else:
            yield text or ("%" if whole == "%%" else "")


def _converted(flags: str, conversion: str, value: str) -> str:
    if conversion in "sb":
        return f"%{flags.replace('0', '', 1) if flags.startswith('0') else flags}s" % (
            _unescaped(value) if conversion == "b" else value
        )
    if not re.fullmatch(r"-?(?:0|[1-9]\d{0,15})|", value):
        raise _NotComputedError
    return f"%{flags}{'d' if conversion in 'iu' else conversion}" % int(value or "0")


def _unescaped(text: str) -> str:
    def put(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "01234567":
            return chr(int(code, 8))
        if code not in _ESCAPES:
            raise _NotComputedError
        return _ESCAPES[code]

    if text.endswith("\\") and not text.endswith("\\\\"):
        raise _NotComputedError
    return _ESCAPE.sub(put, text)


def seq(arguments: list[str]) -> str | None:
    """``seq [-w] [-s SEPARATOR] [FIRST [STEP]] LAST`` of whole numbers."""
    separator, wide = "\n", False
    while arguments and (match := re.fullmatch(r"-(?:(w)|s(.*))", arguments[0], re.DOTALL)):
        wide = wide or bool(match[1])
        if not match[1] and not match[2] and len(arguments) < 2:
            return None
        taken = 1 if match[1] or match[2] else 2
        separator = separator if match[1] else match[2] or arguments[1]
        arguments = arguments[taken:]
    if not 1 <= len(arguments) <= 3 or not all(re.fullmatch(r"-?(?:0|[1-9]\d{0,8})", x) for x in arguments):
        return None
    numbers = [int(word) for word in arguments]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    if step == 0:
        return None
    span = range(first, numbers[-1] + (1 if step > 0 else -1), step)
    width = max(len(str(number)) for number in (first, numbers[-1])) if wide else 0
    if len(span) > _MOST_NUMBERS:
        return None
    return separator.join(f"{number:0{width}d}" for number in span) + ("\n" if span else "")


def basename(arguments: list[str]) -> str | None:
    """``basename PATH [SUFFIX]``."""
    words = _paths(arguments)
    if words is None or len(words) > 2:
        return None
    name = last_of(words[0].rstrip("/")) or ("/" if words[0] else "")
    suffix = words[1] if len(words) > 1 else ""
    return f"{name if name == suffix else name.removesuffix(suffix)}\n"


def dirname(arguments: list[str]) -> str | None:
    """``dirname PATH``."""
    words = _paths(arguments)
    if words is None or len(words) > 1:
        return None
    path = words[0].rstrip("/")
    absolute = words[0].startswith("/")
    return f"{first_of(path).rstrip('/') or ('/' if absolute else '.')}\n"


def _paths(arguments: list[str]) -> list[str] | None:
    words = [word for word in arguments if word != "--"]
    return words if words and not words[0].startswith("-") else None


PRINTERS: dict[str, Printer] = {
    "echo": echo,
    "printf": printf,
    "seq": seq,
    "basename": basename,
    "dirname": dirname,
}
"""Program → what it prints."""
