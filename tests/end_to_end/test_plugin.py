"""``docker fresh``, and a plain ``docker build`` by the alias, with real docker clients of each age."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.docker import DockerBuilder
from testing.builders.table import Builders
from testing.command import FRESHLAYER, Ended
from testing.origins import ServeOrigin, by_builds
from testing.process import wait_until

CLIENTS = ("classic", "buildkit", "trixie-buildx", "sid-buildx")


@dataclass(frozen=True, slots=True)
class User:
    """Someone with a directory of docker and a home of their own, in the build context."""

    environment: Mapping[str, str]
    config: Path
    directory: Path

    def __call__(self, *words: str, **environment: str) -> Ended:
        argv = [*FRESHLAYER, *words[1:]] if words[0] == "freshlayer" else words
        done = subprocess.run(
            argv,
            env={**self.environment, **environment},
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def build(self, *words: str, **environment: str) -> Ended:
        return self("docker", *(words or ("build",)), "--network=host", ".", **environment)

    def but(self, *unset: str, **environment: str) -> User:
        kept = {name: value for name, value in self.environment.items() if name not in unset}
        return User({**kept, **environment}, self.config, self.directory)


@pytest.fixture(params=CLIENTS)
def user(request: pytest.FixtureRequest, builders: Builders, tmp_path: Path, project: Path) -> User:
    builder = builders[request.param]
    assert isinstance(builder, DockerBuilder)
    builder.reset()
    environment = builder.environment()
    config = tmp_path / "docker"
    (config / "cli-plugins").mkdir(parents=True)
    for plugin in Path(environment["DOCKER_CONFIG"], "cli-plugins").iterdir():
        (config / "cli-plugins" / plugin.name).symlink_to(plugin.resolve())
    (config / "config.json").write_text('{\n\t"auths": {}\n}')
    own = {"DOCKER_CONFIG": str(config), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    return User({**environment, **own}, config, project)


@pytest.fixture
def aliased(user: User) -> User:
    told = user("freshlayer", "install", "--alias")
    assert told.code == 0, told.err
    return user


def downloads(origin: ServeOrigin) -> int:
    """How often a RUN fetched something."""
    return len(by_builds(origin.requests()))


def probes(origin: ServeOrigin) -> int:
    return len(origin.requests()) - downloads(origin)


def write(user: User, origin: ServeOrigin) -> None:
    (user.directory / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -qO f {origin.url}\n")


def test_a_plain_docker_build_goes_through_freshlayer(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    for _ in range(2):
        told = aliased.build()
        assert told.code == 0, told.err
    assert downloads(origin) == 1
    origin.set_tag('"v2"')
    told = aliased.build()
    assert downloads(origin) == 2
    assert told.err.count('was "v1", now "v2"') == 1


def test_it_can_be_left_out_for_once(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    for tag in ("v1", "v2"):
        origin.set_tag(f'"{tag}"')
        told = aliased.build(FRESHLAYER="0")
        assert told.code == 0, told.err
        assert "freshlayer" not in told.err.replace("freshlayer-test/base", "")
    assert (downloads(origin), probes(origin)) == (1, 0)


def test_every_spelling_of_docker_build_comes_to_freshlayer_once(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    for words in (["build"], ["image", "build"], ["builder", "build"], ["fresh", "build"]):
        told = aliased.build(*words)
        assert told.code == 0, told.err
        assert told.err.count("watched instruction") == 1
    assert aliased("freshlayer", "build", "--network=host", ".").err.count("watched instruction") == 1
    assert downloads(origin) == 1


def test_the_builders_exit_code_passes(user: User) -> None:
    (user.directory / "Dockerfile").write_text(f"FROM {BASE}\nRUN exit 3\n")
    plain = user.build().code
    user("freshlayer", "install", "--alias")
    assert plain != 0
    assert user.build().code == user.build("fresh", "build").code == plain
    assert user.build("build", "--no-such-option").code not in {0, plain}
    assert user("docker", "fresh", "check", ".").code == 0
    assert user("docker", "fresh", "check", "nowhere").code == 2


FLAGS = ("-H {}", "--host={}", "-DH={}", "-l error -H{}", "--tls=false --host {}")


def test_dockers_own_flags_reach_the_builder(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    host = aliased.environment["DOCKER_HOST"]
    elsewhere = aliased.but(DOCKER_HOST="unix:///nowhere")
    assert elsewhere.build().code != 0
    for flags in FLAGS:
        told = elsewhere.build(*flags.format(host).split(), "build")
        assert told.code == 0, told.err
        assert "of 1 watched instruction" in told.err
    assert downloads(origin) == 1


def test_the_docker_that_calls_is_the_one_that_builds(
    aliased: User, origin: ServeOrigin, tmp_path: Path
) -> None:
    write(aliased, origin)
    other = tmp_path / "other" / "docker"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 99\n")
    other.chmod(0o755)
    path = aliased.environment["PATH"]
    own = shutil.which("docker", path=path)
    assert own is not None
    told = aliased.but(PATH=f"{other.parent}:{path}")(own, "build", "--network=host", ".")
    assert told.code == 0, told.err
    assert (downloads(origin), "1 of 1 watched instruction" in told.err) == (1, True)


def test_a_context_leads_to_the_builder(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    host = aliased.environment["DOCKER_HOST"]
    created = aliased("docker", "context", "create", "there", "--docker", f"host={host}")
    assert created.code == 0, created.err
    elsewhere = aliased.but(DOCKER_HOST="unix:///nowhere")
    for words in (["--context", "there", "build"], ["-cthere", "fresh", "build"]):
        told = elsewhere.build(*words)
        assert told.code == 0, told.err
    told = aliased.but("DOCKER_HOST").build("--context=there", "build", FRESHLAYER="0")
    assert told.code == 0, told.err
    assert downloads(origin) == 2


def test_the_builders_other_commands_stay_what_they_were(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    aliased.build()
    told = aliased("docker", "builder", "prune", "--all", "--force")
    assert told.code == 0, told.err
    assert "Total" in told.out
    assert json.loads((aliased.config / "config.json").read_text())["aliases"] == {"builder": "fresh"}


@pytest.fixture
def counted(aliased: User, tmp_path: Path) -> Path:
    """Where the plugin writes a line for each call of it; from 20 on it ends at once."""
    calls, plugin = tmp_path / "calls", aliased.config / "cli-plugins" / "docker-fresh"
    calls.touch()
    script = plugin.read_text().splitlines(keepends=True)
    limit = f'echo "$*" >>{calls}\n[ "$(wc -l <{calls})" -lt 20 ] || exit 99\n'
    end = script.index("fi\n") + 1
    plugin.write_text("".join([*script[:end], limit, *script[end:]]))
    return calls


@pytest.mark.parametrize("flag", ["--config {}", "--config={}"])
def test_a_config_on_the_command_line_brings_no_call_back(aliased: User, counted: Path, flag: str) -> None:
    """The user's --config goes before the DOCKER_CONFIG that freshlayer sets."""
    flags = flag.format(aliased.config).split()
    for calls, words in enumerate((["prune", "--all", "--force"], ["ls"], ["use", "default"]), 1):
        with_flag = aliased.but("DOCKER_CONFIG")("docker", *flags, "builder", *words)
        assert len(counted.read_text().splitlines()) == calls, with_flag.err
        plain = aliased.but(DOCKER_CONFIG=str(unaliased_copy(aliased)))("docker", "builder", *words)
        assert with_flag.code == plain.code, with_flag.err
        assert "started again" not in with_flag.err


def unaliased_copy(user: User) -> Path:
    """The same directory of docker's without the alias."""
    copy = user.config.with_name("plain")
    if not copy.exists():
        shutil.copytree(user.config, copy, symlinks=True)
        (copy / "config.json").write_text("{}")
    return copy


def test_a_config_on_the_command_line_builds_once(aliased: User, counted: Path, origin: ServeOrigin) -> None:
    write(aliased, origin)
    told = aliased.but("DOCKER_CONFIG").build("--config", str(aliased.config), "build")
    assert told.code == 0, told.err
    assert (downloads(origin), len(counted.read_text().splitlines())) == (1, 1)


def test_docker_knows_the_plugin(user: User) -> None:
    user("freshlayer", "install")
    told = user("docker", "info", "--format", "{{json .ClientInfo.Plugins}}")
    (plugin,) = [plugin for plugin in json.loads(told.out) if plugin["Name"] == "fresh"]
    assert "Err" not in plugin
    assert plugin["ShortDescription"] == "Rebuild exactly the layers whose downloads changed"
    assert "Makes the network a build input" in user("docker", "fresh", "--help").out


def test_what_is_taken_back_leaves_dockers_own_build(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    assert aliased("freshlayer", "uninstall").code == 0
    assert (aliased.config / "config.json").read_text() == '{\n\t"auths": {}\n}'
    told = aliased.build()
    assert told.code == 0, told.err
    assert (downloads(origin), probes(origin)) == (1, 0)
    assert aliased("docker", "fresh", "check", ".").code != 0


@pytest.mark.parametrize("user", ["sid-buildx"], indirect=True)
def test_docker_bake_goes_through_freshlayer_and_can_leave_it_out(aliased: User, origin: ServeOrigin) -> None:
    write(aliased, origin)
    target = {"default": {"context": ".", "network": "host"}}
    (aliased.directory / "docker-bake.json").write_text(json.dumps({"target": target}))
    told = aliased("docker", "bake", "--allow=network.host", FRESHLAYER="0")
    assert told.code == 0, told.err
    assert (downloads(origin), probes(origin)) == (1, 0)
    told = aliased("docker", "bake", "--allow=network.host")
    assert told.code == 0, told.err
    assert "1 of 1 watched instruction was stale" in told.err
    assert downloads(origin) == 2


@pytest.mark.parametrize("user", ["trixie-buildx", "sid-buildx"], indirect=True)
def test_docker_completes_our_commands(aliased: User) -> None:
    told = aliased("docker", "__complete", "fresh", "inp")
    assert told.out.splitlines()[0] == "inputs\twhat a Dockerfile reads from elsewhere; no network"


@pytest.mark.parametrize("user", ["trixie-buildx", "sid-buildx"], indirect=True)
def test_the_builder_ends_with_docker(aliased: User, tmp_path: Path) -> None:
    (aliased.directory / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo started && sleep 60\n")
    argv = ["docker", "build", "--progress=plain", "--network=host", "."]
    log = tmp_path / "log"
    with log.open("wb") as stream:
        docker = subprocess.Popen(
            argv, env=dict(aliased.environment), cwd=aliased.directory, stdout=stream, stderr=stream
        )
    try:
        wait_until(lambda: b" started" in log.read_bytes(), seconds=30, what="the build")
        os.kill(docker.pid, signal.SIGTERM)
        assert docker.wait(timeout=30) != 0
    finally:
        docker.kill()
    assert b"CANCELED" in log.read_bytes()
