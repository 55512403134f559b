"""All conversations at once, in one thread: queues per host, transfers, programs, pauses and deadlines."""

from __future__ import annotations

import heapq
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pycurl

from freshlayer.model import Observation, Outcome
from freshlayer.probe import curl
from freshlayer.probe.curl import Transfer
from freshlayer.probe.subprocesses import Running, start
from freshlayer.probe.wire import Answer, Conversation, Limits, Pause, Request, Run, Step
from freshlayer.reference import Reference

_MULTIPLEXED = 100
_TICK = 0.2
_SHORT_TICK = 0.01


def converse(talks: Mapping[Reference, Conversation], limits: Limits) -> Iterator[Observation]:
    """Drive all conversations to their ends; yield the observations as they come."""
    driver = _Driver(talks, limits)
    try:
        yield from driver.run()
    finally:
        driver.close()


@dataclass(slots=True)
class _Talk:
    """A conversation, and the step that it waits to take."""

    reference: Reference
    conversation: Conversation
    host: str
    deadline: float = 0.0
    step: Step | None = None


class _Driver:
    def __init__(self, talks: Mapping[Reference, Conversation], limits: Limits) -> None:
        self._limits = limits
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, limits.per_host)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, limits.connections)
        self._queues: dict[str, deque[_Talk]] = {}
        for reference, conversation in talks.items():
            host = urlsplit(reference.ask).netloc.rpartition("@")[2]
            self._queues.setdefault(host, deque()).append(_Talk(reference, conversation, host))
        self._flying: dict[pycurl.Curl, tuple[_Talk, Transfer]] = {}
        self._running: list[tuple[_Talk, Running]] = []
        self._pauses: list[tuple[float, int, _Talk]] = []
        self._per_host: Counter[str] = Counter()
        self._multiplexed: set[str] = set()
        self._idle: list[pycurl.Curl] = []
        self._authorities = curl.authorities()

    def run(self) -> Iterator[Observation]:
        while True:
            yield from self._start()
            if not (self._flying or self._running or self._pauses or any(self._queues.values())):
                return
            yield from self._wake()
            yield from self._transfers()
            yield from self._programs()

    def close(self) -> None:
        """Conversations that are cut off leave no connection and no program behind."""
        for handle in self._flying:
            self._multi.remove_handle(handle)
        self._multi.close()
        for _, running in self._running:
            running.end()

    def _start(self) -> Iterator[Observation]:
        """Start what the limits allow."""
        for host, queue in list(self._queues.items()):
            most = _MULTIPLEXED if host in self._multiplexed else self._limits.per_host
            while queue and self._per_host[host] < most and self._busy < self._limits.connections:
                talk = queue.popleft()
                talk.deadline = talk.deadline or time.monotonic() + self._limits.total
                if talk.step is None:
                    yield from self._resume(talk, None)
                else:
                    yield from self._take(talk, talk.step)

    @property
    def _busy(self) -> int:
        return len(self._flying) + len(self._running)

    def _take(self, talk: _Talk, step: Step) -> Iterator[Observation]:
        """Take the step that a conversation waits for."""
        remaining = talk.deadline - time.monotonic()
        if isinstance(step, Request):
            handle = self._idle.pop() if self._idle else pycurl.Curl()
            transfer = Transfer(step, self._limits)
            curl.prepare(handle, transfer, remaining, self._authorities)
            self._multi.add_handle(handle)
            self._flying[handle] = talk, transfer
            self._per_host[talk.host] += 1
        elif isinstance(step, Run):
            begun = start(step, remaining)
            if isinstance(begun, Answer):
                yield from self._resume(talk, begun)
            else:
                self._running.append((talk, begun))
                self._per_host[talk.host] += 1

    def _transfers(self) -> Iterator[Observation]:
        """Let libcurl work; answer the conversations whose request has ended."""
        if not self._flying:
            return
        while self._multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        ended = self._ended()
        for handle, error, transient in ended:
            yield from self._finish(handle, error, transient=transient)
        if not ended:
            self._multi.select(_SHORT_TICK if self._running else _TICK)

    def _ended(self) -> list[tuple[pycurl.Curl, str, bool]]:
        ended: list[tuple[pycurl.Curl, str, bool]] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            ended += [(handle, "", False) for handle in good]
            for handle, code, text in bad:
                error = curl.why(handle, code, text, self._flying[handle][1])
                ended.append((handle, error, curl.is_transient(code)))
        return ended

    def _finish(self, handle: pycurl.Curl, error: str, *, transient: bool) -> Iterator[Observation]:
        talk, transfer = self._flying.pop(handle)
        if handle.getinfo(pycurl.INFO_HTTP_VERSION) >= pycurl.CURL_HTTP_VERSION_2_0:
            self._multiplexed.add(talk.host)
        self._multi.remove_handle(handle)
        self._idle.append(handle)
        self._per_host[talk.host] -= 1
        yield from self._resume(talk, transfer.answer(error, transient=transient))

    def _programs(self) -> Iterator[Observation]:
        for item in list(self._running):
            talk, running = item
            answer = running.poll()
            if answer is not None:
                self._running.remove(item)
                self._per_host[talk.host] -= 1
                yield from self._resume(talk, answer)
        if self._running and not self._flying:
            time.sleep(_SHORT_TICK)

    def _resume(self, talk: _Talk, answer: Answer | None) -> Iterator[Observation]:
        """Answer a conversation (None starts it), and queue the step that it asks for."""
        try:
            step = next(talk.conversation) if answer is None else talk.conversation.send(answer)
        except StopIteration as end:
            yield end.value
            return
        now = time.monotonic()
        if isinstance(step, Pause):
            if now + step.seconds >= talk.deadline:
                yield from self._resume(talk, Answer(error="there was no time to wait"))
            else:
                heapq.heappush(self._pauses, (now + step.seconds, id(talk), talk))
        elif now >= talk.deadline:
            reason = f"gave no answer that counts within {self._limits.total:g} s"
            yield Observation(talk.reference, Outcome.UNKNOWN, reason)
        else:
            talk.step = step
            self._queues[talk.host].appendleft(talk)

    def _wake(self) -> Iterator[Observation]:
        while self._pauses and self._pauses[0][0] <= time.monotonic():
            _, _, talk = heapq.heappop(self._pauses)
            yield from self._resume(talk, Answer())
        if self._pauses and not self._busy and not any(self._queues.values()):
            time.sleep(min(_TICK, max(0.0, self._pauses[0][0] - time.monotonic())))
