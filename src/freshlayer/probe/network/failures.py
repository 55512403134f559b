"""Transfers that failed: their reasons, by the codes of libcurl."""

from __future__ import annotations

from collections.abc import Callable

from freshlayer.model.reasons import Reason, hint_of
from freshlayer.probe.network.libcurl import pycurl
from freshlayer.probe.network.messages import MOST_REDIRECTS, Limits
from freshlayer.reference import shown

_REASONS = {
    pycurl.E_TOO_MANY_REDIRECTS: Reason("redirect-loop", detail=f"more than {MOST_REDIRECTS} redirects"),
    pycurl.E_GOT_NOTHING: Reason("connection-closed", detail="the connection was closed without an answer"),
    pycurl.E_URL_MALFORMAT: Reason("redirect-invalid"),
}
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_PEER_FAILED_VERIFICATION,
}
_UNREACHABLE = {
    pycurl.E_COULDNT_CONNECT: "connection-refused",
    pycurl.E_COULDNT_RESOLVE_HOST: "host-unresolved",
}
_STREAM = {16, 92}  # CURLE_HTTP2 and CURLE_HTTP2_STREAM: the server reset it
_HUNG_UP = {pycurl.E_GOT_NOTHING, pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR, pycurl.E_PARTIAL_FILE}
_TRANSIENT = _STREAM | _HUNG_UP


def reason_of(
    handle: pycurl.Curl, code: int, text: str, limits: Limits, location: Callable[[], str]
) -> Reason:
    """The reason of an error of libcurl. ``location``: where the transfer was at last."""
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return _timed_out(handle, limits)
    if code == pycurl.E_UNSUPPORTED_PROTOCOL:
        where = shown(location(), 80)
        return Reason("redirect-refused", detail=f"the redirect to {where} is refused: it leaves TLS or HTTP")
    if code in _UNREACHABLE:
        return Reason(_UNREACHABLE[code], hint=hint_of(_UNREACHABLE[code]))
    if code in _REASONS:
        return _REASONS[code]
    detail = shown(text, 120) or f"error {code} of libcurl"
    if code in _TLS:
        return Reason("tls-failed", detail=f"the TLS connection failed: {detail}", hint=hint_of("tls-failed"))
    if code in _TRANSIENT:
        return Reason("connection-closed", detail=f"the connection was closed: {detail}")
    return Reason("probe-failed", detail=f"the request failed: {detail}")


def is_transient(code: int) -> bool:
    """Whether the next request may well be answered."""
    return code in _TRANSIENT


def is_without_connection(handle: pycurl.Curl, code: int) -> bool:
    """Whether no connection came about."""
    late = code == pycurl.E_OPERATION_TIMEDOUT and not _was_connected(handle)
    return late or code in _UNREACHABLE


def _was_connected(handle: pycurl.Curl) -> bool:
    """A connection that is used again takes no time to open; one that does not come about has no port.

    What waited for the connection of another request has none, which does not show that there is none.
    """
    without = handle.getinfo(pycurl.CONN_ID) >= 0 and handle.getinfo(pycurl.LOCAL_PORT) <= 0
    return bool(handle.getinfo(pycurl.CONNECT_TIME) > 0 or not without)


def _timed_out(handle: pycurl.Curl, limits: Limits) -> Reason:
    if _was_connected(handle):
        return Reason("timed-out", detail=f"no answer within {limits.answer:g} s", hint=hint_of("timed-out"))
    detail = f"no connection within {limits.connect:g} s"
    return Reason("connect-timed-out", detail=detail, hint=hint_of("connect-timed-out"))
