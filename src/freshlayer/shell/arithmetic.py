"""``$(( … ))``, ``((…))`` and ``let``: 64-bit arithmetic on what is known (POSIX 2.6.4, bash)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, product

from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script
from freshlayer.model.reasons import Reason
from freshlayer.shell.frame import Frame
from freshlayer.shell.status import Status
from freshlayer.shell.values import (
    MOST_ALTERNATIVES,
    TOO_MANY,
    Hole,
    Values,
    Why,
    alternatives,
    is_unset,
    known,
    worst,
)

_TOKEN = compiled(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|\d+#[\w@]+|\d+)|(?P<name>[A-Za-z_]\w*)(?:\[(?P<index>[^\]]*)\])?"
    r"|(?P<sign><<=|>>=|\*\*|\+\+|--|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||[-+*/%<>!~&|^?:=(),]))"
)
_LONGEST = 500
_DEEPEST = 40
_MOST_SHIFT = 63
_BINARY: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"|": lambda a, b: a | b},
    {"^": lambda a, b: a ^ b},
    {"&": lambda a, b: a & b},
    {"==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b)},
    {
        "<=": lambda a, b: int(a <= b),
        ">=": lambda a, b: int(a >= b),
        "<": lambda a, b: int(a < b),
        ">": lambda a, b: int(a > b),
    },
    {"<<": lambda a, b: a << (b & _MOST_SHIFT), ">>": lambda a, b: a >> (b & _MOST_SHIFT)},
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: _divided(a, b)[0], "%": lambda a, b: _divided(a, b)[1]},
)
"""Operators between two operands, from those that bind least."""

_ASSIGNING = frozenset("= += -= *= /= %= &= |= ^= <<= >>=".split())

Expand = Callable[[str, Frame], Values]
"""Expands a text as between double quotes."""


class _NotComputedError(Exception):
    """An operand that is not known (``hole``), or a form that no shell computes."""

    def __init__(self, hole: Hole | None = None) -> None:
        super().__init__()
        self.hole = hole


def compute(expression: str, frame: Frame, expand: Expand) -> Values:
    """The value of an expression. Its assignments change the frame."""
    texts: Values = expand(expression, frame) if re.search(r"[$`\\]", expression) else ((expression,),)
    ways = [frame.copy() for _ in texts] if len(texts) > 1 else [frame]
    found: list[Values] = []
    for text, way in zip(texts, ways, strict=True):
        plain, hole = known(text), worst(text)
        found.append(_each(plain, way, expression) if plain is not None else ((hole or TOO_MANY,),))
    if len(ways) > 1:
        frame.join(ways)
    return alternatives(text for values in found for text in values)


def status(values: Values) -> Status:
    """How ``((…))`` ends: a value other than 0 is true."""
    outcomes = {known(text) for text in values}
    if None in outcomes or ("0" in outcomes and len(outcomes) > 1):
        return Status.OPEN
    return Status.FALSE if outcomes == {"0"} else Status.TRUE


def _each(plain: str, frame: Frame, expression: str) -> Values:
    """Once for each combination of the values that its names can have."""
    names = [name for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", plain)) if name in frame.variables]
    several = [name for name in names if len(frame.variables[name]) > 1]
    if not several:
        return (_one(plain, frame, expression),)
    chosen = list(islice(product(*(frame.variables[name] for name in several)), MOST_ALTERNATIVES + 1))
    if len(chosen) > MOST_ALTERNATIVES:
        return ((TOO_MANY,),)
    found = []
    ways = [frame.copy() for _ in chosen]
    for way, texts in zip(ways, chosen, strict=True):
        way.variables.update((name, (text,)) for name, text in zip(several, texts, strict=True))
        found.append(_one(plain, way, expression))
    kept = dict(frame.variables)
    frame.join(ways)
    frame.variables.update((name, kept[name]) for name in several if not _assigns(plain, name))
    return alternatives(found)


def _assigns(plain: str, name: str) -> bool:
    return bool(re.search(rf"(?:\+\+|--)\s*{name}\b|\b{name}\s*(?:\+\+|--|[-+*/%&|^<>]*=(?!=))", plain))


def _one(plain: str, frame: Frame, expression: str) -> tuple[str | Hole, ...]:
    try:
        return (str(_Expression(plain, frame).value()),)
    except _NotComputedError as error:
        for name in re.findall(r"[A-Za-z_]\w*", plain):
            if _assigns(plain, name):
                frame.set(name, ((error.hole or _hole(expression),),))
        return (error.hole or _hole(expression),)


def _hole(expression: str) -> Hole:
    text = f"$(({masked_script(expression)}))"
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return Hole(Why.OTHER, Reason("not-computed", detail=f"{short} is not computed"), text)


class _Expression:
    """One expression on its way from left to right. ``skipped``: what is read has no effect."""

    def __init__(self, text: str, frame: Frame, depth: int = 0) -> None:
        if len(text) > _LONGEST or depth > _DEEPEST:
            raise _NotComputedError
        self._tokens = list(_tokens(text))
        self._frame = frame
        self._at = 0
        self._depth = depth
        self._skipped = 0

    def value(self) -> int:
        if not self._tokens:
            return 0
        result = self._list()
        if self._at < len(self._tokens):
            raise _NotComputedError
        return result

    def _sign(self, *signs: str) -> str:
        """The next token, taken, where it is one of these; else nothing."""
        if self._at < len(self._tokens) and self._tokens[self._at][0] in signs:
            self._at += 1
            return self._tokens[self._at - 1][0]
        return ""

    @contextmanager
    def _without_effect(self, skip: bool) -> Iterator[None]:  # noqa: FBT001 - the one thing that it decides
        self._skipped += skip
        yield
        self._skipped -= skip

    def _list(self) -> int:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NotComputedError
        result = self._assignment()
        while self._sign(","):
            result = self._assignment()
        self._depth -= 1
        return result

    def _assignment(self) -> int:
        """``name = value``, ``name += value``; else a choice."""
        if self._at + 1 < len(self._tokens):
            target, (operator, *_) = self._tokens[self._at], self._tokens[self._at + 1]
            if target[1] and operator in _ASSIGNING:
                self._at += 2
                value = self._assignment()
                if operator != "=":
                    value = _applied(operator[:-1], self._read(target), value, skipped=self._skipped)
                return self._write(target, value)
        return self._choice()

    def _choice(self) -> int:
        test = self._either()
        if not self._sign("?"):
            return test
        with self._without_effect(test == 0):
            one = self._list()
        if not self._sign(":"):
            raise _NotComputedError
        with self._without_effect(test != 0):
            other = self._assignment()
        return one if test else other

    def _either(self) -> int:
        result = self._both()
        while self._sign("||"):
            with self._without_effect(result != 0):
                right = self._both()
            result = int(bool(result or right))
        return result

    def _both(self) -> int:
        result = self._binary(0)
        while self._sign("&&"):
            with self._without_effect(result == 0):
                right = self._binary(0)
            result = int(bool(result and right))
        return result

    def _binary(self, level: int) -> int:
        if level == len(_BINARY):
            return self._power()
        result = self._binary(level + 1)
        while operator := self._sign(*_BINARY[level]):
            result = _applied(operator, result, self._binary(level + 1), skipped=self._skipped)
        return result

    def _power(self) -> int:
        base = self._unary()
        if not self._sign("**"):
            return base
        exponent = self._power()
        if not 0 <= exponent <= 64:
            raise _NotComputedError
        return _wrapped(base**exponent)

    def _unary(self) -> int:
        step = self._sign("++", "--")
        if step and self._at < len(self._tokens) and self._tokens[self._at][1]:
            self._at += 1
            target = self._tokens[self._at - 1]
            return self._write(target, self._read(target) + (1 if step == "++" else -1))
        match step or self._sign("!", "~", "+", "-"):
            case "!":
                return int(not self._unary())
            case "~":
                return ~self._unary()
            case "-":
                return _wrapped(-self._unary())
            case "+" | "++" | "--":
                return self._unary()
            case _:
                return self._primary()

    def _primary(self) -> int:
        if self._sign("("):
            result = self._list()
            if not self._sign(")"):
                raise _NotComputedError
            return result
        if self._at >= len(self._tokens):
            raise _NotComputedError
        token = self._tokens[self._at]
        self._at += 1
        if not token[1]:
            return _number(token[0])
        before = self._read(token)
        step = self._sign("++", "--")
        if step:
            self._write(token, before + (1 if step == "++" else -1))
        return before

    def _read(self, target: tuple[str, str, str]) -> int:
        """The value of a name: its text is an expression again (bash), or a number."""
        if self._skipped:
            return 0
        _, name, index = target
        array = self._frame.arrays.get(name)
        values = array.get(self._key(name, index), ((),)) if array is not None else self._frame.raw(name)
        if index and array is None:
            values = ((),)
        text = known(values[0])
        if text is not None:
            return _Expression(text, self._frame, self._depth + 1).value()
        if is_unset(values[0]) and isinstance(hole := values[0][0], Hole) and hole.why is Why.UNSET:
            return 0
        raise _NotComputedError(worst(values[0]))

    def _write(self, target: tuple[str, str, str], value: int) -> int:
        value = _wrapped(value)
        _, name, index = target
        if not self._skipped and index:
            array = self._frame.arrays.get(name, {})
            self._frame.arrays[name] = {**array, self._key(name, index): ((str(value),),)}
        elif not self._skipped:
            self._frame.set(name, ((str(value),),))
        return value

    def _key(self, name: str, index: str) -> str:
        if name in self._frame.associative:
            return index.strip("\"'")
        return str(_Expression(index, self._frame, self._depth + 1).value()) if index else "0"


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """(text, name, index)."""
    at = 0
    text = text.replace('"', "").rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise _NotComputedError
        yield match["sign"] or match["number"] or match[0].strip(), match["name"] or "", match["index"] or ""
        at = match.end()


def _number(text: str) -> int:
    base, sharp, digits = text.partition("#")
    try:
        if sharp:
            return int(digits, int(base)) if 2 <= int(base) <= 36 else _refused()
        base_of_prefix = 16 if text[:2] in {"0x", "0X"} else 8 if text.startswith("0") else 10
        return _wrapped(int(text, base_of_prefix))
    except ValueError:
        return _refused()


def _refused() -> int:
    raise _NotComputedError


def _applied(operator: str, left: int, right: int, *, skipped: int) -> int:
    if skipped:
        return 0
    compute_two = next(table[operator] for table in _BINARY if operator in table)
    return _wrapped(compute_two(left, right))


def _divided(left: int, right: int) -> tuple[int, int]:
    """As C does: towards zero."""
    if right == 0:
        raise _NotComputedError
    quotient = abs(left) // abs(right) * (1 if (left < 0) is (right < 0) else -1)
    return quotient, left - quotient * right


def _wrapped(value: int) -> int:
    """The value in 64 bits with a sign."""
    return (value + 2**63) % 2**64 - 2**63
