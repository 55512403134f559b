"""The connections of a driver; those of a service outlast it, so that the next probe opens none."""

from __future__ import annotations

from freshlayer.probe.network.libcurl import pycurl

STREAMS = 128
"""Requests to a host at once over HTTP/2: as many as nginx takes; what another does not take waits for it."""

_MOST_IDLE = 512


class Connections:
    """For one driver at a time. ``kept``: whether they stay open after it."""

    def __init__(self, *, kept: bool = False) -> None:
        self.kept = kept
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self.multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, STREAMS)
        if kept:
            self.multi.setopt(pycurl.M_MAXCONNECTS, _MOST_IDLE)

    def released(self) -> None:
        """A driver is done with them."""
        if not self.kept:
            self.multi.close()
