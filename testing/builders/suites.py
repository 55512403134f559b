"""Builders newer than the system's: scripts/setup unpacks them, a directory for each suite of Debian."""

from pathlib import Path

UNPACKED = Path(__file__).parents[2] / ".builders"


def is_unpacked(suite: str) -> bool:
    """Whether the packages of this suite of Debian are there, whole."""
    return (UNPACKED / suite / ".stamp").is_file()


def out_of_reach(suite: str) -> str:
    """Why scripts/setup could not reach the suite; empty where it could, or has not tried."""
    said = UNPACKED / f"{suite}.unreachable"
    return said.read_text(encoding="utf-8").strip() if said.is_file() else ""
