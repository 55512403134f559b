"""Servers in front of an origin, an nginx each: HAProxy, and the caches Squid and Varnish."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from testing.servers.base import Served, Server, as_nobody, find, parse_lines
from testing.servers.nginx import Nginx

HAPROXY = """\
global
  log stdout format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{port}
  default_backend behind
backend behind
  server origin 127.0.0.1:{behind}
"""
SQUID = """\
http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent {behind} 0 no-query originserver name=origin
http_access allow all
cache_mem 32 MB
pid_filename none
cache_log {home}/cache.log
cache_store_log none
coredump_dir {home}
icon_directory {home}
logfile_rotate 0
logformat lines %rm %ru %>Hs %<st %<sh
access_log stdio:{log} lines
shutdown_lifetime 0 seconds
"""
SQUID_LINE = re.compile(r"([A-Z]+) (\S+) (\d{3}) (\d+) (\d+)\n")
VARNISH = """\
vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{behind}"; }}
"""


class Front(Server):
    """`origin` is the server behind, which has the files."""

    def prepare(self) -> None:
        self.origin = self.also(Nginx(self.directory))

    def restart(self) -> None:
        self.origin.restart()
        super().restart()

    def write(self, name: str, text: str) -> None:
        """A file of configuration in `home`."""
        filled = text.format(port=self.port, behind=self.origin.port, home=self.home, log=self.log)
        (self.home / name).write_text(filled, encoding="utf-8")


class HAProxy(Front):
    """It keeps nothing, and its log lacks the size of bodies: what went through is in the origin's."""

    PROGRAM = "haproxy"

    def configure(self) -> None:
        self.write("haproxy.cfg", HAPROXY)

    def command(self) -> list[str]:
        return [self.program, "-db", "-f", str(self.home / "haproxy.cfg")]

    def logged(self) -> Iterable[Served]:
        return self.origin.logged()


class Squid(Front):
    """An accelerator. Without a Cache-Control from the origin it guesses how long an answer is fresh."""

    PROGRAM = "squid"

    def configure(self) -> None:
        self.write("squid.conf", SQUID)

    def command(self) -> list[str]:
        return as_nobody([self.program, "-N", "-f", str(self.home / "squid.conf")], self.home)

    def logged(self) -> Iterator[Served]:
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        for method, url, status, body_bytes, header_octets in SQUID_LINE.findall(text):
            yield Served(method, urlsplit(url).path, int(status), int(body_bytes) - int(header_octets))


class Varnish(Front):
    """With its defaults it keeps an answer for two minutes, and minds no Cache-Control of a client."""

    PROGRAM = "varnishd"

    def configure(self) -> None:
        self.write("default.vcl", VARNISH)

    def command(self) -> list[str]:
        listen = ["-a", f"127.0.0.1:{self.port}", "-n", str(self.home / "work"), "-j", "none"]
        return [self.program, "-F", *listen, "-f", str(self.home / "default.vcl"), "-s", "malloc,32m"]

    def logged(self) -> Iterator[Served]:
        """From the log that Varnish keeps in memory, and what was saved of it before a restart."""
        yield from super().logged()
        yield from parse_lines(self._log_in_memory())

    def down(self) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(self._log_in_memory())
        super().down()

    def _log_in_memory(self) -> str:
        argv = [find("varnishncsa"), "-n", str(self.home / "work"), "-d", "-F", "%m %U%q %s %b"]
        return subprocess.run(argv, check=False, capture_output=True, text=True).stdout
