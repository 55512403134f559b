"""The act of the service: an origin changes, the API states what is stale and why, the trigger builds."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from testing.base_image import BASE
from testing.command import FRESHLAYER, chosen, freshlayer
from testing.origins import ServeOrigin, by_builds
from testing.process import Child, wait_until
from testing.servers.base import free_port
from testing.seven_acts import FIRST_TAG, SECOND_TAG, Act

NUMBER = 8
_SECONDS = 90
_CONFIGURATION = """\
interval = 1
search = 1
settle = 2

[triggers.rebuild]
type = "command"
command = {argv}
"""


def watch_act(here: Path, environment: Mapping[str, str], program: str = "docker") -> Act:
    """Played in the directory; ``environment`` leads to the builder."""
    context, state = here / "context", here / "state.sqlite3"
    context.mkdir(parents=True)
    with ServeOrigin(here, FIRST_TAG) as origin:
        (context / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -q -O /file {origin.url}\n")
        build = ["--state", str(state), *chosen(program), "build", "--network=host", str(context)]
        first = freshlayer(build, environment, here)
        config = here / "watch.toml"
        config.write_text(_CONFIGURATION.format(argv=json.dumps([*FRESHLAYER, *build])))
        seen = [f"exit {first.code}", *_served(here, environment, config, context, state, origin, program)]
        built = len([it for it in by_builds(origin.requests()) if it.method == "GET"])
    log = (here / "watch.log").read_text("utf-8", "replace")
    expected = f"exit 0; fresh; stale since {origin.url.rstrip('/')} changed; fresh; built 2 times"
    title = "the service: the origin changes, the API states why the image is stale, the trigger rebuilds"
    return Act(NUMBER, title, expected, "; ".join([*seen, f"built {built} times"]), first.err + log)


def _served(
    here: Path,
    environment: Mapping[str, str],
    config: Path,
    context: Path,
    state: Path,
    origin: ServeOrigin,
    program: str,
) -> list[str]:
    port = free_port()
    words = ["--state", str(state), *chosen(program), "watch", "--listen", f"127.0.0.1:{port}"]
    argv = [*FRESHLAYER, *words, "--config", str(config), str(context)]
    service = Child(argv, log=here / "watch.log", environment=environment)
    try:
        service.wait_until(lambda: _standing(port) is not None, seconds=_SECONDS)
        seen = [_shown(port)]
        origin.set_tag(SECOND_TAG)
        wait_until(lambda: _shown(port) != "fresh", seconds=_SECONDS, what="the image to be stale")
        seen.append(_shown(port))
        wait_until(lambda: _shown(port) == "fresh", seconds=_SECONDS, what="the image to be fresh")
        return [*seen, _shown(port)]
    finally:
        if service.is_running:
            os.kill(service.pid, signal.SIGTERM)
            wait_until(lambda: not service.is_running, seconds=_SECONDS, what="the end of the service")


def _shown(port: int) -> str:
    causes = (_standing(port) or {}).get("causes", [])
    return f"stale since {causes[0]['reference'].rstrip('/')} changed" if causes else "fresh"


def _standing(port: int) -> dict[str, Any] | None:
    """Of the one Dockerfile, from the API; None before its first judgement."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/api/dockerfiles")
            document = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
    found: list[dict[str, Any]] = document["dockerfiles"] if isinstance(document, dict) else document
    return found[0] if found else None
