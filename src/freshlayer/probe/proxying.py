"""The proxy of a transfer: the command's own, else that of our environment; and why it failed."""

from __future__ import annotations

from freshlayer.model.reasons import Reason
from freshlayer.probe.network.libcurl import pycurl
from freshlayer.reference import shown
from freshlayer.request_form import Proxies

# A metadata service gives a credential to every client, so no request to it goes through a build's proxy.
_NEVER = "169.254.169.254,169.254.170.2,metadata.google.internal"
_SOCKS = 97  # CURLE_PROXY
_REFUSED = 400
_NAMES = {
    403: "Forbidden",
    407: "Proxy Authentication Required",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


def prepare(handle: pycurl.Curl, url: str, proxies: Proxies | None, authorities: str) -> None:
    """Set the proxy; None leaves it to libcurl, which reads our environment."""
    if proxies is None:
        return
    handle.setopt(pycurl.PROXY, proxies.for_url(url))
    handle.setopt(pycurl.NOPROXY, f"{proxies.bypassed},{_NEVER}" if proxies.bypassed else _NEVER)
    if authorities:
        handle.setopt(pycurl.PROXY_CAINFO, authorities)


def trouble(handle: pycurl.Curl, code: int, text: str, url: str, proxies: Proxies | None) -> Reason | None:
    """Why the proxy failed; None if the failure is not the proxy's."""
    proxy = f"the proxy {_named(url, proxies)}"
    if code == pycurl.E_COULDNT_RESOLVE_PROXY:
        return Reason("proxy-unresolved", detail=f"the host name of {proxy} does not resolve")
    if not handle.getinfo(pycurl.USED_PROXY):
        return None
    status = handle.getinfo(pycurl.HTTP_CONNECTCODE)
    if status >= _REFUSED:
        name = f" {_NAMES[status]}" if status in _NAMES else ""
        return Reason("proxy-status", detail=f"{proxy} returned {status}{name} for CONNECT")
    if handle.getinfo(pycurl.CONNECT_TIME) == 0 and handle.getinfo(pycurl.NUM_CONNECTS) == 0:
        if code == pycurl.E_COULDNT_CONNECT:
            return Reason("proxy-refused", detail=f"{proxy} refused the connection or can't be reached")
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Reason("proxy-timed-out", detail=f"{proxy} can't be reached in time")
    if code in {_SOCKS, pycurl.E_GOT_NOTHING, pycurl.E_SSL_CONNECT_ERROR}:
        return Reason("proxy-failed", detail=f"{proxy} failed: {shown(text, 120)}")
    return None


def _named(url: str, proxies: Proxies | None) -> str:
    return proxies.named(url) if proxies is not None else "of this environment"
