"""An origin that misbehaves in a way of your choice, byte for byte; for the tests of bad input.

with MisbehavingOrigin("never answers") as origin:
    probe(origin.url)
with MisbehavingOrigin(status(429, {"Retry-After": "1"})) as origin:
    ...
"""

import contextlib
import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from testing.origins import Request

BODY = b"twenty bytes of data"
MEGABYTE = 1 << 20
# How long accept() may block before it looks whether the origin is being closed: not every system wakes it.
TICK = 0.05
_METHOD = re.compile(rb"[A-Z]*(?: |\Z)")


class _Closing(Exception):  # noqa: N818 - no error: the way out of a behaviour that would never end
    """The origin is being closed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and the means to answer it in any way. `earlier` are the requests before it."""

    request: Request
    earlier: tuple[Request, ...]
    connection: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        """Write `data` as it is."""
        self.connection.sendall(data)
        if self.closing.is_set():
            raise _Closing

    def pause(self, seconds: float) -> None:
        """Wait, unless the origin is closed meanwhile."""
        if self.closing.wait(seconds):
            raise _Closing

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Write a status line and headers, without the empty line at the end."""
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{k}: {v}" for k, v in headers.items())]
        self.send("".join(f"{line}\r\n" for line in lines).encode("latin-1"))

    def respond(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Write a whole answer, whose connection ends with it."""
        self.head(status, {"Connection": "close", "Content-Length": str(len(body)), **headers})
        self.send(b"\r\n" + (b"" if self.request.method == "HEAD" else body))


Behaviour = Callable[[Exchange], None]


def _phrase(status: int) -> str:
    return http.client.responses.get(status, "Whatever")


# --- behaviours that take an argument -------------------------------------------------------------


def status(code: int, headers: Mapping[str, str] | None = None, body: bytes = BODY) -> Behaviour:
    """Every request is answered with this status and these headers."""
    return lambda exchange: exchange.respond(code, headers or {}, body)


def redirect(target: str, code: int = 302) -> Behaviour:
    """Every request is sent on to `target`."""
    return status(code, {"Location": target}, b"")


def tags(*values: str) -> Behaviour:
    """The first request sees the first tag, the second the next; the last one stays."""

    def answer(exchange: Exchange) -> None:
        exchange.respond(200, {"ETag": values[min(len(exchange.earlier), len(values) - 1)]}, BODY)

    return answer


def headers_only_for(method: str, headers: Mapping[str, str]) -> Behaviour:
    """These headers for one method, none for the others."""

    def answer(exchange: Exchange) -> None:
        exchange.respond(200, headers if exchange.request.method == method else {}, BODY)

    return answer


# --- behaviours that take none --------------------------------------------------------------------


def never_answers(exchange: Exchange) -> None:
    """Takes the request and answers nothing."""
    while True:
        exchange.pause(60)


def closes_at_once(exchange: Exchange) -> None:
    """Takes the request and hangs up."""
    exchange.pause(0)


def drips_headers(exchange: Exchange) -> None:
    """One short header each second, without end."""
    exchange.head(200, {})
    for number in _counted():
        exchange.send(f"X-Drop-{number}: .\r\n".encode())
        exchange.pause(1)


def drips_bytes(exchange: Exchange) -> None:
    """One byte of one header each second, without end."""
    exchange.head(200, {})
    exchange.send(b"X-Drops: ")
    while True:
        exchange.send(b".")
        exchange.pause(1)


def endless_headers(exchange: Exchange) -> None:
    """Header after header, as fast as they are read."""
    exchange.head(200, {})
    for number in _counted():
        exchange.send(f"X-{number}: {'x' * 1000}\r\n".encode())


def endless_body(exchange: Exchange) -> None:
    """Refuses HEAD; a GET, whatever its range, is answered with bytes without end."""
    if exchange.request.method == "HEAD":
        exchange.respond(405, {"Allow": "GET"})
        return
    exchange.head(200, {"Connection": "close"})
    exchange.send(b"\r\n")
    while True:
        exchange.send(b"\0" * 65536)


def tag_with_escapes(exchange: Exchange) -> None:
    """An entity tag that would set the window's title, turn the text red and ring the bell."""
    exchange.respond(200, {"ETag": '"\x1b]0;pwned\x07\x1b[31mred\x1b[2J"'}, BODY)


def tag_of_a_megabyte(exchange: Exchange) -> None:
    """An entity tag of 1,048,576 characters."""
    exchange.respond(200, {"ETag": f'"{"x" * MEGABYTE}"'}, BODY)


def redirect_loop(exchange: Exchange) -> None:
    """`/` leads to `/loop`, and that back to `/`."""
    exchange.respond(302, {"Location": "/loop" if exchange.request.path == "/" else "/"})


def new_tag_every_request(exchange: Exchange) -> None:
    """The tag is the number of the request."""
    exchange.respond(200, {"ETag": f'"{len(exchange.earlier)}"'}, BODY)


def changes_when_downloaded(exchange: Exchange) -> None:
    """Tag "before" until a whole body was sent, tag "after" from then on."""
    downloads = [r for r in exchange.earlier if r.method == "GET" and "range" not in r.headers]
    exchange.respond(200, {"ETag": '"after"' if downloads else '"before"'}, BODY)


def no_validators(exchange: Exchange) -> None:
    """Always the same twenty bytes, and no header that states it."""
    exchange.respond(200, {"Content-Type": "application/octet-stream"}, BODY)


def steady(exchange: Exchange) -> None:
    """No misbehaviour: one strong tag."""
    exchange.respond(200, {"ETag": '"steady"'}, BODY)


def head_refused(exchange: Exchange) -> None:
    """Refuses HEAD; knows ranges and tags."""
    tag = {"ETag": '"ranged"', "Accept-Ranges": "bytes"}
    if exchange.request.method == "HEAD":
        exchange.respond(405, {"Allow": "GET"})
    elif exchange.request.headers.get("range") == "bytes=0-0":
        exchange.respond(206, {**tag, "Content-Range": f"bytes 0-0/{len(BODY)}"}, BODY[:1])
    else:
        exchange.respond(200, tag, BODY)


def hangs_up_after_head(exchange: Exchange) -> None:
    """HEAD is answered without evidence; anything else finds the line dead."""
    if exchange.request.method == "HEAD":
        exchange.respond(200, {})


def truncates(exchange: Exchange) -> None:
    """Refuses HEAD; promises a thousand bytes and hangs up after twenty."""
    refused = exchange.request.method == "HEAD"
    exchange.respond(405 if refused else 200, {"Content-Length": "1000"}, BODY)


def speaks_no_http(exchange: Exchange) -> None:
    """Answers as a mail server would."""
    exchange.send(b"220 mail.example.org ESMTP\r\n")


BEHAVIOURS: Mapping[str, Behaviour] = {
    "never answers": never_answers,
    "closes at once": closes_at_once,
    "drips headers": drips_headers,
    "drips bytes": drips_bytes,
    "endless headers": endless_headers,
    "endless body": endless_body,
    "tag with escapes": tag_with_escapes,
    "tag of a megabyte": tag_of_a_megabyte,
    "redirect loop": redirect_loop,
    "new tag every request": new_tag_every_request,
    "changes when downloaded": changes_when_downloaded,
    "no validators": no_validators,
    "steady": steady,
    "head refused": head_refused,
    "hangs up after head": hangs_up_after_head,
    "truncates": truncates,
    "speaks no http": speaks_no_http,
    "401": status(401, {"WWW-Authenticate": 'Basic realm="test"'}),
    "403": status(403),
    "404": status(404),
    "410": status(410),
    "429": status(429, {"Retry-After": "1"}),
    "500": status(500),
    "503": status(503),
    "redirect to file": redirect("file:///etc/passwd"),
}


def _counted() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


# --- the origin -----------------------------------------------------------------------------------


class MisbehavingOrigin:
    """A server on loopback that answers by `behaviour`: a name in BEHAVIOURS, or a function.

    With `tls` it speaks HTTPS. Closing it ends every exchange, at whatever point it is.
    """

    def __init__(self, behaviour: str | Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = BEHAVIOURS[behaviour] if isinstance(behaviour, str) else behaviour
        self._tls = tls
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(TICK)
        self._workers: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def requests(self) -> list[Request]:
        """Every request so far, oldest first. Their status is 0: an answer may have none."""
        with self._lock:
            return list(self._requests)

    def close(self) -> None:
        if self._closing.is_set():
            return
        with self._lock:
            self._closing.set()
            for connection in self._connections:
                _cut(connection)
        for thread in (self._acceptor, *self._workers):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(None)
                worker = threading.Thread(target=self._serve, args=(self._secured(connection),))
                self._workers.append(worker)
                worker.start()

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _serve(self, connection: socket.socket) -> None:
        # A client that hangs up, or that does not trust our certificate, is what many tests are about.
        with connection, contextlib.suppress(OSError, _Closing), self._known(connection):
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            request = _receive(connection)
            if request is not None:
                self._behaviour(Exchange(request, self._note(request), connection, self._closing))

    @contextlib.contextmanager
    def _known(self, connection: socket.socket) -> Iterator[None]:
        """Within it, close() cuts the connection, so that no read or write outlasts the origin."""
        with self._lock:
            if self._closing.is_set():
                raise _Closing
            self._connections.append(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.remove(connection)

    def _note(self, request: Request) -> tuple[Request, ...]:
        with self._lock:
            earlier = tuple(self._requests)
            self._requests.append(request)
            return earlier

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # The plain socket's method: a TLS socket's own would change its state under the thread that uses it.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _receive(connection: socket.socket) -> Request | None:
    """The head of a request; None when the client hangs up first, or speaks another protocol than HTTP."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data or not _METHOD.match(head + data):
            return None
        head += data
    first, *rest = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in rest)
    return Request(method, path, 0, {name.strip().lower(): value.strip() for name, _, value in pairs})
