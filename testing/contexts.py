"""Random build contexts: trees of files, and ignore files that have something to do with them."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

NAMES = (
    "a",
    "b",
    "src",
    "lib",
    "a.py",
    "b.py",
    "x+y",
    "c++",
    "(z)",
    "{q}",
    "a b",
    "[x]",
    "keep.toml",
    ".env",
    "é",
    "a1",
)
_LINES_AT_MOST = 6


def plant(root: Path, chance: Random) -> None:
    """Directories (some are empty), files, links of both kinds, a pipe."""
    _fill(root, chance, depth=0)
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    if files and chance.random() < 0.4:
        link = chance.choice(files).with_name("twin")
        if not link.exists():
            os.link(chance.choice(files), link)
    if chance.random() < 0.1:
        os.mkfifo(root / "pipe")


def _fill(directory: Path, chance: Random, depth: int) -> None:
    for name in chance.sample(NAMES, chance.randrange(0 if depth else 2, 6)):
        path = directory / name
        kind = chance.random()
        if kind < 0.45 and depth < 3:
            path.mkdir()
            _fill(path, chance, depth + 1)
        elif kind < 0.55:
            path.symlink_to(chance.choice(("..", "a", "nowhere", "/etc")))
        else:
            path.write_text(name)
            path.chmod(chance.choice((0o644, 0o755, 0o600)))


def ignore_file(root: Path, chance: Random) -> str:
    """Patterns from the paths of the tree, with some letters in place of which there are wildcards."""
    paths = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*"))]
    lines = [_line(paths, chance) for _ in range(chance.randrange(1, _LINES_AT_MOST))]
    if chance.random() < 0.4:
        lines.insert(0, chance.choice(("*", "**", "**/*", "*/*", ".")))
    return chance.choice(("\n", "\r\n")).join(lines) + chance.choice(("", "\n"))


def _line(paths: list[str], chance: Random) -> str:
    if chance.random() < 0.08:
        return chance.choice(
            ("# comment", "", "   ", " # no comment", "!", "[", "a\\", "!.", "/", "..", "/..")
        )
    path = chance.choice(paths) if paths and chance.random() < 0.9 else chance.choice(NAMES)
    parts = [_part(part, chance) for part in path.split("/")]
    if chance.random() < 0.25:
        parts[chance.randrange(len(parts))] = "**"
    if chance.random() < 0.2:
        parts.insert(chance.randrange(len(parts) + 1), chance.choice(("**", ".", "..", "")))
    text = "/".join(parts)
    text = chance.choice(("", "", "", "/", "./", "../", "**/", "**", " ")) + text
    text += chance.choice(("", "", "", "", "/", "/*", "/**", "**", " ", "/."))
    return chance.choice(("", "", "!", "!", "! ")) + text


def _part(part: str, chance: Random) -> str:
    kind = chance.random()
    place = chance.randrange(len(part))
    before, letter, after = part[:place], part[place], part[place + 1 :]
    if kind < 0.55:
        return part
    if kind < 0.65:
        return "*"
    if kind < 0.72:
        return f"{before}*"
    if kind < 0.79:
        return f"*{after}" if after else "*"
    if kind < 0.85:
        return f"{before}?{after}"
    if kind < 0.93:
        group = chance.choice(
            (f"[{letter}x]", "[a-z]", "[^a]", "[!a]", "[]a]", "[a-]", "[[:alpha:]]", "[*]", f"[\\{letter}]")
        )
        return f"{before}{group}{after}"
    return f"{before}\\{letter}{after}"
