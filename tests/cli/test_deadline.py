"""``--deadline`` in every command that asks origins."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Ended, Freshlayer
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin

# Seconds each, on purpose.
pytestmark = pytest.mark.slow

DEADLINE = "--deadline=1"
# With the start of a process on a busy machine; without the deadline it takes 10 s and more.
AT_MOST = 8.0
COUNT = 24
REASON = "no answer before the probe of all references ended after 1 s (raise --deadline)"


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """With a builder that does nothing."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").write_text(f"#!{sys.executable}\n")
    (programs / "docker").chmod(0o755)
    environment = {**os.environ, "PATH": str(programs), "DOCKER_BUILDKIT": "1"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def slow() -> Iterator[MisbehavingOrigin]:
    """Answers for ``/fast``, and for nothing else."""
    with MisbehavingOrigin(_slow) as origin:
        yield origin


def _slow(exchange: Exchange) -> None:
    if exchange.request.path != "/fast":
        exchange.pause(60)
    exchange.respond(200, {"ETag": '"1"'}, BODY)


def write(project: Path, origin: MisbehavingOrigin, name: str = "Dockerfile") -> None:
    lines = [f"RUN wget {origin.url}{number}" for number in range(COUNT)]
    text = "\n".join(["FROM scratch", f"RUN wget {origin.url}fast", *lines, ""])
    (project / name).write_text(text, encoding="utf-8")


def quickly(freshlayer: Freshlayer, *words: str) -> Ended:
    started = time.monotonic()
    told = freshlayer.but(DEADLINE)(*words)
    assert time.monotonic() - started < AT_MOST
    return told


def reasons(document: dict[str, object]) -> list[str]:
    inputs = document["inputs"]
    assert isinstance(inputs, list)
    return [item["reason"]["text"] for item in inputs]


def test_check(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    told = quickly(freshlayer, "check", "--json", ".")
    told_of = reasons(told.document)
    assert len([reason for reason in told_of if REASON in reason]) == COUNT
    assert len([reason for reason in told_of if "never recorded before; it is" in reason]) == 1


def test_check_of_many_with_settings_of_their_own(
    freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin
) -> None:
    """Each settings file makes a probe of its own; they share one deadline."""
    for number in range(3):
        folder = project / f"part{number}"
        folder.mkdir()
        (folder / "freshlayer.toml").write_text(f"hash_up_to = {number}\n")
        write(folder, slow)
    started = time.monotonic()
    told = freshlayer.but("--deadline=2")("check", "--recursive", ".")
    # 2 s for the first, and the least for each of the others.
    assert time.monotonic() - started < 4 + AT_MOST - 1
    assert told.out.count("no answer before the probe") + told.out.count("no answer within") > 0


def test_render(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    told = quickly(freshlayer, "render", ".")
    assert told.code == 0
    assert REASON in told.err
    assert told.out.count("--mount=type=secret") == COUNT + 1


def test_probe(freshlayer: Freshlayer, slow: MisbehavingOrigin) -> None:
    told = quickly(
        freshlayer, "probe", "--json", f"{slow.url}fast", *(f"{slow.url}{n}" for n in range(COUNT))
    )
    assert told.code == 2
    assert told.out.count(REASON) >= COUNT


def test_build(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    started = time.monotonic()
    told = freshlayer.but(DEADLINE)("build", "--network=host", ".")
    # Once before the builder runs, and once after it.
    assert time.monotonic() - started < AT_MOST
    assert told.code == 0
    assert REASON in told.err


def test_to_probe_again_after_a_build_ends_at_the_deadline_too(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    """The origin answers until the builder has run."""
    built = tmp_path / "built"
    (tmp_path / "programs" / "docker").write_text(f"#!{sys.executable}\nopen({str(built)!r}, 'w')\n")

    def answer(exchange: Exchange) -> None:
        if built.exists():
            exchange.pause(60)
        exchange.respond(200, {"ETag": '"1"'}, BODY)

    with MisbehavingOrigin(answer) as origin:
        write(project, origin)
        told = quickly(freshlayer, "build", "--network=host", ".")
    assert told.code == 0
    assert built.exists()


def test_flag(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    quickly(
        freshlayer, "flag", *(f"{slow.url}{number}" for number in range(COUNT)), "-o", str(project / "flag")
    )


def test_the_setting(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    (project / "freshlayer.toml").write_text("deadline = 1\n")
    started = time.monotonic()
    told = freshlayer("check", "--json", ".")
    assert time.monotonic() - started < AT_MOST
    assert any(REASON in reason for reason in reasons(json.loads(told.out)))
