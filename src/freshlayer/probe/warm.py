"""Observations from the service on this machine, by a Unix socket.

It gives what it saw a moment ago, and requests the rest through the connections that it has open. One that
is silent for longer than ``PATIENCE`` is left alone.

A message is its length in four bytes, most significant first, and a value as MessagePack.
"""

from __future__ import annotations

# Without what the module socket loads: an eighth of what all questions may cost.
import _socket
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.errors import ReferenceInvalidError
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.reference import Reference, parse
from freshlayer.request_form import PLAIN

VERSION = 1
LARGEST = 16 * 1024 * 1024
MOST = 5000
"""References of one question."""

PATIENCE = 0.08
"""Seconds. With what it takes to begin alone then, a service that hangs costs at most a tenth of a second."""
_LONGEST = 10.0
_LONGEST_WITHOUT_ANSWER = 1.0
"""Seconds for which a service that is alive may observe nothing: an origin may be out of its reach alone."""

_LEAST = 0.001
_HEAD = 4
_CREDENTIALS, _USER = 12, slice(4, 8)
"""The bytes of a ``struct ucred``, and those of its user (unix(7))."""
_PLAIN = (PLAIN, replace(PLAIN, follow=not PLAIN.follow))
_COUNTS = frozenset({ProbeOutcome.SEEN, ProbeOutcome.NOT_MODIFIED})


class Wanted(Struct, frozen=True):
    """A reference that anyone may know. ``recorded``: what conditions are made of.

    ``platforms``: for which an image is read. ``now``: whether only a request to the origin counts.
    ``follow``: whether the command follows redirects.
    """

    kind: str
    text: str
    recorded: Recorded | None = None
    platforms: tuple[str, ...] = ()
    now: bool = False
    follow: bool = True


class Question(Struct, frozen=True):
    """``max_age``: seconds for which an observation counts."""

    version: int
    max_age: float
    wanted: tuple[Wanted, ...]


class Answered(Struct, frozen=True):
    """``place``: of the reference in the question."""

    place: int
    observation: Observation


class Reply(Struct, frozen=True):
    """One without answers states that the service is alive."""

    answers: tuple[Answered, ...] = ()
    done: bool = False


class _SilentError(Exception):
    """The service is not there, is not ours, or does not answer in time."""


def observations(
    path: str,
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    platforms: Callable[[Reference], tuple[str, ...]],
    unconditional: Callable[[Reference], bool],
    max_age: float,
    patience: float = PATIENCE,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Observation]:
    """Those that the service gives; of all others nothing. Never raises for what the service does.

    ``unconditional``: whether the origin is to be requested without a condition. ``patience``: seconds for
    which the service may be silent. ``meanwhile``: work of milliseconds, done while the service answers.
    """
    places = [reference for reference in references if is_anonymous(reference)][:MOST]
    if not places:
        return
    wanted = tuple(
        Wanted(it.kind, it.text, recorded.get(it), platforms(it), unconditional(it), it.form.follow)
        for it in places
    )
    seen: set[int] = set()
    with suppress(_SilentError, OSError, msgspec.MsgspecError):
        for answered in _answers(path, Question(VERSION, max_age, wanted), patience, meanwhile):
            found = answered.observation
            if answered.place in seen or not 0 <= answered.place < len(places):
                return
            seen.add(answered.place)
            if found.outcome in _COUNTS and found.reference == places[answered.place]:
                yield replace(found, reference=places[answered.place])


def is_anonymous(reference: Reference) -> bool:
    """Whether its text is all that there is: no credential, signature, secret header or proxy."""
    if reference.pinned:
        return False
    if reference.kind == "http" and "#" not in reference.text:
        # A canonical URL is what is requested, where that has nothing to hide.
        return reference.address == reference.text and reference.form in _PLAIN
    plain = parsed(reference.text, follow=reference.form.follow)
    if plain is None or plain.kind != reference.kind:
        return False
    return plain.address == reference.address and plain.form == reference.form


def parsed(text: str, *, follow: bool) -> Reference | None:
    """What a command requests by this text. None where it is not a reference."""
    try:
        reference = parse(text)
    except ReferenceInvalidError:
        return None
    return replace(reference, form=replace(reference.form, follow=follow))


def _answers(
    path: str, question: Question, patience: float, meanwhile: Callable[[], object]
) -> Iterator[Answered]:
    started = time.monotonic()
    ends, latest = started + max(_LONGEST_WITHOUT_ANSWER, patience), started + patience
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        # To connect, to send and to get the first reply takes no longer than any other reply.
        connection.settimeout(patience)
        connection.connect(path)
        if not is_own(connection):
            raise _SilentError
        connection.settimeout(max(latest - time.monotonic(), _LEAST))
        connection.sendall(framed(msgspec.msgpack.encode(question)))
        sent = time.monotonic()
        meanwhile()
        # That is no wait: it would be done later.
        latest += time.monotonic() - sent
        while time.monotonic() < min(ends, started + _LONGEST):
            reply = msgspec.msgpack.decode(read(connection, latest), type=Reply)
            yield from reply.answers
            if reply.done:
                return
            now = time.monotonic()
            latest = now + patience
            ends = now + _LONGEST_WITHOUT_ANSWER if reply.answers else ends
    finally:
        connection.close()


def is_own(connection: _socket.socket) -> bool:
    """Whether the process at the other end is of the same user. False where the system does not state it."""
    if not hasattr(_socket, "SO_PEERCRED"):
        return False
    given = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, _CREDENTIALS)
    return int.from_bytes(given[_USER], sys.byteorder) == os.geteuid()


def framed(message: bytes) -> bytes:
    """With its length."""
    return len(message).to_bytes(_HEAD) + message


def read(connection: _socket.socket, latest: float) -> bytes:
    """A message. Raises _SilentError where it is too large, or not there by the monotonic time ``latest``."""
    length = int.from_bytes(_exactly(connection, _HEAD, latest))
    if length > LARGEST:
        raise _SilentError
    return _exactly(connection, length, latest)


def _exactly(connection: _socket.socket, length: int, latest: float) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        left = latest - time.monotonic()
        if left <= 0:
            raise _SilentError
        connection.settimeout(left)
        piece = connection.recv(min(length - len(parts), 1 << 20))
        if not piece:
            raise _SilentError
        parts += piece
    return bytes(parts)
