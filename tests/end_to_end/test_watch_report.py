"""On a real builder: a build elsewhere is reported to the service, and the image is fresh there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freshlayer.cli.send_report import report_builds
from freshlayer.settings import Policy
from freshlayer.state import BuildRecord, Scope
from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.logging_server import LoggingServer, Reply
from testing.origins import ServeOrigin
from testing.process import wait_until
from tests.cli.test_watch_api import get, serving

CONFIG = 'interval = 2\nsearch = 1\nsettle = 0\n[api]\nreport_token_env = "REPORT_TOKEN"\n'
TOKEN = "of-reports"


@pytest.fixture(params=["buildkit"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


def standing(port: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(port, "/api/dockerfiles")[1])["dockerfiles"][0]
    return found


def soon(what: str, condition: Callable[[], bool]) -> None:
    wait_until(condition, seconds=120, what=what)


def test_a_build_of_another_machine_is_reported_once_and_the_image_is_fresh(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    """The machine that builds has a state file of its own, and another path."""
    text = f"FROM {BASE}\nRUN wget -qO /f {origin.url}a\nRUN echo after\n"
    elsewhere = tmp_path / "elsewhere"
    for directory in (project, elsewhere):
        directory.mkdir(exist_ok=True)
        (directory / "Dockerfile").write_text(text)
    config = tmp_path / "watch.toml"
    config.write_text(CONFIG)
    service = freshlayer.but(REPORT_TOKEN=TOKEN)
    watched = str(project / "Dockerfile")
    builds = Freshlayer(
        {**freshlayer.environment, "FRESHLAYER_REPORT_TOKEN": TOKEN, "FRESHLAYER_DOCKERFILE": watched},
        tmp_path / "other.sqlite3",
        elsewhere,
        freshlayer.options,
    )
    with serving(service, tmp_path / "log", "--config", str(config), str(project)) as port:
        origin.set_tag('"v2"')
        soon("the change", lambda: bool(standing(port)["causes"]))
        url = f"http://127.0.0.1:{port}"
        for other in (builds.but(FRESHLAYER_REPORT_TOKEN="x"), builds.but(FRESHLAYER_DOCKERFILE="x")):
            told = other("--report", url, "build", "--network=host", ".")
            assert (told.code, "the build was not reported: it was answered with status 4" in told.err) == (
                0,
                True,
            )
        assert standing(port)["causes"]
        told = builds("--report", url, "build", "--network=host", "--no-cache", ".")
        assert (told.code, "not reported" in told.err) == (0, False), told.err
        soon("the build", lambda: not standing(port)["causes"])
        assert standing(port)["stale_since"] is None
    told = freshlayer("history", "--json", watched)
    assert [it["result"] for it in told.document["builds"]] == ["built"]


def test_a_report_that_is_sent_again_has_its_key_and_costs_no_build_its_outcome(
    freshlayer: Freshlayer, project: Path
) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo once\n")
    with LoggingServer(lambda _: Reply(503)) as receiver:
        told = freshlayer.but(FRESHLAYER_REPORT_TOKEN=TOKEN)(
            "--report", receiver.url, "build", "--network=host", "."
        )
        logged = receiver.requests()
    assert (told.code, len(logged)) == (0, 2)
    assert "the build was not reported: it was answered with status 503" in told.err
    assert {it.target for it in logged} == {"/api/builds"}
    assert len({json.loads(it.body)["key"] for it in logged}) == 1
    assert logged[0].headers["authorization"] == f"Bearer {TOKEN}"
    told = freshlayer("--report", "http://127.0.0.1:1", "build", "--network=host", ".")
    assert (told.code, "there is no token (set FRESHLAYER_REPORT_TOKEN" in told.err) == (0, True)
    told = freshlayer("--report", "http://watch.example", "build", "--network=host", ".")
    assert (told.code, "it is not an https URL, which a secret needs" in told.err) == (0, True)
    told = freshlayer("check", "--report", "https://watch.example", ".")
    assert (told.code, "--report URL: does not act on check" in told.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("gone", None, "/gone can't be read: No such file or directory (see that it is there)"),
        ("latin1", b"t\xe9", "/latin1 is not UTF-8"),
        ("empty", b"\n", "/empty holds no token (write it there)"),
        ("two", b"one\ntwo\n", "the token has a character other than those of printable ASCII"),
    ],
)
def test_a_token_that_can_not_be_used_is_named_and_nothing_is_sent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    why: str,
) -> None:
    monkeypatch.delenv("FRESHLAYER_REPORT_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    records = [BuildRecord(scope=Scope("/d", "linux/amd64", "buildkit"), at=1)]
    with LoggingServer() as receiver:
        report_builds(records, receiver.url, Policy(report_token_file=str(tmp_path / name)))
        assert why in capsys.readouterr().err
        report_builds(records, receiver.url, Policy(report_token_file=name))
        assert f"report_token_file {name} is no absolute path (write all of it)" in capsys.readouterr().err
        assert receiver.requests() == []


def test_a_token_of_a_file_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRESHLAYER_REPORT_TOKEN", raising=False)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    records = [BuildRecord(scope=Scope("/d", "linux/amd64", "buildkit"), at=1)]
    with LoggingServer() as receiver:
        report_builds(records, receiver.url, Policy(report_token_file=str(tmp_path / "token")))
        (logged,) = receiver.requests()
    assert logged.headers["authorization"] == f"Bearer {TOKEN}"
