"""Many processes on one state and one identities file: nothing is lost, and nobody is warned."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freshlayer.decisions.locking import merged
from freshlayer.decisions.marks import Mark
from freshlayer.files.file_lock import locked
from freshlayer.lock import change_lock, read_lock
from freshlayer.model.build import Built
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedInput, LockUser
from freshlayer.model.observation import Recorded
from freshlayer.reference import parse
from freshlayer.state import BuiltRecord, Scope, SqliteStore
from testing.command import FRESHLAYER
from testing.origins import ServeOrigin
from testing.recording import record

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

PROCESSES = 100
IDENTITY = Identity("etag", "v1", Strength.STRONG)


def _fail(message: str) -> None:
    raise AssertionError(message)


def _name(number: int) -> str:
    return f"https://example.org/{number}"


def _work(folder: Path, number: int, start: Barrier) -> None:
    """What a build does with both files, at the same moment as the others."""
    reference, scope = parse(_name(number)), Scope(f"/{number}/Dockerfile", "linux/amd64", "buildkit")
    one = BuiltRecord("0", "digest", Built(((reference.text, "etag:v1"),), "k"))
    start.wait(50)
    store = SqliteStore(folder / "state", _fail)
    assert store.observations([reference]) == {}
    record(store, {reference: Recorded.of(IDENTITY)}, 7, scope, [one], [("both", "etag:v0")])
    user = LockUser(f"{number}/Dockerfile", "0", "RUN")
    part = Lock(inputs=(LockedInput(reference=reference.text, identity=IDENTITY, used_by=(user,)),))
    change_lock(folder / "identities", lambda before: merged(before, [part]))
    store.close()


@pytest.mark.slow
def test_a_hundred_processes_lose_nothing(tmp_path: Path) -> None:
    context = get_context("fork")
    start = context.Barrier(PROCESSES)
    workers = [context.Process(target=_work, args=(tmp_path, n, start)) for n in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    with closing(SqliteStore(tmp_path / "state", _fail)) as store:
        assert len(store.observations([parse(_name(n)) for n in range(PROCESSES)])) == PROCESSES
        assert store.taints([parse(_name(0))]) == {}
        scopes = [Scope(f"/{n}/Dockerfile", "linux/amd64", "buildkit") for n in range(PROCESSES)]
        mark = Mark("0", "digest", "")
        assert [len(store.last_builds(scope, [mark]).built) for scope in scopes] == [1] * PROCESSES
    assert len(read_lock(tmp_path / "identities").inputs) == PROCESSES


@pytest.mark.slow
def test_twenty_commands_lose_nothing(tmp_path: Path) -> None:
    """The command itself, as twenty jobs of a CI on one machine start it."""
    with ServeOrigin(tmp_path, '"v1"') as origin:
        running = []
        for number in range(20):
            (tmp_path / str(number)).mkdir()
            (tmp_path / str(number) / "Dockerfile").write_text(
                f"FROM scratch\nRUN curl {origin.url}{number}\n"
            )
            options = ["--state", str(tmp_path / "s" / "state"), "--identities", str(tmp_path / "i" / "file")]
            argv = [*FRESHLAYER, *options, "--quiet", "render", "-o", str(tmp_path / f"{number}.out")]
            running.append(
                subprocess.Popen([*argv, str(tmp_path / str(number))], stderr=subprocess.PIPE, env=os.environ)
            )
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert ended == [(b"", 0)] * 20
    references = [parse(f"{origin.url}{number}") for number in range(20)]
    with closing(SqliteStore(tmp_path / "s" / "state", _fail)) as store:
        assert len(store.observations(references)) == 20
    found = read_lock(tmp_path / "i" / "file")
    assert {it.reference for it in found.inputs} == {reference.text for reference in references}


def _hold(path: Path, held: Barrier, released: Barrier) -> None:
    with locked(path):
        held.wait(20)
        released.wait(20)


def test_a_lock_that_another_process_keeps_is_an_error_in_time(tmp_path: Path) -> None:
    context = get_context("fork")
    held, released = context.Barrier(2), context.Barrier(2)
    other = context.Process(target=_hold, args=(tmp_path / "x", held, released))
    other.start()
    held.wait(20)
    with pytest.raises(TimeoutError) as caught, locked(tmp_path / "x", seconds=0.2):
        pass
    assert caught.value.strerror == "locked by another process for 0.2 s"
    released.wait(20)
    other.join(20)
    with locked(tmp_path / "x", seconds=20):
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_keeps_no_lock(tmp_path: Path) -> None:
    context = get_context("fork")
    held, released = context.Barrier(2), context.Barrier(2)
    other = context.Process(target=_hold, args=(tmp_path / "x", held, released))
    other.start()
    held.wait(20)
    other.kill()
    other.join(20)
    with locked(tmp_path / "x", seconds=5):
        pass


@pytest.mark.parametrize("path", [Path("/proc/self/x"), Path("/none/x"), Path("/sys/x")])
def test_where_nothing_can_be_locked_the_work_is_done(path: Path) -> None:
    with locked(path, seconds=1):
        pass
