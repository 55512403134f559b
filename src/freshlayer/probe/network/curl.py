"""libcurl: one transfer, its limits, and the reason of its failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, field

from freshlayer.credentials import Scheme, Tls
from freshlayer.evidence import Hop
from freshlayer.model.reasons import Reason
from freshlayer.probe import proxying
from freshlayer.probe.network.libcurl import authorities, directory_of_authorities, pycurl
from freshlayer.probe.network.messages import MOST_REDIRECTS, Answer, Limits, Request
from freshlayer.request_form import Proxies

if TYPE_CHECKING:
    import hashlib

    from freshlayer.model.image_blobs import BlobSink

_MOST_HEADERS = 64 * 1024
_TOO_MANY_HEADERS = Reason("headers-too-large", detail=f"more than {_MOST_HEADERS // 1024} KiB of headers")
_BODILESS = {"HEAD", "GET"}
_ENDS_LINE = frozenset("\r\n\0")
_MOST_LINES, _LONGEST_LINE = 500, 500
"""Lines of headers that are kept as they were read, and bytes of one of them."""
# Libcurl counts over all transfers of a handle how often it tried again, and gives up after the fifth time.
_MOST_USES = 100
_WINDOW = 64 * 1024
_OK = 200
_REDIRECTION = 3
_HTTP = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
_FTP = pycurl.PROTO_FTP | pycurl.PROTO_FTPS
_BOUNDS_HEADERS = pycurl.version_info()[2] >= 0x080300
"""Whether libcurl itself ends a transfer with more than 300 KiB of headers."""
_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl has no name for: one header line of more than 100 KiB
_FTP_ANSWERS = {
    pycurl.E_REMOTE_FILE_NOT_FOUND: 404,
    pycurl.E_FTP_COULDNT_RETR_FILE: 404,
    pycurl.E_LOGIN_DENIED: 401,
}
_Plain = tuple[str, bool, bool, bool, float]
"""Method, whether with TLS, whether redirects are followed, whether none is expected, seconds to answer."""

_DIGITS = 3  # of a status (RFC 9112 §4)
_Line = tuple[str, str] | int | None
"""Of a line of headers: name and value; of a status line the status, 0 where it has none."""


def _header(line: bytes) -> _Line:
    text = line.decode("iso-8859-1")
    if text.startswith("HTTP/"):
        status = text.rstrip("\r\n").split(" ", 2)[1] if " " in text else ""
        return int(status) if len(status) == _DIGITS and status.isascii() and status.isdigit() else 0
    name, colon, value = text.partition(":")
    return (name.strip().lower(), value.strip()) if colon else None


def _remembered(line: bytes, known: dict[bytes, _Line]) -> _Line:
    found = _header(line)
    if len(line) < _LONGEST_LINE:
        if len(known) == _MOST_LINES:
            known.clear()
        known[line] = found
    return found


class Transfer(Struct):
    """A request that was sent, and what has been received.

    ``ahead``: on a new connection, which the next requests need. ``lines``: headers that are not in ``hops``
    yet; ``known``: lines, read. ``stopped``: a part is all that was wanted. ``error``: why it was ended.
    ``by_directory``: only the CAs of a directory are trusted.
    """

    request: Request
    limits: Limits
    proxies: Proxies | None = None
    ahead: bool = False
    by_directory: bool = False
    known: dict[bytes, _Line] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    hops: list[tuple[int, list[tuple[str, str]]]] = field(default_factory=list)
    header_bytes: int = 0
    length: int = 0
    stopped: bool = False
    error: Reason | None = None
    hasher: hashlib._Hash | None = None
    kept: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.request.digest:
            import hashlib  # noqa: PLC0415 - most bodies are not read

            self.hasher = hashlib.sha256()

    def on_header(self, line: bytes) -> int | None:
        """Libcurl stops where anything but None or the length is returned."""
        self.header_bytes += len(line)
        if self.header_bytes > _MOST_HEADERS:
            self.error = _TOO_MANY_HEADERS
            return 0
        if not self.length or line.startswith(b"HTTP/"):
            self.lines.append(line)
        return None

    def take_headers(self) -> None:
        """Read what was received; what comes after the body is no part of it."""
        lines, self.lines, known = self.lines, [], self.known
        if sum(map(len, lines)) > _MOST_HEADERS:
            self.error = _TOO_MANY_HEADERS
        for line in lines:
            found = known[line] if line in known else _remembered(line, known)
            if isinstance(found, int):
                self.hops.append((found, []))
            elif found and self.hops:
                self.hops[-1][1].append(found)

    def on_body(self, chunk: bytes) -> int | None:
        if self.lines:
            self.take_headers()
        if self.request.part:
            self.kept.append(chunk[: max(0, self.request.read - self.length)])
        self.length += len(chunk)
        if self.length > self.request.read:
            self.stopped = True
            return 0
        if self.request.sink is not None and self.hops[-1][0] == _OK:
            return self._pour(chunk, self.request.sink)
        if self.hasher is not None:
            self.hasher.update(chunk)
        if self.request.keep:
            self.kept.append(chunk)
        return None if self.request.into is None else self._store(chunk, self.request.into)

    def _store(self, chunk: bytes, file: BinaryIO) -> int | None:
        """Write a part of the body, but not that of a redirect or of an error."""
        if self.hops and self.hops[-1][0] != _OK:
            return None
        try:
            if self.length == len(chunk):
                file.seek(0)
                file.truncate()
            file.write(chunk)
        except OSError as error:
            self.error = Reason("answer-not-stored", detail=f"the answer can't be stored: {error.strerror}")
            return 0
        return None

    def _pour(self, chunk: bytes, sink: BlobSink) -> int | None:
        if self.length == len(chunk):
            sink.begin()
        self.stopped = not sink.take(chunk)
        return 0 if self.stopped else None

    def refuse(self) -> None:
        """A connection to an address that is not allowed."""
        self.error = Reason("address-refused")

    def answer(self, error: Reason | None, *, transient: bool) -> Answer:
        hops = self._hops()
        if self.stopped:
            return Answer(hops, length=self.length, body=b"".join(self.kept) if self.request.part else b"")
        if not error:
            digest = self.hasher.hexdigest() if self.hasher else ""
            return Answer(hops, digest=digest, length=self.length, body=b"".join(self.kept))
        return Answer(hops, error=self.error or error, transient=transient)

    def _hops(self) -> tuple[Hop, ...]:
        """Redirects and the last response, without 1xx and a proxy's answer to CONNECT."""
        if len(self.hops) == 1:
            ((status, headers),) = self.hops
            return (Hop(status, tuple(headers)),) if status else ()
        *early, last = self.hops or [(0, [])]
        chain = [*(hop for hop in early if hop[0] // 100 == _REDIRECTION), last]
        return tuple(Hop(status, tuple(headers)) for status, headers in chain if status)

    def location(self) -> str:
        """The target of the last redirect."""
        hops = self._hops()
        return hops[-1].one("location") if hops else ""


class Handles:
    """The handles of a driver, each with the options that it has, as far as the next request may have them.

    Of many requests without a part that is private, the URL and the headers are all that differs; and of
    their answers, few headers. The CAs are those of a directory, where there is one, until one is missing.
    """

    def __init__(self) -> None:
        self._lines: dict[bytes, _Line] = {}
        self._bundle, self._directory = authorities(), directory_of_authorities()
        self._idle: list[pycurl.Curl] = []
        self._plain: dict[pycurl.Curl, tuple[_Plain, float, int]] = {}

    def take(self) -> pycurl.Curl:
        return self._idle.pop() if self._idle else pycurl.Curl()

    def give_back(self, handle: pycurl.Curl) -> None:
        self._idle.append(handle)

    def prepare(self, handle: pycurl.Curl, transfer: Transfer, remaining: float) -> None:
        """Set up a handle for a transfer that has ``remaining`` seconds."""
        request, connect = transfer.request, transfer.limits.connect
        plain = _plain(transfer)
        before, waits, uses = self._plain.pop(handle, (None, connect, 0))
        if plain is None or plain != before or uses == _MOST_USES:
            waits, uses = connect, 0
            handle.reset()
            _prepare(handle, transfer, self._bundle, self._directory)
        if waits != connect:
            handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(connect * 1000))
        transfer.known = self._lines
        transfer.by_directory = bool(self._directory)
        url, is_head = request.url, request.method == "HEAD"
        handle.setopt(pycurl.URL, url if url.isascii() else _bytes(url))
        # Nothing follows the headers of an answer to HEAD: they may be looked at when all of them are here.
        as_they_come = not (is_head and _BOUNDS_HEADERS)
        handle.setopt(pycurl.HEADERFUNCTION, transfer.on_header if as_they_come else transfer.lines.append)
        if not (is_head and uses):
            handle.setopt(pycurl.WRITEFUNCTION, transfer.on_body)
        handle.setopt(pycurl.TIMEOUT_MS, max(1, int(remaining * 1000)))
        authorise(handle, request)
        if plain is not None:
            self._plain[handle] = plain, connect, uses + 1

    def trust_more(self, transfer: Transfer, code: int) -> bool:
        """Whether the transfer is to be sent again: what the directory did not have, the bundle may have.

        A CA that was appended to the bundle by hand is in no directory.
        """
        if code != pycurl.E_PEER_FAILED_VERIFICATION or not transfer.by_directory:
            return False
        self._directory = ""
        self._plain.clear()
        return True


def _plain(transfer: Transfer) -> _Plain | None:
    """What the options of a request depend on beside its URL and its headers; None where that is more."""
    request, url = transfer.request, transfer.request.url
    more = request.is_private or request.refuses_local or request.form or transfer.proxies is not None
    if more or transfer.ahead or request.method not in _BODILESS or "@" in url or not url.startswith("http"):
        return None
    return request.method, url.startswith("https:"), request.follow, request.direct, transfer.limits.answer


def _prepare(handle: pycurl.Curl, transfer: Transfer, bundle: str, directory: str) -> None:
    request, limits = transfer.request, transfer.limits
    handle.setopt(pycurl.NOBODY, request.method == "HEAD")
    if request.method in {"POST", "PUT"}:
        handle.setopt(pycurl.POSTFIELDS, request.form)
        handle.setopt(pycurl.CUSTOMREQUEST, request.method)
    handle.setopt(pycurl.NOSIGNAL, 1)
    # libcurl signs no path that it may not tidy up.
    handle.setopt(pycurl.PATH_AS_IS, request.signer is None)
    handle.setopt(pycurl.FOLLOWLOCATION, request.follow and not _by_hand(request))
    handle.setopt(pycurl.MAXREDIRS, MOST_REDIRECTS)
    handle.setopt(pycurl.PROTOCOLS, _HTTP | _FTP)
    # A redirect never leaves TLS, nor HTTP; libcurl itself drops the URL's own credential where host, port
    # or scheme change.
    lower = 0 if request.url.startswith("https:") else pycurl.PROTO_HTTP
    handle.setopt(pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTPS | lower)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    # Without TLS too, where it costs two round trips: many redirect to HTTPS, where one connection is enough.
    handle.setopt(pycurl.PIPEWAIT, not (request.direct and request.url.startswith("http:")))
    handle.setopt(pycurl.FRESH_CONNECT, transfer.ahead)
    # With FTP the login is a part of connecting, and a server may take its time before it refuses one.
    connect = limits.connect if request.url.startswith("http") else limits.answer
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(connect * 1000))
    handle.setopt(pycurl.LOW_SPEED_LIMIT, 16)
    handle.setopt(pycurl.LOW_SPEED_TIME, max(1, int(limits.answer)))
    handle.setopt(pycurl.OPT_FILETIME, 1)
    # With such a limit libcurl does not widen the window of each stream, a message to the server for each
    # answer; one to HEAD has no body that it would make slower.
    handle.setopt(pycurl.MAX_RECV_SPEED_LARGE, _WINDOW if request.method == "HEAD" else 0)
    secure(handle, request.tls, bundle, directory)
    proxying.prepare(handle, request.url, transfer.proxies, bundle)
    if request.refuses_local:
        from freshlayer.probe.network.local_addresses import guard  # noqa: PLC0415 - of scripts alone

        guard(handle, request, transfer.refuse)


def _by_hand(request: Request) -> bool:
    """Whether ``exchange`` follows redirects."""
    return request.is_private or bool(request.proxies) or request.refuses_local


def authorise(handle: pycurl.Curl, request: Request) -> None:
    """Through options and never on a command line; only the first host of a chain gets a credential."""
    credential, signer = request.credential, request.signer
    headers: list[str | bytes] = [*request.headers, *request.own]
    if not "".join((*request.headers, *request.own)).isascii():
        headers = [_bytes(it) for it in (*request.headers, *request.own)]
    if signer is not None:
        handle.setopt(pycurl.AWS_SIGV4, f"aws:amz:{signer.region}:{signer.service}")
        handle.setopt(pycurl.USERNAME, signer.user.encode())
        handle.setopt(pycurl.PASSWORD, signer.secret.encode())
    elif credential is not None and credential.scheme is Scheme.BASIC:
        handle.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC)
        handle.setopt(pycurl.USERNAME, credential.user.encode())
        handle.setopt(pycurl.PASSWORD, credential.secret.encode())
    elif credential is not None and _ENDS_LINE.isdisjoint(credential.secret):
        bearer = credential.scheme is Scheme.BEARER
        name, prefix = ("Authorization", "Bearer ") if bearer else (credential.header, "")
        headers.append(f"{name}: {prefix}{credential.secret}".encode())
    if headers:
        handle.setopt(pycurl.HTTPHEADER, headers)
    else:
        # Pycurl takes an empty list for no change.
        handle.unsetopt(pycurl.HTTPHEADER)


def _bytes(text: str) -> bytes:
    """A header's value as the bytes that were received; pycurl itself accepts ASCII text only."""
    try:
        return text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def secure(handle: pycurl.Curl, tls: Tls, bundle: str, directory: str = "") -> None:
    """The CAs that are trusted, and a client certificate.

    ``directory``, else ``bundle``: where ``tls`` names none.
    """
    if directory and not tls.authorities:
        # Else the bundle that pycurl found by itself is read as well.
        handle.unsetopt(pycurl.CAINFO)
        handle.setopt(pycurl.CAPATH, directory)
    elif tls.authorities or bundle:
        handle.setopt(pycurl.CAINFO, tls.authorities or bundle)
    if tls.certificate:
        handle.setopt(pycurl.SSLCERT, tls.certificate)
        handle.setopt(pycurl.SSLKEY, tls.key or tls.certificate)
        # Never a prompt on a terminal: a wrong or absent password is an error.
        handle.setopt(pycurl.KEYPASSWD, tls.password)


def conclude(handle: pycurl.Curl, transfer: Transfer, code: int, text: str) -> Answer:
    """The answer of a transfer; ``code`` and ``text`` are those of libcurl, 0 on success."""
    transfer.take_headers()
    if transfer.error is _TOO_MANY_HEADERS:
        code = code or pycurl.E_WRITE_ERROR
    if transfer.request.url.startswith(("ftp:", "ftps:")):
        transfer.hops = _ftp_hops(handle, code)
        if transfer.hops and code in _FTP_ANSWERS:
            code = 0
    if not code:
        return transfer.answer(None, transient=False)
    proxy = proxying.trouble(handle, code, text, transfer.request.url, transfer.proxies)
    if proxy:
        # A proxy's answer to CONNECT is not the origin's.
        transfer.hops = []
    from freshlayer.probe.network import failures  # noqa: PLC0415 - most transfers end well

    error = proxy or (_TOO_MANY_HEADERS if code == _TOO_LARGE else None)
    error = error or failures.reason_of(handle, code, text, transfer.limits, transfer.location)
    return transfer.answer(error, transient=failures.is_transient(code) and proxy is None)


def is_unreachable(handle: pycurl.Curl, code: int, transfer: Transfer) -> bool:
    """Whether the host itself can't be reached, so that no other request to it is sent."""
    if not code or transfer.hops:
        return False
    from freshlayer.probe.network import failures  # noqa: PLC0415 - see above

    return failures.is_without_connection(handle, code)


def opened_in_vain(handle: pycurl.Curl, transfer: Transfer) -> bool:
    """Whether a request with TLS opened a connection to its own host that did not come about.

    What a redirect leads to is another place, and a request on a connection that another one opened has no
    time of a handshake of its own.
    """
    opened = transfer.request.url.startswith("https:") and handle.getinfo(pycurl.NUM_CONNECTS)
    return bool(opened) and not (
        handle.getinfo(pycurl.APPCONNECT_TIME) or handle.getinfo(pycurl.REDIRECT_COUNT)
    )


def _ftp_hops(handle: pycurl.Curl, code: int) -> list[tuple[int, list[tuple[str, str]]]]:
    """The replies to MDTM and SIZE (RFC 3659 §3, §4), as the headers of one HTTP answer."""
    if code:
        return [(_FTP_ANSWERS[code], [])] if code in _FTP_ANSWERS else []
    from email.utils import formatdate  # noqa: PLC0415 - slow to load, and for FTP alone

    modified = int(handle.getinfo(pycurl.FILETIME_T))
    length = int(handle.getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD_T))
    headers = [("last-modified", formatdate(modified, usegmt=True))] if modified >= 0 else []
    headers += [("content-length", str(length))] if length >= 0 else []
    return [(200, headers)]
