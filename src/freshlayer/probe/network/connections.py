"""The connections of a driver; those of a service outlast it, so that the next probe opens none."""

from __future__ import annotations

from freshlayer.probe.network.libcurl import pycurl

STREAMS = 128
"""Requests to a host at once over HTTP/2: as many as nginx takes; what another does not take waits for it."""

ONE_MORE = 2
"""Connections to a host while the next one is opened that follows the present one."""
_MOST_IDLE = 512


class Connections:
    """For one driver at a time. ``kept``: whether they stay open after it.

    ``allowed``: how many libcurl opens to a host; beyond the streams of these, requests wait for them.
    """

    def __init__(self, *, kept: bool = False) -> None:
        self.kept, self.allowed = kept, 0
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self.multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, STREAMS)
        if kept:
            self.multi.setopt(pycurl.M_MAXCONNECTS, _MOST_IDLE)

    def allow(self, most: int) -> None:
        """So many to a host."""
        if most != self.allowed:
            self.allowed = most
            self.multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, most)

    def allow_one_more(self) -> None:
        """The next one, beside the present one."""
        self.allow(max(self.allowed, ONE_MORE))

    def allow_one_again(self) -> bool:
        """The present one alone, if one more was allowed; whether it was."""
        more = self.allowed == ONE_MORE
        if more:
            self.allow(1)
        return more

    def wait(self, seconds: float) -> None:
        """Until there is something to do, at most so long.

        Libcurl goes on by itself with some requests, for which nothing comes: it states when.
        """
        due = self.multi.timeout() / 1000
        self.multi.select(seconds if due < 0 else min(seconds, due))

    def released(self) -> None:
        """A driver is done with them."""
        if not self.kept:
            self.multi.close()
