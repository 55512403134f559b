"""Lines on logarithmic axes, as an SVG that reads on a light page and on a dark one. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 38, 62, 44
COLUMNS = 2

_STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.page { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.s0 { stroke: #0969da } .d0 { fill: #0969da }
.s1 { stroke: #bc4c00 } .d1 { fill: #bc4c00 }
.s2 { stroke: #57606a; stroke-dasharray: 5 4 } .d2 { fill: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.grid { stroke: #30363d }
.s0 { stroke: #58a6ff } .d0 { fill: #58a6ff }
.s1 { stroke: #f0883e } .d1 { fill: #f0883e }
.s2 { stroke: #8b949e } .d2 { fill: #8b949e }
}"""


@dataclass(frozen=True, slots=True)
class Line:
    """A named series of (x, y), both above 0."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes; the title names y, ``across`` what x is."""

    title: str
    across: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Whole decades, from ``low`` to ``high``, laid over pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        low, high = math.floor(_decade(min(values))), math.ceil(_decade(max(values)))
        return cls(low, max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        share = (_decade(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> Iterator[tuple[float, str]]:
        for power in range(self.low, self.high + 1):
            yield self.at(10.0**power), _number(power)


def svg(panels: Sequence[Panel]) -> str:
    """All panels, in rows of two."""
    width = COLUMNS * WIDTH
    height = math.ceil(len(panels) / COLUMNS) * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        parts.append(f'<g transform="translate({column * WIDTH} {row * HEIGHT})">')
        parts += _drawn(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(panel: Panel) -> Iterator[str]:
    points = [point for line in panel.lines for point in line.points]
    across = _Axis.over([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Axis.over([y for _, y in points], HEIGHT - BOTTOM, TOP)
    yield _text(LEFT, 20, panel.title, "title")
    yield from _grid(across, up)
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, panel.across, anchor="middle")
    at = float(LEFT)
    for number, line in enumerate(panel.lines):
        yield from _line(line, number, across, up)
        yield f'<circle class="d{number}" cx="{at + 5:.1f}" cy="40" r="4"/>'
        yield _text(at + 14, 44, line.name)
        at += 30 + 6.4 * len(line.name)


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    for x, number in across.ticks():
        yield f'<path class="grid" d="M{x:.1f} {up.start:.1f}V{up.end:.1f}"/>'
        yield _text(x, up.start + 17, number, anchor="middle")
    for y, number in up.ticks():
        yield f'<path class="grid" d="M{across.start:.1f} {y:.1f}H{across.end:.1f}"/>'
        yield _text(across.start - 7, y + 4, number, anchor="end")


def _line(line: Line, number: int, across: _Axis, up: _Axis) -> Iterator[str]:
    places = [(across.at(x), up.at(y)) for x, y in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f'<path class="line s{number}" d="M{path}"/>'
    for x, y in places:
        yield f'<circle class="d{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _decade(value: float) -> float:
    return math.log10(value)


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
