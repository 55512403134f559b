"""No file of the checkout makes a command run a program, whatever git, docker or Python would read in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from freshlayer import children
from testing.command import Ended, freshlayer
from testing.hostile_checkout import HostileCheckout
from testing.misbehaving import MisbehavingOrigin

pytestmark = pytest.mark.slow

COMMANDS = (
    ("check", "--network=host", "."),
    ("check", "--network=host", "--recursive", "."),
    ("render", "--network=host", "."),
    ("probe",),
)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def origin() -> Iterator[MisbehavingOrigin]:
    """It wants a credential for everything."""
    with MisbehavingOrigin("401") as started:
        yield started


@pytest.fixture
def checkout(project: Path, marker: Path, origin: MisbehavingOrigin) -> HostileCheckout:
    made = HostileCheckout.made(project, marker)
    for folder in (project, project / "nested"):
        (folder / "Dockerfile").write_text(dockerfile(origin))
    return made


def urls(origin: MisbehavingOrigin) -> tuple[str, ...]:
    """git over every transport, and the archives that git is asked about."""
    port = origin.url.rpartition(":")[2].strip("/")
    return (
        f"git+{origin.url}r.git#main",
        f"git+ssh://git@127.0.0.1:{port}/r.git#main",
        f"git+git://127.0.0.1:{port}/r.git#main",
        f"{origin.url}group/project/-/archive/main/project-main.tar.gz",
        "https://github.com/owner/name/archive/refs/heads/main.tar.gz",
        "git+https://evil.invalid/r.git#main",
    )


def dockerfile(origin: MisbehavingOrigin) -> str:
    git, ssh, daemon, *archives, evil = urls(origin)
    clones = (url.removeprefix("git+").removesuffix("#main") for url in (git, ssh, daemon, evil))
    lines = [*(f"RUN git clone {url}" for url in clones), *(f"RUN curl -LO {url}" for url in archives)]
    return "\n".join(["FROM scratch", *lines, ""])


def arguments(words: tuple[str, ...], origin: MisbehavingOrigin) -> list[str]:
    return ["--timeout=2", *words, *(urls(origin) if words == ("probe",) else ())]


def surroundings(origin: MisbehavingOrigin, **environment: str) -> dict[str, str]:
    """Everything outside of loopback is asked of the origin as a proxy, which refuses."""
    return {**os.environ, "https_proxy": origin.url, "no_proxy": "127.0.0.1", **environment}


def run(
    checkout: HostileCheckout,
    words: tuple[str, ...],
    origin: MisbehavingOrigin,
    directory: str = ".",
    **environment: str,
) -> Ended:
    return freshlayer(
        arguments(words, origin), surroundings(origin, **environment), checkout.directory / directory
    )


def was_asked(origin: MisbehavingOrigin) -> bool:
    return any("info/refs" in request.path for request in origin.requests())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("directory", [".", "nested"])
def test_git_reads_no_configuration_of_a_repository(
    words: tuple[str, ...], directory: str, checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path
) -> None:
    assert checkout.control(f"{origin.url}r.git", directory)
    told = run(checkout, words, origin, directory)
    assert not marker.exists(), told.err
    assert was_asked(origin)
    assert "Traceback" not in told.err


def test_a_bare_repository_inside_of_a_clone_is_none(
    checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path, tmp_path: Path
) -> None:
    clone = checkout.cloned(tmp_path / "clone")
    assert clone.control(f"{origin.url}r.git", "nested")
    for words in COMMANDS:
        told = run(clone, words, origin, "nested")
        assert not marker.exists(), (words, told.err)
    assert was_asked(origin)


HERE = "{here}"
ENVIRONMENTS: tuple[Mapping[str, str], ...] = (
    {"GIT_DIR": f"{HERE}/nested"},
    {"GIT_DIR": "nested", "GIT_WORK_TREE": "."},
    {"GIT_CONFIG_GLOBAL": f"{HERE}/.gitconfig"},
    {"GIT_CONFIG_SYSTEM": ".gitconfig"},
    {"GIT_SSH": f"{HERE}/evil"},
    {"GIT_SSH": "./evil"},
    {"GIT_SSH_COMMAND": f"{HERE}/evil -x"},
    {"GIT_SSH_COMMAND": "'./evil'"},
    {"GIT_PROXY_COMMAND": "./evil"},
    {"GIT_EXEC_PATH": HERE},
    {"GIT_ASKPASS": "./evil", "SSH_ASKPASS": "./evil"},
    {"HOME": "."},
    {"XDG_CONFIG_HOME": "."},
    {"DOCKER_CONFIG": ".docker"},
    {"DOCKER_CONFIG": f"{HERE}/.docker"},
)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_what_the_environment_takes_from_the_checkout_runs_nothing(
    environment: Mapping[str, str], checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path
) -> None:
    checkout.tame()
    given = {name: value.replace(HERE, str(checkout.directory)) for name, value in environment.items()}
    told = run(checkout, ("probe",), origin, **given)
    assert not marker.exists(), told.err
    assert was_asked(origin)


@pytest.mark.parametrize("path", [".:{}", ":{}", "{}:", "../context:{}", "."])
@pytest.mark.parametrize("words", [COMMANDS[0], COMMANDS[3]], ids=" ".join)
def test_programs_are_not_looked_for_in_the_checkout(
    path: str, words: tuple[str, ...], checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path
) -> None:
    checkout.tame()
    (checkout.directory / "docker").symlink_to("evil")
    told = run(checkout, words, origin, PATH=path.format(os.environ["PATH"]), AZURE_STORAGE_AUTH_MODE="login")
    assert not marker.exists(), told.err


@pytest.mark.parametrize("words", [COMMANDS[1], COMMANDS[3]], ids=" ".join)
def test_python_imports_nothing_from_the_checkout(
    words: tuple[str, ...], checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path
) -> None:
    checkout.tame()
    checkout.add_modules()
    told = freshlayer(arguments(words, origin), surroundings(origin), checkout.directory, anew=True)
    assert not marker.exists(), told.err
    assert was_asked(origin)


def test_a_helper_that_a_configuration_in_the_checkout_names_is_not_run(
    checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path, tmp_path: Path
) -> None:
    """The same configuration elsewhere is the user's own."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker-credential-evil").symlink_to(checkout.directory / "evil")
    shutil.copytree(checkout.directory / ".docker", tmp_path / "docker")
    checkout.tame()
    image = ("probe", f"docker-image://127.0.0.1:{origin.url.rpartition(':')[2].strip('/')}/x:latest")
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    for config in (".docker", str(checkout.directory / ".docker")):
        told = run(checkout, image, origin, DOCKER_CONFIG=config, PATH=path)
        assert not marker.exists()
        assert "docker-credential-evil was not run" in told.out
    run(checkout, image, origin, DOCKER_CONFIG=str(tmp_path / "docker"), PATH=path)
    assert marker.exists()


def test_a_build_runs_nothing_but_the_builder(
    checkout: HostileCheckout, origin: MisbehavingOrigin, marker: Path, tmp_path: Path
) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\necho Docker version 28.5.2, build 1\n")
    docker.chmod(0o755)
    path = f"{docker.parent}:{os.environ['PATH']}"
    told = run(checkout, ("build", "--network=host", "."), origin, PATH=path)
    assert (told.code, marker.exists()) == (0, False), told.err
    assert was_asked(origin)


def test_every_kind_of_program_says_what_it_may_read() -> None:
    """Nothing that origins are asked through reads anything of the checkout."""
    assert len({child.name for child in children.CHILDREN}) == len(children.CHILDREN)
    for child in (
        children.VERSION_CONTROL,
        children.DOCKER_CREDENTIAL,
        children.HOST_COMMAND,
        children.CLOUD,
    ):
        assert (child.reads, bool(child.memory)) == ("", True)
