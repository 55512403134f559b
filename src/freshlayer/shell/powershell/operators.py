"""The operators of PowerShell on known values; a hole where one is not computed."""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.lazy_regex import compiled
from freshlayer.shell.patterns import Pattern, regex
from freshlayer.shell.powershell.values import (
    MOST_ITEMS,
    TOO_LONG,
    Items,
    Mixed,
    Table,
    Value,
    hole,
    items,
    known_text,
    number,
    string,
    table,
    text,
    truth,
    unknown,
)
from freshlayer.shell.values import LONGEST, Hole, Text, text_of

_FIELD = compiled(r"\{\{|\}\}|\{(\d{1,3})(?:,-?\d{1,4})?(?::([^{}]{0,20}))?\}")
_GROUP = compiled(r"\$(?:(\d)|\{(\w+)\}|\$)")
_SHORTHAND = compiled(r"\\([dDwWs.\-/])")
_CLASSES = {"d": "[0-9]", "D": "[^0-9]", "-": "-", "/": "/"}


def binary(operator: str, left: Value, right: Value, *, exact: bool = False) -> Value:
    """``left operator right``. ``exact``: capitals count."""
    if operator in _ARITHMETIC:
        return _ARITHMETIC[operator](left, right)
    if operator in _TEXTS:
        return _each(left, lambda item: _TEXTS[operator](item, right, exact=exact))
    if operator == "-join":
        return string(text(left, known_text(right) or ""))
    if operator == "-f":
        return formatted(left, right)
    return _compared(operator, left, right, exact=exact)


def _each(left: Value, change: Callable[[Value], Value]) -> Value:
    """``-replace`` and its like go over the items of an array."""
    if isinstance(left, Items):
        return Items(tuple(found for item in left.items for found in items(change(item))))
    return change(left)


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, Items):
        return gathered_array((*left.items, *items(right)))
    if isinstance(left, Table) and isinstance(right, Table):
        return table([(key, value) for _, key, value in (*left.rows, *right.rows)])
    if isinstance(left, Hole):
        return left
    if isinstance(left, int | float) and not isinstance(left, bool):
        value = number(right)
        return left + value if value is not None else hole("…")
    if left is None:
        return right
    return string(text_of(*text(left), *text(right)))


def gathered_array(values: tuple[Value, ...]) -> Value:
    """An array, unless it is too long to be looked at."""
    return Items(values) if len(values) <= MOST_ITEMS else TOO_LONG


def _multiplied(left: Value, right: Value) -> Value:
    times = number(right)
    if isinstance(left, str) and isinstance(times, int):
        return left * times if 0 <= times * len(left) <= LONGEST else hole("…")
    return _numbers(left, right, lambda a, b: a * b)


def _numbers(left: Value, right: Value, compute: Callable[[int | float, int | float], int | float]) -> Value:
    one, other = number(left), number(right)
    missing = unknown(left, right)
    if one is None or other is None or missing:
        return missing or hole("…")
    try:
        value = compute(one, other)
    except (ArithmeticError, ValueError):
        return hole("…")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if abs(value) < 1e15 else hole("…")


def _range(left: Value, right: Value) -> Value:
    first, last = number(left), number(right)
    if not isinstance(first, int) or not isinstance(last, int):
        return unknown(left, right) or hole("…")
    if abs(last - first) >= MOST_ITEMS:
        return TOO_LONG
    step = 1 if last >= first else -1
    return Items(tuple(range(first, last + step, step)))


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": lambda left, right: _numbers(left, right, lambda a, b: a - b),
    "*": _multiplied,
    "/": lambda left, right: _numbers(left, right, lambda a, b: a / b),
    "%": lambda left, right: _numbers(left, right, lambda a, b: a % b),
    "..": _range,
}


def formatted(form: Value, arguments: Value) -> Value:
    """``'{0}/{1}' -f a, b``, ``[string]::Format``."""
    if isinstance(form, Hole):
        return form
    given = items(arguments) if isinstance(arguments, Items) else (arguments,)
    parts: list[str | Hole] = []
    for piece in text(form):
        parts += _fields(piece, given) if isinstance(piece, str) else [piece]
    return string(text_of(*parts))


def _fields(form: str, given: tuple[Value, ...]) -> list[str | Hole]:
    parts: list[str | Hole] = []
    at = 0
    for match in _FIELD.finditer(form):
        parts.append(form[at : match.start()])
        at = match.end()
        if match[1] is None:
            parts.append(match[0][0])
        elif int(match[1]) >= len(given):
            parts.append(hole(match[0]))
        else:
            parts += _shaped(given[int(match[1])], match[2] or "", match[0])
    return [*parts, form[at:]]


def _shaped(value: Value, form: str, written: str) -> Text:
    """A field with its format: ``{0:D2}`` and ``{0:00}``."""
    digits = re.fullmatch(r"[dD](\d{1,2})|(0{1,9})", form)
    if not form:
        return text(value)
    if digits and isinstance(value, int):
        return (f"{value:0{int(digits[1] or len(digits[2]))}d}",)
    return (unknown(value) or hole(written),)


def pattern_of(source: str, *, exact: bool) -> Pattern | None:
    """A regular expression of .NET, as far as it means the same here and ends in time."""
    if re.search(r"\\[pPkGuxZzcb\d]|\(\?|[*+?}][?+]", source):
        return None
    spelled = _SHORTHAND.sub(lambda match: _CLASSES.get(match[1], match[0]), _classes(source))
    return regex(spelled, extended=True, ignore_case=not exact)


def _classes(source: str) -> str:
    r"""``[\d.]``: shorthands inside brackets."""
    return re.sub(
        r"\[[^\]]*\]",
        lambda match: match[0].replace("\\d", "0-9").replace("\\w", "A-Za-z0-9_").replace("\\.", "."),
        source,
    )


def _replaced(value: Value, right: Value, *, exact: bool) -> Value:
    source, *others = items(right) or ("",)
    subject, wanted = known_text(value), known_text(source)
    replacement = known_text(others[0]) if others else ""
    missing = unknown(value, source, *others[:1])
    found = pattern_of(wanted, exact=exact) if wanted is not None else None
    if subject is None or found is None or replacement is None or not found.fits(subject):
        return missing or hole("…")
    if _GROUP.sub("", replacement).count("$"):
        return hole("…")
    template = replacement
    return string(text_of(found.compiled.sub(lambda match: _expanded(match, template), subject)))


def _expanded(match: re.Match[str], template: str) -> str:
    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        known = name.isdecimal() and int(name) <= (match.re.groups or 0)
        return (match[int(name)] or "") if known else reference[0]

    return _GROUP.sub(group, template)


def _divided(value: Value, right: Value, *, exact: bool) -> Value:
    """``-split``."""
    source, *others = items(right) or ("",)
    subject, wanted = known_text(value), known_text(source)
    found = pattern_of(wanted, exact=exact) if wanted else None
    if subject is None or found is None or not found.fits(subject):
        return unknown(value, source) or hole("…")
    most = number(others[0]) if others else 0
    pieces = found.compiled.split(subject, maxsplit=max(0, int(most or 0) - 1) if most else 0)
    return gathered_array(tuple(piece or "" for piece in pieces))


_TEXTS: dict[str, Callable[..., Value]] = {"-replace": _replaced, "-split": _divided}


def _compared(operator: str, left: Value, right: Value, *, exact: bool) -> Value:
    if operator in {"-contains", "-notcontains", "-in", "-notin"}:
        array, item = (left, right) if "contains" in operator else (right, left)
        return _negated(_contains(array, item, exact=exact), negated="not" in operator)
    if operator in {"-and", "-or", "-xor"}:
        return _logic(operator, truth(left), truth(right))
    if isinstance(left, Items):
        kept = [(item, _scalar(operator, item, right, exact=exact)) for item in left.items]
        missing = next((answer for _, answer in kept if isinstance(answer, Hole)), None)
        return missing or Items(tuple(item for item, answer in kept if answer))
    return _scalar(operator, left, right, exact=exact)


def _negated(value: Value, *, negated: bool) -> Value:
    return not value if negated and isinstance(value, bool) else value


def _logic(operator: str, *sides: bool | None) -> Value:
    left, right = sides
    decided = {"-and": False, "-or": True}.get(operator)
    if decided is not None and decided in {left, right}:
        return decided
    if left is None or right is None:
        return hole("…")
    return left != right if operator == "-xor" else left and right if operator == "-and" else left or right


def _contains(array: Value, item: Value, *, exact: bool) -> Value:
    answers = [_scalar("-eq", one, item, exact=exact) for one in items(array)]
    if True in answers:
        return True
    return next((answer for answer in answers if isinstance(answer, Hole)), False)


def _scalar(operator: str, left: Value, right: Value, *, exact: bool) -> Value:
    base = operator.replace("-not", "-") if operator in {"-notlike", "-notmatch"} else operator
    missing = unknown(left, right)
    if missing or (isinstance(left, Mixed | Table) and operator not in {"-eq", "-ne"}):
        return missing or hole("…")
    if base in {"-like", "-match"}:
        return _negated(_fitting(base, left, right, exact=exact), negated=base != operator)
    if operator in _ORDERS:
        return _ordered(operator, left, right, exact=exact)
    return hole("…")


def _fitting(operator: str, left: Value, right: Value, *, exact: bool) -> Value:
    subject, wanted = known_text(left) or "", known_text(right) or ""
    found = pattern_of(wanted if operator == "-match" else wildcard(wanted), exact=exact)
    if found is None or not found.fits(subject):
        return hole("…")
    return found.compiled.search(subject) is not None


def wildcard(pattern: str) -> str:
    """A wildcard pattern as a regular expression."""
    escaped = re.sub(r"([.\\+^$(){}|])", r"\\\1", pattern)
    return "^" + escaped.replace("*", ".*").replace("?", ".") + "$"


_ORDERS: dict[str, Callable[[int], bool]] = {
    "-eq": lambda order: order == 0,
    "-ne": lambda order: order != 0,
    "-gt": lambda order: order > 0,
    "-ge": lambda order: order >= 0,
    "-lt": lambda order: order < 0,
    "-le": lambda order: order <= 0,
}


def _ordered(operator: str, left: Value, right: Value, *, exact: bool) -> Value:
    """The left side decides whether numbers or strings are compared."""
    if left is None or right is None:
        same = left is right
        return _ORDERS[operator](0 if same else 1) if operator in {"-eq", "-ne"} else hole("…")
    if isinstance(left, bool):
        return _ORDERS[operator](0 if left == truth(right) else 1)
    if isinstance(left, int | float):
        value = number(right)
        return hole("…") if value is None else _ORDERS[operator]((left > value) - (left < value))
    one, other = known_text(left) or "", known_text(right) or ""
    if not exact:
        one, other = one.casefold(), other.casefold()
    return _ORDERS[operator]((one > other) - (one < other))


def unary(operator: str, value: Value) -> Value:
    """An operator before its operand."""
    if operator in {"-not", "!"}:
        found = truth(value)
        return (unknown(value) or hole("…")) if found is None else not found
    if operator == "-join":
        return string(text(value, ""))
    if operator == "-split":
        found_text = known_text(value)
        return (
            (unknown(value) or hole("…")) if found_text is None else gathered_array(tuple(found_text.split()))
        )
    if operator == ",":
        return Items((value,))
    if operator in {"+", "-"}:
        return _numbers(0, value, lambda a, b: a + b if operator == "+" else a - b)
    return unknown(value) or hole("…")
