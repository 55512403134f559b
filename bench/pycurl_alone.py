"""The requests of a file of URLs by pycurl, and nothing else: what no program with pycurl goes below.

As freshlayer sends them and loads it: HTTP/2, one connection to an origin, the CAs of a directory.
"""

import os
import sys

from freshlayer.lean_libraries import load_lean

load_lean("pycurl")

import pycurl  # noqa: E402 - after the line above


def _head(url: str) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.NOBODY, 1)
    handle.setopt(pycurl.PIPEWAIT, 1)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    # Else the bundle that pycurl found by itself is read as well.
    handle.unsetopt(pycurl.CAINFO)
    handle.setopt(pycurl.CAPATH, os.environ["SSL_CERT_DIR"])
    return handle


def failures(urls: list[str]) -> int:
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
    handles = [_head(url) for url in urls]
    for handle in handles:
        multi.add_handle(handle)
    while multi.perform()[1]:
        multi.select(1.0)
    multi.close()
    return sum(handle.getinfo(pycurl.RESPONSE_CODE) != 200 for handle in handles)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        failed = failures(file.read().split())
    # Without taking the interpreter apart, as freshlayer ends.
    os._exit(bool(failed))
