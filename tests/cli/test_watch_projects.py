"""``freshlayer watch`` of repositories: cloned, judged and named by their URL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.logging_server import LoggingServer, Reply
from testing.origins import ServeOrigin
from testing.servers.git_http import GitHttp
from testing.upstream import Upstream


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "data")}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def test_a_repository_is_cloned_and_its_images_have_its_name(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    upstream = Upstream(tmp_path / "upstream")
    upstream.commit("Dockerfile", f"FROM scratch\nRUN curl {origin.url}a\n")
    upstream.commit("web/Dockerfile", "FROM scratch\nCOPY get.sh .\nRUN ./get.sh\n")
    upstream.commit("web/get.sh", f"#!/bin/sh\ncurl {origin.url}b\n")
    upstream.git("branch", "release/1")
    upstream.push("main", "release/1")
    config = tmp_path / "watch.toml"
    with GitHttp(upstream.served) as server:
        url = f"{server.url}app.git"
        refused = freshlayer("watch", "--once", url)
        assert refused.code == 2
        assert "has an address that is not public (name it in allow_hosts); it is not watched" in refused.err
        config.write_text(
            f'[[projects]]\ngit = "{url}"\nbranches = ["main", "release/*"]\n'
            '[repositories]\nallow_hosts = ["127.0.0.1"]\n'
        )
        told = freshlayer("watch", "--once", "--json", "--config", str(config))
        assert told.err == ""
        reports = [it["dockerfile"] for it in json.loads(told.out)["dockerfiles"]]
        branches = (f"{url}@main", f"{url}@release/1")
        assert reports == [f"{it}:{name}" for it in branches for name in ("Dockerfile", "web/Dockerfile")]
        assert {request.path for request in origin.requests()} == {"/a", "/b"}
    told = freshlayer("watch", "--once", "--json", "--config", str(config))
    assert (told.code, [it["dockerfile"] for it in json.loads(told.out)["dockerfiles"]]) == (2, reports)
    assert "its last clone is watched" in told.err


def test_what_a_clone_names_is_neither_local_nor_gets_a_credential_unless_its_host_is_allowed(
    freshlayer: Freshlayer, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login user password hunter2\n")
    (home / ".netrc").chmod(0o600)
    redirects = {"Location": ""}
    with LoggingServer(
        lambda it: (
            Reply(status=302, headers=redirects) if it.target == "/r" else Reply(headers={"ETag": '"1"'})
        )
    ) as origin:
        local = f"http://127.0.0.1:{origin.port}"
        redirects["Location"] = f"{local}/redirected"
        upstream = Upstream(tmp_path / "upstream")
        upstream.commit(
            "Dockerfile",
            f"FROM scratch\nADD {local}/a /\nADD {local}/b.git#main /\n"
            f"ADD http://localhost:{origin.port}/r /\n",
        )
        upstream.push("main")
        with GitHttp(upstream.served) as server:
            url = server.url.replace("127.0.0.1", "localhost") + "app.git"
            config = tmp_path / "watch.toml"
            as_user = freshlayer.but(HOME=str(home))
            for hosts, requested in (('"localhost"', {"/r"}), ('"localhost", "127.0.0.1"', {"/r", "/a"})):
                config.write_text(f'[[projects]]\ngit = "{url}"\n[repositories]\nallow_hosts = [{hosts}]\n')
                told = as_user("watch", "--once", "--json", "--config", str(config))
                assert len(json.loads(told.out)["dockerfiles"]) == 1
                seen = origin.requests()
                assert requested <= {it.target for it in seen}
                if "127" not in hosts:
                    assert {it.target for it in seen} == requested
                    assert not any("authorization" in it.headers for it in seen)
                else:
                    assert any("authorization" in it.headers for it in seen if it.target == "/a")
                    assert "hunter2" not in told.out + told.err
