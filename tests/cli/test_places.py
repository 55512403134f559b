"""Where state, cache and temporary files are: never in what is built, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.files.user_directories import cache_home, config_home, home_of, state_home
from testing.command import Ended, freshlayer

ECHO = """#!/bin/sh
echo "$@"
"""


def run(project: Path, environment: Mapping[str, str], *words: str) -> Ended:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("XDG_") and k != "HOME"}
    return freshlayer(words, {**plain, **environment}, project, seconds=60)


def files(project: Path) -> list[str]:
    return sorted(str(path.relative_to(project)) for path in project.rglob("*") if path.is_file())


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "."}, {"HOME": "relative/home"}])
def test_a_home_that_is_no_path_is_the_systems(environ: Mapping[str, str]) -> None:
    import pwd

    known = pwd.getpwuid(os.getuid()).pw_dir
    assert home_of(environ) == known
    named = {"XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "./x"}
    for environment in (environ, {**environ, **named}):
        assert state_home(environment) == Path(known, ".local/state")
        assert cache_home(environment) == Path(known, ".cache")
        assert config_home(environment) == Path(known, ".config")


@pytest.mark.parametrize("home", ["", ".", "x"])
def test_nothing_is_written_into_the_working_directory(project: Path, tmp_path: Path, home: str) -> None:
    """The state went to ./.local, the versions of programs to ./.cache."""
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "docker").write_text(ECHO)
    (tmp_path / "programs" / "docker").chmod(0o755)
    environment = {"HOME": home, "PATH": str(tmp_path / "programs"), "XDG_STATE_HOME": home}
    for words in (["check", "."], ["build", "."]):
        told = run(project, environment, *words)
        assert told.code == 0, told.err
        assert files(project) == ["Dockerfile"]


def test_a_state_that_would_be_in_the_context_is_a_temporary_one(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    told = run(project, {"HOME": str(project)}, "check", ".")
    place = project / ".local/state/freshlayer/state.sqlite3"
    assert f"freshlayer: {place}: would be in the build context .; a temporary state is used" in told.err
    assert told.code == 0
    assert files(project) == ["Dockerfile"]


def test_a_state_that_the_ignore_file_leaves_out_stays(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    (project / ".dockerignore").write_text(".local\n")
    told = run(project, {"HOME": str(project)}, "check", ".")
    assert (told.code, told.err) == (0, "")
    assert ".local/state/freshlayer/state.sqlite3" in files(project)


def test_a_state_in_the_context_that_is_named_is_used_with_a_warning(project: Path) -> None:
    """Some CIs keep nothing outside the checkout."""
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    told = run(project, {"HOME": "/"}, "--state", "kept/state", "check", ".")
    assert told.err == (
        "freshlayer: kept/state: is in the build context, where a COPY may take it in"
        " (name it in .dockerignore)\n"
    )
    assert "kept/state" in files(project)


HOLD = """
import sys, time
from freshlayer.files.temporary import temporary_directory
with temporary_directory() as path:
    open(path + "/Dockerfile", "w").write("FROM scratch")
    print(path, flush=True)
    time.sleep(60)
"""


def held(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def swept(temporary: Path) -> None:
    script = (
        "from freshlayer.files.leftovers import remove_leftovers; import os; remove_leftovers(os.environ)"
    )
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(temporary)}, check=True, timeout=30
    )


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_has_is_not(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    live, kept = held(temporary)
    dead, left = held(temporary)
    dead.kill()
    dead.wait(10)
    swept(temporary)
    assert (kept / "Dockerfile").exists()
    assert not left.exists()
    live.kill()
    live.wait(10)
    swept(temporary)
    assert list(temporary.iterdir()) == []
    for process in (live, dead):
        assert process.stdout is not None
        process.stdout.close()


def test_nothing_but_our_own_directories_is_removed(tmp_path: Path) -> None:
    """A link, another user's directory, one that others may enter, a file: somebody else made them."""
    temporary, precious = tmp_path / "tmp", tmp_path / "precious"
    for folder in (temporary, precious, temporary / "freshlayer-run-open_1__", temporary / "other-x"):
        folder.mkdir(mode=0o755)
    (temporary / "freshlayer-bench-12345678").mkdir(mode=0o700)
    (precious / "file").touch()
    (temporary / "freshlayer-run-file_1__").touch()
    (temporary / "freshlayer-run-link_1__").symlink_to(precious)
    (temporary / "freshlayer-run-old__1__").mkdir(mode=0o700)
    (temporary / "freshlayer-run-old__1__" / "link").symlink_to(precious)
    swept(temporary)
    left = sorted(path.name for path in temporary.iterdir())
    assert left == [
        "freshlayer-bench-12345678",
        "freshlayer-run-file_1__",
        "freshlayer-run-link_1__",
        "freshlayer-run-open_1__",
        "other-x",
    ]
    assert (precious / "file").exists()


def test_a_later_run_removes_it(project: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    dead, left = held(temporary)
    dead.kill()
    dead.communicate(timeout=10)
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    assert left.exists()
    environment = {"HOME": str(tmp_path / "home"), "TMPDIR": str(temporary)}
    assert run(project, environment, "check", ".").code == 0
    assert list(temporary.iterdir()) == []


STARTS = [
    [str(Path(sys.executable).with_name("freshlayer"))],
    [sys.executable, "-m", "freshlayer"],
    [sys.executable, "-P", "-m", "freshlayer.cli.docker_plugin", "fresh"],
]


@pytest.mark.parametrize("argv", STARTS, ids=["freshlayer", "-m freshlayer", "plugin"])
def test_ctrl_c_while_modules_load_shows_no_traceback(argv: list[str], project: Path) -> None:
    """Once the package itself is loaded; what Python does before is Python's own."""
    codes = set()
    for step in range(12):
        process = subprocess.Popen(
            [argv[0], "-v", *argv[1:]] if argv[0] == sys.executable else [sys.executable, "-v", *argv],
            cwd=project,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        loading = 0
        for line in process.stderr:
            loading += "freshlayer.interrupts" in line or (loading > 0 and line.startswith("import "))
            if loading > step * 12 + 2:
                process.send_signal(signal.SIGINT)
                break
        rest = process.communicate(timeout=30)[1]
        codes.add(process.returncode)
        assert "Traceback" not in rest
        assert "KeyboardInterrupt" not in rest
    assert 130 in codes
    assert codes <= {130, 2, 0}
