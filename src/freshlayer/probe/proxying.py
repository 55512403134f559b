"""The proxy of a transfer: the command's own, else that of our environment; and its faults by name."""

from __future__ import annotations

import pycurl

from freshlayer.reference import shown
from freshlayer.request_form import Proxies

# A metadata service answers whoever asks, so a credential from there never goes through a build's proxy.
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


def trouble(handle: pycurl.Curl, code: int, text: str, url: str, proxies: Proxies | None) -> str:
    """Why the proxy did not serve, as a clause that can follow a URL; empty where the fault is another's."""
    if code == pycurl.E_COULDNT_RESOLVE_PROXY:
        return f"can't be requested: the host name of the proxy {_named(url, proxies)} does not resolve"
    if not handle.getinfo(pycurl.USED_PROXY):
        return ""
    status = handle.getinfo(pycurl.HTTP_CONNECTCODE)
    if status >= _REFUSED:
        name = f" {_NAMES[status]}" if status in _NAMES else ""
        return f"can't be requested: the proxy {_named(url, proxies)} answered {status}{name} to CONNECT"
    if handle.getinfo(pycurl.CONNECT_TIME) == 0 and handle.getinfo(pycurl.NUM_CONNECTS) == 0:
        if code == pycurl.E_COULDNT_CONNECT:
            where = _named(url, proxies)
            return f"can't be requested: the proxy {where} refused the connection or can't be reached"
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return f"can't be requested: the proxy {_named(url, proxies)} can't be reached in time"
    if code in {_SOCKS, pycurl.E_GOT_NOTHING, pycurl.E_SSL_CONNECT_ERROR}:
        return f"can't be requested through the proxy {_named(url, proxies)}: {shown(text, 120)}"
    return ""


def _named(url: str, proxies: Proxies | None) -> str:
    return proxies.named(url) if proxies is not None else "of this environment"
