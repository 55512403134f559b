"""``make bench``: every figure; writes the section of them in docs/performance.md, and those of the README.

``python -m bench NAME…`` takes some of them, and prints them only; with ``--write`` it writes them, too.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from bench import (
    bounds,
    counted,
    fleet,
    growth,
    languages,
    locks,
    many,
    packages,
    packages_rpm,
    probing,
    reading,
    saves,
    startup,
    store,
    tax,
    warm,
)
from bench.page import with_parts
from bench.readme import with_figures

HERE = Path(__file__).resolve().parents[1]
README = HERE / "README.md"
PAGE = HERE / "docs" / "performance.md"
WRITE = "--write"
BENCHES: Mapping[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "tax": ("The tax", tax.lines),
    "startup": ("Start-up", startup.lines),
    "counted": ("Start-up, counted", counted.lines),
    "probing": ("Probing", probing.lines),
    "many": ("Many Dockerfiles", many.lines),
    "fleet": ("A fleet", fleet.lines),
    "warm": ("Answers of the service", warm.lines),
    "packages": ("Packages", packages.lines),
    "packages_rpm": ("Packages of dnf", packages_rpm.lines),
    "languages": ("Packages of languages", languages.lines),
    "saves": ("What it saves", saves.lines),
    "growth": ("Growth", partial(growth.lines, HERE / "docs" / "growth.svg")),
    "locks": ("The lock file", locks.lines),
    "store": ("The store", store.lines),
    "bounds": ("Bounds", bounds.lines),
    "reading": ("Reading", reading.lines),
}
"""Name on the command line → title, and the lines of Markdown, each as soon as it is known."""


def main(words: list[str]) -> int:
    """Print the figures; 2 for an unknown name."""
    names = [word for word in words if word != WRITE]
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    # What pip installs has its bytecode: without it every start here would compile.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    machine = _machine()
    print(machine, flush=True)
    parts = {BENCHES[name][0]: "\n".join(_shown(name)) for name in names or BENCHES}
    if not names or WRITE in words:
        titles = [title for title, _ in BENCHES.values()]
        PAGE.write_text(with_parts(PAGE.read_text("utf-8"), machine, parts, titles), "utf-8")
        README.write_text(with_figures(README.read_text("utf-8"), PAGE.read_text("utf-8")), "utf-8")
    return 0


def _shown(name: str) -> Iterator[str]:
    """The lines of a bench, each printed as soon as it is known."""
    title, lines = BENCHES[name]
    print(f"\n### {title}\n", flush=True)
    started = time.monotonic()
    for line in lines():
        print(line, flush=True)
        yield line
    last = f"`python -m bench {name}`, {time.monotonic() - started:.0f} s."
    print(f"\n{last}", flush=True)
    yield from ("", last)


def _machine() -> str:
    curl = _first_line("curl", "--version").split(" (")[0]
    nginx = _first_line("nginx", "-v").rpartition(": ")[2]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.machine()}, {python}, {curl}, {nginx}; all on loopback."


def _first_line(program: str, option: str) -> str:
    if shutil.which(program) is None:
        return f"no {program}"
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
