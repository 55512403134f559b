"""``freshlayer build`` in place of ``docker build``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder, build
from testing.command import FRESHLAYER, Freshlayer
from testing.engine import PrivateEngine
from testing.misbehaving import MisbehavingOrigin
from testing.origins import Origin, Request, ServeOrigin, by_builds
from testing.process import wait_until

_BUILD = ("build", "--network=host", ".")
DISPLAYS = {"classic": b"Step 1/3", "buildkit": b"\x1b[", "sid-buildx": b"\x1b["}


def downloads(origin: Origin | MisbehavingOrigin) -> list[Request]:
    """What builds fetched."""
    return [r for r in by_builds(origin.requests()) if r.method == "GET"]


def write(project: Path, text: str, name: str = "Dockerfile") -> Path:
    path = project / name
    path.write_text(text.replace("BASE", BASE))
    return path


def test_options_in_every_spelling_reach_the_builder(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    text = (
        f"FROM BASE AS one\nARG A\nARG B=b\nRUN wget -qO f {origin.url}$A-$B\n"
        f"FROM BASE\nRUN wget -qO g {origin.url}last\n"
    )
    write(project, text, "Other.Dockerfile")
    told = freshlayer.but(FROM_OUTSIDE="outside").build(
        "-ta:1", "--tag=a:2", "--build-arg", "A=x", "--build-arg=B", "--build-arg", "FROM_OUTSIDE",
        "-f", "Other.Dockerfile", "--target", "one", "--label", "l=.",
        "--iidfile", str(tmp_path / "iid"), ".",
    )  # fmt: skip
    assert told.code == 0, told.err
    assert [r.path for r in downloads(origin)] == ["/x-b"]
    assert builder.image_id("a:1") == builder.image_id("a:2") == (tmp_path / "iid").read_text()
    assert builder.image("a:1").configuration["Labels"]["l"] == "."


def test_only_the_instruction_whose_input_changed_runs_again(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    with ServeOrigin(tmp_path, '"a1"') as a, ServeOrigin(tmp_path, '"b1"') as b:
        write(
            project,
            f'FROM BASE AS x\nRUN ["wget", "-qO", "f", "{a.url}exec"]\nFROM BASE\n'
            f"RUN wget -qO f {b.url}first\nRUN wget -qO g {a.url}second\nRUN wget -qO h {b.url}third\n"
            "COPY --from=x f x\n",
        )
        assert freshlayer.build(".").code == 0
        a.set_tag('"a2"')
        told = freshlayer.build(".")
        assert sorted(r.path for r in downloads(a)) == ["/exec", "/exec", "/second", "/second"]
        assert [r.path for r in downloads(b)] == ["/first", "/third", "/third"]
    assert 'was "a1", now "a2"' in told.err


def test_exec_form_flags_and_continued_lines_take_a_key(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    mount = "" if builder.name == "classic" else "--mount=type=tmpfs,target=/mnt"
    write(
        project,
        f"FROM BASE\nrun {mount} \\\n  # a comment\n  wget -qO f {origin.url}a\n"
        f'RUN ["wget","-qO","g","{origin.url}b"]\n',
    )
    assert freshlayer.build(".").code == 0
    origin.set_tag('"v2"')
    assert freshlayer.build(".").code == 0
    assert [r.path for r in downloads(origin)] == ["/a", "/b", "/a", "/b"]


def test_the_users_files_are_never_changed(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    path = write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(os.listdir(project)))
    assert freshlayer.build(".").code == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(os.listdir(project))) == before


def test_no_temporary_file_is_left(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    assert freshlayer.but(TMPDIR=str(temporary)).build(".").code == 0
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url} && false\n")
    assert freshlayer.but(TMPDIR=str(temporary)).build(".").code != 0
    assert list(temporary.iterdir()) == []


def test_a_dockerfile_outside_the_context(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(tmp_path, f"FROM BASE\nRUN wget -qO f {origin.url}\nCOPY . /c\n", "Outside")
    (project / "file").write_text("x")
    assert freshlayer.build("-f", str(tmp_path / "Outside"), ".").code == 0
    assert freshlayer.build("-f", str(tmp_path / "Outside"), ".").code == 0
    assert len(downloads(origin)) == 1


def test_a_dockerfile_from_standard_input(freshlayer: Freshlayer, origin: ServeOrigin) -> None:
    text = f"FROM {BASE}\nRUN wget -qO f {origin.url}\n".encode()
    assert freshlayer.build("-f", "-", ".", given=text).code == 0
    origin.set_tag('"v2"')
    told = freshlayer.build("-f", "-", ".", given=text)
    assert told.code == 0
    assert 'was "v1", now "v2"' in told.err
    assert len(downloads(origin)) == 2


def test_a_context_from_standard_input_passes_through(freshlayer: Freshlayer, origin: ServeOrigin) -> None:
    text = f"FROM {BASE}\nRUN wget -qO f {origin.url}\n".encode()
    told = freshlayer.build("-", given=text)
    assert told.code == 0, told.err
    assert "freshlayer: a context from standard input is not watched; the builder runs as typed" in told.err
    assert len(downloads(origin)) == 1


def files_of(builder: Builder, tag: str) -> dict[str, str]:
    return {m.name: m.sha256 for layer in builder.image(tag).layers for m in layer}


RULES = ["", "node_modules\n*.log\n", "docs/build\n", ".dockerignore\nDockerfile\nsecret\n", "*\n!kept\n"]


@pytest.mark.parametrize("rules", RULES)
def test_copy_sees_what_it_sees_without_us_and_stays_cached(
    freshlayer: Freshlayer,
    builder: Builder,
    origin: ServeOrigin,
    project: Path,
    tmp_path: Path,
    rules: str,
) -> None:
    """The classic builder's trap: a Dockerfile elsewhere and an ignore file run every ``COPY . .`` again."""
    for name in ("kept", "secret", "a.log", "node_modules/x", "docs/build/y", "docs/z"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    if rules:
        (project / ".dockerignore").write_text(rules)
    with ServeOrigin(tmp_path, '"steady"') as steady:
        write(project, f"FROM BASE\nCOPY . /c\nRUN wget -qO f {steady.url}\nRUN wget -qO f {origin.url}\n")
        build(builder, project, "-t", "plain")
        assert freshlayer.build("-t", "ours", ".").code == 0
        ours, theirs = files_of(builder, "ours"), files_of(builder, "plain")
        differ = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
        added_line = builder.name == "classic" and rules == "docs/build\n"
        assert differ == ({"c/.dockerignore"} if added_line else set())
        before = len(downloads(steady))
        origin.set_tag('"v2"')
        assert freshlayer.build("-t", "ours", ".").code == 0
        # Had COPY run again, so would the instruction behind it, whose origin did not change.
        assert downloads(steady)[before:] == []


@pytest.mark.parametrize("builder", ["classic", "trixie-classic", "sid-buildx", "podman"], indirect=True)
@pytest.mark.parametrize("rules", ["", "*.log\n"])
def test_what_was_copied_without_us_is_cached_for_us(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, rules: str
) -> None:
    """The docker client before 23 writes names of owners and kinds of files into the tar, which is hashed."""
    (project / "folder").mkdir()
    for name in ("file", "folder/program"):
        (project / name).write_text(name)
        (project / name).chmod(0o755)
    (project / "folder" / "link").symlink_to("program")
    if rules:
        (project / ".dockerignore").write_text(rules)
    if os.geteuid() == 0:
        shutil.chown(project / "file", 65534, 65534)
    write(
        project,
        "FROM BASE\nCOPY file /f\nCOPY folder /g\nCOPY . /c\n"
        f"# freshlayer: ignore\nRUN wget -qO f {origin.url}plain\nRUN wget -qO f {origin.url}keyed\n",
    )
    build(builder, project)
    assert freshlayer.build(".").code == 0
    assert [r.path for r in downloads(origin)] == ["/plain", "/keyed", "/keyed"]


def test_an_ignore_file_beside_the_dockerfile_counts_where_it_counts_without_us(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"FROM BASE\nCOPY . /c\nRUN wget -qO f {origin.url}\n", "My.Dockerfile")
    (project / "My.Dockerfile.dockerignore").write_text("hidden\n")
    (project / "hidden").write_text("x")
    arguments = ("-f", "My.Dockerfile", "-t")
    builder.run("build", *builder.options, *builder.to_cache, *arguments, "plain", ".", cwd=project)
    assert freshlayer.build(*arguments, "ours", ".").code == 0
    assert files_of(builder, "ours").keys() == files_of(builder, "plain").keys()
    assert ("c/hidden" in files_of(builder, "ours")) is (builder.name == "classic")


def test_an_old_frontend_gets_its_key_by_arg(
    engine: PrivateEngine, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    """The classic builder ignores ``# syntax=``; BuildKit would have to fetch it, which it can't here."""
    write(project, f"# syntax=docker/dockerfile:1.0\nFROM BASE\nRUN wget -qO f {origin.url}\n")
    freshlayer = Freshlayer(engine.environment(buildkit=False), tmp_path / "s", project)
    assert freshlayer.build(".").code == 0
    assert freshlayer.build(".").code == 0
    assert len(downloads(origin)) == 1


def test_the_builders_exit_code_is_ours_and_a_failed_build_is_not_recorded(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, builder: Builder
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url} && exit 7\n")
    plain = build(builder, project, check=False)
    told = freshlayer.build(".")
    assert told.code == plain.returncode != 0
    assert "this build was not recorded" in told.err
    assert freshlayer("check", ".").code == 1


def test_quiet_leaves_standard_output_to_the_builder(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    told = freshlayer.but("--quiet").build("-q", "-t", "q", ".")
    assert told.out.strip().removeprefix("sha256:") == builder.image_id("q").removeprefix("sha256:")
    assert told.err == ""


def test_the_report_says_what_was_stale_and_why(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\nRUN luarocks install curl || true\n")
    freshlayer.build(".")
    origin.set_tag('"v2"')
    report = tmp_path / "report.json"
    told = freshlayer.but("--report", str(report)).build(".")
    document = json.loads(report.read_text())
    assert document["builder"] == {"name": builder.name.removeprefix("sid-"), "exit_code": 0}
    assert [(i["line"], i["state"]) for i in document["instructions"]] == [
        (1, "fresh"),
        (2, "stale"),
        (3, "stale"),
    ]
    assert document["instructions"][1]["reason"]["text"] == f'{origin.url}: was "v1", now "v2"'
    assert document["instructions"][2]["reason"]["text"] == "follows line 2, which is stale"
    assert "luarocks install curl" in [item["text"] for item in document["not_watched"]]
    assert len([line for line in told.err.splitlines() if line.startswith("freshlayer:")]) <= 5


def test_a_fresh_machine_builds_from_the_cache_with_the_identities_file_while_the_origin_is_down(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    identities = str(tmp_path / "identities.toml")
    assert freshlayer.but("--identities", identities).build("-t", "i", ".").code == 0
    image = builder.image_id("i")
    origin.down()
    cold = freshlayer.but("--identities", identities, state=tmp_path / "another-machine")
    told = cold.build("-t", "i", ".")
    assert told.code == 0, told.err
    assert builder.image_id("i") == image
    assert f"Dockerfile:2: {origin.url}: the host refused the connection" in told.err
    assert "the recorded identity is kept (pass --on-unknown=fail to stop here)" in told.err


def test_on_unknown_fail_stops_before_the_builder_starts(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    origin.down()
    told = freshlayer.but("--on-unknown=fail").build(".")
    assert (told.code, told.out) == (125, "")
    assert told.err.startswith(f"freshlayer: Dockerfile:2: {origin.url}: the host refused the connection")
    assert freshlayer("check", "--on-unknown=fail", ".").code == 2


def test_on_unknown_rebuild_runs_the_instruction_again_and_is_never_recorded(
    freshlayer: Freshlayer, project: Path
) -> None:
    with MisbehavingOrigin("403") as origin:
        write(project, f"FROM BASE\nRUN wget -qO f {origin.url} || true\n")
        assert freshlayer.but("--on-unknown=rebuild").build(".").code == 0
        assert freshlayer.but("--on-unknown=rebuild").build(".").code == 0
        assert len(downloads(origin)) == 2
        assert freshlayer("check", ".").code == 1


def test_an_origin_that_changes_during_the_build_is_noticed_and_tainted(
    freshlayer: Freshlayer, project: Path
) -> None:
    with MisbehavingOrigin("changes when downloaded") as origin:
        write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
        told = freshlayer.build(".")
        assert told.code == 0
        assert f'changed while the builder ran: {origin.url}: was "before", now "after"' in told.err
        assert "this build was not recorded" in told.err
        assert freshlayer("check", ".").code == 1
        assert freshlayer.build(".").code == 0
        assert len(downloads(origin)) == 2
        assert freshlayer("check", ".").code == 0


def test_check_tells_apart_two_dockerfiles_that_share_a_url(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    for name in ("a", "b"):
        write(project, f"FROM BASE\nRUN wget -qO {name} {origin.url}\n", name)
        assert freshlayer.build("-f", name, ".").code == 0
    origin.set_tag('"v2"')
    assert freshlayer.build("-f", "a", ".").code == 0
    assert freshlayer("check", "-f", "a", ".").code == 0
    stale = freshlayer("check", "-f", "b", ".")
    assert stale.code == 1
    assert 'was "v1", now "v2"' in stale.out


def test_the_image_has_no_trace_on_buildkit(
    engine: PrivateEngine, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(
        project,
        f"FROM BASE AS one\nRUN wget -qO /f {origin.url}one\nFROM BASE\nENV A=b\nLABEL c=d\nWORKDIR /w\n"
        f'RUN wget -qO f {origin.url}\nRUN ["wget", "-qO", "g", "{origin.url}exec"]\n'
        'COPY --from=one /f /one\nCMD ["x"]\n',
    )
    engine.run("build", "--network=host", "-t", "plain", str(project), buildkit=True)
    freshlayer = Freshlayer(engine.environment(buildkit=True), tmp_path / "s", project)
    assert freshlayer.build("-t", "ours", ".").code == 0
    assert engine.history("ours") == engine.history("plain")
    assert engine.configuration("ours") == engine.configuration("plain")
    ours, theirs = engine.save_layers("ours"), engine.save_layers("plain")
    assert [[(m.name, m.sha256) for m in layer] for layer in ours] == [
        [(m.name, m.sha256) for m in layer] for layer in theirs
    ]


def test_a_builder_that_is_killed_is_told_by_its_exit_code(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url} && sleep 60\n")
    with _started(freshlayer) as process:
        wait_until(lambda: bool(downloads(origin)), seconds=30, what="the download")
        child = _children(process.pid)
        os.kill(child[0], signal.SIGKILL)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGKILL
    assert b"this build was not recorded" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_builder_and_nothing_is_left(
    freshlayer: Freshlayer,
    builder: Builder,
    origin: ServeOrigin,
    project: Path,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url} && sleep 60\n")
    with _started(freshlayer.but(TMPDIR=str(temporary))) as process:
        wait_until(lambda: bool(downloads(origin)), seconds=30, what="the download")
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=30)
    # podman 4.3 ends with 0 when it is asked to end, and leaves a folder of its own.
    assert (process.returncode == 0) is (builder.name == "podman" and number == signal.SIGTERM)
    assert b"Traceback" not in err
    assert [path for path in temporary.iterdir() if not path.name.startswith("buildah")] == []


def test_ctrl_c_while_probing_ends_at_once(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("never answers") as origin:
        write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
        with _started(freshlayer) as process:
            wait_until(lambda: bool(origin.requests()), seconds=30, what="the probe")
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert b"Traceback" not in err


def _started(freshlayer: Freshlayer) -> subprocess.Popen[bytes]:
    argv = [*FRESHLAYER, "--state", str(freshlayer.state), *freshlayer.options, *_BUILD]
    return subprocess.Popen(
        argv,
        env=dict(freshlayer.environment),
        cwd=freshlayer.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    wait_until(lambda: bool(path.read_text().split()), seconds=10, what="a child process")
    return [int(word) for word in path.read_text().split()]


def test_two_builds_at_once_are_normal(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url} && sleep 1\n")
    processes = [_started(freshlayer) for _ in range(3)]
    ended = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0, 0]
    assert not any(b"nothing" in err for (_, err), _ in ended)
    assert freshlayer("check", ".").code == 0


def test_the_clients_own_choice_of_builder_is_followed(
    engine: PrivateEngine, project: Path, tmp_path: Path
) -> None:
    write(project, "FROM BASE\nRUN true\n")
    environment = engine.environment(buildkit=None)
    told = Freshlayer(environment, tmp_path / "s", project)("check", "--json", ".")
    assert told.document["builder"]["name"] == ("classic" if _major(engine) < 23 else "buildx")


def _major(engine: PrivateEngine) -> int:
    return int(engine.run("version", "--format", "{{.Client.Version}}").stdout.split(".")[0])


def test_without_a_builder_it_says_where_it_looked(
    project: Path, tmp_path: Path, origin: ServeOrigin
) -> None:
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    told = Freshlayer({"PATH": str(empty), "HOME": str(tmp_path)}, tmp_path / "s", project).build(".")
    assert told.code == 125
    where = f"there is no docker, podman or buildah in PATH ({empty})"
    assert told.err.startswith(f"freshlayer: no builder was found: {where}; install one of them")
    assert shutil.which("docker", path=str(empty)) is None


def test_on_a_terminal_the_builder_has_the_terminal(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    """BuildKit draws with cursor movements only where it sees a terminal."""
    write(project, f"FROM BASE\nRUN wget -qO f {origin.url}\n")
    controller, terminal = os.openpty()
    argv = [*FRESHLAYER, "--state", str(freshlayer.state), *freshlayer.options, *_BUILD]
    environment = {**freshlayer.environment, "TERM": "xterm"}
    process = subprocess.Popen(
        argv, env=environment, cwd=project, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    said = b""
    try:
        while piece := os.read(controller, 65536):
            said += piece
    except OSError:  # Linux: the other side was closed
        pass
    os.close(controller)
    assert process.wait(30) == 0
    by_builder = said.partition(b"freshlayer: Dockerfile")[0]
    assert DISPLAYS.get(builder.name, b"STEP 1/2") in by_builder
