"""What is known of a base image decides what later instructions read."""

from __future__ import annotations

from time import process_time

import pytest
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseContents, BaseImage, BaseWanted, ImageConfig

AMD64 = "linux/amd64"
PYTHON = "docker-image://docker.io/library/python:3.12"
CONFIG = ImageConfig(environment=(("PATH", "/usr/local/bin:/usr/bin:/bin"), ("PYTHON_VERSION", "3.12.7")))


def read(text: str, config: ImageConfig | None = None, **options: object) -> Analysis:
    """A Dockerfile with ``FROM python:3.12``."""
    known = {
        (PYTHON, AMD64): BaseImage(
            PYTHON, AMD64, "sha256:aa", replace(config or CONFIG, architecture="amd64")
        )
    }
    return analyse(text, BuildRequest((AMD64,), **options), bases=known)  # type: ignore[arg-type]


def urls(analysis: Analysis) -> list[str]:
    return [it.reference.text for it in analysis.discovery.inputs if it.reference.kind == "http"]


def test_the_variables_of_the_base_are_known() -> None:
    script = "RUN curl -O https://example.org/py-${PYTHON_VERSION}.tgz"
    assert urls(read(f"FROM python:3.12\n{script}")) == ["https://example.org/py-3.12.7.tgz"]
    (missed,) = analyse(f"FROM python:3.12\n{script}", BuildRequest((AMD64,))).discovery.not_watched
    assert missed.reason.code == "needs-base-image"


def test_the_images_that_stages_start_from_are_wanted() -> None:
    text = "FROM --platform=linux/arm64 python:3.12 AS a\nFROM a\nFROM scratch\nFROM other\nFROM nowhere:$X"
    contexts = {"other": "./there"}
    found = analyse(text, BuildRequest((AMD64,), contexts=contexts, all_stages=True))
    assert found.bases_wanted == (BaseWanted(PYTHON, "linux/arm64"),)


def triggers(*texts: str) -> ImageConfig:
    return ImageConfig(environment=CONFIG.environment, triggers=texts)


def not_watched(analysis: Analysis) -> list[tuple[int, str, str, str]]:
    return [(it.line, it.instruction, it.text, it.reason.code) for it in analysis.discovery.not_watched]


def test_the_triggers_of_the_base_are_read_behind_its_from() -> None:
    config = triggers(
        "ARG WHERE=a", "ENV NAME=b-$WHERE", "WORKDIR /app", "RUN curl https://example.org/$WHERE/$NAME"
    )
    found = read("\nFROM python:3.12\nRUN curl https://example.org/$NAME/$WHERE\nRUN pwd", config)
    assert urls(found) == ["https://example.org/b-a/a"]
    assert not_watched(found) == [(2, "ONBUILD", "https://example.org/a/b-a", "trigger-of-base")]


def test_a_build_arg_reaches_a_trigger() -> None:
    config = triggers("ARG WHERE=a", "RUN curl https://example.org/$WHERE")
    found = read("FROM python:3.12", config, build_args={"WHERE": "x"})
    assert [it.text for it in found.discovery.not_watched] == ["https://example.org/x"]


def test_the_triggers_of_a_stage_run_in_the_stages_that_continue_it_alone() -> None:
    text = (
        "FROM scratch AS a\nONBUILD ENV X=1\nONBUILD RUN curl https://example.org/${X:-0}\n"
        "RUN curl https://example.org/a${X:-0}\nFROM a AS b\nRUN curl https://example.org/b$X\nFROM b"
    )
    found = read(text, all_stages=True)
    assert urls(found) == ["https://example.org/a0", "https://example.org/b1"]
    assert [it[:2] for it in not_watched(found) if it[3] == "trigger-of-base"] == [(5, "ONBUILD")]


def test_a_trigger_that_no_builder_takes_is_left_out() -> None:
    config = triggers("FROM x", "ONBUILD RUN curl https://example.org/a", "MAINTAINER x", "", "NONSENSE x")
    assert not_watched(read("FROM python:3.12", config)) == []


def test_a_secret_of_the_base_is_hidden() -> None:
    config = ImageConfig(environment=(("API_TOKEN", "hunter2hunter2"),))
    found = read("FROM python:3.12\nRUN curl https://example.org/x/$API_TOKEN/y", config)
    assert "hunter2" not in repr(found.discovery)


def test_shell_and_directory_of_the_base_count() -> None:
    config = ImageConfig(shell=("powershell", "-Command"), os="windows")
    found = read("FROM python:3.12\nRUN iwr -Uri https://example.org/a -OutFile b", config)
    assert urls(found) == ["https://example.org/a"]
    config = ImageConfig(directory="/srv")
    text = "FROM python:3.12\nCOPY <<EOF x.sh\ncurl https://example.org/a\nEOF\nRUN sh /srv/x.sh"
    assert urls(read(text, config)) == ["https://example.org/a"]


def test_the_path_of_the_base_is_where_programs_are_looked_for() -> None:
    config = ImageConfig(environment=(("PATH", "/opt/tools:/usr/bin"),))
    copy = "COPY --chmod=755 <<EOF /opt/tools/get-it\ncurl https://example.org/a\nEOF"
    text = f"FROM python:3.12\n{copy}\nRUN get-it"
    assert urls(read(text, config)) == ["https://example.org/a"]


def test_a_file_of_the_base_never_runs() -> None:
    text = "FROM python:3.12\nRUN . /etc/os-release; curl https://example.org/$ID; sh /etc/apt/x.sh"
    hostile = {
        "/etc/os-release": "ID=debian\ncurl https://example.org/evil\n",
        "/etc/apt/x.sh": "curl https://e.org/a",
    }
    image = BaseImage(
        PYTHON, AMD64, "sha256:aa", replace(CONFIG, architecture="amd64"), BaseContents(hostile)
    )
    found = analyse(text, BuildRequest((AMD64,)), bases={image_key(): image})
    assert urls(found) == []


def image_key() -> tuple[str, str]:
    return PYTHON, AMD64


@pytest.mark.parametrize(
    ("script", "contents"),
    [
        ("cat /etc/os-release", False),
        ("curl https://example.org/$(cut -d. -f1 /etc/debian_version)", True),
        ("curl https://example.org/$(lsb_release -cs)", True),
        ("curl https://example.org/$(rpm -E %fedora)", True),
        (". /etc/os-release; curl https://example.org/$ID", True),
        ("if [ -f /etc/debian_version ]; then curl https://example.org/a; fi", True),
        ("curl https://example.org/a", False),
        ("curl https://example.org/$(cat /opt/x)", False),
    ],
)
def test_the_files_of_an_image_are_wanted_where_they_decide_something(script: str, contents: bool) -> None:  # noqa: FBT001
    found = analyse(f"FROM python:3.12\nRUN {script}", BuildRequest((AMD64,)))
    assert found.bases_wanted == (BaseWanted(PYTHON, AMD64, contents),)


def test_the_files_of_an_image_are_wanted_behind_a_link_of_an_earlier_run() -> None:
    runs = (
        "ln -s /etc/yum.repos.d /x; echo curl",
        "cp a /x; echo curl",
        "cp b /x && curl -O https://e.org/f",
    )
    found = analyse("\nRUN ".join(["FROM fedora:40", *runs]), BuildRequest((AMD64,)))
    assert [it.contents for it in found.bases_wanted] == [True]


def test_a_hostile_configuration_costs_nothing() -> None:
    environment = (*((f"N{n}", "x") for n in range(100_000)), ("LONG", "x" * 5_000_000))
    config = ImageConfig(
        environment=(("LONGER", "y" * 5_000_000), *environment),
        triggers=("RUN curl https://example.org/$LONGER",) * 10_000,
        directory="/a" * 100_000,
        shell=("sh",) * 10_000,
    )
    started = process_time()
    found = read("FROM python:3.12\nWORKDIR b\nRUN curl https://example.org/$LONGER$N1", config)
    assert process_time() - started < 5
    assert urls(found) == []
    assert len(found.discovery.not_watched) < 200


_PASSWD = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/srv/node:/bin/sh\n"


@pytest.mark.parametrize(
    ("before", "home", "user", "there"),
    [
        ("", "", "", "/root"),
        ("", "", "node", "/srv/node"),
        ("", "", "1000:1000", "/srv/node"),
        ("", "/opt/home", "node", "/opt/home"),
        ("USER root\n", "", "node", "/root"),
        ("USER 4242\n", "", "", "/"),
        ("RUN useradd -m dev\nUSER dev\n", "", "", "/home/dev"),
        ("ARG U=node\nUSER $U:staff\n", "", "", "/srv/node"),
        ("USER node\nENV HOME=/data\n", "", "", "/data"),
    ],
)
def test_a_tilde_is_the_home_of_the_user(before: str, home: str, user: str, there: str) -> None:
    environment = (("HOME", home),) if home else ()
    config = ImageConfig(environment=environment, user=user, architecture="amd64")
    known = BaseImage(PYTHON, AMD64, "sha256:aa", config, BaseContents({"/etc/passwd": _PASSWD}))
    fetch = "COPY <<EOF /x\ncurl https://example.org/a\nEOF\n"
    text = f"FROM python:3.12 AS base\n{fetch}{before}FROM base\n"
    for script in (f"cp /x {there}/x && sh ~/x", f"cp /x ~/x && sh {there}/x", "cp /x ~/x; cd ~; . ./x"):
        found = analyse(f"{text}RUN {script}\n", BuildRequest((AMD64,)), bases={(PYTHON, AMD64): known})
        assert urls(found) == ["https://example.org/a"], script


def test_a_script_that_sets_home_moves_the_tilde() -> None:
    fetch = "COPY <<EOF /x\ncurl https://example.org/a\nEOF\n"
    found = read(f"FROM python:3.12\n{fetch}RUN export HOME=/h; cp /x ~/x; sh /h/x")
    assert urls(found) == ["https://example.org/a"]
