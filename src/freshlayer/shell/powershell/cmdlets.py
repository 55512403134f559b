"""Cmdlets that change values: what they are given → what they output. A table of their names."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from freshlayer.model.reasons import Reason
from freshlayer.shell.powershell.binding import Given
from freshlayer.shell.powershell.methods import joined_path, member
from freshlayer.shell.powershell.values import (
    Items,
    Value,
    gathered,
    hole,
    items,
    known_text,
    number,
    string,
    text,
    unknown,
)
from freshlayer.shell.values import Hole, Why

Given_ = tuple[Value, ...]
"""What comes through the pipe."""

ALIASES: dict[str, str] = {
    "iwr": "invoke-webrequest",
    "irm": "invoke-restmethod",
    "iex": "invoke-expression",
    "icm": "invoke-command",
    "%": "foreach-object",
    "foreach": "foreach-object",
    "?": "where-object",
    "where": "where-object",
    "echo": "write-output",
    "write": "write-output",
    "select": "select-object",
    "sort": "sort-object",
    "gc": "get-content",
    "cat": "get-content",
    "type": "get-content",
    "start": "start-process",
    "saps": "start-process",
    "sv": "set-variable",
    "set": "set-variable",
    "gv": "get-variable",
    "sal": "set-alias",
    "nal": "set-alias",
    "inmo": "install-module",
    "sajb": "start-job",
    "si": "set-item",
    "measure": "measure-object",
    **dict.fromkeys(("cd", "chdir", "sl"), "set-location"),
    "pushd": "push-location",
    "popd": "pop-location",
}
"""Alias → cmdlet."""

_FILE = Reason("needs-image-files")


def _written(given: Given, _pipe: Given_) -> Given_:
    value = given.option("inputobject")
    return tuple(item for one in (*given.operands, value) for item in items(one)) or _pipe


def _nothing(_given: Given, _pipe: Given_) -> Given_:
    return ()


def _passed(_given: Given, pipe: Given_) -> Given_:
    return pipe


def _joined_path(given: Given, pipe: Given_) -> Given_:
    path = given.take("path", 0)
    rest = given.operands[1:] if given.option("path") is None else given.operands
    child = given.option("childpath")
    parts = (path if path is not None else gathered(pipe), *(() if child is None else (child,)), *rest)
    return (joined_path(parts),)


def _divided_path(given: Given, pipe: Given_) -> Given_:
    path = given.option("path", "literalpath")
    value = path if path is not None else given.operands[0] if given.operands else gathered(pipe)
    known = known_text(value)
    if known is None:
        return (unknown(value) or hole("…"),)
    plain = known.replace("\\", "/").rstrip("/")
    if given.has("leaf"):
        return (plain.rpartition("/")[2],)
    return (known[: len(dirname(plain))],)


def _selected(given: Given, pipe: Given_) -> Given_:
    """``Select-Object`` with -First, -Last, -Skip, -Index, -Unique, -ExpandProperty."""
    if any(isinstance(item, Hole) for item in pipe):
        return pipe[:1]
    name = given.option("expandproperty")
    if name is not None:
        wanted = known_text(name)
        pipe = tuple(i for one in pipe for i in items(member(one, (wanted or "").lower())))
    if given.has("unique"):
        pipe = tuple(dict.fromkeys(pipe))
    first, last, skip, index = (number(given.option(one)) for one in ("first", "last", "skip", "index"))
    if given.option("index") is not None and isinstance(index, int):
        return pipe[index : index + 1]
    if given.option("skip") is not None:
        pipe = pipe[int(skip or 0) :]
    if given.option("first") is not None:
        return pipe[: int(first or 0)]
    return pipe[-int(last or 1) :] if given.option("last") is not None else pipe


def _sorted(given: Given, pipe: Given_) -> Given_:
    if given.operands or given.option("property") is not None or not all(isinstance(i, str) for i in pipe):
        return (unknown(*pipe) or hole("…"),) if pipe else ()
    found = sorted(
        {str(i): i for i in pipe} if given.has("unique") else pipe, key=lambda i: str(i).casefold()
    )
    return tuple(reversed(found)) if given.has("descending") else tuple(found)


def _of_file(given: Given, _pipe: Given_) -> Given_:
    name = given.option("path", "literalpath")
    name = given.operands[0] if name is None and given.operands else name
    shown = "".join(part if isinstance(part, str) else part.text for part in text(name))
    return (Hole(Why.IMAGE, _FILE, f"(Get-Content {shown})"),)


def _read_text(_given: Given, pipe: Given_) -> Given_:
    """``ConvertFrom-Json`` and its like: what is not known stays so, what is known is not read."""
    return (unknown(*pipe) or hole("…"),) if pipe else ()


def _as_string(_given: Given, pipe: Given_) -> Given_:
    return (string(text(Items(pipe), "\n")),)


def _matching(given: Given, pipe: Given_) -> Given_:
    return (unknown(*pipe, *given.operands) or hole("…"),)


def _counted(_given: Given, pipe: Given_) -> Given_:
    return (unknown(*pipe) or hole("…"),)


CHANGES: dict[str, Callable[[Given, Given_], Given_]] = {
    "write-output": _written,
    "join-path": _joined_path,
    "split-path": _divided_path,
    "select-object": _selected,
    "sort-object": _sorted,
    "get-content": _of_file,
    "out-string": _as_string,
    "tee-object": _passed,
    "get-unique": lambda _, pipe: tuple(dict.fromkeys(pipe)),
    "select-string": _matching,
    "measure-object": _counted,
    **dict.fromkeys(
        ("convertfrom-json", "convertfrom-csv", "convertfrom-stringdata", "convertto-json", "convertto-xml"),
        _read_text,
    ),
    **dict.fromkeys(
        (
            *(
                "write-host",
                "write-verbose",
                "write-warning",
                "write-information",
                "write-debug",
                "write-error",
            ),
            *("out-null", "out-file", "out-default", "set-content", "add-content", "clear-content"),
            *(
                "start-sleep",
                "set-strictmode",
                "import-module",
            ),
            *("set-executionpolicy", "write-progress", "clear-host", "set-psdebug", "set-psreadlineoption"),
        ),
        _nothing,
    ),
}
"""Cmdlet → what it outputs. Nothing of it reads from the network."""
