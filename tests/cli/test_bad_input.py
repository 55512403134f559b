"""Bad input: a clear message with the place and the cure, the right exit code, nothing lost.

``build`` runs here against a program that stands for docker and only says with what it was started, so that
what passes through is seen word by word; the builders themselves are met in ``end_to_end``.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin, status

ECHO = f"""#!{sys.executable}
import sys
sys.stdout.buffer.write(repr(sys.argv[1:]).encode() + b"\\n")
if "-" in sys.argv: sys.stdout.buffer.write(sys.stdin.buffer.read())
for word in sys.argv:
    if word.endswith("Dockerfile") and word.startswith("/"): sys.stdout.buffer.write(open(word, "rb").read())
sys.exit(42 if "fail" in sys.argv else 0)
"""


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """With a builder that only echoes; DOCKER_BUILDKIT is set, so nobody asks it for its version."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").write_text(ECHO)
    (programs / "docker").chmod(0o755)
    environment = {**os.environ, "PATH": str(programs), "DOCKER_BUILDKIT": "1"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


def passed_through(told: str, *words: str) -> bool:
    return told.splitlines()[0] == repr(["build", *words])


def test_no_dockerfile(freshlayer: Freshlayer) -> None:
    told = freshlayer("build", "-t", "x", ".")
    assert told.code == 0
    assert passed_through(told.out, "-t", "x", ".")
    assert "Dockerfile: no such Dockerfile (name one with -f FILE); the builder runs as typed" in told.err
    for command in ("check", "inputs"):
        told = freshlayer(command, ".")
        assert (told.code, told.out) == (2, "")
        assert told.err == "freshlayer: Dockerfile: no such Dockerfile (name one with -f FILE)\n"


def test_a_folder_in_its_place(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").mkdir()
    assert passed_through(freshlayer("build", ".").out, ".")
    told = freshlayer("check", ".")
    assert told.code == 2
    assert told.err == "freshlayer: Dockerfile: is a directory, not a Dockerfile (name one with -f FILE)\n"


@pytest.mark.parametrize("content", [b"FROM scratch\nRUN echo \xe9\xff\x00\x1b[31m\n", bytes(range(256)) * 4])
def test_arbitrary_bytes_pass_through(freshlayer: Freshlayer, project: Path, content: bytes) -> None:
    (project / "Dockerfile").write_bytes(content)
    told = freshlayer("build", ".")
    assert told.code == 0
    assert passed_through(told.out, ".")
    assert "\x1b" not in told.err
    assert "\x1b" not in freshlayer("inputs", ".").err


def test_latin_1_around_a_key_stays_byte_for_byte(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("steady") as origin:
        text = f"FROM scratch\nRUN wget {origin.url} # caf\xe9\n".encode("latin-1")
        (project / "Dockerfile").write_bytes(text)
        told = freshlayer("build", "--network=host", ".")
    assert told.code == 0
    assert "caf\N{REPLACEMENT CHARACTER}" in told.out
    assert "--mount=type=secret,id=fl-" in told.out


@pytest.mark.parametrize("content", [b"", b"# only a comment\n", b"\n\n"])
def test_an_empty_dockerfile(freshlayer: Freshlayer, project: Path, content: bytes) -> None:
    (project / "Dockerfile").write_bytes(content)
    assert passed_through(freshlayer("build", ".").out, ".")
    told = freshlayer("check", ".")
    assert told.code == 2
    assert told.err == "freshlayer: Dockerfile: the Dockerfile holds no instruction\n"


def test_an_unknown_instruction(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUNN true\n")
    told = freshlayer("build", ".")
    assert passed_through(told.out, ".")
    assert "freshlayer: Dockerfile:2: unknown instruction 'RUNN' (did you mean RUN?); the builder" in told.err
    told = freshlayer("check", ".")
    assert told.code == 2
    assert told.err == "freshlayer: Dockerfile:2: unknown instruction 'RUNN' (did you mean RUN?)\n"


def test_ten_megabytes(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("steady") as origin:
        line = f"RUN wget {origin.url} && echo {'x' * 1000}\n"
        (project / "Dockerfile").write_text("FROM scratch\n" + line + f"RUN echo {'y' * 1000}\n" * 10_000)
        told = freshlayer("check", ".")
    assert told.code == 1
    (project / "Dockerfile").write_bytes(b"#" * (17 * 1024 * 1024))
    told = freshlayer("check", ".")
    assert (told.code, told.err) == (2, "freshlayer: Dockerfile: is larger than 16 MiB, not a Dockerfile\n")


@pytest.mark.parametrize(
    "url", ["http://", "http:///path", "http://a b/", "ht!tp://x", "http://host:99999/", "non/sense/"]
)
def test_a_url_that_is_none(freshlayer: Freshlayer, project: Path, url: str) -> None:
    told = freshlayer("probe", url)
    assert told.code == 2
    assert told.err.startswith("freshlayer: ")
    assert "Traceback" not in told.err
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl '{url}'\n")
    assert freshlayer("inputs", ".").code == 0


def test_a_url_that_is_none_in_a_dockerfile_is_listed(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN curl 'http://a b/'\n")
    told = freshlayer("inputs", ".")
    assert "  Dockerfile:2: RUN: http://a b/: " in told.out


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("never answers", "no answer within 1 s"),
        ("drips headers", "no answer within 1 s"),
        ("endless headers", "more than 64 KiB of headers"),
        ("endless body", "the origin states no evidence"),
        ("tag of a megabyte", "more than 64 KiB of headers"),
        ("redirect loop", "more than 10 redirects"),
        ("redirect to file", "the redirect to file:///etc/passwd is refused"),
        ("401", "401 Unauthorized for HEAD and ranged GET"),
        ("404", "404 Not Found for HEAD and ranged GET"),
        ("410", "410 Gone"),
        ("500", "500 Internal Server Error for HEAD and ranged GET"),
    ],
)
def test_an_origin_that_fails_breaks_no_build(
    freshlayer: Freshlayer, project: Path, behaviour: str, reason: str
) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\n\nRUN wget {origin.url}\n")
        told = freshlayer.but("--timeout=1")("build", "--network=host", ".", seconds=20)
        url = origin.url
    assert told.code == 0
    assert f"freshlayer: Dockerfile:3: {url}: {reason}" in told.err
    assert "--mount=type=secret,id=fl-" in told.out
    assert "\x1b" not in told.err


def test_a_busy_origin_is_told_with_its_time(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin(status(429, {"Retry-After": "3600"})) as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        told = freshlayer("check", ".")
    assert told.code == 1
    assert "429 Too Many Requests (try again after 3600 s)" in told.out


def test_no_escape_of_an_origin_reaches_the_terminal(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("tag with escapes") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        for words in (
            ("check", "."),
            ("probe", origin.url),
            ("probe", "--json", origin.url),
            ("build", "--network=host", "."),
        ):
            told = freshlayer(*words)
            assert "\x1b" not in told.out + told.err
            assert "\x07" not in told.out + told.err


def test_a_credential_in_a_url_shows_up_nowhere(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    with MisbehavingOrigin("401") as origin, MisbehavingOrigin("steady") as open_origin:
        urls = [
            o.url.replace("http://", "http://user:hunter2@") + "f?token=hunter2"
            for o in (origin, open_origin)
        ]
        (project / "Dockerfile").write_text("FROM scratch\n" + "".join(f"RUN wget '{url}'\n" for url in urls))
        report, identities = tmp_path / "report.json", tmp_path / "identities.toml"
        with_files = freshlayer.but("--report", str(report), "--identities", str(identities))
        said = [with_files("check", "."), with_files("inputs", "--json", "."), with_files("probe", *urls)]
        built = with_files("build", "--network=host", ".")
        assert any("authorization" in r.headers for r in open_origin.requests())
    told = "".join(ended.out + ended.err for ended in said) + built.err
    files = b"".join(path.read_bytes() for path in tmp_path.glob("*") if path.is_file())
    assert "hunter2" not in told
    assert b"hunter2" not in files
    assert identities.exists()


@pytest.mark.parametrize("state", ["/dev/null/state", "/proc/state"])
def test_a_state_that_cannot_be_written(freshlayer: Freshlayer, project: Path, state: str) -> None:
    with MisbehavingOrigin("steady") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        told = freshlayer.but(state=Path(state))("build", "--network=host", ".")
    assert told.code == 0
    assert "--mount=type=secret,id=fl-" in told.out
    assert f"freshlayer: {state}: " in told.err
    assert "(pass --state PATH to use another file)" in told.err


def test_a_corrupt_state(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("steady") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        assert freshlayer("build", "--network=host", ".").code == 0
        freshlayer.state.write_bytes(b"rubbish" * 1000)
        told = freshlayer("build", "--network=host", ".")
        assert told.code == 0
        assert "the state file was corrupt; moved to" in told.err
        assert freshlayer("check", ".").code == 0


def test_an_identities_file_that_is_none_is_left_alone(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    path = tmp_path / "identities.toml"
    path.write_text("my notes")
    with MisbehavingOrigin("steady") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        told = freshlayer.but("--identities", str(path))("build", "--network=host", ".")
    assert told.code == 0
    assert "it is neither used nor written" in told.err
    assert path.read_text() == "my notes"


def test_no_builder(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    told = freshlayer.but(PATH="/nowhere")("build", ".")
    assert told.code == 125
    assert told.err.startswith(
        "freshlayer: no builder was found: there is no docker, podman or buildah in PATH"
    )
    assert "(/nowhere); install one of them" in told.err
    assert freshlayer.but(PATH="/nowhere")("check", ".").code == 0


def test_a_builder_that_cannot_be_started(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "programs" / "docker").write_text("#!/no/such/interpreter\n")
    told = freshlayer("build", ".")
    assert told.code == 125
    assert "docker can't be started: No such file or directory" in told.err


def test_options_of_ours_that_make_no_sense(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    assert freshlayer.but("--builder=kaniko")("build", ".").code == 125
    assert freshlayer.but("--builder=kaniko")("check", ".").code == 2
    assert freshlayer.but("--connections=0")("build", ".").code in {2, 125}
    assert freshlayer("nonsense").code == 2
    assert freshlayer().code == 2


def test_settings_that_make_no_sense(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    (project / "freshlayer.toml").write_text("tiemout = 3\n")
    told = freshlayer("check", ".")
    assert told.code == 2
    assert "freshlayer.toml: there is no setting 'tiemout'" in told.err
    told = freshlayer("build", ".")
    assert passed_through(told.out, ".")
    assert "there is no setting 'tiemout'" in told.err


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--check", "."], ["a", "b"], [], ["--unheard", "of", "."], ["https://example.org/x.git"]],
)
def test_what_is_not_clear_is_the_builders_to_judge(freshlayer: Freshlayer, words: list[str]) -> None:
    told = freshlayer("build", *words)
    assert passed_through(told.out, *words)


def test_the_builders_exit_code_passes(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    assert freshlayer("build", "-t", "fail", ".").code == 42


def test_a_dockerfile_from_standard_input_that_cannot_be_read_is_given_on(freshlayer: Freshlayer) -> None:
    told = freshlayer("build", "-f", "-", ".", given=b"RUNN \xff\n")
    assert passed_through(told.out, "-f", "-", ".")
    assert "RUNN" in told.out


def test_a_dockerfile_from_standard_input_that_is_too_large_is_given_on_whole(freshlayer: Freshlayer) -> None:
    given = b"FROM scratch\n" + b"#" * (17 * 1024 * 1024) + b"\nlast line"
    told = freshlayer("build", "-f", "-", ".", given=given)
    assert passed_through(told.out, "-f", "-", ".")
    assert "the Dockerfile on standard input: is larger than 16 MiB; the builder runs as typed" in told.err
    assert len(told.out.partition("\n")[2]) == len(given)


def test_a_closed_pipe_is_no_crash(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM a\n" * 20_000)

    script = f"{sys.executable} -m freshlayer inputs . | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=project,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert "Traceback" not in done.stderr


READS_ITS_FILE = """#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -f ] && exec cat "$2"; shift; done
"""


@pytest.mark.parametrize("given", ["-f <(echo FROM scratch)", "-f /dev/stdin < <(echo FROM scratch)"])
def test_a_dockerfile_from_a_pipe_is_left_for_the_builder(
    freshlayer: Freshlayer, tmp_path: Path, given: str
) -> None:
    """podman, buildah and the classic builder take it, and its content is there but once."""
    (tmp_path / "programs" / "docker").write_text(READS_ITS_FILE)
    script = f"PATH=$PATH:/usr/bin:/bin {sys.executable} -m freshlayer build {given} ."
    told = subprocess.run(
        ["/bin/bash", "-c", script],
        env=dict(freshlayer.environment),
        cwd=freshlayer.directory,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert told.stdout == "FROM scratch\n"
    assert "is a named pipe, not a Dockerfile (a Dockerfile on standard input is -f -)" in told.stderr


@pytest.mark.parametrize("name", ["Dockerfile", "freshlayer.toml", "pyproject.toml"])
def test_a_pipe_in_a_files_place_is_not_waited_for(freshlayer: Freshlayer, project: Path, name: str) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    (project / name).unlink(missing_ok=True)
    os.mkfifo(project / name)
    told = freshlayer("check", ".", seconds=60)
    assert (told.code, told.out) == (2, "")
    assert f"{name}: is a named pipe, not a " in told.err
    told = freshlayer("build", ".", seconds=60)
    assert passed_through(told.out, ".")
    assert f"{name}: is a named pipe, not a " in told.err


def test_a_pipe_for_the_ignore_file_is_not_waited_for(freshlayer: Freshlayer, project: Path) -> None:
    os.mkfifo(project / "Dockerfile.dockerignore")
    with MisbehavingOrigin("steady") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        told = freshlayer("build", "--network=host", ".", seconds=20)
    assert passed_through(told.out, "--network=host", ".")
    assert "Dockerfile.dockerignore: is a named pipe" in told.err


@pytest.mark.parametrize(("words", "code"), [("check .", 0), ("inputs -f - .", 2), ("build .", 0)])
def test_a_closed_standard_input_is_no_fault(
    freshlayer: Freshlayer, project: Path, words: str, code: int
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    script = f"exec {sys.executable} -m freshlayer {words} <&-"
    told = subprocess.run(
        ["/bin/sh", "-c", script],
        env=dict(freshlayer.environment),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "an error of freshlayer itself" not in told.stderr
    assert told.returncode == code, told.stderr


def test_a_damaged_state_costs_no_build_its_keys(freshlayer: Freshlayer, project: Path) -> None:
    """A row that raised led to a plain docker build, with an old layer."""
    with MisbehavingOrigin("steady") as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN wget {origin.url}\n")
        assert freshlayer.build(".").code == 0
        with contextlib.closing(sqlite3.connect(freshlayer.state)) as connection, connection:
            connection.execute("UPDATE observation SET evidence = ?", ("[" * 100_000,))
            connection.execute("UPDATE built SET pairs = '[[1]]'")
        first, second = freshlayer.build("."), freshlayer.build(".")
    for told in (first, second):
        assert told.code == 0
        assert "--mount=type=secret,id=fl-" in told.out
    assert first.err.count("the state file was corrupt; moved to") == 1
    assert "corrupt" not in second.err


FAULTY = {
    "a wrong setting": b'on_unknown = "fail"\nconections = 3\n',
    "no TOML": b"on_unknown = 'fail'\n[[[\n",
    "a byte order mark and a fault": b'\xef\xbb\xbf\ton_unknown="fail"\r\nx\r\n',
}


@pytest.mark.parametrize("content", FAULTY.values(), ids=FAULTY)
def test_faulty_settings_that_say_fail_stop_the_build(
    freshlayer: Freshlayer, project: Path, content: bytes
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    (project / "freshlayer.toml").write_bytes(content)
    told = freshlayer("build", ".")
    assert (told.code, told.out) == (125, "")
    assert told.err.startswith("freshlayer: freshlayer.toml: ")
    assert told.err.endswith("(on_unknown is fail)\n")
    assert freshlayer("check", ".").code == 2
    assert passed_through(freshlayer.but("--on-unknown", "keep")("build", ".").out, ".")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.write_bytes(b"\xff\xfe")])
def test_settings_that_cannot_be_read_stop_the_build_where_unknown_inputs_do(
    freshlayer: Freshlayer, project: Path, make: Callable[[Path], object]
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    make(project / "freshlayer.toml")
    assert passed_through(freshlayer("build", ".").out, ".")
    told = freshlayer.but("--on-unknown", "fail")("build", ".")
    assert (told.code, told.out) == (125, "")
    assert told.err.endswith("(on_unknown is fail)\n")


@pytest.mark.parametrize("name", ["freshlayer.toml", "pyproject.toml"])
def test_a_byte_order_mark_before_settings_is_skipped(
    freshlayer: Freshlayer, project: Path, name: str
) -> None:
    """Editors on Windows write it; with it on_unknown = "fail" was not read."""
    table = "[tool.freshlayer]\r\n" if name == "pyproject.toml" else ""
    (project / name).write_bytes(f'\ufeff{table}on_unknown = "fail"\r\n'.encode())
    (project / "Dockerfile").write_text("FROM scratch\nRUN wget http://127.0.0.1:1/\n")
    told = freshlayer.build(".")
    assert (told.code, told.out) == (125, "")
    assert "is fail)" in told.err
