"""Finding and reading the Dockerfile."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from freshlayer.context import read_dockerfile, read_settings, unwatched_context
from freshlayer.errors import ContextError


def test_it_is_the_contexts_dockerfile(project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"FROM scratch\n")
    source = read_dockerfile(str(project), None, io.BytesIO())
    assert (source.content, source.path) == (b"FROM scratch\n", project / "Dockerfile")
    assert source.known_as == str((project / "Dockerfile").resolve())


def test_a_lower_case_name_is_found_as_docker_finds_it(project: Path) -> None:
    (project / "dockerfile").write_bytes(b"FROM scratch\n")
    assert read_dockerfile(str(project), None, io.BytesIO()).shown.endswith("/dockerfile")


def test_a_named_one_is_relative_to_the_working_directory(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "My.Dockerfile").write_bytes(b"FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    assert read_dockerfile(str(project), "My.Dockerfile", io.BytesIO()).shown == "My.Dockerfile"


def test_standard_input_is_read_whole(project: Path) -> None:
    source = read_dockerfile(str(project), "-", io.BytesIO(b"FROM scratch\n"))
    assert (source.content, source.path, source.shown) == (b"FROM scratch\n", None, "<stdin>")


def test_every_byte_can_be_had_back(project: Path) -> None:
    content = bytes(range(256)) * 3
    (project / "Dockerfile").write_bytes(content)
    source = read_dockerfile(str(project), None, io.BytesIO())
    assert source.text.encode("utf-8", "surrogateescape") == content


def test_no_dockerfile_says_where_and_what_to_do(project: Path) -> None:
    with pytest.raises(ContextError, match=r"/Dockerfile: no such Dockerfile \(name one with -f FILE\)"):
        read_dockerfile(str(project), None, io.BytesIO())


def test_a_folder_in_its_place_says_so(project: Path) -> None:
    (project / "Dockerfile").mkdir()
    with pytest.raises(ContextError, match=r"/Dockerfile: is a directory, not a Dockerfile"):
        read_dockerfile(str(project), None, io.BytesIO())


def test_a_pipe_in_its_place_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "Dockerfile")
    with pytest.raises(ContextError, match="is a named pipe, not a Dockerfile"):
        read_dockerfile(str(project), None, io.BytesIO())


def test_one_of_more_than_sixteen_mebibytes_is_refused(project: Path) -> None:
    with (project / "Dockerfile").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(ContextError, match="larger than 16 MiB"):
        read_dockerfile(str(project), None, io.BytesIO())
    with pytest.raises(ContextError, match="larger than 16 MiB"):
        read_dockerfile(str(project), "-", io.BytesIO(bytes(17 * 1024 * 1024)))


def test_a_context_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="the build context is not a directory"):
        read_dockerfile(str(tmp_path / "none"), None, io.BytesIO())


@pytest.mark.parametrize(
    ("context", "watched"),
    [
        ("-", False),
        ("https://github.com/a/b.git#main", False),
        ("git@github.com:a/b.git", False),
        ("github.com/a/b", False),
        ("git://example.org/a", False),
        (".", True),
        ("some/folder", True),
    ],
)
def test_contexts_from_elsewhere_are_not_watched(context: str, watched: bool) -> None:  # noqa: FBT001
    assert (unwatched_context(context) is None) is watched


def test_settings_stand_beside_the_dockerfile(project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"FROM scratch\n")
    source = read_dockerfile(str(project), None, io.BytesIO())
    assert read_settings(source.directory) is None
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert read_settings(source.directory) is None
    (project / "pyproject.toml").write_text("[tool.freshlayer]\ntimeout = 5\n")
    assert read_settings(source.directory) == (
        "[tool.freshlayer]\ntimeout = 5\n",
        str(project / "pyproject.toml"),
        ("tool", "freshlayer"),
    )
    (project / "freshlayer.toml").write_text("timeout = 6\n")
    assert read_settings(source.directory) == ("timeout = 6\n", str(project / "freshlayer.toml"), ())
