"""Mutations of real Dockerfiles and of the scripts in them, the same for the same seed."""

from __future__ import annotations

import multiprocessing
import random
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.dockerfile.parse import parse
from freshlayer.errors import DockerfileError
from freshlayer.workflows.inputs import inputs
from testing.scripts import run_scripts

AMD64 = BuildRequest(platforms=("linux/amd64",))
LONGEST = 2.0
"""Seconds for one input."""

MOST_MEMORY = 1 << 30
"""Bytes for a process that tries them one after another."""

_SEED = 20261124
_BATCH = 500
_SYNTAX = (
    *(
        "$(",
        ")",
        "`",
        '"',
        "'",
        "\\",
        "${",
        "}",
        "{",
        "(",
        "[",
        "]",
        "[[ ",
        " ]]",
        "$((",
        "))",
        "<<E\n",
        "\nE\n",
    ),
    *(
        "<(",
        " | ",
        " && ",
        " || ",
        "; ",
        " & ",
        "\n",
        "!",
        "#",
        "*",
        "?",
        "~",
        "=",
        "+=",
        ":-",
        "##",
        "%%",
        "//",
    ),
    *("if x; then ", "; fi", "for i in a b; do ", "; done", "while read i; do ", "case $x in a) ", ";; esac"),
    *("f() { ", "; }", "x=$x$x", "x=(a b)", "${x[@]}", "$@", "eval ", "sh -c '", "xargs ", "set -- ", "exit"),
    *(
        "curl https://example.org/",
        "wget ",
        "git clone ",
        "pip install ",
        "ARG X\n",
        "ENV X=$X\n",
        "FROM scratch\n",
    ),
    *("RUN <<E\n", "ONBUILD ", "\\\n", "\r\n", "\x00", "\ufeff", "\udcff", "é", "\u202e", "# escape=`\n"),
)


def attempt(text: str) -> None:
    """What ``inputs`` does with a Dockerfile; that it can't be one is an answer."""
    source = Source(text.encode("utf-8", "surrogateescape"), "d", "d", ".", None)
    try:
        inputs(source, AMD64)
    except DockerfileError:
        return


def fuzz(numbers: range, shared: Path) -> list[str]:
    """Try mutations; the seed of each that fails or takes long, with what went wrong."""
    return _batch(str(shared), numbers)


def fuzz_within_memory(numbers: range, shared: Path) -> list[str]:
    """The same in a process of its own."""
    batches = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
    # Forked, it would begin with the memory of the caller, and be over the bound at once.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawned, initializer=_bound_memory) as pool:
        return [
            failure for failures in pool.map(partial(_batch, str(shared)), batches) for failure in failures
        ]


def _bound_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _batch(shared: str, numbers: range) -> list[str]:
    return [failure for number in numbers if (failure := _try(shared, number))]


def _try(shared: str, number: int) -> str:
    text = mutation(shared, number)
    started = time.process_time()
    try:
        attempt(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"mutation {number}: {type(error).__name__}: {error}"
    taken = time.process_time() - started
    return f"mutation {number} took {taken:.1f} s" if taken > LONGEST else ""


def mutation(shared: str, number: int) -> str:
    """A Dockerfile, or a script in one, changed in one to eight places."""
    chance = random.Random(_SEED + number)
    files, scripts = _corpus(shared)
    alone = number % 3 != 0
    text = chance.choice(scripts if alone else files)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        text = chance.choice(_CHANGES)(text, chance, scripts if alone else files)
    return f"FROM scratch\nARG X\nENV V=1.2\nRUN <<'END-OF-RUN'\n{text}\nEND-OF-RUN\n" if alone else text


@cache
def _corpus(shared: str) -> tuple[list[str], list[str]]:
    """Dockerfiles and scripts, without the longest, which would take the time of many."""
    files: list[str] = []
    scripts: list[str] = []
    for directory, pattern in (("gold/files", "*"), ("conformance", "Dockerfile")):
        for path in sorted(Path(shared, directory).rglob(pattern)):
            if not path.is_file():
                continue
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            files.append(text[:6000])
            try:
                scripts += [script for _, script in run_scripts(parse(text))]
            except DockerfileError:
                continue
    return files, [script for script in scripts if 20 < len(script) < 4000]


Change = Callable[[str, random.Random, list[str]], str]


def _flip(text: str, chance: random.Random, _others: list[str]) -> str:
    """One byte becomes another."""
    data = bytearray(text.encode("utf-8", "surrogateescape") or b"x")
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data.decode("utf-8", "surrogateescape")


def _delete(text: str, chance: random.Random, _others: list[str]) -> str:
    start, end = _span(text, chance, 80)
    return text[:start] + text[end:]


def _double(text: str, chance: random.Random, _others: list[str]) -> str:
    start, end = _span(text, chance, 200)
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 20)) + text[end:]


def _splice(text: str, chance: random.Random, others: list[str]) -> str:
    other = chance.choice(others)
    start, end = _span(other, chance, 400)
    at = chance.randrange(len(text) + 1)
    return text[:at] + other[start:end] + text[at:]


def _insert(text: str, chance: random.Random, _others: list[str]) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_SYNTAX) * chance.choice((1, 1, 1, 3, 30)) + text[at:]


def _swap(text: str, chance: random.Random, _others: list[str]) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _cut(text: str, chance: random.Random, _others: list[str]) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _span(text: str, chance: random.Random, longest: int) -> tuple[int, int]:
    start = chance.randrange(len(text) + 1)
    return start, min(len(text), start + chance.randrange(1, longest))


_CHANGES: tuple[Change, ...] = (_flip, _delete, _double, _splice, _insert, _insert, _insert, _swap, _cut)
