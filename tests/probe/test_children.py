"""Programs that are started to ask an origin: bounded in time, memory and output, in a directory of ours."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freshlayer.builders.run.captured import captured
from freshlayer.children import HOST_COMMAND, MODEL, VERSION_CONTROL, EmptyDirectory, search_path
from freshlayer.errors import BuilderError
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.messages import Answer, Run
from freshlayer.probe.network.subprocesses import Running, start
from testing.command import FRESHLAYER
from testing.misbehaving import Exchange, MisbehavingOrigin

MIB = 1024 * 1024
HUGE = "b = bytearray(3 << 30); print('there was room')"


@pytest.fixture
def nowhere() -> Iterator[EmptyDirectory]:
    directory = EmptyDirectory(os.environ)
    yield directory
    directory.close()


def ended(run: Run, nowhere: EmptyDirectory, seconds: float = 20) -> Answer:
    """What a program answered."""
    running = start(run, seconds, nowhere)
    if isinstance(running, Answer):
        return running
    while (answer := running.poll()) is None:
        time.sleep(0.005)
    return answer


def endless_body(exchange: Exchange) -> None:
    """What git asks for first, without end."""
    exchange.head(200, {"Content-Type": "application/x-git-upload-pack-advertisement"})
    exchange.send(b"\r\n" + b"001e# service=git-upload-pack\n0000")
    line = b"003d" + b"0" * 40 + b" refs/heads/main\n"
    while True:
        exchange.send(line * 10_000)


def endless_page(exchange: Exchange) -> None:
    """Something else without end."""
    exchange.head(200, {"Content-Type": "text/html"})
    exchange.send(b"\r\n")
    while True:
        exchange.send(b"\0" * 65536)


def endless_packet_of_nothing(exchange: Exchange) -> None:
    """An answer that is compressed, of which a little is a lot."""
    exchange.head(200, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    exchange.send(b"\r\n")
    block = gzip.compress(b"\0" * (16 * MIB))
    while True:
        exchange.send(block)


def largest(text: str, process: subprocess.Popen[bytes]) -> int:
    """The most bytes that a program with the text in its arguments held, while the process ran."""
    most = 0
    while process.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if text.encode() in (folder / "cmdline").read_bytes() and folder.name != str(process.pid):
                    match = re.search(r"VmHWM:\s*(\d+) kB", (folder / "status").read_text())
                    most = max(most, int(match[1]) * 1024 if match else 0)
            except OSError:
                continue
        time.sleep(0.02)
    return most


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", [endless_body, endless_page, endless_packet_of_nothing])
def test_a_server_without_end_costs_git_no_more_than_its_memory(
    behaviour: Callable[[Exchange], None], tmp_path: Path
) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        url = f"git+{origin.url}r.git#main"
        argv = [*FRESHLAYER, "--timeout=8", "--state", str(tmp_path / "state"), "probe", url]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=tmp_path)
        most = largest(origin.url + "r.git", process)
        told = process.communicate()[0].decode()
    assert 10 * MIB < most < 600 * MIB
    assert process.returncode == 2
    assert "git: " in told or "did not end in time" in told


def test_every_process_is_within_its_memory(nowhere: EmptyDirectory) -> None:
    answer = ended(Run((sys.executable, "-c", HUGE), VERSION_CONTROL), nowhere)
    assert (answer.exit_code, answer.error) == (1, None)
    assert "MemoryError" in answer.output
    inherited = (
        f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {HUGE!r}]).returncode)"
    )
    assert ended(Run((sys.executable, "-c", inherited), VERSION_CONTROL), nowhere).exit_code == 1


def test_memory_that_is_only_reserved_is_free(nowhere: EmptyDirectory) -> None:
    """The runtimes of Go, .NET and Java reserve far more than they use."""
    reserve = "import mmap; mmap.mmap(-1, 64 << 30, prot=0, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"
    assert ended(Run((sys.executable, "-c", reserve), HOST_COMMAND), nowhere).exit_code == 0


def test_output_without_end_is_cut_off_at_once(nowhere: EmptyDirectory) -> None:
    started = time.monotonic()
    answer = ended(Run(("yes",), HOST_COMMAND, most=1000), nowhere)
    assert (answer.error, len(answer.output)) == (Reason("program-output-too-large"), 1000)
    assert time.monotonic() - started < 5


def test_output_as_long_as_is_read_comes_whole(nowhere: EmptyDirectory) -> None:
    size = 200_000
    write = f"import sys; sys.stdout.write('x' * {size})"
    answer = ended(Run((sys.executable, "-c", write), VERSION_CONTROL, most=size), nowhere)
    assert (answer.error, answer.output) == (None, "x" * size)


def test_a_program_that_does_not_end_is_ended_with_what_it_started(nowhere: EmptyDirectory) -> None:
    running = start(Run(("sh", "-c", "sleep 77.25 & wait"), HOST_COMMAND), 0.3, nowhere)
    assert isinstance(running, Running)
    while (answer := running.poll()) is None:
        time.sleep(0.01)
    assert answer.error == Reason("program-timed-out")
    time.sleep(0.1)
    assert "77.25" not in subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


def test_it_runs_in_an_empty_directory_that_goes_with_it(nowhere: EmptyDirectory) -> None:
    told = ended(Run(("sh", "-c", "pwd -P; ls -a"), HOST_COMMAND), nowhere).output.split()
    assert told == [nowhere.path, ".", ".."]
    nowhere.close()
    assert not os.path.exists(told[0])


@pytest.mark.parametrize("name", ["./token", "bin/token", "../token"])
def test_a_program_that_is_named_by_a_relative_path_is_not_run(name: str, nowhere: EmptyDirectory) -> None:
    answer = ended(Run((name,), HOST_COMMAND), nowhere)
    assert "a relative path" in str(answer.error)


def test_a_program_that_is_missing_is_a_reason(nowhere: EmptyDirectory) -> None:
    assert "not in PATH" in str(ended(Run(("no-such-program",), HOST_COMMAND), nowhere).error)
    assert ended(Run(("/no/such/program",), HOST_COMMAND), nowhere).exit_code in {126, 127}


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/usr/bin:.:/bin", "/usr/bin:/bin"),
        (":/bin:", "/bin"),
        ("bin:../x:/bin", "/bin"),
        (".", os.defpath),
        ("", os.defpath),
    ],
)
def test_only_absolute_entries_of_path_count(path: str, kept: str) -> None:
    assert search_path(path) == kept


def test_a_question_of_a_builder_is_bounded_too() -> None:
    with pytest.raises(BuilderError, match="prints more than 16 MiB"):
        captured(["yes"], os.environ, seconds=30)
    with pytest.raises(BuilderError, match=r"does not answer within 0\.2 s"):
        captured(["sleep", "30"], os.environ, seconds=0.2)
    closed = ["sh", "-c", "exec >&- 2>&-; sleep 30"]
    with pytest.raises(BuilderError, match=r"does not answer within 0\.2 s"):
        captured(closed, os.environ, seconds=0.2)
    done = captured(["sh", "-c", "echo out; echo err >&2; exit 3"], os.environ, seconds=30)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert captured([sys.executable, "-c", HUGE], os.environ, seconds=30, child=MODEL).returncode == 1
