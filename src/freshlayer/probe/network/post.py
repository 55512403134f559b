"""One message to the user's own receiver, with a deadline for all of it. No redirect, no proxy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from msgspec import Struct

from freshlayer.probe.network.libcurl import authorities, pycurl

_MOST_HEADERS = 64 * 1024
_DIGITS = 3  # of a status (RFC 9112 §4)
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
    pycurl.E_SSL_CERTPROBLEM: "the client certificate can't be used",
    pycurl.E_SSL_CACERT_BADFILE: "the file of the CAs can't be read",
    pycurl.E_USE_SSL_FAILED: "the server has no TLS",
    pycurl.E_LOGIN_DENIED: "the login was refused",
    pycurl.E_UNSUPPORTED_PROTOCOL: "this libcurl has no such protocol",
    pycurl.E_ABORTED_BY_CALLBACK: "it was ended with the service",
}


_REFUSED = 400
_WEIRD_SERVER_REPLY = 8
"""A number of libcurl that pycurl has no name for."""

_OF_SERVER = frozenset(
    {pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_UPLOAD_FAILED, _WEIRD_SERVER_REPLY}
)
"""What libcurl states where a server of mails refuses."""


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
            self.status = int(code[0]) if code and len(code[0]) == _DIGITS and code[0].isdigit() else 0
        ended = self.status >= _FINAL and not line.strip()
        return -1 if ended or self._bytes > _MOST_HEADERS else None


class Post(Struct, frozen=True):
    """``method``: POST or PUT. ``authorities``: a file of the CAs that are trusted; empty: the usual ones."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    authorities: str = ""


class Mail(Struct, frozen=True):
    """``tls``: starttls, tls or none. ``content``: with CRLF."""

    host: str
    port: int
    tls: str
    sender: str
    recipients: Sequence[str]
    content: bytes
    user: str = ""
    password: bytes = b""


def post(message: Post, seconds: float, stopping: Callable[[], bool]) -> int:
    """The status of the answer. ``stopping`` is called again and again. Raises PostError."""
    head, handle = _Head(), pycurl.Curl()
    try:
        handle.setopt(pycurl.URL, message.url.encode())
        handle.setopt(pycurl.POSTFIELDS, message.body)
        handle.setopt(pycurl.CUSTOMREQUEST, message.method)
        headers = [f"{name}: {value}".encode() for name, value in message.headers.items()]
        handle.setopt(pycurl.HTTPHEADER, [*headers, b"Expect:"])
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.PATH_AS_IS, 1)
        handle.setopt(pycurl.HEADERFUNCTION, head.on_line)
        handle.setopt(pycurl.WRITEFUNCTION, lambda _: -1)
        handle.setopt(pycurl.PROXY, "")
        limit(handle, message.authorities, seconds, stopping)
        handle.perform()
    except pycurl.error as error:
        code = int(error.args[0])
        if code != pycurl.E_WRITE_ERROR or head.status < _FINAL:
            raise PostError(clause(code, seconds, stopping)) from None
    finally:
        handle.close()
    return head.status


def send_mail(mail: Mail, seconds: float, stopping: Callable[[], bool]) -> None:
    """``stopping`` is called again and again. Raises PostError."""
    handle = pycurl.Curl()
    try:
        host = f"[{mail.host}]" if ":" in mail.host else mail.host
        handle.setopt(pycurl.URL, f"{'smtps' if mail.tls == 'tls' else 'smtp'}://{host}:{mail.port}")
        if mail.tls != "none":
            handle.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
        if mail.user:
            handle.setopt(pycurl.USERNAME, mail.user.encode())
            handle.setopt(pycurl.PASSWORD, mail.password)
        handle.setopt(pycurl.MAIL_FROM, f"<{mail.sender}>")
        handle.setopt(pycurl.MAIL_RCPT, [f"<{it}>" for it in mail.recipients])
        handle.setopt(pycurl.UPLOAD, 1)
        handle.setopt(pycurl.READDATA, BytesIO(mail.content))
        handle.setopt(pycurl.INFILESIZE, len(mail.content))
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_SMTP | pycurl.PROTO_SMTPS)
        handle.setopt(pycurl.WRITEFUNCTION, lambda _: None)
        handle.setopt(pycurl.PROXY, "")
        limit(handle, "", seconds, stopping)
        handle.perform()
    except pycurl.error as error:
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if status >= _REFUSED and int(error.args[0]) in _OF_SERVER:
            raise PostError(f"the server answered with {status}") from None
        raise PostError(clause(int(error.args[0]), seconds, stopping)) from None
    finally:
        handle.close()


def limit(handle: pycurl.Curl, trusted: str, seconds: float, stopping: Callable[[], bool]) -> None:
    """What a service's transfers have in common. ``trusted``: a file of CAs; empty: the usual ones."""
    latest = time.monotonic() + seconds
    handle.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
    handle.setopt(pycurl.NOPROGRESS, 0)
    handle.setopt(pycurl.XFERINFOFUNCTION, lambda *_: int(stopping() or time.monotonic() > latest))
    handle.setopt(pycurl.CAINFO, trusted or authorities())


def clause(code: int, seconds: float, stopping: Callable[[], bool]) -> str:
    """Why a transfer failed. ``code``: of libcurl."""
    aborted = code == pycurl.E_ABORTED_BY_CALLBACK and not stopping()
    if aborted or code == pycurl.E_OPERATION_TIMEDOUT:
        return f"it took more than {seconds:g} s"
    return _CLAUSES.get(code, f"libcurl's error {code}")
