"""What a command takes: its arguments and options, with the words of click, but without click.

It is read in two ways. ``usual_words`` reads command lines with it that are as usual; of all others, and
where help, a completion or an error is to be printed, ``by_click`` makes the commands of click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct


class Kind(Struct, frozen=True):
    """A type of click's by its name, and what it is made with."""

    name: str
    given: tuple[Any, ...] = ()
    named: Mapping[str, Any] = {}


FILE = Kind("Path")
DIRECTORY = Kind("Path", named={"file_okay": False})
ANY_FILE = Kind("Path", named={"readable": False})
"""Whether or not it can be read."""


def choice(words: Sequence[str]) -> Kind:
    """One of a few words."""
    return Kind("Choice", (words,))


def integer(least: int, most: int | None = None) -> Kind:
    """A number in a range, with both ends."""
    return Kind("IntRange", (least, most))


class Parameter(Struct, frozen=True):
    """``names`` and ``settings``: what click's ``option`` or ``argument`` is given; ``name``: of the value.

    Of the settings, ``type`` is a ``Kind``; with ``seldom`` an option is listed by ``--help-all`` alone.
    """

    is_option: bool
    name: str
    names: tuple[str, ...]
    settings: Mapping[str, Any]


class Command(Struct, frozen=True):
    """``function`` gets a value for each parameter; with ``takes_before`` first what is before the command.

    ``below``: the commands that it has below it. With ``verbatim`` the function gets the words behind the
    command as they are, in ``words``: they belong to another program.
    """

    name: str
    settings: Mapping[str, Any]
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    takes_before: bool
    below: tuple[Command, ...] = ()
    verbatim: bool = False


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_PARAMETERS, _BEFORE = "__parameters_declared__", "__takes_before__"


def option(*names: str, **settings: Any) -> Decorator:
    """As click's."""
    return _with(Parameter(True, _name_of(names), names, settings))


def argument(name: str, **settings: Any) -> Decorator:
    """As click's."""
    return _with(Parameter(False, _name_of((name,)), (name,), settings))


def _name_of(names: Sequence[str]) -> str:
    """As click derives it: the plain name, else the first long one, else the first."""
    name = min(names, key=lambda it: (it.startswith("-"), not it.startswith("--")))
    return name.partition("/")[0].lstrip("-").replace("-", "_").lower()


def _with(parameter: Parameter) -> Decorator:
    """Decorators are applied from the last to the first."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        vars(function)[_PARAMETERS] = (parameter, *parameters_of(function))
        return function

    return add


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """In the order in which they are written."""
    found: tuple[Parameter, ...] = vars(function).get(_PARAMETERS, ())
    return found


def takes_before(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function whose first argument, by its place, is what is before the command."""
    vars(function)[_BEFORE] = True
    return function


def command(
    name: str, below: tuple[Command, ...] = (), *, verbatim: bool = False, **settings: Any
) -> Callable[[Callable[..., Any]], Command]:
    """As click's; the help is the docstring of the function."""
    return lambda function: Command(
        name, settings, function, parameters_of(function), bool(vars(function).get(_BEFORE)), below, verbatim
    )
