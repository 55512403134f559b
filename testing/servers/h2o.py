"""h2o: nginx's kind of tag."""

from __future__ import annotations

import os

from testing.servers.base import Server

CONFIGURATION = """\
{user}
num-threads: 1
pid-file: {home}/h2o.pid
error-log: /dev/stderr
access-log:
  path: {log}
  format: "%m %U%q %s %b"
hosts:
  default:
    listen:
      host: 127.0.0.1
      port: {port}
    paths:
      "/":
        file.dir: {directory}
"""


class H2o(Server):
    """One thread, so that its log is in order."""

    PROGRAM = "h2o"
    SEVERAL_WRITERS = True

    def configure(self) -> None:
        text = CONFIGURATION.format(
            # To stay root it needs the name; another user can't become root.
            user="user: root" if os.geteuid() == 0 else "",
            home=self.home,
            log=self.log,
            port=self.port,
            directory=self.directory,
        )
        (self.home / "h2o.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        return [self.program, "-m", "worker", "-c", str(self.home / "h2o.conf")]
