"""Files of checksums: ``hex``, ``hex  name``, ``hex *name``, ``SHA256 (name) = hex``, in either case."""

from __future__ import annotations

import re

DIGITS = {"sha512": 128, "sha256": 64, "sha1": 40, "md5": 32}
"""Scheme → hexadecimal digits."""

_MOST_LINES = 20_000


def digest_of(text: str, name: str, scheme: str) -> str:
    """The digest that a file of checksums states of ``name``, in lower case; empty where it states none.

    A file with one digest and no name describes the file beside it. An HTML page, which some
    servers give in place of a 404, states nothing.
    """
    if re.match(r"\s*<", text):
        return ""
    hexadecimal = re.compile(rf"(?<![0-9a-f])[0-9a-f]{{{DIGITS[scheme]}}}(?![0-9a-f])", re.IGNORECASE)
    lines = [line.strip() for line in text.splitlines()[:_MOST_LINES] if line.strip()]
    for line in lines:
        match = hexadecimal.search(line)
        if match and name in re.split(r"[\s*()=/]+", line):
            return match[0].lower()
    if len(lines) == 1 and (alone := hexadecimal.fullmatch(lines[0])):
        return alone[0].lower()
    return ""
