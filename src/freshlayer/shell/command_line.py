"""The command line of a program on Windows → its words, as the C library divides it."""

from __future__ import annotations

from posixpath import join, normpath

from freshlayer.lazy_regex import compiled

_DRIVE = compiled(r"[A-Za-z]:/")
_TOKEN = compiled(r"(\\+)(\")|(\\+)|(\"\")|(\")|([ \t\r\n]+)|([^\\\" \t\r\n]+)")


def divided(line: str) -> list[str]:
    """The words: blanks divide, double quotes group, and a backslash before one makes it a character."""
    words: list[str] = []
    word: list[str] = []
    inside = started = False
    for match in _TOKEN.finditer(line):
        if match[6] and not inside:
            words += ["".join(word)] if started else []
            word, started = [], False
            continue
        started = True
        if match[1]:
            count = len(match[1])
            word.append("\\" * (count // 2) + ('"' if count % 2 else ""))
            inside ^= not count % 2
        elif match[4] and inside:
            word.append('"')
        elif match[5] or match[4]:
            inside ^= bool(match[5])
        else:
            word.append(match[0])
    return [*words, "".join(word)] if started else words


def moved(directory: str, path: str) -> str:
    """The directory after ``cd path``, with slashes."""
    slashed = path.replace("\\", "/")
    return slashed if _DRIVE.match(slashed) else normpath(join(directory, slashed))
