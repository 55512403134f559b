"""``freshlayer watch`` takes webhooks and reports of builds: a real service, a real origin."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from freshlayer.cli.watch_receivers import BuildRecorder
from freshlayer.state import Scope
from freshlayer.state.places import SqliteStore
from freshlayer.watch.arrivals import Arrivals
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.process import wait_until
from testing.servers.git_http import GitHttp
from testing.upstream import Upstream
from tests.cli.test_watch_api import get, serving

CONFIG = """
interval = "1h"
search = 1
settle = 0
[api]
report_token_env = "REPORT_TOKEN"
[webhooks.lab]
type = "gitlab"
secret_env = "LAB_TOKEN"
"""


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    environment = {**os.environ, "PATH": "/nowhere", "REPORT_TOKEN": "of reports", "LAB_TOKEN": "lab"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def post(port: int, path: str, document: object, headers: Mapping[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(document), dict(headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def stale(port: int) -> dict[str, object]:
    found: dict[str, object] = json.loads(get(port, "/api/dockerfiles")[1])["dockerfiles"][0]
    return found


def configured(tmp_path: Path) -> str:
    config = tmp_path / "watch.toml"
    config.write_text(CONFIG)
    return str(config)


def test_a_push_is_found_without_waiting_for_the_interval(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}acme/tool/-/raw/main/x\n")
    hook = {
        "object_kind": "push",
        "project": {"web_url": f"{origin.url}acme/tool", "path_with_namespace": "acme/tool"},
    }
    with serving(freshlayer, tmp_path / "log", "--config", configured(tmp_path), str(project)) as port:
        origin.set_tag('"v2"')
        assert post(port, "/webhooks/lab", hook, {"X-Gitlab-Token": "other"})[0] == 401
        assert stale(port)["stale_since"] is None
        assert post(port, "/webhooks/lab", hook, {"X-Gitlab-Token": "lab"})[0] == 202
        wait_until(lambda: bool(stale(port)["causes"]), seconds=90, what="the change")


def test_a_push_to_a_project_has_it_fetched(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    freshlayer = freshlayer.but(PATH=os.environ["PATH"], XDG_STATE_HOME=str(tmp_path / "data"))
    upstream = Upstream(tmp_path / "upstream")
    upstream.commit("Dockerfile", "FROM scratch\nRUN true\n")
    upstream.push("main")
    with GitHttp(upstream.served) as server:
        url = f"{server.url}app.git"
        config = tmp_path / "watch.toml"
        config.write_text(
            f'{CONFIG}[[projects]]\ngit = "{url}"\n'
            '[repositories]\nfetch = "1h"\nallow_hosts = ["127.0.0.1"]\n'
        )
        hook = {
            "object_kind": "push",
            "project": {"web_url": f"{server.url}app", "path_with_namespace": urlsplit(url).path[1:-4]},
        }
        with serving(freshlayer, tmp_path / "log", "--config", str(config), str(project)) as port:
            wait_until(lambda: len(watched(port)) == 1, seconds=90, what="the first fetch")
            upstream.commit("web/Dockerfile", "FROM scratch\n")
            upstream.push("main")
            assert post(port, "/webhooks/lab", hook, {"X-Gitlab-Token": "lab"})[0] == 202
            wait_until(lambda: len(watched(port)) == 2, seconds=90, what="the fetch of the push")


def watched(port: int) -> list[object]:
    found: list[object] = json.loads(get(port, "/api/dockerfiles")[1])["dockerfiles"]
    return found


def test_a_secret_that_is_named_and_missing_ends_the_start(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    without = freshlayer.but(LAB_TOKEN="")
    told = without("watch", "--listen", "127.0.0.1:1", "--config", configured(tmp_path), str(project))
    assert told.code == 2
    assert told.err.endswith("[webhooks.lab] secret_env: the variable LAB_TOKEN is not set (set it)\n")


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "not a report of a build: Expected `object`, got `array`"),
        ({"version": 1, "key": "k" * 8, "builds": [], "more": 1}, "unknown field `more`"),
        ({"version": 2, "key": "k" * 8, "builds": []}, "Invalid enum value 2"),
        ({"version": 1, "key": "k", "builds": []}, "matching regex"),
    ],
)
def test_a_document_that_is_no_report_is_refused(
    freshlayer: Freshlayer, project: Path, tmp_path: Path, document: object, fault: str
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    with serving(freshlayer, tmp_path / "log", "--config", configured(tmp_path), str(project)) as port:
        status, text = post(port, "/api/builds", document, {"Authorization": "Bearer of reports"})
        assert (status, fault in json.loads(text)["error"]) == (422, True), text


EVENT = {
    **{"dockerfile": "", "platform": "", "builder": "", "engine": ""},
    **{"at": 1, "result": "built", "instructions": [], "took_up": []},
}


def last(seconds: float, at: int) -> list[dict[str, object]]:
    return [{"stage": "", "instruction": "i", "earlier": {"chain": "c", "seconds": seconds, "at": at}}]


@pytest.mark.parametrize(
    ("of_event", "of_build"),
    [
        ({"at": -1}, {}),
        ({"at": -(10**30)}, {}),
        ({"instructions": [["", 1, "d", "ran", -1.0]]}, {}),
        ({"instructions": [["", 1, "d", "ran", 1.0, 1e300]]}, {}),
        ({"instructions": [["", 10**30, "d", "ran"]]}, {}),
        ({"instructions": [["", -1, "d", "ran"]]}, {}),
        ({"instructions": [["", 2**60, "d", "ran"]]}, {}),
        ({"took_up": [["https://h/x", "no identity"]]}, {}),
        ({}, {"built": [{"stage": "", "instruction": "i", "built": {"pairs": [["r", "no"]], "key": "k"}}]}),
        ({}, {"last_builds": last(-1, 1)}),
        ({}, {"last_builds": last(1, -1)}),
        ({}, {"last_builds": last(1, 10**30)}),
    ],
)
def test_what_the_state_takes_for_damage_is_refused(
    tmp_path: Path, of_event: dict[str, object], of_build: dict[str, object]
) -> None:
    """A state file with such a row would be set aside: one report would end the memory of the service."""
    warned: list[str] = []
    arrivals = Arrivals(lambda: None)
    arrivals.watched = {"/p/Dockerfile": "/p/Dockerfile"}
    path = tmp_path / "state.sqlite3"
    recorder = BuildRecorder(
        arrivals, lambda: contextlib.closing(SqliteStore(path, warned.append)), "", lambda: 10
    )
    build = {"dockerfile": "/p/Dockerfile", "platform": "", "event": EVENT}
    good, bad = {**build}, {**build, "event": {**EVENT, "at": 2, **of_event}, **of_build}
    answers = [
        recorder(json.dumps({"version": 1, "key": key * 8, "builds": [it]}).encode())[0].status
        for key, it in (("a", good), ("b", bad))
    ]
    with contextlib.closing(SqliteStore(path, warned.append)) as store:
        assert len(store.history_of_dockerfile("/p/Dockerfile", 9).builds) == 1
        store.last_builds(Scope("/p/Dockerfile", "", ""), [])
    assert (answers, warned) == ([201, 422], [])
