"""Pictures of the pages of the service, in light and dark: ``python -m testing.pictures DIRECTORY``.

What they show is made up, and the same each time; fonts are those of the machine.
"""

from __future__ import annotations

import struct
import sys
import zlib
from itertools import product
from pathlib import Path

from freshlayer.watch.firing import Rule
from freshlayer.watch.pages.images import input_address
from testing.devtools import browser
from testing.fleet import TOOL, board_of, histories, served

_IMAGE = "/image/srv/images/payments/api/Dockerfile"
_PAGES = {"overview": "/", "image": _IMAGE, "input": input_address(TOOL), "packages": "/packages"}
_WIDTHS, _HEIGHT = (1280, 900, 380), 740

_HEAD = 8
_LEVEL = 9


def main(directory: Path) -> None:
    """Write ``PAGE-WIDTH-THEME.png`` for each."""
    directory.mkdir(parents=True, exist_ok=True)
    with served(board_of(rules=(Rule("ci"),)), past=histories()) as address, browser() as window:
        for name, width, theme in product(_PAGES, _WIDTHS, ("light", "dark")):
            place = directory / f"{name}-{width}-{theme}.png"
            window.opened(address + _PAGES[name], width, _HEIGHT, theme)
            window.pictured(place, _HEIGHT)
            place.write_bytes(_smaller(place.read_bytes()))


def _smaller(png: bytes) -> bytes:
    """The same picture with its rows compressed better (PNG, RFC 2083): a browser hurries."""
    parts = list(_parts(png))
    rows = zlib.decompress(b"".join(content for kind, content in parts if kind == b"IDAT"))
    packed = zlib.compress(rows, _LEVEL)
    kept = [(kind, content) for kind, content in parts if kind != b"IDAT"]
    end = len(kept) - 1
    return png[:_HEAD] + b"".join(_part(*it) for it in [*kept[:end], (b"IDAT", packed), kept[end]])


def _parts(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], _HEAD
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def _part(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
