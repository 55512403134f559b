"""The INI dialect of dnf, yum, tdnf and zypper."""

from __future__ import annotations

from collections.abc import Iterator

Sections = dict[str, dict[str, str]]


def sections(text: str) -> Sections:
    """Section → option → value; a value goes on in lines that begin with white space."""
    found: Sections = {}
    section: dict[str, str] | None = None
    option = ""
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare[0] in "#;":
            option = option if line[:1].isspace() else ""
        elif bare[0] == "[" and "]" in bare and not line[0].isspace():
            section, option = found.setdefault(bare[1 : bare.index("]")].strip(), {}), ""
        elif section is None:
            continue
        elif line[0].isspace() and option:
            section[option] = f"{section[option]}\n{bare}"
        elif "=" in bare:
            option = bare.partition("=")[0].strip().lower()
            section[option] = bare.partition("=")[2].strip()
    return found


def words(value: str) -> tuple[str, ...]:
    """A list value: separated by white space or commas."""
    return tuple(value.replace(",", " ").split())


def is_true(value: str | None, *, otherwise: bool) -> bool:
    """A boolean value; ``otherwise`` where there is none, or none that the programs know."""
    known = {"1": True, "yes": True, "true": True, "on": True}
    known |= {"0": False, "no": False, "false": False, "off": False}
    return known.get((value or "").strip().lower(), otherwise)


def number(value: str | None, *, otherwise: int) -> int:
    """A number with at most nine digits."""
    text = (value or "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else otherwise


def assignments(texts: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Section, option and value of each ``setopt``: ``best=0``, ``baseos.enabled=1``."""
    for text in texts:
        name, _, value = text.partition("=")
        section, _, option = name.strip().rpartition(".")
        yield section, option.lower(), value.strip()
