"""What the ignore files leave of a folder, and the tar that the classic builder is sent."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from freshlayer.context.classic import DOCKERFILE, ClassicContext
from freshlayer.errors import ContextError


def members_of(
    root: Path, dockerfile: bytes = b"FROM scratch\n"
) -> tuple[dict[str, tarfile.TarInfo], dict[str, bytes]]:
    stream = io.BytesIO()
    ClassicContext.of(root).write(dockerfile, stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        infos = {info.name: info for info in tar.getmembers()}
        contents = {name: _content(tar, info) for name, info in infos.items() if info.isreg()}
    return infos, contents


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    return file.read() if file else b""


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(os.fsencode(name))


def test_without_rules_both_added_files_hide_themselves(project: Path) -> None:
    fill(project, "Dockerfile", "a/b")
    infos, contents = members_of(project)
    assert sorted(infos) == [".dockerignore", DOCKERFILE, "Dockerfile", "a", "a/b"]
    assert contents[".dockerignore"] == f"{DOCKERFILE}\n.dockerignore\n".encode()
    assert contents[DOCKERFILE] == b"FROM scratch\n"
    assert contents["Dockerfile"] == b"Dockerfile"


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ("node_modules\n", "node_modules"),
        ("/node_modules/\n", "node_modules"),
        ("# a comment\n\n*.log\n", "freshlayer.log"),
        ("**/*.tmp\n", "freshlayer.tmp"),
    ],
)
def test_a_name_that_the_users_rules_hide_leaves_their_file_as_it_is(
    project: Path, rules: str, name: str
) -> None:
    fill(project, "Dockerfile", "node_modules/x", "kept")
    (project / ".dockerignore").write_text(rules)
    infos, contents = members_of(project)
    assert contents[".dockerignore"] == rules.encode()
    assert contents[name] == b"FROM scratch\n"
    assert "kept" in infos


@pytest.mark.parametrize(
    "rules", ["docs/build\n", "!kept\n", "node_modules\n!node_modules/keep\n", "", "# nothing\n"]
)
def test_where_no_rule_gives_a_name_a_line_is_added(project: Path, rules: str) -> None:
    fill(project, "Dockerfile", "kept")
    (project / ".dockerignore").write_text(rules)
    _, contents = members_of(project)
    assert contents[".dockerignore"] == f"{rules.rstrip()}\n{DOCKERFILE}\n".encode()
    assert contents[DOCKERFILE] == b"FROM scratch\n"


def test_rules_and_exceptions_are_those_of_docker(project: Path) -> None:
    fill(project, "Dockerfile", "a/1", "a/2", "a/deep/3", "b.md", "README.md", "c/secret", "d")
    (project / ".dockerignore").write_text("a\n!a/deep/3\n*.md\n!README.md\n**/secret\n")
    infos, _ = members_of(project)
    named = {name for name in infos if not name.startswith(".") and not infos[name].isdir()}
    assert named - {"freshlayer.md", "secret"} == {"Dockerfile", "a/deep/3", "README.md", "d"}


def test_modes_links_and_owners_are_those_that_the_docker_client_sends(project: Path) -> None:
    fill(project, "Dockerfile", "tool", "twin-a")
    (project / "tool").chmod(0o4755)
    os.link(project / "twin-a", project / "twin-b")
    os.symlink("/nowhere", project / "dangling")
    os.mkfifo(project / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(project / "socket"))
        infos, _ = members_of(project)
    assert infos["tool"].mode == 0o4755
    assert infos["twin-b"].islnk()
    assert infos["twin-b"].linkname == "twin-a"
    assert (infos["dangling"].issym(), infos["dangling"].linkname) == (True, "/nowhere")
    assert infos["pipe"].isfifo()
    assert "socket" not in infos
    assert {(info.uid, info.gid) for info in infos.values()} == {(0, 0)}


def test_names_in_any_bytes_and_of_any_length_travel(project: Path) -> None:
    name = os.fsdecode(b"latin-\xe9")
    long = "/".join(["d" * 90, "e" * 90, "f" * 90])
    fill(project, "Dockerfile", name, long)
    infos, contents = members_of(project)
    assert long in infos
    assert contents[name]


def test_a_large_file_is_streamed_not_held(project: Path) -> None:
    with (project / "large").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    largest = 0

    class Sink(io.RawIOBase):
        def write(self, data: object) -> int:
            nonlocal largest
            assert isinstance(data, bytes | bytearray | memoryview)
            largest = max(largest, len(data))
            return len(data)

    ClassicContext.of(project).write(b"", Sink())  # type: ignore[arg-type]
    assert largest <= 1024 * 1024


def test_a_rule_that_docker_refuses_is_refused(project: Path) -> None:
    (project / ".dockerignore").write_text("[\n")
    with pytest.raises(ContextError, match=r"\.dockerignore: "):
        ClassicContext.of(project)
