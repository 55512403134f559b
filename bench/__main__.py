"""``make bench``: every figure, and the README's section of them written anew.

``python -m bench NAME…`` takes some of them, and only prints.
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

from bench import bounds, growth, many, probing, reading, saves, startup, tax

HERE = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- made by make bench -->\n", "<!-- end of what make bench made -->\n"
BENCHES: Mapping[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "tax": ("The tax", tax.lines),
    "startup": ("Start-up", startup.lines),
    "probing": ("Probing", probing.lines),
    "many": ("Many Dockerfiles", many.lines),
    "saves": ("What it saves", saves.lines),
    "growth": ("Growth", partial(growth.lines, HERE / "docs" / "growth.svg")),
    "bounds": ("Bounds", bounds.lines),
    "reading": ("Reading", reading.lines),
}
"""Name on the command line → title, and the lines of Markdown, each as soon as it is known."""


def main(names: list[str]) -> int:
    """Print them; 2 where a name is none."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    # What pip installs has its bytecode: without it every start here would compile.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    told: list[str] = []
    for line in _lines(names or list(BENCHES)):
        print(line, flush=True)
        told.append(line)
    if not names:
        write(HERE / "README.md", told)
    return 0


def write(page: Path, told: list[str]) -> None:
    """Put what was told into the section of a page that is made by it."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + BEGIN + "\n".join(told) + "\n" + END + after, "utf-8")


def _lines(names: list[str]) -> Iterator[str]:
    yield _machine()
    for name in names:
        title, lines = BENCHES[name]
        started = time.monotonic()
        yield from ("", f"### {title}", "")
        yield from lines()
        yield from ("", f"`python -m bench {name}`, {time.monotonic() - started:.0f} s.")


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
