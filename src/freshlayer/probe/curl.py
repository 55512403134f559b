"""The network: libcurl's multi interface drives all conversations in one thread."""

from __future__ import annotations

import hashlib
import heapq
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pycurl

from freshlayer.evidence import Hop
from freshlayer.model import Observation, Outcome
from freshlayer.probe.wire import Answer, Conversation, Limits, Pause, Request
from freshlayer.reference import Reference, shown

_MOST_HEADERS = 64 * 1024
_TOO_MANY_HEADERS = f"sends more than {_MOST_HEADERS // 1024} KiB of headers"
_MOST_REDIRECTS = 10
_MULTIPLEXED = 100
_REDIRECTION = 3
_TICK = 0.2
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_REASONS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "its host name does not resolve",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the proxy's host name does not resolve",
    pycurl.E_COULDNT_CONNECT: "refused the connection or can't be reached",
    pycurl.E_TOO_MANY_REDIRECTS: f"redirects more than {_MOST_REDIRECTS} times",
    pycurl.E_GOT_NOTHING: "closed the connection without an answer",
    pycurl.E_PEER_FAILED_VERIFICATION: "shows a certificate that is not trusted",
    pycurl.E_URL_MALFORMAT: "redirects to something that is no URL",
}
_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl has no name for: one header line of more than 100 KiB
_TRANSIENT = {pycurl.E_GOT_NOTHING, pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR, pycurl.E_PARTIAL_FILE}


def converse(talks: Mapping[Reference, Conversation], limits: Limits) -> Iterator[Observation]:
    """Drive all conversations to their ends; yield the observations as they come."""
    driver = _Driver(talks, limits)
    try:
        yield from driver.run()
    finally:
        driver.close()


@dataclass(slots=True)
class _Talk:
    reference: Reference
    conversation: Conversation
    host: str
    deadline: float = 0.0
    request: Request | None = None


@dataclass(slots=True)
class _Transfer:
    """What is collected while a request runs."""

    talk: _Talk
    limits: Limits
    hops: list[tuple[int, list[tuple[str, str]]]] = field(default_factory=list)
    octets: int = 0
    length: int = 0
    stopped: str = ""
    hasher: hashlib._Hash = field(default_factory=hashlib.sha256)

    def on_header(self, line: bytes) -> int | None:
        """Libcurl stops where anything but None or the length is returned."""
        self.octets += len(line)
        if self.octets > _MOST_HEADERS:
            self.stopped = _TOO_MANY_HEADERS
            return 0
        text = line.decode("iso-8859-1").rstrip("\r\n")
        if text.startswith("HTTP/"):
            status = text.split(" ", 2)[1] if " " in text else ""
            self.hops.append((int(status) if status.isdigit() else 0, []))
        elif ":" in text and self.hops and not self.length:
            name, _, value = text.partition(":")
            self.hops[-1][1].append((name.strip().lower(), value.strip()))
        return None

    def on_body(self, chunk: bytes) -> int | None:
        request = self.talk.request
        if request is None:
            return 0
        self.length += len(chunk)
        if self.length > request.read:
            self.stopped = "body"
            return 0
        if request.digest:
            self.hasher.update(chunk)
        return None

    def answer(self, error: str, *, transient: bool) -> Answer:
        hops = self._hops()
        cut = self.stopped == "body"
        if cut or not error:
            wanted = self.talk.request is not None and self.talk.request.digest and not cut
            return Answer(hops, digest=self.hasher.hexdigest() if wanted else "", length=self.length)
        return Answer(hops, error=self.stopped or error, transient=transient)

    def _hops(self) -> tuple[Hop, ...]:
        """Redirects and the last response: no 1xx, and no proxy's answer to CONNECT."""
        *early, last = self.hops or [(0, [])]
        chain = [*(hop for hop in early if hop[0] // 100 == _REDIRECTION), last]
        return tuple(Hop(status, tuple(headers)) for status, headers in chain if status)

    def location(self) -> str:
        """Where the last redirect led to."""
        hops = self._hops()
        return hops[-1].one("location") if hops else ""


class _Driver:
    """Queues per host, transfers in flight, and pauses; one thread."""

    def __init__(self, talks: Mapping[Reference, Conversation], limits: Limits) -> None:
        self._limits = limits
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, limits.per_host)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, limits.connections)
        self._queues: dict[str, deque[_Talk]] = {}
        for reference, conversation in talks.items():
            host = urlsplit(reference.ask).netloc.rpartition("@")[2]
            self._queues.setdefault(host, deque()).append(_Talk(reference, conversation, host))
        self._flying: dict[pycurl.Curl, _Transfer] = {}
        self._per_host: Counter[str] = Counter()
        self._multiplexed: set[str] = set()
        self._pauses: list[tuple[float, int, _Talk]] = []
        self._idle: list[pycurl.Curl] = []
        self._authorities = _authorities()

    def run(self) -> Iterator[Observation]:
        while self._start() or self._flying or self._pauses or any(self._queues.values()):
            yield from self._wake()
            yield from self._turn()

    def close(self) -> None:
        """Conversations that are cut off leave no connection behind."""
        for handle in self._flying:
            self._multi.remove_handle(handle)
        self._multi.close()

    def _start(self) -> bool:
        """Start what the limits allow."""
        started = False
        for host, queue in list(self._queues.items()):
            most = _MULTIPLEXED if host in self._multiplexed else self._limits.per_host
            while queue and self._per_host[host] < most and len(self._flying) < self._limits.connections:
                talk = queue.popleft()
                talk.deadline = talk.deadline or time.monotonic() + self._limits.total
                if talk.request is None:
                    step = next(talk.conversation)
                    talk.request = step if isinstance(step, Request) else None
                self._send(talk)
                started = True
        return started

    def _send(self, talk: _Talk) -> None:
        handle = self._idle.pop() if self._idle else pycurl.Curl()
        transfer = _Transfer(talk, self._limits)
        _prepare(handle, transfer, talk.deadline - time.monotonic(), self._authorities)
        self._multi.add_handle(handle)
        self._flying[handle] = transfer
        self._per_host[talk.host] += 1

    def _turn(self) -> Iterator[Observation]:
        """Let libcurl work; answer the conversations whose request has ended."""
        if not self._flying:
            return
        while self._multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        ended = self._ended()
        for handle, error, transient in ended:
            yield from self._finish(handle, error, transient=transient)
        if not ended:
            self._multi.select(_TICK)

    def _ended(self) -> list[tuple[pycurl.Curl, str, bool]]:
        ended: list[tuple[pycurl.Curl, str, bool]] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            ended += [(handle, "", False) for handle in good]
            ended += [
                (handle, self._why(handle, code, text), code in _TRANSIENT) for handle, code, text in bad
            ]
        return ended

    def _why(self, handle: pycurl.Curl, code: int, text: str) -> str:
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return _timed_out(handle, self._limits)
        if code == _TOO_LARGE:
            return _TOO_MANY_HEADERS
        if code == pycurl.E_UNSUPPORTED_PROTOCOL:
            return f"redirects to {shown(self._flying[handle].location(), 80)}, which is refused"
        detail = shown(text, 120)
        if code == pycurl.E_PEER_FAILED_VERIFICATION and detail:
            return f"{_REASONS[code]} ({detail})"
        return _REASONS.get(code) or f"can't be asked: {detail or code}"

    def _finish(self, handle: pycurl.Curl, error: str, *, transient: bool) -> Iterator[Observation]:
        transfer = self._flying.pop(handle)
        talk = transfer.talk
        if handle.getinfo(pycurl.INFO_HTTP_VERSION) >= pycurl.CURL_HTTP_VERSION_2_0:
            self._multiplexed.add(talk.host)
        self._multi.remove_handle(handle)
        self._idle.append(handle)
        self._per_host[talk.host] -= 1
        yield from self._resume(talk, transfer.answer(error, transient=transient))

    def _resume(self, talk: _Talk, answer: Answer) -> Iterator[Observation]:
        try:
            step = talk.conversation.send(answer)
        except StopIteration as end:
            yield end.value
            return
        now = time.monotonic()
        if isinstance(step, Pause):
            if now + step.seconds >= talk.deadline:
                yield from self._resume(talk, Answer(error="there was no time to wait"))
            else:
                heapq.heappush(self._pauses, (now + step.seconds, id(talk), talk))
        elif now >= talk.deadline:
            reason = f"gave no answer that counts within {self._limits.total:g} s"
            yield Observation(talk.reference, Outcome.UNKNOWN, reason)
        else:
            talk.request = step
            self._queues[talk.host].appendleft(talk)

    def _wake(self) -> Iterator[Observation]:
        while self._pauses and self._pauses[0][0] <= time.monotonic():
            _, _, talk = heapq.heappop(self._pauses)
            yield from self._resume(talk, Answer())
        if self._pauses and not self._flying and not any(self._queues.values()):
            time.sleep(min(_TICK, max(0.0, self._pauses[0][0] - time.monotonic())))


def _prepare(handle: pycurl.Curl, transfer: _Transfer, remaining: float, authorities: str) -> None:
    request, limits = transfer.talk.request, transfer.limits
    if request is None:
        return
    handle.reset()
    handle.setopt(pycurl.URL, request.url)
    handle.setopt(pycurl.NOBODY, request.method == "HEAD")
    handle.setopt(pycurl.HTTPHEADER, list(request.headers))
    handle.setopt(pycurl.HEADERFUNCTION, transfer.on_header)
    handle.setopt(pycurl.WRITEFUNCTION, transfer.on_body)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.PATH_AS_IS, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 1)
    handle.setopt(pycurl.MAXREDIRS, _MOST_REDIRECTS)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    # A redirect never leaves TLS; libcurl itself drops credentials where host, port or scheme change.
    lower = 0 if request.url.startswith("https:") else pycurl.PROTO_HTTP
    handle.setopt(pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTPS | lower)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    handle.setopt(pycurl.PIPEWAIT, 1)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(limits.connect * 1000))
    handle.setopt(pycurl.TIMEOUT_MS, max(1, int(remaining * 1000)))
    handle.setopt(pycurl.LOW_SPEED_LIMIT, 16)
    handle.setopt(pycurl.LOW_SPEED_TIME, max(1, int(limits.answer)))
    if authorities:
        handle.setopt(pycurl.CAINFO, authorities)


def _authorities() -> str:
    """The CA bundle: libcurl in the wheel knows none by itself."""
    named = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("CURL_CA_BUNDLE", ""))
    for path in (*named, *_BUNDLES):
        if path and os.path.isfile(path):
            return path
    import certifi  # noqa: PLC0415 - only where the system has no bundle

    return certifi.where()


def _timed_out(handle: pycurl.Curl, limits: Limits) -> str:
    if handle.getinfo(pycurl.CONNECT_TIME) > 0:
        return f"gave no answer within {limits.answer:g} s"
    return f"can't be reached within {limits.connect:g} s"
