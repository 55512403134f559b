"""Starts counted in instructions of the processor, which other work on the machine does not change.

By cachegrind of valgrind, with the modules compiled.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.loaded import loaded
from bench.pairs import seconds
from bench.startup import OF_CHECK, OF_HELP, OF_INPUTS, Site, site
from bench.tables import row
from freshlayer.workflows.analyse import SWITCH

_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """Millions of instructions of a command, and of the least that a design with its libraries takes."""

    command: str
    ours: float
    peer: str
    theirs: float
    target: float | None

    def __str__(self) -> str:
        ratio = self.ours / self.theirs
        aim = "" if self.target is None else f"≤ {self.target:.1f}"
        return row(
            f"`{self.command}`",
            f"{self.ours:.0f} M",
            f"`{self.peer}`",
            f"{self.theirs:.0f} M",
            f"{ratio:.1f}",
            aim,
        )


def instructions(argv: Sequence[str], environment: Mapping[str, str], *, code: int = 0) -> float:
    """Millions. Raises CalledProcessError where it ends in another way than with ``code``."""
    valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [*valgrind, *argv], env=dict(environment), capture_output=True, text=True, check=False
    )
    found = _COUNT.search(done.stderr)
    if done.returncode != code or found is None:
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
    return int(found[1].replace(",", "")) / _MILLION


def rows() -> Iterator[Counted]:
    """Commands on one Dockerfile with one URL, answered by 304."""
    with site(tls=True) as made:
        context = str(made.context)
        nothing, libcurl = "python -c pass", "python -c 'import pycurl'"
        passed = instructions([sys.executable, "-c", "pass"], made.environment)
        loaded = instructions([sys.executable, "-c", "import pycurl"], made.environment)
        unread = {**made.environment, SWITCH: "off"}
        yield Counted("freshlayer --help", _of(made, ["--help"]), nothing, passed, OF_HELP)
        yield Counted("freshlayer inputs .", _of(made, ["inputs", context]), nothing, passed, OF_INPUTS)
        yield Counted(
            f"{SWITCH}=off freshlayer inputs .", _of(made, ["inputs", context], unread), nothing, passed, None
        )
        yield Counted("freshlayer check .", _of(made, ["check", context], code=1), libcurl, loaded, OF_CHECK)
        yield Counted(
            f"{SWITCH}=off freshlayer check .",
            _of(made, ["check", context], unread, code=1),
            libcurl,
            loaded,
            None,
        )


def _of(
    made: Site, words: Sequence[str], environment: Mapping[str, str] | None = None, *, code: int = 0
) -> float:
    """Of a run after another one, so that what the first one keeps is there."""
    seconds(made.ours(*words), environment or made.environment, code=code)
    return instructions(made.ours(*words), environment or made.environment, code=code)


def lines() -> Iterator[str]:
    """Markdown: a row for each command, and what the libraries alone take."""
    yield "Millions of instructions; one URL, answered by 304."
    yield ""
    yield "| command | instructions | of | instructions | ratio | target, by time |"
    yield "|" + "---|" * 6
    for counted in rows():
        yield str(counted)
    yield ""
    yield _of_libraries()
    yield ""
    yield _of_check()


def _of_check() -> str:
    """Where a check of one URL spends them: what is loaded alone, and a run with and without TLS."""
    with site(tls=True) as made:
        whole = _of(made, ["check", str(made.context)], code=1)
    with site(tls=False) as made:
        plain = _of(made, ["check", str(made.context)], code=1)
        words = ("--state", str(made.state), "check", str(made.context))
        names = sorted(it for it in loaded(*words, environment=made.environment) if it.startswith(_OURS))
    libraries = instructions([sys.executable, "-c", _LIBRARIES + _END], os.environ)
    imports = "; ".join(f"import {name}" for name in names if name != f"{_OURS}__main__")
    own = instructions([sys.executable, "-c", f"{_LIBRARIES}; {imports}{_END}"], os.environ)
    return (
        f"Of `check` with TLS, {whole:.0f} M: the interpreter and the libraries {libraries:.0f} M, "
        f"{len(names)} modules of our own, as they are loaded, {own - libraries:.0f} M; "
        f"TLS {whole - plain:.0f} M; all that it does {plain - own:.0f} M."
    )


_OURS = "freshlayer."
_LIBRARIES = (
    "import gc; gc.set_threshold(50_000); "
    "from freshlayer.cli.own_modules import find_quickly; find_quickly(); "
    "from freshlayer.lean_libraries import load_lean; "
    "[*map(load_lean, ('typing', 'msgspec', 'pathlib', 'pycurl'))]; import _sqlite3"
)
_END = "; from freshlayer.cli.leave import leave; leave(0)"


def _of_libraries() -> str:
    """What the libraries take as freshlayer loads them, one after the other."""
    code, before, parts = "from freshlayer.lean_libraries import load_lean", 0.0, []
    for name, more in _STEPS:
        code += more
        taken = instructions([sys.executable, "-c", code], os.environ)
        parts.append(f"{name} {taken - before:.0f} M")
        before = taken
    return f"The libraries alone, as freshlayer loads them: {', '.join(parts)}."


_STEPS = (
    ("interpreter", ""),
    ("`msgspec` with `typing`", "; load_lean('msgspec')"),
    ("`pycurl`", "; load_lean('pycurl')"),
    ("`_sqlite3`", "; import _sqlite3"),
    ("`click`", "; load_lean('click')"),
)
