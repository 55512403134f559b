"""A request to a docker daemon on a local socket, by hand: an HTTP library takes longer than the exchange.

``_socket`` is the interpreter's part of ``socket``, which loads selectors and makes enums: 2 ms of a start.
"""

from __future__ import annotations

import time
from _socket import AF_UNIX, SOCK_STREAM, socket
from contextlib import closing

_PIECE = 65_536


def exchange(path: str, line: str, largest: int, seconds: float) -> bytes:
    """The whole answer to a request line; HTTP/1.0 ends it by closing.

    Raises OSError, also where the answer is larger or takes longer.
    """
    answer = bytearray()
    deadline = time.monotonic() + seconds
    with closing(socket(AF_UNIX, SOCK_STREAM)) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(f"{line} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        while more := connection.recv(_PIECE):
            answer += more
            if len(answer) > largest or time.monotonic() > deadline:
                raise OSError("the answer does not end")
    return bytes(answer)
