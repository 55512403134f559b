"""Command lines as most people type them, read without click, by what the commands declare.

Whatever is unusual is left to click: a word that is not known, a value that is not valid or could be meant
as an option, ``--``, help, completion. What is read here has the values that click would give.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from freshlayer.cli.declared import Command, Kind, Parameter
from freshlayer.cli.options import Before, all_of_ours, before

COMMANDS = frozenset("build check flag inputs lock probe render update verify".split())
"""Those of which the words are read here."""

COMPLETION = "_FRESHLAYER_COMPLETE"
"""With this variable click completes words, and runs nothing."""

_PLAIN = frozenset(
    (
        *("default", "help", "is_flag", "metavar", "multiple", "nargs", "read", "required", "seldom"),
        *("shell_complete", "show_default", "type"),
    )
)
"""Settings of a parameter that are known here, or that do not act on its value."""


class UnusualError(Exception):
    """Something that click has to read."""


def reading(
    words: Sequence[str], environ: Mapping[str, str], docker: tuple[str, ...]
) -> Callable[[], int] | None:
    """What runs the command of these words; None where click has to read them.

    ``docker``: flags of docker's own.
    """
    if COMPLETION in environ:
        return None
    try:
        outer, rest = split(all_of_ours(), words)
        if not rest or rest[0] not in COMMANDS:
            return None
        command: Command = import_module(f"freshlayer.cli.{rest[0]}").command
        values = _verbatim(rest[1:]) if command.verbatim else values_of(command.parameters, rest[1:])
    except UnusualError:
        return None

    def run() -> int:
        options = before(outer, command.name, docker)
        return int(command.function(Before(options, command.name), **values) or 0)

    return run


def _verbatim(words: list[str]) -> dict[str, Any]:
    """Words that belong to another program. Our own help, where that is missing, is made with click."""
    from freshlayer.cli.passthrough import requests_help

    if requests_help(words):
        raise UnusualError(*words[:1])
    return {"words": words}


def split(parameters: Sequence[Parameter], words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The values of options that are before the first other word, and the words from that on."""
    at = iter(words)
    given: dict[str, list[str]] = {}
    for word in at:
        if not _is_option(word):
            return dict(_values(parameters, given, [])), [word, *at]
        _take(word, at, _by_word(parameters), given)
    return {}, []


def values_of(parameters: Sequence[Parameter], words: Sequence[str]) -> dict[str, Any]:
    """A value for each parameter. Raises UnusualError."""
    at = iter(words)
    given: dict[str, list[str]] = {}
    operands: list[str] = []
    known = _by_word(parameters)
    for word in at:
        if _is_option(word):
            _take(word, at, known, given)
        else:
            operands.append(word)
    return dict(_values(parameters, given, operands))


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _by_word(parameters: Sequence[Parameter]) -> dict[str, Parameter]:
    """Without those that act at once, and those of which each word has a value of its own."""
    return {
        word: it
        for it in parameters
        if it.is_option and not it.settings.keys() - _PLAIN
        for word in it.names
        if word.startswith("-") and "/" not in word
    }


def _take(word: str, at: Iterator[str], known: Mapping[str, Parameter], given: dict[str, list[str]]) -> None:
    """Note one option with its value, which may be the next word. Raises UnusualError."""
    name, equals, value = word.partition("=")
    option = known.get(name)
    if option is None or (equals and (option.settings.get("is_flag") or not name.startswith("--"))):
        raise UnusualError(word)
    if option.settings.get("is_flag"):
        value = word
    elif not equals:
        value = next(at, "--")
    if not option.settings.get("is_flag") and _is_option(value):
        raise UnusualError(word)
    given.setdefault(option.name, []).append(value)


def _values(
    parameters: Sequence[Parameter], given: Mapping[str, Sequence[str]], operands: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """Raises UnusualError."""
    left = list(operands)
    for it in parameters:
        if "shows_all" in it.settings:
            continue
        if it.settings.keys() - _PLAIN:
            raise UnusualError(it.name)
        if it.is_option:
            yield it.name, _of_option(it, given.get(it.name, ()))
        elif it.settings.get("nargs") == -1:
            if it.settings.get("required") and not left:
                raise UnusualError(it.name)
            yield it.name, tuple([_converted(it, word) for word in left])
            left = []
        else:
            yield it.name, _of_argument(it, [left.pop(0)] if left else ())
    if left:
        raise UnusualError(left[0])


def _of_option(option: Parameter, given: Sequence[str]) -> Any:
    """The last one counts."""
    settings = option.settings
    if settings.get("multiple"):
        return tuple([_converted(option, word) for word in given])
    if settings.get("is_flag"):
        return True if given else settings.get("default", False)
    if given:
        return _converted(option, given[-1])
    if settings.get("required"):
        raise UnusualError(option.name)
    default = settings.get("default")
    return _converted(option, default) if isinstance(default, str) else default


def _of_argument(argument: Parameter, given: Sequence[str]) -> Any:
    """It is required, unless it is declared otherwise."""
    if not given and "default" not in argument.settings and argument.settings.get("required", True):
        raise UnusualError(argument.name)
    return _of_option(argument, given)


def _converted(option: Parameter, word: str) -> Any:
    """Raises UnusualError for what is not valid."""
    kind, read = option.settings.get("type"), option.settings.get("read")
    try:
        value = _of_kind(kind, word) if isinstance(kind, Kind) else word
        return read(value) if read is not None else value
    except ValueError:
        raise UnusualError(word) from None


def _of_kind(kind: Kind, word: str) -> Any:
    """Raises ValueError."""
    if kind.name == "Choice":
        [words] = kind.given
        return words[list(words).index(word)]
    if kind.name in {"IntRange", "FloatRange"}:
        number = int(word) if kind.name == "IntRange" else float(word)
        least, most = kind.given
        if number < least or not (most is None or number <= most):
            raise ValueError(word)
        return number
    if kind.name != "Path" or kind.named or (os.path.exists(word) and not os.access(word, os.R_OK)):
        raise ValueError(word)
    return word
