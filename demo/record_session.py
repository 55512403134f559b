"""Record the session of the README: real commands, a real origin, a private engine; drawn as two SVG files.

``python -m demo.record_session`` writes ``docs/session-light.svg`` and ``docs/session-dark.svg``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from testing.base_image import BASE
from testing.engine import PrivateEngine, available
from testing.origins import ServeOrigin

DOCS = Path(__file__).resolve().parents[1] / "docs"
DOCKERFILE = """\
FROM {base}
RUN sleep 5 && echo compiled > /tool
RUN wget -q -O /data.csv {url}data.csv
"""
BEFORE = (
    "freshlayer build --network=host -t app .",
    "docker build --network=host -t app .",
)
"""The day before, which is not shown: both builds took the first version."""
SHOWN = (
    "cat Dockerfile",
    "curl -s -X PUT -d '\"v2\"' {url}.freshlayer/etag   # upstream changes",
    "docker build --progress=plain --network=host -t app . 2>&1 | grep -E 'CACHED|RUN'",
    "docker run --rm --network=host app cat /data.csv",
    "freshlayer build --progress=plain --network=host -t app . 2>&1 | grep -E 'CACHED|RUN|^freshlayer:'",
    "docker run --rm --network=host app cat /data.csv",
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WIDTH, _CHARACTER, _LINE, _MARGIN = 112, 7.25, 18, 16


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a terminal."""

    name: str
    ground: str
    text: str
    command: str
    old: str
    new: str


THEMES = (
    Theme("light", "#f6f8fa", "#24292f", "#0550ae", "#b35900", "#116329"),
    Theme("dark", "#161b22", "#c9d1d9", "#79c0ff", "#f0a33c", "#56d364"),
)


def record() -> list[str]:
    """The lines of the terminal: each command after ``$``, and what it printed."""
    with PrivateEngine() as engine, tempfile.TemporaryDirectory(prefix="freshlayer-session-") as directory:
        here = Path(directory)
        context = here / "app"
        context.mkdir()
        with ServeOrigin(here, '"v1"') as origin:
            text = DOCKERFILE.format(base=BASE, url=origin.url)
            (context / "Dockerfile").write_text(text, encoding="utf-8")
            environment = _environment(engine, here)
            for command in BEFORE:
                _run(command, context, environment)
            return list(_played(origin.url, context, environment))


def _environment(engine: PrivateEngine, here: Path) -> Mapping[str, str]:
    """The engine's, with this checkout's freshlayer first in PATH and a state that starts empty."""
    environment = engine.environment(buildkit=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    return {**environment, "PATH": path, "XDG_STATE_HOME": str(here / "state"), "NO_COLOR": "1"}


def _played(url: str, context: Path, environment: Mapping[str, str]) -> Iterator[str]:
    for template in SHOWN:
        command = template.replace("{url}", url)
        yield f"$ {command}"
        yield from _run(command, context, environment).splitlines()
        yield ""


def _run(command: str, context: Path, environment: Mapping[str, str]) -> str:
    ended = subprocess.run(
        ["sh", "-c", command], cwd=context, env=environment, capture_output=True, text=True, check=True
    )
    return _ESCAPES.sub("", ended.stdout)


def draw(lines: list[str], theme: Theme) -> str:
    """The lines as SVG, in one colour for each kind of line."""
    wrapped = [part for line in lines for part in _wrapped(line)]
    width = round(_WIDTH * _CHARACTER) + 2 * _MARGIN
    height = len(wrapped) * _LINE + 2 * _MARGIN
    rows = "\n".join(_row(number, line, theme) for number, line in enumerate(wrapped, 1) if line)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12"'
        ' xml:space="preserve">\n'
        "<title>A recorded session: the file changes upstream, docker build keeps the old one,"
        " freshlayer build runs one instruction again</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{theme.ground}"/>\n{rows}\n</svg>\n'
    )


def _row(number: int, line: str, theme: Theme) -> str:
    place = f'x="{_MARGIN}" y="{_MARGIN + _LINE * number - 5}"'
    return f'<text {place} fill="{_colour(line, theme)}">{escape(line)}</text>'


def _wrapped(line: str) -> Iterator[str]:
    while len(line) > _WIDTH:
        place = line.rfind(" ", 0, _WIDTH - 2)
        yield line[:place] + (" \\" if line.startswith("$ ") else "")
        line = "    " + line[place + 1 :]
    yield line


def _colour(line: str, theme: Theme) -> str:
    if line.startswith("$ "):
        return theme.command
    if "CACHED" in line or '"v1"' in line:
        return theme.old
    return theme.new if "freshlayer:" in line or '"v2"' in line else theme.text


def main() -> int:
    """Write both files; 2 where no private engine can run."""
    reason = available()
    if reason:
        print(f"record_session: {reason}", file=sys.stderr)
        return 2
    lines = record()
    print("\n".join(lines))
    for theme in THEMES:
        (DOCS / f"session-{theme.name}.svg").write_text(draw(lines, theme), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
