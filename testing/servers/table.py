"""Every server of files, by the name that tests and documentation call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from testing.servers.apache import Apache
from testing.servers.base import Server
from testing.servers.caddy import Caddy, DebianCaddy
from testing.servers.front import HAProxy, Squid, Varnish
from testing.servers.h2o import H2o
from testing.servers.lighttpd import Lighttpd
from testing.servers.nginx import Nginx, gzip, gzip_static, head_refused
from testing.servers.plain import PythonServer, Rclone


@dataclass(frozen=True, slots=True)
class Kind:
    """How a server is made, and the programs that have to be installed for it."""

    make: Callable[[], Server]
    programs: tuple[str, ...]


def _kind(server: type[Server], *beside: str) -> Kind:
    return Kind(server, (server.PROGRAM, *beside))


def _nginx(lines: str) -> Kind:
    return Kind(partial(Nginx, server=lines), (Nginx.PROGRAM,))


def _apache(etag: str) -> Kind:
    return Kind(partial(Apache, etag=etag), (Apache.PROGRAM,))


FILE_SERVERS: Mapping[str, Kind] = {
    "nginx": _kind(Nginx),
    "nginx, gzip": _nginx(gzip()),
    "nginx, gzip_static": _nginx(gzip_static()),
    "nginx, HEAD refused": _nginx(head_refused()),
    "Apache": _kind(Apache),
    "Apache, FileETag INode MTime Size": _apache("INode MTime Size"),
    "Apache, FileETag Digest": _apache("Digest"),
    "lighttpd": _kind(Lighttpd),
    "Caddy 2.6": _kind(DebianCaddy),
    "Caddy 2.11": _kind(Caddy),
    "h2o": _kind(H2o),
    "HAProxy": _kind(HAProxy, Nginx.PROGRAM),
    "Squid": _kind(Squid, Nginx.PROGRAM),
    "Varnish": _kind(Varnish, "varnishncsa", Nginx.PROGRAM),
    "Python's http.server": _kind(PythonServer),
    "rclone serve http": _kind(Rclone),
}
