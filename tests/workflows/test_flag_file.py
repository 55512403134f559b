"""The flag-file way, across the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin, status, tags
from testing.origins import ServeOrigin


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer(dict(os.environ), tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def stamp(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino


def test_one_line_a_reference_sorted(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    told = freshlayer("flag", f"{origin.url}b", f"{origin.url}a", "-o", "flag")
    assert (told.code, told.err) == (0, "flag: changed\n")
    assert (project / "flag").read_text() == f"etag:v1 {origin.url}a\netag:v1 {origin.url}b\n"


def test_neither_content_nor_mtime_nor_inode_moves_while_nothing_changed(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    freshlayer("flag", origin.url, "-o", "flag")
    before = stamp(project / "flag")
    told = freshlayer("flag", origin.url, "-o", "flag", "--exit-code")
    assert (told.code, told.err) == (0, "flag: unchanged\n")
    origin.touch("Sat, 01 Jan 2000 00:00:00 GMT")
    assert freshlayer("flag", origin.url, "-o", "flag").code == 0
    assert stamp(project / "flag") == before


def test_a_changed_identity_changes_the_file_and_the_exit_code_where_asked(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    freshlayer("flag", origin.url, "-o", "flag")
    origin.set_tag('"v2"')
    told = freshlayer("flag", origin.url, "-o", "flag", "--exit-code")
    assert (told.code, (project / "flag").read_text()) == (1, f"etag:v2 {origin.url}\n")


def test_the_file_itself_is_compared_not_the_state(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    """Somebody may have checked out another version of the file meanwhile."""
    freshlayer("flag", origin.url, "-o", "flag")
    (project / "flag").write_text(f"etag:other {origin.url}\n")
    assert freshlayer("flag", origin.url, "-o", "flag", "--exit-code").code == 1
    assert (project / "flag").read_text() == f"etag:v1 {origin.url}\n"


def test_a_url_that_cannot_be_asked_keeps_its_line_and_is_warned_about(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    freshlayer("flag", origin.url, "-o", "flag")
    before = stamp(project / "flag")
    origin.down()
    told = freshlayer("flag", origin.url, "-o", "flag")
    assert told.code == 0
    assert f"{origin.url}: the host refused the connection" in told.err
    assert stamp(project / "flag") == before


def test_with_no_line_to_keep_nothing_is_written(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    freshlayer("flag", origin.url, "-o", "flag")
    before = stamp(project / "flag")
    with MisbehavingOrigin("403") as closed:
        told = freshlayer("flag", origin.url, closed.url, "-o", "flag")
    assert told.code == 2
    assert "the file has no line of it to keep" in told.err
    assert stamp(project / "flag") == before
    assert freshlayer("flag", "http://127.0.0.1:1/", "-o", "none").code == 2
    assert not (project / "none").exists()


def test_an_unchanged_weak_origin_keeps_its_digest(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin(tags('W/"1"', 'W/"1"', 'W/"2"')) as origin:
        freshlayer("flag", origin.url, "-o", "flag")
        before = stamp(project / "flag")
        assert freshlayer("flag", origin.url, "-o", "flag", "--exit-code").code == 0
    assert before[0].startswith(b"sha256:")
    assert stamp(project / "flag") == before


def test_raw_writes_the_bare_entity_tag(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    assert freshlayer("flag", origin.url, "-o", "flag", "--format", "raw").code == 0
    assert (project / "flag").read_text() == '"v1"\n'
    before = stamp(project / "flag")
    assert freshlayer("flag", origin.url, "-o", "flag", "--format", "raw", "--exit-code").code == 0
    origin.down()
    told = freshlayer("flag", origin.url, "-o", "flag", "--format", "raw", "--exit-code")
    assert (told.code, stamp(project / "flag")) == (0, before)
    assert "its line in flag is kept" in told.err


def test_raw_compares_weakly(freshlayer: Freshlayer, project: Path) -> None:
    """Apache weakens the tag of a file that is younger than a second."""
    with MisbehavingOrigin(tags('W/"t"', '"t"')) as origin:
        freshlayer("flag", origin.url, "-o", "flag", "--format", "raw")
        assert freshlayer("flag", origin.url, "-o", "flag", "--format", "raw", "--exit-code").code == 0
    assert (project / "flag").read_text() == 'W/"t"\n'


def test_raw_is_for_one_url_with_a_tag(freshlayer: Freshlayer, origin: ServeOrigin) -> None:
    assert freshlayer("flag", origin.url, f"{origin.url}2", "-o", "flag", "--format", "raw").code == 2
    with MisbehavingOrigin(status(200)) as untagged:
        told = freshlayer("flag", untagged.url, "-o", "flag", "--format", "raw")
    assert told.code == 2
    assert "gives no entity tag" in told.err


def test_a_symlink_or_folder_in_the_files_place_is_told(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    (project / "flag").mkdir()
    told = freshlayer("flag", origin.url, "-o", "flag")
    assert told.code == 2
    assert told.err.startswith("freshlayer: flag: is a directory")
    told = freshlayer("flag", origin.url, "-o", "no/such/folder/flag")
    assert told.code == 2
    assert "can't be written" in told.err


def test_the_mode_of_the_file_is_kept(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    (project / "flag").write_text("old\n")
    (project / "flag").chmod(0o640)
    freshlayer("flag", origin.url, "-o", "flag")
    assert (project / "flag").stat().st_mode & 0o777 == 0o640


def test_a_presigned_url_is_written_without_its_signature(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    freshlayer("flag", f"{origin.url}x?X-Amz-Signature=secret&v=1", "-o", "flag")
    assert (project / "flag").read_text() == f"etag:v1 {origin.url}x?v=1\n"


def test_a_blank_in_a_tag_does_not_break_the_line_once_the_origin_is_down(
    freshlayer: Freshlayer, project: Path
) -> None:
    answers = ['"a b,  c"', '"a b,  c"', '"a b,  c"', '"a b,  c"']
    with MisbehavingOrigin(tags(*answers)) as origin:
        assert freshlayer("flag", origin.url, "-o", "flag").code == 0
        before = (project / "flag").read_text()
        assert freshlayer("flag", origin.url, "-o", "flag", "--exit-code").code == 0
        url = origin.url
    told = freshlayer("flag", url, "-o", "flag")
    assert (told.code, (project / "flag").read_text()) == (0, before)
    assert "its line in flag is kept" in told.err
