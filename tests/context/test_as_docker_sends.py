"""The classic builder gets the context that docker's own client would send; three clients are the oracle."""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from freshlayer.context.classic import ClassicContext
from freshlayer.errors import ContextError
from testing.builders.table import MEMBERS, client_of, require
from testing.contexts import ignore_file, plant
from testing.recording_daemon import RecordingDaemon, Sent

pytestmark = pytest.mark.slow

CLIENTS = {"classic": True, "trixie-classic": False, "sid-buildx": False}
"""Builder whose client is asked → whether that is one before 23."""
CASES = int(os.environ.get("FRESHLAYER_CONTEXTS", "100"))

OWN_LIMITS = re.compile("too many wildcards|invalid escape sequence|nested repetition|character class")

Member = tuple[object, ...]


@pytest.fixture(scope="module")
def daemon() -> Iterator[RecordingDaemon]:
    # A path that is short enough for a socket.
    with TemporaryDirectory(prefix="fl-", dir="/tmp") as folder, RecordingDaemon(Path(folder)) as started:
        yield started


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> tuple[Path, bool]:
    require(request.param)
    return client_of(MEMBERS[request.param]), CLIENTS[request.param]


def members(tar: bytes, *without: str) -> dict[str, Member]:
    """Everything that the daemon sees of each member."""
    # The client ends right after a Dockerfile that it added, without the blocks that end a tar.
    with tarfile.open(fileobj=io.BytesIO(tar + bytes(2 * tarfile.RECORDSIZE))) as opened:
        return {
            info.name: (
                info.type,
                info.mode,
                info.linkname,
                info.uid,
                info.gid,
                info.uname,
                info.gname,
                _content(opened, info),
            )
            for info in opened
            if info.name not in without and not info.name.startswith(".dockerfile.")
        }


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(info) if info.isreg() else None
    return stream.read() if stream else b""


def ours(root: Path, *, before_23: bool, dockerfile: Path | None = None) -> tuple[dict[str, Member], str]:
    context = ClassicContext.of(root, dockerfile=dockerfile, as_before_23=before_23)
    stream = io.BytesIO()
    context.write(b"FROM scratch\n", stream)
    return members(stream.getvalue(), ".dockerignore", context.name), context.name


def theirs(daemon: RecordingDaemon, client: Path, root: Path, dockerfile: Path) -> Sent | None:
    return daemon.build(client, root, "--file", str(dockerfile))[0]


def differs(daemon: RecordingDaemon, client: tuple[Path, bool], root: Path, dockerfile: Path) -> str:
    """How our tar differs from the client's; empty where it does not, or where both refuse."""
    program, before_23 = client
    sent = theirs(daemon, program, root, dockerfile)
    try:
        found, name = ours(root, before_23=before_23, dockerfile=dockerfile)
    except ContextError as error:
        # What we refuse is built as it was typed. Docker stops sending at an expression that Go can't read.
        return "" if sent is None or OWN_LIMITS.search(str(error)) else f"refused: {error}"
    if sent is None:
        return "docker refuses"
    wanted = members(sent.tar, ".dockerignore", name)
    if found == wanted:
        return ""
    more, less = sorted(found.keys() - wanted.keys()), sorted(wanted.keys() - found.keys())
    other = sorted(path for path in found.keys() & wanted.keys() if found[path] != wanted[path])
    return f"more {more}, less {less}, other {other}"


def test_random_contexts_are_sent_as_docker_sends_them(
    daemon: RecordingDaemon, client: tuple[Path, bool], tmp_path: Path
) -> None:
    outside = tmp_path / "Dockerfile"
    outside.write_text("FROM scratch\n")
    failures: list[str] = []
    for seed in range(CASES):
        root = tmp_path / "context"
        root.mkdir()
        chance = Random(seed)
        plant(root, chance)
        rules = ignore_file(root, chance)
        (root / ".dockerignore").write_text(rules, newline="")
        if found := differs(daemon, client, root, outside):
            failures.append(f"seed {seed}: {rules!r}: {found}")
        shutil.rmtree(root)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize(
    "rules",
    [
        "*\n!keep.toml\n!projects/*/src\n",
        "**\n!**/*.py\n",
        "projects\n!projects/api\n",
        "*\n!projects/api/src\n",
        "projects/api\n!projects/api/src/m.py\n",
        "**/src\n!projects/*/src\n",
        "*\n!*/api\n",
        "*/*\n!projects\n",
        "projects/*\n!projects/a*\n",
        "# all\n/projects/\n\n!./keep.toml \n",
        "[a-p]*\n",
        "../context\n",
        "",
    ],
)
def test_exceptions_with_wildcards(
    daemon: RecordingDaemon, client: tuple[Path, bool], project: Path, tmp_path: Path, rules: str
) -> None:
    for name in ("keep.toml", "projects/api/src/m.py", "projects/api/.venv/secret.py", "other/x"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    (project / "projects/empty").mkdir()
    (project / ".dockerignore").write_text(rules)
    outside = tmp_path / "Dockerfile"
    outside.write_text("FROM scratch\n")
    assert differs(daemon, client, project, outside) == ""


@pytest.mark.parametrize(
    "rules", ["*\n", "build\n", "build/Dockerfile\n", "*\n!a\n", "**/Dockerfile\n.dockerignore\n"]
)
def test_a_dockerfile_that_the_rules_hide_keeps_its_name(
    daemon: RecordingDaemon, client: tuple[Path, bool], project: Path, rules: str
) -> None:
    (project / "build").mkdir()
    (project / "a").touch()
    dockerfile = project / "build/Dockerfile"
    dockerfile.write_text("FROM scratch\n")
    (project / "build/Dockerfile.dockerignore").write_text("a\n")
    (project / ".dockerignore").write_text(rules)
    sent = theirs(daemon, client[0], project, dockerfile)
    assert sent is not None
    found, name = ours(project, before_23=client[1], dockerfile=dockerfile)
    assert name == sent.dockerfile == "build/Dockerfile"
    assert found == members(sent.tar, ".dockerignore", name)
