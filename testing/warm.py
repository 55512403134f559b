"""A process that has a program loaded and forks for each command: a start without the imports.

A forked command has its own arguments, environment, working directory and standard streams, and its memory is
that of a start right after the imports. Only a test of the start itself needs a process that is started anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

STATUS = struct.Struct("!i")
"""What the connection of a command gets: its process id, and at the end its exit status (-N: by signal N)."""

_STREAMS = 3
_MOST = 1 << 12
"""The server opens fewer files."""


def load_freshlayer() -> None:
    """Import all of it, but for what needs a library that is not installed."""
    # As every start does before it imports anything else; the modules that want the others do it themselves.
    for library in ("msgspec", "click"):
        importlib.import_module("freshlayer.lean_libraries").load_lean(library)
    package = importlib.import_module("freshlayer")
    for found in pkgutil.walk_packages(package.__path__, "freshlayer."):
        with suppress(ImportError):
            importlib.import_module(found.name)


def run_freshlayer(words: list[str]) -> None:
    """As ``python -m freshlayer``."""
    program = importlib.import_module("freshlayer.__main__")
    sys.argv = [str(program.__file__), *words]
    program.run()


def load_pip() -> None:
    """Import its command install, too."""
    for name in ("cli.main", "commands.install"):
        importlib.import_module(f"pip._internal.{name}")


def run_pip(words: list[str]) -> None:
    """As ``python -m pip``."""
    sys.exit(importlib.import_module("pip._internal.cli.main").main(words))


PROGRAMS = {"freshlayer": (load_freshlayer, run_freshlayer), "pip": (load_pip, run_pip)}


def serve(control: socket.socket, run: Callable[[list[str]], None]) -> Callable[[], None]:
    """Fork for each message. What it returns is for the child to run; the server ends with its client."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                selector.unregister(key.fileobj)
                _report(key.fd, *key.data)
                continue
            message, files, *_ = socket.recv_fds(control, 1, 1 + _STREAMS)
            if not message:
                sys.exit()
            process = os.fork()
            if not process:
                return lambda: run(_become(socket.socket(fileno=files[0]), files[1:]))
            for file in files[1:]:
                os.close(file)
            connection = socket.socket(fileno=files[0])
            selector.register(os.pidfd_open(process), selectors.EVENT_READ, (process, connection))
            _tell(connection, process)


def _report(pidfd: int, process: int, connection: socket.socket) -> None:
    os.close(pidfd)
    _, status = os.waitpid(process, 0)
    _tell(connection, os.waitstatus_to_exitcode(status))
    connection.close()


def _tell(connection: socket.socket, number: int) -> None:
    with suppress(OSError):
        connection.send(STATUS.pack(number))


def _become(connection: socket.socket, streams: list[int]) -> list[str]:
    """Make this process that of a command; its words."""
    words: list[str]
    with connection.makefile("rb") as request:
        words, environment, directory = json.loads(request.readline())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(_STREAMS, _MOST)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    return words


if __name__ == "__main__":
    # The modules of this directory are not the program's to find.
    del sys.path[0]
    _load, _run = PROGRAMS[sys.argv[1]]
    _load()
    gc.collect()
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[2])), _run)()
