"""Files that are no files: a pipe, a device, a directory, something endless or huge. None is waited for."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from freshlayer.builders.command_line.build import read as read_command
from freshlayer.builders.command_line.families import BUILDAH
from freshlayer.context import read_settings
from freshlayer.context.dockerignore import read_rules
from freshlayer.context.tree import dockerfiles
from freshlayer.credentials import Keyring, aws, docker, http
from freshlayer.docker_client import config as docker_config
from freshlayer.docker_client.install import DockerDirectory, uninstall
from freshlayer.errors import ContextError, FreshlayerError, InstallError, StateError
from freshlayer.files.bounded_read import UnfitFileError, holds, read_file, read_text
from freshlayer.lock import read_lock
from freshlayer.state import SqliteStore
from freshlayer.workflows import flag_file as flag

pytestmark = pytest.mark.timeout(20)
HUNDRED_MEGABYTES = 100 * 1000 * 1000


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(HUNDRED_MEGABYTES)


def _link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("a pipe"))
    path.symlink_to("a pipe")


MAKERS: dict[str, Callable[[Path], object]] = {
    "is a named pipe": os.mkfifo,
    "is a named pipe (by a link)": _link_to_pipe,
    "is a directory": Path.mkdir,
    "is a character device": lambda path: path.symlink_to("/dev/zero"),
    "is a socket": _socket,
    "is larger than": _sparse,
}


@pytest.fixture(params=list(MAKERS))
def kind(request: pytest.FixtureRequest) -> str:
    """The clause that names it."""
    return str(request.param)


def make(kind: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put something of this kind at a path; the clause. A socket's path is short, so it is a relative one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patch:
        patch.chdir(path.parent)
        MAKERS[kind](Path(path.name))
    return kind.partition(" (")[0]


def test_reading_says_at_once_what_it_is(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = make(kind, tmp_path / "x", monkeypatch)
    with pytest.raises(UnfitFileError) as caught:
        read_file(tmp_path / "x", 1024)
    assert str(caught.value.strerror).startswith(clause)
    assert not holds(tmp_path / "x", b"")


def test_a_file_of_the_kernel_without_a_size_is_read_to_the_limit() -> None:
    assert read_file("/proc/self/stat", 4096).startswith(str(os.getpid()).encode())
    with pytest.raises(UnfitFileError, match="is larger than 10 bytes"):
        read_file("/proc/self/stat", 10)


@pytest.mark.parametrize(("length", "fits"), [(0, True), (10, True), (11, False)])
def test_the_limit_is_exact(tmp_path: Path, *, length: int, fits: bool) -> None:
    (tmp_path / "x").write_bytes(b"x" * length)
    if fits:
        assert read_file(tmp_path / "x", 10) == b"x" * length
    else:
        with pytest.raises(UnfitFileError):
            read_file(tmp_path / "x", 10)


def test_a_byte_order_mark_is_skipped_once(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfx")
    assert read_text(tmp_path / "x", 10) == "\ufeffx"


@pytest.mark.parametrize("name", ["freshlayer.toml", "pyproject.toml"])
def test_settings(kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = make(kind, tmp_path / "p" / name, monkeypatch)
    with pytest.raises(ContextError) as caught:
        read_settings(tmp_path / "p")
    assert str(caught.value).startswith(f"{tmp_path / 'p' / name}: {clause}")


def test_an_ignore_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = make(kind, tmp_path / "p" / ".dockerignore", monkeypatch)
    with pytest.raises(ContextError) as caught:
        read_rules(tmp_path / "p" / ".dockerignore")
    assert str(caught.value).startswith(f"{tmp_path / 'p' / '.dockerignore'}: {clause}")


def test_gits_ignore_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Dockerfiles are found all the same."""
    clause = make(kind, tmp_path / "p" / ".gitignore", monkeypatch)
    (tmp_path / "p" / "Dockerfile").touch()
    said: list[str] = []
    assert list(dockerfiles(tmp_path / "p", said.append)) == [str(tmp_path / "p" / "Dockerfile")]
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path / 'p' / '.gitignore'}: {clause}")


def test_an_identities_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = make(kind, tmp_path / "p" / "i", monkeypatch)
    with pytest.raises(StateError) as caught:
        read_lock(tmp_path / "p" / "i")
    assert str(caught.value).startswith(f"{tmp_path / 'p' / 'i'}: {clause}")


def test_a_state_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is never renamed, however it is linked to: that would take it away from the whole machine."""
    path = tmp_path / "p" / "state"
    clause = make(kind, path, monkeypatch)
    said: list[str] = []
    store = SqliteStore(path, said.append)
    store.record_observations({}, at=0)
    store.close()
    assert len(said) == 1
    if clause == "is larger than":
        assert "the state file was corrupt" in said[0]
    else:
        assert said[0].startswith(f"{path}: {clause}")
        assert not path.with_name("state.corrupt").exists()


def test_a_flag_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to by a pipe or a device holds nothing to compare with."""
    path = tmp_path / "p" / "flag"
    clause = make(kind, path, monkeypatch)
    if clause in {"is a directory", "is larger than", "is a socket"}:
        with pytest.raises(FreshlayerError, match=clause):
            flag.read(path)
    else:
        assert flag.read(path) is None


def test_credentials_are_as_good_as_none(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".netrc", ".docker/config.json", ".config/containers/auth.json", ".aws/config"):
        with monkeypatch.context() as patch:
            make(kind, tmp_path / kind / name.replace("/", "-") / name, patch)
    for name in (".netrc", ".docker/config.json", ".config/containers/auth.json", ".aws/config"):
        keyring = Keyring({"HOME": str(tmp_path / kind / name.replace("/", "-"))})
        assert http.find(keyring, "http://example.org/") is None
        assert docker.logins(keyring, "example.org", "a") == ()
        assert aws.region(keyring) == "us-east-1"


def test_dockers_configuration(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clause = make(kind, tmp_path / "p" / "config.json", monkeypatch)
    assert docker_config.config({"DOCKER_CONFIG": str(tmp_path / "p")}) == {}
    with pytest.raises(InstallError, match=clause):
        uninstall(DockerDirectory(tmp_path / "p"))


def test_a_file_of_build_args(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The builder reads it, and says what is wrong; a pipe is left for it."""
    make(kind, tmp_path / "p" / "args", monkeypatch)
    command = read_command(["--build-arg-file", str(tmp_path / "p" / "args"), "."], {}, BUILDAH)
    assert command.build_args == {}
