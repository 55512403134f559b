"""Regular expressions of freshlayer that mean something else in an older Python.

Before 3.11.5 a possessive quantifier behind a group may match what a greedy one does not, or raise
SystemError (https://github.com/python/cpython/issues/106052 and …/101955). An atomic group has neither fault:
``(?>(?:…)*)`` in place of ``(?:…)*+``.
"""

from __future__ import annotations

import gc
import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from testing.warm import load_freshlayer

_PARSER: Any = importlib.import_module("re._parser")
_OF_ONE_CHARACTER = frozenset({"ANY", "CATEGORY", "IN", "LITERAL", "NOT_LITERAL"})


def is_of_possessive_group(text: str, flags: int = 0) -> bool:
    """Whether something of the pattern repeats a group, and never gives up what it took."""
    repeated = (of[2] for name, of in _operations(_PARSER.parse(text, flags)) if name == "POSSESSIVE_REPEAT")
    return any(len(body) != 1 or str(body[0][0]) not in _OF_ONE_CHARACTER for body in repeated)


def _operations(value: Any) -> Iterator[tuple[str, Any]]:
    """Each operation of a pattern that ``re`` has parsed, with its arguments."""
    for part in value:
        if isinstance(part, tuple) and part and type(part[0]).__name__ == "_NamedIntConstant":
            yield str(part[0]), part[1]
        if isinstance(part, tuple | list | _PARSER.SubPattern):
            yield from _operations(part)


def all_patterns() -> dict[str, int]:
    """Text → flags, of what the modules of freshlayer compile when they are loaded or first used."""
    load_freshlayer()
    lazy: Any = importlib.import_module("freshlayer.lazy_regex")
    own = [module for name, module in sys.modules.items() if name.partition(".")[0] == "freshlayer"]
    found = {it.pattern: it.flags for module in own for it in _compiled(list(vars(module).values()))}
    return found | {it._text: it._flags for it in gc.get_objects() if type(it) is lazy._Lazy}  # noqa: SLF001


def _compiled(values: list[Any]) -> Iterator[re.Pattern[str]]:
    for value in values:
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            yield value
        elif isinstance(value, tuple | list):
            yield from _compiled(list(value))
        elif isinstance(value, dict):
            yield from _compiled(list(value.values()))


if __name__ == "__main__":
    PATTERNS = all_patterns()
    print(
        len(PATTERNS),
        *(text for text, flags in PATTERNS.items() if is_of_possessive_group(text, flags)),
        sep="\n",
    )
