"""Shell patterns and the operators of ``${name…}``, on strings; and regular expressions that end in time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from freshlayer.lazy_regex import compiled

_LONGEST_PATTERN = 200
_LONGEST_SUBJECT = 400
_MOST_TRIES = 200_000
_EXTENDED = compiled(r"[?*+!]\(|@\([^()]*[*?\[()]")
_GLOB = compiled(r"\\.|@\([^()]*\)|\[[!^]?\]?(?:\[:\w+:\]|[^\]])*\]|\*+|\?|[^\\*?\[@]+|.", re.DOTALL)


class Pattern(Struct, frozen=True):
    """A pattern, and what a search with it may cost.

    ``repeats``: how many have no bound; ``choices``: how many ways the others can go.
    """

    compiled: re.Pattern[str]
    repeats: int
    choices: int = 1

    def fits(self, subject: str) -> bool:
        """Whether a search in the subject ends in time, whatever it finds."""
        tries: int = len(subject) ** (self.repeats + 1) * self.choices
        return tries <= _MOST_TRIES


@lru_cache(maxsize=256)
def glob(pattern: str) -> re.Pattern[str] | None:
    """A shell pattern for a whole subject. It never goes back behind a star, so that it ends in time."""
    tokens = _glob_tokens(pattern)
    if tokens is None:
        return None
    pieces: list[str] = [""]
    for token in tokens:
        if token.startswith("*"):
            pieces.append("")
        else:
            pieces[-1] += _token(token)
    first, *others = pieces
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return _compiled(first + middle + (".*" + others[-1] if others else ""))


@lru_cache(maxsize=256)
def _inner_glob(pattern: str, form: str) -> Pattern | None:
    """A shell pattern for the longest match inside a subject; ``form`` puts its anchors around it."""
    tokens = _glob_tokens(pattern)
    source = "".join(".*" if token.startswith("*") else _token(token) for token in tokens or [])
    compiled = _compiled(form.format(source)) if tokens else None
    repeats = sum(1 for token in tokens or [] if token.startswith("*"))
    return Pattern(compiled, repeats) if compiled else None


def _glob_tokens(pattern: str) -> list[str] | None:
    too_much = len(pattern) > _LONGEST_PATTERN or _EXTENDED.search(pattern)
    return None if too_much else _GLOB.findall(pattern)


def _token(token: str) -> str:
    if token == "?":
        return "."
    if token.startswith("@("):
        return "(?:" + "|".join(map(re.escape, token[2:-1].split("|"))) + ")"
    if token.startswith("[") and len(token) > 2:
        inside = token[1:-1]
        negated = inside.startswith(("!", "^"))
        return f"[{'^' if negated else ''}{_set(inside[negated:])}]"
    return re.escape(token[1:] if token.startswith("\\") and len(token) > 1 else token)


def _set(inside: str) -> str:
    """The inside of brackets: POSIX classes, and what is special to Python alone."""
    return re.sub(
        r"\[:(\w+):\]|[\[&~|]",
        lambda match: _CLASSES.get(match[1], "\0") if match[1] else f"\\{match[0]}",
        inside,
    )


def _compiled(source: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        # What may become another syntax in a later Python is plain text in POSIX.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(source, re.DOTALL)
        except (re.error, OverflowError, RecursionError):
            return None


def matches(pattern: str, subject: str) -> bool | None:
    """Whether the whole subject matches; None where that is not computed."""
    if len(subject) > _LONGEST_SUBJECT:
        return None
    compiled = glob(pattern)
    return None if compiled is None else compiled.fullmatch(subject) is not None


def protected_regex(text: str) -> str:
    """Text as a literal in an extended regular expression."""
    return re.sub(r"([\\.\[\](){}*+?^$|])", r"\\\1", text)


def protected(text: str) -> str:
    """Text as a literal in a pattern."""
    return re.sub(r"([\\*?\[\]@])", r"\\\1", text)


def protected_replacement(text: str) -> str:
    """Text that in a replacement is literal."""
    return re.sub(r"([\\&])", r"\\\1", text)


def apply(operator: str, operand: str, replacement: str, value: str) -> str | None:
    """``${name<operator><operand>}`` of a set value; None where it is not computed."""
    if len(value) > _LONGEST_SUBJECT:
        return None
    if operator in {"#", "##", "%", "%%"}:
        return _trimmed(operator, operand, value)
    if operator.startswith("/"):
        return _replaced(operator, operand, replacement, value)
    if operator == "@":
        return _transformed(operand, value)
    return _in_case(operator, operand, value)


_CASES: dict[str, Callable[[str], str]] = {"^": str.upper, ",": str.lower, "~": str.swapcase}


def _in_case(operator: str, pattern: str, value: str) -> str | None:
    """``^``, ``,`` and ``~`` change the first character, doubled all of them, as far as the pattern fits."""
    wanted = glob(pattern or "?")
    if wanted is None or operator[0] not in _CASES:
        return None
    many = len(value) if len(operator) == 2 else 1
    change = _CASES[operator[0]]
    changed = [change(c) if wanted.fullmatch(c) else c for c in value[:many]]
    return "".join(changed) + value[many:]


def _capitalised(value: str) -> str:
    return value[:1].upper() + value[1:]


def _transformed(operator: str, value: str) -> str | None:
    """``${name@U}`` and its like."""
    if operator == "Q":
        return None if re.search(r"['\x00-\x1f\x7f]", value) else f"'{value}'"
    changes: dict[str, Callable[[str], str]] = {"U": str.upper, "L": str.lower, "u": _capitalised}
    return changes[operator](value) if operator in changes else None


def _trimmed(operator: str, operand: str, value: str) -> str | None:
    """The shortest (one sign) or longest (two) match is taken off the front (#) or the end (%)."""
    compiled = glob(operand)
    if compiled is None:
        return None
    lengths = range(len(value) + 1) if len(operator) == 1 else range(len(value), -1, -1)
    for length in lengths:
        cut = length if operator[0] == "#" else len(value) - length
        piece, rest = (value[:cut], value[cut:]) if operator[0] == "#" else (value[cut:], value[:cut])
        if compiled.fullmatch(piece):
            return rest
    return value


_UNQUOTED = compiled(r"\\(.)|&", re.DOTALL)
_FORMS = {"/#": r"\A(?:{})", "/%": r"(?:{})\Z"}


def _replaced(operator: str, pattern: str, replacement: str, value: str) -> str | None:
    """As in bash 5.2, ``&`` in the replacement is what was found, where nothing quotes it."""

    def put(match: re.Match[str]) -> str:
        return _UNQUOTED.sub(lambda found: match[0] if found[0] == "&" else found[1], replacement)

    if not pattern and operator in _FORMS:
        with_nothing = _UNQUOTED.sub(lambda found: "" if found[0] == "&" else found[1], replacement)
        return with_nothing + value if operator == "/#" else value + with_nothing
    found = _inner_glob(pattern, _FORMS.get(operator, "{}"))
    if found is None or not found.fits(value):
        return value if not pattern else None
    if operator == "//":
        # Python finds nothing once more behind a match that reaches the end, bash does not.
        return found.compiled.sub(lambda match: put(match) if match[0] or not value else "", value)
    return found.compiled.sub(put, value, count=1)


def substring(value: str, start: int, length: int | None) -> str:
    """``${name:start:length}``; a negative start, and a negative length, count from the end."""
    first = start + len(value) if start < 0 else start
    if first < 0:
        return ""
    if length is None:
        return value[first:]
    end = first + length if length >= 0 else len(value) + length
    return value[first : max(first, end)]


@lru_cache(maxsize=256)
def regex(source: str, *, extended: bool, ignore_case: bool = False) -> Pattern | None:
    """A POSIX regular expression; None where it is not understood, or repeats a group."""
    if len(source) > _LONGEST_PATTERN:
        return None
    tokens = _REGEX.findall(source)
    translated = "".join(_regex_token(token, extended=extended) for token in tokens)
    if "\0" in translated or re.search(r"(?<!\\)(?:\\\\)*\)[*+{]", translated):
        return None
    compiled = _compiled(f"(?i){translated}" if ignore_case else translated)
    return Pattern(compiled, *_cost(translated)) if compiled else None


def _cost(translated: str) -> tuple[int, int]:
    repeats, choices = 0, 1
    for token in _QUANTIFIERS.findall(translated):
        bounds = re.fullmatch(r"\{(\d*),?(\d*)\}", token)
        if token in {"*", "+"} or (bounds and not bounds[2] and token[-2] == ","):
            repeats += 1
        elif token in {"?", "|"}:
            choices = min(choices * 2, _MOST_TRIES + 1)
        elif bounds:
            span = int(bounds[2] or bounds[1] or 0) - int(bounds[1] or 0)
            choices = min(choices * (1 + max(0, span)), _MOST_TRIES + 1)
    return repeats, choices


_QUANTIFIERS = compiled(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\{\d{0,6},?\d{0,6}\}|.", re.DOTALL)


_REGEX = compiled(r"\\.|\[\^?\]?(?:\[:\w+:\]|[^\]])*\]|.", re.DOTALL)
_SWAPPED = frozenset("(){}+?|")


def _regex_token(token: str, *, extended: bool) -> str:
    r"""In a basic expression ``\(``, ``\{``, ``\+``, ``\?`` and ``\|`` are the special ones."""
    if len(token) > 2 and token[0] == "[":
        negated = token[1] == "^"
        return f"[{'^' if negated else ''}{_set(_literal_set(token[1 + negated : -1]))}]"
    if not extended and token in _SWAPPED:
        return "\\" + token
    if not extended and token[0] == "\\" and token[1:] in _SWAPPED:
        return token[1]
    if (
        len(token) == 2
        and token[0] == "\\"
        and (token[1] in "<>`'" or (token[1].isalpha() and token[1] not in "nwWsSbB"))
    ):
        return "\0"
    return token


def _literal_set(inside: str) -> str:
    r"""In brackets a backslash is a character like another (POSIX 9.3.5), but for GNU's ``\n`` and ``\t``."""
    return re.sub(r"\\(?![nt\]])", r"\\\\", inside)


_CLASSES = {
    **{"digit": "0-9", "alpha": "A-Za-z", "alnum": "A-Za-z0-9", "space": r"\s", "blank": " \\t"},
    **{"upper": "A-Z", "lower": "a-z", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~"},
}
