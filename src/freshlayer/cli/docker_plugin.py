"""docker's CLI plugin: ``docker fresh …``, and with the alias installed a plain ``docker build``.

docker starts it with all of its own words: ``-H X fresh build .`` for ``docker -H X fresh build .``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence

from msgspec import Struct

from freshlayer.cli.exit_codes import FAILED
from freshlayer.cli.leave import leave
from freshlayer.cli.reentry import enter
from freshlayer.docker_client.config import NAME
from freshlayer.docker_client.install import METADATA
from freshlayer.errors import FreshlayerError

_METADATA = "docker-cli-plugin-metadata"
_COMPLETE = {"__complete", "__completeNoDesc"}
_VALUED = {"config", "context", "host", "log-level", "tlscacert", "tlscert", "tlskey"}
_LETTERS = {"c": "context", "H": "host", "l": "log-level"}
# What docker sends here without our name (from 28 on ``docker bake``, too); FRESHLAYER=0 gives it back.
_ALIASED = frozenset({"bake", "build"})
# What else the alias sends here (``docker builder prune`` as ``docker fresh prune``), which stays docker's.
_RESOLVED_BY_BUILDER = frozenset(
    "create dial-stdio du history imagetools inspect ls prune rm stop use".split()
)


class Call(Struct, frozen=True):
    """How docker called us: its own flags as typed, the last value of each, and the words behind our name.

    ``--config`` is not among ``flags``: on a command line it would override every DOCKER_CONFIG that we set.
    ``environment`` has its value.
    """

    flags: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    def environment(self) -> Iterator[tuple[str, str | None]]:
        """The flags as docker's variables, of which None is to be taken away: a flag wins over a variable."""
        for name, value in self.values:
            if name == "config":
                yield "DOCKER_CONFIG", value
            elif name == "context":
                yield from (("DOCKER_CONTEXT", value), ("DOCKER_HOST", None))
            elif name == "host":
                yield "DOCKER_HOST", value


def main(argv: Sequence[str] | None = None) -> int:
    """Run what docker was given; its exit code goes through docker as it is."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == [_METADATA]:
        sys.stdout.write(json.dumps(METADATA) + "\n")
        return 0
    if words[:1] and words[0] in _COMPLETE:
        return _complete(words[2:])
    if words[:2] == ["help", NAME]:
        words = [NAME, *words[2:], "--help"]
    return _run(read(words))


def read(words: Sequence[str]) -> Call:
    """Split docker's own flags off (spf13/pflag: ``--host X``, ``--host=X``, ``-H X``, ``-DH=X``)."""
    flags: list[str] = []
    values: list[tuple[str, str]] = []
    place = 0
    while place < len(words) and words[place].startswith("-"):
        start = place
        name, attached = _flag(words[place])
        if name in _VALUED and attached is None:
            place += 1
            attached = words[place] if place < len(words) else ""
        values.append((name, attached or ""))
        place += 1
        flags += words[start:place] if name != "config" else ()
    return Call(tuple(flags), tuple(values), tuple(words[place + 1 :]))


def _flag(word: str) -> tuple[str, str | None]:
    """The name of a flag, and the value that is written in the same word."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name, value if equals else None
    for at, letter in enumerate(word[1:], 2):
        if letter in _LETTERS:
            return _LETTERS[letter], word[at:].removeprefix("=") or None
    return word[1:], None


def _run(call: Call) -> int:
    for name, value in call.environment():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    _prefer_the_docker_that_called()
    _end_with_docker()
    first = call.words[0] if call.words else ""
    if first in _RESOLVED_BY_BUILDER or (first in _ALIASED and os.environ.get("FRESHLAYER") == "0"):
        return _without_us(call)
    from freshlayer.cli.start import run

    return run(call.words, docker=call.flags)


def _prefer_the_docker_that_called() -> None:
    """There may be several; the one that called is the one to build with."""
    directory, name = os.path.split(os.environ.get("DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND", ""))
    if directory and name == "docker":
        os.environ["PATH"] = os.pathsep.join([os.path.abspath(directory), os.environ.get("PATH", os.defpath)])


def _end_with_docker() -> None:
    """From 26 docker has its plugins end by closing a socket, where no terminal sends signals to both."""
    address = os.environ.pop("DOCKER_CLI_PLUGIN_SOCKET", "")
    if address:
        threading.Thread(target=_wait_for_the_end, args=(address,), daemon=True).start()


def _wait_for_the_end(address: str) -> None:
    """``@name`` is a socket without a file (unix(7), abstract)."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        while connection.recv(64):
            pass
        os.kill(os.getpid(), signal.SIGTERM)


def _without_us(call: Call) -> int:
    from freshlayer.builders.run.process import run
    from freshlayer.cli.without_alias import unaliased

    try:
        enter(os.environ)
        with unaliased(call.flags, call.words, os.environ) as (argv, environment):
            return run(argv, environment).exit_code
    except FreshlayerError as error:
        sys.stderr.write(f"docker {NAME}: {error}\n")
        return FAILED


def _complete(words: list[str]) -> int:
    """As cobra wants to hear it: a candidate a line, and ``:4`` where no file would do, else ``:0``."""
    from click.shell_completion import ShellComplete

    from freshlayer.cli.main import cli

    *before, incomplete = words or [""]
    found = ShellComplete(cli, {}, f"docker {NAME}", "").get_completions(before, incomplete)
    named = [item for item in found if item.type == "plain"]
    for item in named:
        sys.stdout.write(f"{item.value}\t{item.help}\n" if item.help else f"{item.value}\n")
    sys.stdout.write(":4\n" if named else ":0\n")
    return 0


if __name__ == "__main__":
    leave(main())
