"""Paths below a directory, and what a RUN changes of the files of its stage."""

from __future__ import annotations

from itertools import product

import pytest

from freshlayer.discover.files.image import ImageFiles
from freshlayer.discover.files.layers import Mounted, below_path
from freshlayer.shell.files import FileText

PATHS = ("/", "/a", "/a/", "/a/b", "/ab", "/ab/c", "/a/b/c", "//a", "")


@pytest.mark.parametrize(("path", "directory"), list(product(PATHS, PATHS)))
def test_what_is_below_a_directory_begins_with_it_and_a_slash(path: str, directory: str) -> None:
    start = directory if directory.endswith("/") else f"{directory}/"
    expected = "" if path == directory else path[len(start) :] if path.startswith(start) else None
    assert below_path(path, directory) == expected


@pytest.mark.parametrize("mounts", [(), (Mounted(None, "/mnt"),)])
def test_a_later_run_sees_what_one_wrote_with_mounts_and_without(mounts: tuple[Mounted, ...]) -> None:
    files = ImageFiles()
    assert files.names("/x") == frozenset()
    ran = files.run(mounts)
    ran.write("/x/a", FileText("/x/a", (("1",),)), certain=True)
    ran.link("/y", "/x")
    files.keep(ran)
    later = files.run(())
    later.write("/x/a", FileText("/x/a", (("2",),)), certain=True)
    files.keep(later)
    assert files.names("/x/") == files.names("/y") == {"a"}
    assert files.find("/y/a") == FileText("/x/a", (("2",),))
    assert "mnt" not in files.names("/")
