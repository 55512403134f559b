"""Temporary directories of a run: their names, and that nothing outside of them is removed."""

from __future__ import annotations

import os
from pathlib import Path

from freshlayer.files.leftovers import PREFIX, remove_leftovers
from freshlayer.files.temporary import LockedDirectory, temporary_directory


def test_a_directory_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("outside")
    with temporary_directory() as directory:
        made = Path(directory)
        assert made.name.startswith(PREFIX)
        assert made.stat().st_mode & 0o777 == 0o700
        (made / "file").write_text("inside")
        (made / "below").mkdir()
        (made / "below/file").write_text("inside")
        (made / "link").symlink_to(tmp_path / "kept")
    assert not made.exists()
    assert (tmp_path / "kept/file").read_text() == "outside"


def test_one_that_was_left_is_found_by_its_name(tmp_path: Path) -> None:
    left = LockedDirectory(str(tmp_path))
    os.close(left._descriptor)
    remove_leftovers({"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
