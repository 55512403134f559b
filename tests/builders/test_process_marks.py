"""A mark states that a process is gone only where that is certain."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from freshlayer.builders.process_marks import is_gone, own_mark

_PRINT = "from freshlayer.builders.process_marks import own_mark; print(own_mark(), flush=True); input()"


def test_a_process_is_gone_once_it_was_killed() -> None:
    argv = [sys.executable, "-c", _PRINT]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        mark = process.stdout.readline().strip()
        assert mark
        assert not is_gone(mark)
        process.kill()
        # Not waited for yet, its id is taken still.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(mark)
    assert is_gone(mark)


def test_an_id_that_another_process_has_by_now_is_of_one_that_is_gone() -> None:
    place, _, started = own_mark().rpartition("/")
    assert not is_gone(own_mark())
    assert is_gone(f"{place}/{int(started) - 1}")


@pytest.mark.parametrize("part", range(2))
def test_of_another_boot_or_namespace_nothing_is_known(part: int) -> None:
    place, process, started = own_mark().rsplit("/", 2)
    boot, namespace = place.split("/", 1)
    other = (f"x{boot}", namespace) if part else (boot, f"x{namespace}")
    assert not is_gone("/".join([*other, process, str(int(started) - 1)]))


@pytest.mark.parametrize("process", ["0", "-1", "", "x", "²", "9" * 10, "9" * 5000])
def test_what_is_no_id_is_not_signalled(process: str) -> None:
    place = own_mark().rsplit("/", 2)[0]
    assert not is_gone(f"{place}/{process}/1")


@pytest.mark.parametrize("mark", ["", "1", "/", "//", "a/b/c/d", "1/2"])
def test_any_text_is_taken(mark: str) -> None:
    assert not is_gone(mark)


def test_a_process_of_another_user_is_there() -> None:
    if os.getppid() == 0:
        pytest.skip("no process above this one")
    place = own_mark().rsplit("/", 2)[0]
    with open("/proc/1/stat", "rb") as stat:
        started = stat.read().rpartition(b")")[2].split()[19].decode()
    assert not is_gone(f"{place}/1/{started}")
