"""What stands between a builder and the terminal changes nothing that either of them can see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from freshlayer.builders.progress.lines import Lines
from freshlayer.model.progress_event import ProgressEvent

RUN = """\
import sys
from freshlayer.builders.run.process import run
from tests.builders.test_process import LOOKERS_ON
ended = run(sys.argv[2:], {"PATH": "/usr/bin:/bin"}, reader=LOOKERS_ON[sys.argv[1]]())
print(ended.trouble, end="")
sys.exit(ended.exit_code)
"""
"""Runs words as a builder is run, with somebody looking on."""

ROOT = Path(__file__).parents[2]


class Careless:
    """A reader that fails at once."""

    stream = 2

    def feed(self, data: bytes, now: float) -> None:
        raise ValueError(f"{len(data)} bytes at {now:.0f}"[:3])

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:
        raise AssertionError(now)


class Nothing:
    """Hears everything and keeps nothing."""

    def line(self, text: str, now: float) -> None:
        pass

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        return ()


LOOKERS_ON = {
    "none": lambda: None,
    "out": lambda: Lines(Nothing(), 1),
    "err": lambda: Lines(Nothing(), 2),
    "careless": Careless,
}
ALL = ["none", "out", "err"]


def words(looker: str, *command: str) -> list[str]:
    return [sys.executable, "-c", RUN, looker, *command]


@dataclass
class OnTerminal:
    """A command whose standard input, output and error are a terminal, which it owns."""

    terminal: int
    pid: int

    def read_until(self, text: bytes, seconds: float = 20) -> bytes:
        said, end = b"", time.monotonic() + seconds
        while text not in said:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, said
            said += os.read(self.terminal, 65_536)
        return said

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


@contextmanager
def on_terminal(*command: str) -> Iterator[OnTerminal]:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(command[0], command)
    started = OnTerminal(terminal, pid)
    started.resize(33, 77)
    try:
        yield started
    finally:
        os.close(terminal)


def piped(looker: str, *command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        words(looker, *command), cwd=ROOT, input=given, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize("looker", ALL)
def test_bytes_and_the_exit_code_pass_as_they_are(looker: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 5_000
    (tmp_path / "data").write_bytes(data)
    done = piped(looker, "sh", "-c", f"cat {tmp_path}/data; cat {tmp_path}/data >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == (data, data, 7)


@pytest.mark.parametrize("looker", ALL)
def test_a_builder_that_a_signal_ends(looker: str) -> None:
    assert piped(looker, "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("looker", ALL)
def test_standard_input_is_the_users(looker: str) -> None:
    assert piped(looker, "cat", given=b"given").stdout == b"given"


def test_a_reader_that_fails_costs_nothing_and_is_told_of() -> None:
    done = piped("careless", "sh", "-c", "echo said >&2; sleep 0.3; echo more >&2; exit 3")
    assert (done.stderr, done.returncode) == (b"said\nmore\n", 3)
    assert done.stdout.startswith(b"ValueError: ")


@pytest.mark.parametrize("looker", ["out", "err"])
def test_what_a_builder_leaves_running_is_not_waited_for(looker: str) -> None:
    began = time.monotonic()
    done = subprocess.Popen(
        words(looker, "sh", "-c", "echo said; echo said >&2; sleep 30 & echo $! >&2"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert done.stderr is not None
    assert done.stderr.readline() == b"said\n"
    left = int(done.stderr.readline())
    assert done.wait(20) == 0
    os.kill(left, signal.SIGTERM)
    done.communicate()
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("looker", ["out", "err"])
def test_one_file_for_both_streams_keeps_their_order(looker: str, tmp_path: Path) -> None:
    script = "for n in $(seq 200); do echo out$n; echo err$n >&2; done"
    with (tmp_path / "log").open("wb") as log:
        subprocess.run(words(looker, "sh", "-c", script), cwd=ROOT, stdout=log, stderr=log, check=True)
    expected = "".join(f"out{n}\nerr{n}\n" for n in range(1, 201))
    assert (tmp_path / "log").read_text() == expected


@pytest.mark.parametrize("looker", ["out", "err"])
def test_a_builder_learns_that_nobody_reads_any_more(looker: str) -> None:
    stream = {"out": "1", "err": "2"}[looker]
    script = f"while echo {'x' * 1000} >&{stream}; do :; done"
    command = subprocess.Popen(
        words(looker, "sh", "-c", script), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    assert command.stderr is not None
    read = command.stdout if looker == "out" else command.stderr
    read.read(10)
    read.close()
    assert command.wait(20) != 0
    command.stdout.close()
    command.stderr.close()


@pytest.mark.parametrize("looker", ALL)
def test_a_terminal_stays_a_terminal_of_its_size(looker: str) -> None:
    script = (
        "import os,sys,time\n"
        "print(*(os.isatty(n) for n in range(3)))\n"
        "while tuple(os.get_terminal_size(n)[1] for n in (1, 2)) != (33, 33): time.sleep(0.01)\n"
        "print('sized', flush=True)\n"
        "while tuple(os.get_terminal_size(n)[1] for n in (1, 2)) != (44, 44): time.sleep(0.01)\n"
        "print('resized', flush=True)\n"
    )
    with on_terminal(*words(looker, sys.executable, "-c", script)) as command:
        assert command.read_until(b"sized\r\n") == b"True True True\r\nsized\r\n"
        command.resize(44, 88)
        assert command.read_until(b"resized\r\n") == b"resized\r\n"
        assert command.wait() == 0


@pytest.mark.parametrize("looker", ALL)
def test_an_interrupt_from_the_terminal_comes_once(looker: str) -> None:
    script = (
        "import signal,sys,time\n"
        "heard = []\n"
        "signal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "print('ready', flush=True)\n"
        "while not heard: time.sleep(0.01)\n"
        "time.sleep(0.5)\n"
        "print(f'heard {len(heard)} times', flush=True)\n"
        "sys.exit(9)\n"
    )
    with on_terminal(*words(looker, sys.executable, "-c", script)) as command:
        command.read_until(b"ready")
        os.write(command.terminal, b"\x03")
        assert b"heard 1 times" in command.read_until(b"times")
        assert command.wait() == 9


WITH_WORK = """\
import sys
from freshlayer.builders.run.process import run
def work():
    with open(sys.argv[1], "w") as file:
        file.write("done")
    raise OSError("not reported")
sys.exit(run(sys.argv[2:], {"PATH": "/usr/bin:/bin"}, meanwhile=work).exit_code)
"""


def test_what_is_done_while_a_builder_runs_costs_it_nothing_where_it_fails(tmp_path: Path) -> None:
    done = tmp_path / "done"
    builder = ("sh", "-c", 'until [ -s "$0" ]; do sleep 0.01; done; echo built; exit 3', str(done))
    argv = [sys.executable, "-c", WITH_WORK, str(done), *builder]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"built\n", b"")


WITHOUT_THREADS = """\
import _thread, sys, time
from freshlayer.builders.run.process import run
from freshlayer.errors import BuilderError
from tests.builders.test_process import LOOKERS_ON
_thread.stack_size(1 << 46)
write = (lambda stream: stream.write(b"input")) if sys.argv[1] == "input" else None
try:
    ended = run(sys.argv[2:], {"PATH": "/usr/bin:/bin"}, write, LOOKERS_ON["out"]())
except BuilderError as error:
    sys.exit(str(error))
print(ended.exit_code, ended.trouble)
"""
"""Runs words as a builder is run, where the memory of another thread can't be had."""


def test_a_builder_that_was_started_is_shown_and_waited_for_without_a_thread() -> None:
    argv = [sys.executable, "-c", WITHOUT_THREADS, "none", "sh", "-c", "sleep 0.3; echo built; exit 3"]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"built\n3 \n", b"")


def test_a_builder_without_its_input_has_ended_before_that_is_reported(tmp_path: Path) -> None:
    read = tmp_path / "read"
    builder = ("sh", "-c", 'cat > "$0"; sleep 0.3; echo ended >> "$0"', str(read))
    argv = [sys.executable, "-c", WITHOUT_THREADS, "input", *builder]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr == b"the build context can't be sent: can't start new thread\n"
    assert read.read_text() == "ended\n"
