"""Caddy, in two versions that make different tags."""

from __future__ import annotations

import json
from collections.abc import Iterator

from testing.servers.base import BESIDE_PYTHON, Served, Server

CONFIGURATION = """\
{{
  admin off
  auto_https off
}}
:{port} {{
  bind 127.0.0.1
  root * {directory}
  file_server
  log {{
    output file {log}
    format json
  }}
}}
"""


class Caddy(Server):
    """The Caddy of a wheel: the time in its tags has nanoseconds, since 2.7 or so."""

    PROGRAM = str(BESIDE_PYTHON / "caddy")
    SEVERAL_WRITERS = True

    def configure(self) -> None:
        text = CONFIGURATION.format(port=self.port, directory=self.directory, log=self.log)
        (self.home / "Caddyfile").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        configuration = ["--config", str(self.home / "Caddyfile"), "--adapter", "caddyfile"]
        return [self.program, "run", *configuration]

    def logged(self) -> Iterator[Served]:
        for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n") and '"request"' in line:
                entry = json.loads(line)
                request = entry["request"]
                yield Served(request["method"], request["uri"], entry["status"], entry["size"])


class DebianCaddy(Caddy):
    """The Caddy of the system, 2.6 in Debian 12: the time in its tags has seconds."""

    PROGRAM = "/usr/bin/caddy"
    SEVERAL_WRITERS = True
