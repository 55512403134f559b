"""A server whose own log has too little: an nginx in front of it logs the requests."""

from __future__ import annotations

from testing.servers.base import Served, Server
from testing.servers.nginx import Nginx, proxied

# A HEAD stays a HEAD, a body goes through as it comes, and nothing is too long.
TRANSPARENT = "proxy_http_version 1.1; proxy_request_buffering off; client_max_body_size 0;\n"


class Fronted(Server):
    """`url` is nginx's: what goes there is in `requests()`. `direct` is the server's own, for what is not.

    nginx goes on while the server is down or restarts; it answers 502 then.
    """

    direct: str

    def prepare(self) -> None:
        self.direct = self.url
        behind = proxied("/", self.direct.rstrip("/"))
        self.front = self.also(Nginx(server=TRANSPARENT + behind))
        self.url = self.front.url

    def requests(self) -> list[Served]:
        return self.front.requests()
