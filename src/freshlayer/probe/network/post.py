"""One POST to the user's own receiver, with a deadline for all of it. No redirect, no proxy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from freshlayer.probe.network.curl import authorities
from freshlayer.probe.network.libcurl import pycurl

_MOST_HEADERS = 64 * 1024
_FINAL = 200
_CLAUSES = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the host can't be resolved",
    pycurl.E_COULDNT_CONNECT: "Connection refused",
    pycurl.E_GOT_NOTHING: "the connection was closed",
    pycurl.E_RECV_ERROR: "the connection was closed",
    pycurl.E_SEND_ERROR: "the connection was closed",
    pycurl.E_URL_MALFORMAT: "the URL is malformed",
    pycurl.E_SSL_CONNECT_ERROR: "the TLS connection failed",
    pycurl.E_PEER_FAILED_VERIFICATION: "the certificate is not trusted",
    pycurl.E_ABORTED_BY_CALLBACK: "it was ended with the service",
}


class PostError(Exception):
    """No status was received; the text is a clause without the URL."""


class _Head:
    """The header lines of an answer. Its body is not read."""

    def __init__(self) -> None:
        self.status = 0
        self._bytes = 0

    def on_line(self, line: bytes) -> int | None:
        """Libcurl stops where anything but None or the length is returned."""
        self._bytes += len(line)
        if line.startswith(b"HTTP/"):
            code = line.split(maxsplit=2)[1:2]
            self.status = int(code[0]) if code and code[0].isdigit() else 0
        ended = self.status >= _FINAL and not line.strip()
        return -1 if ended or self._bytes > _MOST_HEADERS else None


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float, stopping: Callable[[], bool]
) -> int:
    """The status of the answer. ``stopping`` is called again and again. Raises PostError."""
    head, handle = _Head(), pycurl.Curl()
    latest = time.monotonic() + seconds
    try:
        handle.setopt(pycurl.URL, url.encode())
        handle.setopt(pycurl.POSTFIELDS, body)
        handle.setopt(
            pycurl.HTTPHEADER, [*(f"{name}: {value}".encode() for name, value in headers.items()), b"Expect:"]
        )
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.PROXY, "")
        handle.setopt(pycurl.PATH_AS_IS, 1)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
        handle.setopt(pycurl.HEADERFUNCTION, head.on_line)
        handle.setopt(pycurl.WRITEFUNCTION, lambda _: -1)
        handle.setopt(pycurl.NOPROGRESS, 0)
        handle.setopt(pycurl.XFERINFOFUNCTION, lambda *_: int(stopping() or time.monotonic() > latest))
        handle.setopt(pycurl.CAINFO, authorities())
        handle.perform()
    except pycurl.error as error:
        code = int(error.args[0])
        if code != pycurl.E_WRITE_ERROR or head.status < _FINAL:
            raise PostError(_clause(code, seconds, stopping)) from None
    finally:
        handle.close()
    return head.status


def _clause(code: int, seconds: float, stopping: Callable[[], bool]) -> str:
    aborted = code == pycurl.E_ABORTED_BY_CALLBACK and not stopping()
    if aborted or code == pycurl.E_OPERATION_TIMEDOUT:
        return f"it took more than {seconds:g} s"
    return _CLAUSES.get(code, f"libcurl's error {code}")
