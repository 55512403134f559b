"""A builder that is started before its Dockerfile is known builds it all at once, or ends without a trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from freshlayer.builders.base import DerivedFile
from freshlayer.builders.command_line.build import read
from freshlayer.builders.docker import BuildKit
from freshlayer.builders.progress.lines import Lines
from freshlayer.builders.run.early import EarlyClient, early_client
from freshlayer.builders.versions import version_text
from freshlayer.model.progress_event import ProgressEvent
from testing.process import wait_until

COPIES = 'echo $$ > "$0/started"; mkdir "$TMPDIR/kept"; cat > "$0/built"; echo shown >&2; exit 7'
"""Does as the client of docker: it makes a directory, and reads all of its standard input."""


class Kept:
    """A reader of lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str, now: float) -> None:  # noqa: ARG002
        self.lines.append(text)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        return ()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Its temporary files are in a directory of the test."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return {"PATH": os.environ["PATH"]}


def start(directory: Path, environment: Mapping[str, str], kept: Kept | None = None) -> EarlyClient:
    client = EarlyClient(["sh", "-c", COPIES, str(directory)], environment, Lines(kept or Kept(), 2))
    wait_until((directory / "built").exists, seconds=20, what="the start of the client")
    return client


def file_of(
    content: bytes, name: str = "Dockerfile", ignore: Path | None = None, **secrets: bytes
) -> DerivedFile:
    return DerivedFile(content, name, ignore, secrets=secrets)


def is_running(directory: Path) -> bool:
    return Path(f"/proc/{(directory / 'started').read_text().strip()}").exists()


def test_it_waits_gets_all_of_the_file_and_its_end_is_the_end(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    kept = Kept()
    with closing(start(tmp_path, environment, kept)) as client:
        assert (tmp_path / "built").read_bytes() == b""
        content = b"FROM scratch\n" + b"#" * 40_000
        assert client.takes(file_of(content))
        ended = client.build(content)
    assert (ended.exit_code, ended.trouble, ended.interrupted) == (7, "", False)
    assert (tmp_path / "built").read_bytes() == content
    assert kept.lines == ["shown"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_one_that_is_not_needed_is_ended_before_it_reads_an_empty_file(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    kept = Kept()
    start(tmp_path, environment, kept).close()
    assert not is_running(tmp_path)
    assert kept.lines == []
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file_of(b"FROM scratch\n", name="app.Dockerfile"), id="shown by its own name"),
        pytest.param(
            file_of(b"FROM scratch\n", ignore=Path("x.dockerignore")), id="an ignore file of its own"
        ),
        pytest.param(file_of(b"FROM scratch\n", pin=b"curl=8"), id="secrets"),
        pytest.param(file_of(b"#" * 1_100_000), id="more than goes through at once"),
    ],
)
def test_what_standard_input_can_not_give_it_ends_it(
    file: DerivedFile, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    client = start(tmp_path, environment)
    assert not client.takes(file)
    assert not is_running(tmp_path)


def test_a_client_that_ended_first_has_the_last_word(environment: Mapping[str, str]) -> None:
    client = EarlyClient(["sh", "-c", "exit 125"], environment, Lines(Kept(), 2))
    assert client.takes(file_of(b"FROM scratch\n"))
    assert client.build(b"FROM scratch\n").exit_code == 125


def program(directory: Path, version: str) -> tuple[str, Mapping[str, str]]:
    """A program, no script, that states a version, and the environment in which that is known."""
    environment = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(directory / "cache")}
    environment["DOCKER_HOST"] = f"unix://{directory}/socket"
    made = directory / "bin" / "docker"
    made.parent.mkdir()
    made.write_bytes(Path("/bin/echo").resolve().read_bytes())
    made.chmod(0o755)
    memory = directory / "cache" / "freshlayer" / "versions.json"
    memory.parent.mkdir(parents=True)
    status = made.stat()
    memory.write_text(f'{{"{made}": [{status.st_mtime_ns}, {status.st_size}, "Docker version {version}"]}}')
    assert version_text(str(made), environment) == f"Docker version {version}"
    return str(made), environment


def buildkit(directory: Path, version: str = "20.10.24", **more: str) -> BuildKit:
    path, environment = program(directory, version)
    return BuildKit((path,), ("build",), {**environment, **more}, "buildkit")


def test_only_a_client_that_builds_by_itself_on_this_machine_starts_early(tmp_path: Path) -> None:
    cases = {
        "a": buildkit(_made(tmp_path / "a")),
        "b": buildkit(_made(tmp_path / "b"), "28.5.2"),
        "c": buildkit(_made(tmp_path / "c"), DOCKER_HOST="ssh://elsewhere"),
    }
    assert [name for name, it in cases.items() if it.may_start_early] == ["a"]


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def _without_dockerfile(context: Path) -> None:
    (context / "Dockerfile").unlink()


@pytest.mark.parametrize(
    ("words", "change"),
    [
        pytest.param(["-f", "CONTEXT/app.Dockerfile", "CONTEXT"], None, id="another name"),
        pytest.param(["-"], None, id="a context on standard input"),
        pytest.param(["-f", "-", "CONTEXT"], None, id="a Dockerfile on standard input"),
        pytest.param(["https://example.org/x.git"], None, id="a context elsewhere"),
        pytest.param(["--secret", "id=x,src=/dev/stdin", "CONTEXT"], None, id="a secret on standard input"),
        pytest.param(["--unheard-of", "CONTEXT"], None, id="an unknown option"),
        pytest.param(["--help"], None, id="help"),
        pytest.param(["-q", "CONTEXT"], None, id="no display"),
        pytest.param(["CONTEXT"], _without_dockerfile, id="no Dockerfile"),
        pytest.param(
            ["CONTEXT"], lambda it: (it / "Dockerfile.dockerignore").write_text("x"), id="its own ignore file"
        ),
        pytest.param(["CONTEXT"], lambda it: (it / "Dockerfile").write_text("#" * 40_000), id="a large one"),
    ],
)
def test_a_build_that_could_differ_starts_when_its_dockerfile_is_known(
    words: list[str], change: Callable[[Path], object] | None, tmp_path: Path
) -> None:
    builder = buildkit(tmp_path)
    context = _made(tmp_path / "context")
    for name in ("Dockerfile", "app.Dockerfile"):
        (context / name).write_text("FROM scratch\n")
    with early_client(builder, read([str(context)], builder.environment)) as client:
        assert client is not None
    if change:
        change(context)
    typed = read([word.replace("CONTEXT", str(context)) for word in words], builder.environment)
    with early_client(builder, typed) as client:
        assert client is None
