"""nginx: files as they are, and everything that a few lines of configuration make of it.

with Nginx(server=playback("/app.tar", {"ETag": '"1"', "X-Checksum-Sha1": "…"})) as origin:
    probe(origin.url + "app.tar")

What `server` and `http` may hold is any nginx configuration; the functions below write some of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from testing.servers.base import Served, Server
from testing.tls import SelfSigned

LOGGED_HEADERS = (
    "accept",
    "authorization",
    "cookie",
    "if-none-match",
    "private-token",
    "range",
    "user-agent",
)
CONFIGURATION = """\
user root;
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections {connections}; }}
http {{
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  log_format lines escape=json '{log_format}';
  access_log {log} lines;
  default_type application/octet-stream;
  types {{ text/html html; text/plain txt; application/json json; }}
  {http}
  server {{
    listen 127.0.0.1:{port} {listen};
    root {directory};
    {server}
  }}
}}
"""


class Nginx(Server):
    """nginx with one worker, so that its log is in order.

    `server` and `http` are lines for the blocks of these names; they may name `{home}`, a directory of this
    server's own. With `tls` it speaks HTTPS, and HTTP/2 where the client wants that. It closes those of more
    than `connections` at once.
    """

    PROGRAM = "nginx"

    def __init__(
        self,
        directory: Path | None = None,
        *,
        server: str = "",
        http: str = "",
        tls: SelfSigned | None = None,
        connections: int = 1024,
    ) -> None:
        self._server = server
        self._connections = connections
        self._http = http
        self._tls = tls
        super().__init__(directory, scheme="https" if tls else "http")

    def configure(self) -> None:
        text = CONFIGURATION.format(
            home=self.home,
            connections=self._connections,
            log=self.log,
            log_format=_log_format(),
            http=self._http.replace("{home}", str(self.home)),
            port=self.port,
            listen="ssl http2" if self._tls else "",
            directory=self.directory,
            server=_tls_lines(self._tls) + self._server.replace("{home}", str(self.home)),
        )
        (self.home / "nginx.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        return [self.program, "-e", "stderr", "-p", str(self.home), "-c", str(self.home / "nginx.conf")]

    def change(self, *, server: str) -> None:
        """Go on, on the same port, with other lines in the block `server`."""
        self._server = server
        self.restart()

    def logged(self) -> Iterator[Served]:
        for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield Served(**json.loads(line))


def _log_format() -> str:
    headers = ",".join(f'"{name}":"$http_{name.replace("-", "_")}"' for name in LOGGED_HEADERS)
    return (
        '{"method":"$request_method","path":"$request_uri","status":$status,"body_bytes":$body_bytes_sent,'
        f'"connection":$connection,"headers":{{{headers}}}}}'
    )


def _tls_lines(tls: SelfSigned | None) -> str:
    """Before 1.23.4 nginx speaks TLS 1.3 only where it is named."""
    if tls is None:
        return ""
    certificate = f"ssl_certificate {tls.certificate}; ssl_certificate_key {tls.key};\n"
    return f"{certificate}ssl_protocols TLSv1.2 TLSv1.3;\n"


# --- lines for the block `server` -----------------------------------------------------------------


def quoted(text: str) -> str:
    """`text` as one word of a configuration. nginx has no way to write a dollar sign."""
    if "$" in text:
        raise ValueError(f"nginx would take the dollar sign in {text!r} for a variable")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def playback(path: str, headers: Mapping[str, str], *, status: int = 200, body: str = "a body\n") -> str:
    """Answer exactly `path` with this status and these headers, as another vendor's server was seen to do.

    Where `status` redirects, `body` is the target. A request that sends the entity tag back gets a 304.
    """
    # nginx gives every answer a type of its own, so that one more line of it would be the second.
    lines = [
        f"types {{ }} default_type {quoted(value)};"
        if name == "Content-Type"
        else f"add_header {name} {quoted(value)} always;"
        for name, value in headers.items()
    ]
    tag = {name.lower(): value for name, value in headers.items()}.get("etag")
    if tag is not None:
        lines.append(f"if ($http_if_none_match = {quoted(tag)}) {{ return 304; }}")
    return f"location = {path} {{ {' '.join(lines)} return {status} {quoted(body)}; }}\n"


def redirect(path: str, target: str, headers: Mapping[str, str] | None = None) -> str:
    """Redirect requests for exactly `path` to `target`."""
    return playback(path, headers or {}, status=302, body=target)


def head_refused() -> str:
    """405 for every HEAD."""
    return "if ($request_method = HEAD) { return 405; }\n"


def gzip() -> str:
    """Compress whatever a client wants compressed."""
    return "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;\n"


def gzip_static() -> str:
    """Send `FILE.gz`, where there is one, in place of FILE to a client that takes it."""
    return "gzip_static on;\n"


def basic_auth(path: str, passwords: Path, users: Mapping[str, str]) -> str:
    """Files below `path` are for `users` (name → password), who are written to the file `passwords`."""
    lines = [f"{name}:{{PLAIN}}{password}\n" for name, password in users.items()]
    passwords.write_text("".join(lines), encoding="utf-8")
    return f'location {path} {{ auth_basic "files"; auth_basic_user_file {passwords}; }}\n'


def bearer_auth(path: str, token: str) -> str:
    """Files below `path` are for who shows this token; 401 for others."""
    shown = quoted(f"Bearer {token}")
    return f"location {path} {{ if ($http_authorization != {shown}) {{ return 401; }} }}\n"


def client_certificates(authority: Path) -> str:
    """Only clients with a certificate by `authority` are served; the others get a 400, not a TLS error."""
    return f"ssl_client_certificate {authority}; ssl_verify_client on;\n"


def proxied(path: str, target: str) -> str:
    """What is below `path` comes from `target`, a URL."""
    return f"location {path} {{ proxy_pass {target}; proxy_set_header Host $http_host; }}\n"


def rate_zone(per_minute: int) -> str:
    """For the block `http`: what `rate_limited` counts with."""
    return f"limit_req_zone $server_port zone=asked:1m rate={per_minute}r/m; limit_req_status 429;\n"


def rate_limited(path: str, *, retry_after: int, burst: int = 0) -> str:
    """More requests below `path` than `rate_zone` allows are answered 429 with Retry-After, in seconds."""
    later = f"add_header Retry-After {retry_after} always;"
    queue = f"burst={burst} nodelay" if burst else ""
    return f"location {path} {{ limit_req zone=asked {queue}; {later} }}\n"


def git_backend(path: str, repositories: Path, socket: Path, program: Path) -> str:
    """Repositories below `path` by git's `program`, through the fcgiwrap that listens on `socket`."""
    parameters = {
        "SCRIPT_FILENAME": program,
        "GIT_PROJECT_ROOT": repositories,
        "GIT_HTTP_EXPORT_ALL": 1,
        "PATH_INFO": "$1",
        "REMOTE_USER": "$remote_user",
        "REQUEST_METHOD": "$request_method",
        "QUERY_STRING": "$query_string",
        "CONTENT_TYPE": "$content_type",
        "CONTENT_LENGTH": "$content_length",
    }
    lines = " ".join(f"fastcgi_param {name} {value};" for name, value in parameters.items())
    return f"location ~ ^{path}(/.*)$ {{ {lines} fastcgi_pass unix:{socket}; }}\n"
