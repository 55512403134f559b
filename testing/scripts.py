"""Scripts parsed and followed for the tests, with the outcome as plain text."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import astuple

from freshlayer.dockerfile.model import Dockerfile
from freshlayer.model.reasons import Reason
from freshlayer.shell import Hole, Surroundings, Text, Why, follow, known, worst, written
from freshlayer.shell.syntax.nodes import Command, Opaque, Parameter, Script, Substitution
from freshlayer.shell.syntax.operands import operand
from freshlayer.shell.syntax.parse import parse

AMD64 = "linux/amd64"
FETCHERS = frozenset({"curl", "wget"})


def surroundings(
    values: Mapping[str, str] | None = None,
    *,
    platform: str = AMD64,
    unset: frozenset[str] = frozenset(),
    secrets: frozenset[str] = frozenset(),
) -> Surroundings:
    """Some known names; ``unset`` are build args without a value, all others the base image's."""

    def value(name: str) -> str | Hole:
        text = f"${{{name}}}"
        if name in secrets:
            return Hole(Why.SECRET, Reason("from-secret", name), text)
        if name in unset:
            return Hole(Why.ARGUMENT, Reason("needs-build-arg", name), text)
        return (values or {}).get(name, Hole(Why.BASE, Reason("not-set", name), text))

    return Surroundings(value, platform, FETCHERS)


def calls(script: str, around: Surroundings) -> list[list[str]]:
    """The words of every program that the script runs; one that is not known is ``?`` and its reason."""
    return [[_told(word) for word in call.words] for call in follow(script, around).calls]


def _told(word: Text) -> str:
    value, hole = known(word), worst(word)
    if value is not None:
        return value
    return f"?{hole.reason}" if hole else f"?{written(word)}"


def run_scripts(dockerfile: Dockerfile) -> Iterator[tuple[int, str]]:
    """Line and script of every RUN that a shell reads."""
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.name != "RUN" or instruction.exec_form:
                continue
            documents = instruction.heredocs
            alone = len(documents) == 1 and re.fullmatch(r"<<-?\s*\S+", instruction.rest.strip())
            tail = [f"{document.content}{document.name}" for document in documents]
            script = documents[0].content if alone else "\n".join([instruction.rest, *tail])
            yield instruction.line, script


def command_names(script: Script | str) -> list[str]:
    """The names of all simple commands of a script as written, those of its substitutions too."""
    parsed = parse(script) if isinstance(script, str) else script
    return [name for name in _names(parsed.body) if name]


def _names(node: object) -> Iterator[str]:
    match node:
        case Command(all_words=words, declares=False) if words:
            yield "".join(part.text for part in words[0])
        case Substitution(script=script, text=text) if text.startswith(("$(", "`", "<(")):
            yield from command_names(script)
        case Opaque(script=script) if script:
            yield from command_names(script)
        case Parameter(operand=text) if text:
            yield from _names(operand(text))
    if isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif isinstance(node, Struct):
        yield from _names(astuple(node))


_DRIVER = r"""
a() { for word in "$@"; do printf '%s\037' "$word"; done; printf '\036'; }
for script in "$@"; do (set --; eval "$script") 2>/dev/null </dev/null; printf '\035'; done
"""


def as_a_shell_does(scripts: Sequence[str], values: Mapping[str, str], shell: str) -> list[list[list[str]]]:
    """What a real shell gives the program ``a``, call by call, for every script.

    The scripts are fixed texts of the tests: ``a`` is a function that prints its arguments.
    """
    ran = subprocess.run(
        [shell, "-c", _DRIVER, shell, *scripts],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **values},
        capture_output=True,
        timeout=30,
        check=True,
    )
    said = ran.stdout.decode("utf-8", "surrogateescape")
    return [
        [call.split("\x1f")[:-1] for call in heard.split("\x1e")[:-1]] for heard in said.split("\x1d")[:-1]
    ]
