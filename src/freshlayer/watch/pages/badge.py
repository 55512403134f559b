"""The state of an image as a picture: a word first, and only then a colour. Pure."""

from __future__ import annotations

from html import escape

from freshlayer.report.page.visible import visible

_COLOURS = {
    "stale": "#a83a00",
    "unknown": "#644497",
    "never": "#475766",
    "unwatched": "#475766",
    "fresh": "#0a665a",
}
_LONGEST = 40
_WIDTH, _MARGIN = 6.6, 12


def badge(title: str, state: str, word: str) -> str:
    """SVG. ``title`` is shown as text, its end where it is long: the end of a path distinguishes images."""
    shown = str(visible(title))
    shown = f"…{shown[-_LONGEST:]}" if len(shown) > _LONGEST else shown
    left = round(len(shown) * _WIDTH) + _MARGIN
    right = round(len(word) * _WIDTH) + _MARGIN
    label, stated = escape(shown), escape(word)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{label}: {stated}"><title>{label}: {stated}</title>'
        f'<rect width="{left}" height="20" fill="#47525c"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS[state]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14" textLength="{left - _MARGIN}">{label}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - _MARGIN}">{stated}</text></g></svg>'
    )
