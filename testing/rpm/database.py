"""The packages of a root as the lines that freshlayer reads of an image."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from freshlayer.bases.rpm import installed


def installed_lines(root: Path) -> str:
    """``BaseContents.installed["rpm"]`` of a root, wherever this system's rpm puts the database."""
    database = next(root.rglob("rpmdb.sqlite"))

    def find(path: str) -> Path | None:
        found = database.with_name(PurePosixPath(path).name)
        return found if found.is_file() else None

    return installed(find) or ""
