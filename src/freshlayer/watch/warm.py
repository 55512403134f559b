"""Answers for ``check`` and ``build`` of the same user on this machine; ``probe/warm.py`` reads them."""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import RETURNED_304
from freshlayer.model.observation import Certainty, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.probe import Limits, each
from freshlayer.probe.warm import (
    MOST,
    VERSION,
    Answered,
    Question,
    Reply,
    Wanted,
    framed,
    is_own,
    parsed,
    read,
)
from freshlayer.reference import Reference

_MOST_CLIENTS = 32
_PROBES_AT_ONCE = 4
_ALIVE_EVERY = 0.03
_LONGEST_QUESTION = 5.0
_LONGEST_ANSWER = 5.0
_KEPT = 600.0
"""Seconds for which an observation may count for any client."""

_LONGEST_PATH = 100
_SELF = ("image",)
"""Kinds that are not requested for others: the client's docker configuration may have another credential."""


class _Seen(Struct, frozen=True):
    """``sure``: whether it proves the bytes. ``returned_304``: to a condition of the tag in ``recorded``."""

    at: float
    recorded: Recorded
    platforms: tuple[str, ...]
    sure: bool
    returned_304: bool


class WarmAnswers:
    """What the service saw, by reference. Thread-safe."""

    def __init__(self) -> None:
        self._seen: dict[Reference, _Seen] = {}
        self._lock = threading.Lock()

    def note(self, verdict: Verdict, platforms: tuple[str, ...]) -> None:
        """Take what a probe of now proves, and a 304: it counts where a client would send the same tag."""
        sure = verdict.certainty is Certainty.CERTAIN
        same = verdict.reason == RETURNED_304
        with self._lock:
            if verdict.is_observed and verdict.keep is not None and (sure or same):
                self._seen[verdict.reference] = _Seen(time.monotonic(), verdict.keep, platforms, sure, same)
            else:
                self._seen.pop(verdict.reference, None)

    def forget_old(self) -> None:
        """What is too old for every client."""
        oldest = time.monotonic() - _KEPT
        with self._lock:
            self._seen = {it: seen for it, seen in self._seen.items() if seen.at >= oldest}

    def of(self, reference: Reference, wanted: Wanted, max_age: float) -> Observation | None:
        """What is known and young enough."""
        seen = self._seen.get(reference)
        if seen is None or wanted.now or not set(wanted.platforms) <= set(seen.platforms):
            return None
        age = time.monotonic() - seen.at
        if age > min(max_age, _KEPT):
            return None
        known = seen.recorded
        if seen.returned_304 and wanted.recorded is not None and _has_same_tag(wanted.recorded, known):
            return Observation(reference, ProbeOutcome.NOT_MODIFIED, Reason("not-modified"))
        if not seen.sure:
            return None
        reason = Reason("observed", detail=f"the service on this machine probed it {age:.0f} s ago")
        return Observation(
            reference,
            ProbeOutcome.SEEN,
            reason,
            known.evidence,
            known.validators,
            known.content_type,
        )


class WarmServer:
    """Listens at ``path`` in a directory of the user alone. ``limits``, ``keyring``: for its own probes."""

    def __init__(
        self,
        path: Path,
        answers: WarmAnswers,
        limits: Limits,
        keyring: Callable[[], Keyring],
        stopping: Callable[[], bool],
    ) -> None:
        self._path = path
        self._answers, self._limits, self._keyring, self._stopping = answers, limits, keyring, stopping
        self._places = threading.BoundedSemaphore(_MOST_CLIENTS)
        self._idle: queue.LifoQueue[object] = queue.LifoQueue()
        for _ in range(_PROBES_AT_ONCE):
            self._idle.put(None)
        self._listening: socket.socket | None = None

    def start(self) -> bool:
        """Whether it listens: not where another service does. Raises OSError."""
        if len(os.fsencode(self._path)) > _LONGEST_PATH:
            raise OSError(0, "its path is too long for a socket")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self._path.parent.stat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise OSError(0, "its directory is not of this user alone")
        if self._is_served():
            return False
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # No other user may enter the directory: there is no moment in which one may connect.
        listening.bind(str(self._path))
        self._path.chmod(0o600)
        listening.listen(_MOST_CLIENTS)
        self._listening = listening
        threading.Thread(target=self._serve, args=(listening,), name="warm", daemon=True).start()
        return True

    def close(self) -> None:
        """No client finds it any more."""
        if self._listening is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._listening.close()

    def _is_served(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.settimeout(1)
            return not other.connect_ex(str(self._path))

    def _serve(self, listening: socket.socket) -> None:
        while not self._stopping():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if not is_own(connection) or not self._places.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        """A client's oddity costs its own connection."""
        try:
            with connection:
                self._answer(connection)
        except Exception:  # noqa: BLE001, S110 - the client probes by itself then
            pass
        finally:
            self._places.release()

    def _answer(self, connection: socket.socket) -> None:
        text = read(connection, time.monotonic() + _LONGEST_QUESTION)
        question = msgspec.msgpack.decode(text, type=Question)
        if question.version != VERSION or len(question.wanted) > MOST:
            return
        self._answers.forget_old()
        places: dict[Reference, int] = {}
        known: list[Answered] = []
        open_: dict[Reference, Wanted] = {}
        for place, wanted in enumerate(question.wanted):
            reference = _parsed(wanted)
            if reference is None or reference in places:
                continue
            places[reference] = place
            found = self._answers.of(reference, wanted, question.max_age)
            if found is not None:
                known.append(Answered(place, found))
            elif reference.kind not in _SELF:
                open_[reference] = wanted
        connection.settimeout(_LONGEST_ANSWER)
        self._send(connection, known, open_, places)

    def _send(
        self,
        connection: socket.socket,
        known: list[Answered],
        open_: Mapping[Reference, Wanted],
        places: Mapping[Reference, int],
    ) -> None:
        probes = self._started(open_) if open_ else None
        _say(connection, Reply(tuple(known), done=probes is None))
        while probes is not None:
            try:
                found = probes.get(timeout=_ALIVE_EVERY)
            except queue.Empty:
                _say(connection, Reply())
                continue
            if found is None:
                _say(connection, Reply(done=True))
                return
            _say(connection, Reply((Answered(places[found.reference], found),)))

    def _started(self, wanted: Mapping[Reference, Wanted]) -> queue.SimpleQueue[Observation | None] | None:
        """Their observations as they come, then None; nothing where all connections are in use."""
        from freshlayer.probe.network.connections import Connections  # noqa: PLC0415 - libcurl, for the first

        try:
            place = self._idle.get_nowait()
        except queue.Empty:
            return None
        connections = place if isinstance(place, Connections) else Connections(kept=True)
        found: queue.SimpleQueue[Observation | None] = queue.SimpleQueue()
        recorded = {it: one.recorded for it, one in wanted.items() if one.recorded is not None}

        def probe() -> None:
            try:
                for seen in each(
                    wanted, recorded, self._limits, keyring=self._keyring(), connections=connections
                ):
                    found.put(seen)
            finally:
                # The next question finds the connections that this one opened.
                self._idle.put(connections)
                found.put(None)

        threading.Thread(target=probe, daemon=True).start()
        return found


def _has_same_tag(client: Recorded, known: Recorded) -> bool:
    """Whether the client would get that 304 too, and nothing that it recorded contradicts it."""
    tag, values = client.validators.entity_tag, {it.scheme: it.value for it in known.evidence}
    same = all(values.get(it.scheme, it.value) == it.value for it in client.evidence)
    return bool(tag) and tag == known.validators.entity_tag and same


def _parsed(wanted: Wanted) -> Reference | None:
    reference = parsed(wanted.text, follow=wanted.follow)
    return reference if reference and reference.kind == wanted.kind and not reference.pinned else None


def _say(connection: socket.socket, reply: Reply) -> None:
    connection.sendall(framed(msgspec.msgpack.encode(reply)))
