"""All conversations in one thread: a queue for each host, transfers, programs, pauses and deadlines."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.credentials import netloc_of
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.probe.network import curl
from freshlayer.probe.network.connections import ONE_MORE, STREAMS, Connections
from freshlayer.probe.network.curl import Transfer
from freshlayer.probe.network.exchange import failed, is_out_of_quota, retry_after
from freshlayer.probe.network.hosts import MOST_UNSENT, SOON, Host, Pauses, Talk
from freshlayer.probe.network.libcurl import pycurl
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Once, Pause, Request, Run, Step
from freshlayer.reference import Reference, shown

if TYPE_CHECKING:
    from freshlayer.probe.network.subprocesses import Programs

_PIECE = 32
"""Requests that are started, and answers that are taken, between two runs of libcurl."""
_PART = 4
"""A part of what is under way, if that is more: a run of libcurl looks at each request for 2 µs."""
_SPACING = 8e-6
"""Seconds between two runs, for each request under way."""
_MANY = 256
"""From so many requests under way on, a run of libcurl waits until there is more than one answer."""
_TICK, _SHORT_TICK = 0.2, 0.01
_BUSY = frozenset({429, 503})


def converse(
    talks: Mapping[Reference, Conversation], limits: Limits, connections: Connections | None = None
) -> Iterator[Observation]:
    """Run all conversations to their ends; yield each observation when it is complete.

    A conversation is taken from ``talks`` once, when it starts. ``connections``: that outlast this.
    """
    if limits.strangers is not None:
        from freshlayer.probe.strangers import Within  # noqa: PLC0415 - for clones of a service alone

        talks = Within(talks, limits.strangers)
    driver = _Driver(talks, limits, connections or Connections())
    try:
        for complete in driver.run():
            paused = time.monotonic()
            yield from complete
            # The caller's own work does not count as the origins' time.
            driver.until += time.monotonic() - paused
    finally:
        driver.close()


class _Driver:
    def __init__(self, talks: Mapping[Reference, Conversation], limits: Limits, kept: Connections) -> None:
        self._limits = limits
        self._patient = replace(limits, connect=limits.answer)
        self._open = dict.fromkeys(talks)
        self.until = time.monotonic() + limits.deadline
        self._connections, self._multi = kept, kept.multi
        self._connections.allow(limits.per_host)
        self._behind = False
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, limits.connections)
        self._hosts: defaultdict[str, Host] = defaultdict(Host)
        self._talks = talks
        for reference in talks:
            self._hosts[netloc_of(reference.address)].queue.append(reference)
        self._complete: list[Observation] = []
        self._flying: dict[pycurl.Curl, tuple[Talk, Transfer]] = {}
        self._programs: Programs | None = None
        self._pauses = Pauses()
        self._once: dict[Hashable, Answer | list[tuple[Talk, Once]]] = {}
        self._ended: deque[tuple[pycurl.Curl, int, str]] = deque()
        self._goes_on = False
        self._handles = curl.Handles()

    def run(self) -> Iterator[list[Observation]]:
        """Until each reference has its observation; what is still open at the deadline is unknown."""
        while time.monotonic() < self.until and self._works():
            yield self._taken()
        while self._ended:
            self._finish(*self._ended.popleft())
        yield self._taken()
        yield [Observation(it, ProbeOutcome.UNKNOWN, self._limits.too_late) for it in self._open]

    def _works(self) -> bool:
        """Start what may be started, and take what has ended; whether there was anything."""
        self._start()
        if not (self._busy or self._pauses.waiting or any(host.queue for host in self._hosts.values())):
            return False
        self._wake()
        self._transfers()
        self._ended_programs()
        return True

    def _taken(self) -> list[Observation]:
        """What is complete since the last time."""
        complete, self._complete = self._complete, []
        for observation in complete:
            self._open.pop(observation.reference, None)
        return complete

    def close(self) -> None:
        """Close the connections and end the programs of conversations that did not end."""
        for handle in self._flying:
            self._multi.remove_handle(handle)
        self._connections.released()
        if self._programs is not None:
            self._programs.close()

    @property
    def _busy(self) -> int:
        return len(self._flying) + len(self._programs or ())

    def _start(self) -> None:
        """Start a part of what the limits allow, of all hosts alike: their connections open at once."""
        now, per_host, most = time.monotonic(), self._limits.per_host, self._limits.connections
        open_ = sum(host.connections(per_host) for host in self._hosts.values())
        hosts = [item for item in self._hosts.items() if item[1].queue and item[1].until <= now]
        at_work = max(1, sum(1 for host in self._hosts.values() if host.busy or host.queue))
        part = -(-self._piece // max(1, len(hosts)))
        self._goes_on, behind = False, self._may_wait(at_work)
        for name, host in hosts:
            others, left = open_ - host.connections(per_host), part
            while host.queue and host.busy < host.most(per_host, at_work, behind=behind) and open_ < most:
                if not left:
                    self._goes_on = True
                    break
                left -= 1
                self._begin(host.queue.popleft(), name)
                open_ = others + host.connections(per_host)

    def _may_wait(self, hosts: int) -> bool:
        """Whether libcurl may have requests of a host that wait behind those under way.

        So that they open no connections, all are for one host and use one. What still waits when that ends
        is queued again. ``hosts``: that have work.
        """
        allowed = min(self._limits.per_host, self._limits.connections) >= ONE_MORE
        before, self._behind = self._behind, hosts == 1 and allowed and self._connections.allowed <= ONE_MORE
        if before and not self._behind:
            for host in self._hosts.values():
                if host.busy > STREAMS:
                    self._withdraw(host, STREAMS)
        return self._behind

    @property
    def _piece(self) -> int:
        return max(_PIECE, len(self._flying) // _PART)

    def _begin(self, first: Talk | Reference, host: str) -> None:
        talk = first if isinstance(first, Talk) else Talk(first, self._talks[first], host, first.address)
        talk.deadline = talk.deadline or time.monotonic() + (talk.left or self._limits.total)
        if talk.step is None:
            self._resume(talk, None)
        else:
            self._take(talk, talk.step)

    def _take(self, talk: Talk, step: Request | Run) -> None:
        """Take the next step of a conversation."""
        remaining = talk.deadline - time.monotonic()
        host = self._hosts[talk.host]
        if remaining <= 0:
            self._answer(talk, Answer(error=self._limits.late))
        elif isinstance(step, Request) and host.failure is not None:
            self._answer(talk, host.failure)
        elif isinstance(step, Request):
            self._send(talk, step, remaining)
        else:
            self._run_program(talk, step, remaining)

    def _run_program(self, talk: Talk, run: Run, remaining: float) -> None:
        if self._programs is None:
            from freshlayer.probe.network.subprocesses import Programs  # noqa: PLC0415 - few origins want one

            self._programs = Programs()
        if (not_started := self._programs.begin(talk, run, remaining)) is not None:
            self._answer(talk, not_started)
        else:
            self._hosts[talk.host].busy += 1

    def _send(self, talk: Talk, request: Request, remaining: float) -> None:
        handle = self._handles.take()
        given = request.proxies or (talk.reference.form.proxies if self._limits.strangers is None else None)
        host = self._hosts[talk.host]
        due = host.succession.is_due(host.busy, len(host.queue))
        # What waits in libcurl opens it by itself, and one for this request alone would end that again.
        ahead = due and host.busy < STREAMS
        # A stream that is not free yet is not a connection that does not come about.
        limits = self._patient if host.waits and not ahead else self._limits
        transfer = Transfer(request, limits, given, ahead)
        try:
            self._handles.prepare(handle, transfer, remaining)
        except (pycurl.error, ValueError, TypeError) as error:
            # A file that is not a certificate, an option that this libcurl was built without.
            problem = failed("request-invalid", f"libcurl rejects the request: {shown(str(error), 120)}")
            self._answer(talk, problem)
            return
        self._multi.add_handle(handle)
        self._flying[handle] = talk, transfer
        talk.sent = time.monotonic()
        host.busy += 1
        host.succession.opened |= due
        if due:
            self._connections.allow_one_more()
        elif not host.multiplexed:
            self._connections.allow(self._limits.per_host)

    def _transfers(self) -> None:
        """Let libcurl work; answer a part of the conversations whose request has ended."""
        if not self._flying:
            return
        while self._multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        self._collect()
        again = time.monotonic() + _SPACING * len(self._flying)
        if not (self._ended or self._goes_on):
            self._connections.wait(_SHORT_TICK if self._programs else _TICK)
        for _ in range(min(self._piece, len(self._ended))):
            self._finish(*self._ended.popleft())
        if len(self._flying) > _MANY and not (self._ended or self._goes_on):
            time.sleep(max(0.0, again - time.monotonic()))

    def _collect(self) -> None:
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            self._ended.extend((handle, 0, "") for handle in good)
            self._ended.extend(bad)

    def _finish(self, handle: pycurl.Curl, code: int, text: str) -> None:
        talk, transfer = self._flying[handle]
        host = self._hosts[talk.host]
        late = code == pycurl.E_OPERATION_TIMEDOUT
        if late and (time.monotonic() >= self.until or self._limits.answer >= self._limits.deadline):
            return  # The deadline is the reason.
        host.prompt = not late and time.monotonic() - talk.sent < SOON
        del self._flying[handle]
        unsent = code and self._is_unsent(handle, talk, transfer, late=late)
        if code and (unsent or self._handles.trust_more(transfer, code)):
            self._take_back(handle, talk, host)
            return
        answer = curl.conclude(handle, transfer, code, text)
        if late and host.failure is not None and not answer.hops:
            answer = host.failure
        host.busy -= 1
        host.answered |= bool(answer.hops)
        host.timeouts += late and not answer.hops
        self._note_version(host, handle, transfer)
        if not host.answered and (
            curl.is_unreachable(handle, code, transfer) or host.timeouts >= self._limits.per_host
        ):
            # The next request would wait as long for the same answer.
            host.failure = Answer(error=answer.error)
            self._withdraw(host, 0)
        talk.quota = host.respect(talk.host, answer, self._limits.per_host) or talk.quota
        if host.busy > STREAMS or host.until:
            self._withdraw(host, host.may_stay())
        self._multi.remove_handle(handle)
        self._handles.give_back(handle)
        self._answer(talk, answer)

    def _note_version(self, host: Host, handle: pycurl.Curl, transfer: Transfer) -> None:
        """Whether one connection takes all requests of a host."""
        if host.multiplexed:
            direct = len(transfer.hops) == 1
            if direct and host.succession.note(handle.getinfo(pycurl.CONN_ID)):
                self._keep_to_present(host)
        if host.multiplexed or not transfer.hops:
            return
        if handle.getinfo(pycurl.INFO_HTTP_VERSION) >= pycurl.CURL_HTTP_VERSION_2_0:
            host.multiplexed = True
            host.succession.expect(transfer.hops)
            if all(other.multiplexed for other in self._hosts.values() if other.busy or other.queue):
                self._connections.allow(1)
        elif host.multiplexed is None and transfer.request.url.startswith("https:"):
            host.multiplexed = False
            self._withdraw(host, self._limits.per_host)

    def _is_unsent(self, handle: pycurl.Curl, talk: Talk, transfer: Transfer, *, late: bool) -> bool:
        """Whether a request to a host with HTTP/2 failed before it was sent: the host may be well."""
        host, connection = self._hosts[talk.host], handle.getinfo(pycurl.CONN_ID)
        opened = transfer.ahead or host.succession.is_next(connection, late=late)
        refused = opened and curl.opened_in_vain(handle, transfer)
        if refused:
            host.succession.refused += 1
            self._keep_to_present(host)
        # Without a connection no stream got free in time.
        unsent = (refused and host.may_open()) or (late and connection < 0 and host.multiplexed is True)
        talk.unsent += unsent
        return unsent and (transfer.ahead or talk.unsent <= MOST_UNSENT)

    def _keep_to_present(self, host: Host) -> None:
        """The next connection has come about, or is refused, maybe by a request that was not to open it."""
        if self._connections.allow_one_again():
            self._withdraw(host, 0, ahead=True)

    def _withdraw(self, host: Host, most: int, *, ahead: bool = False) -> None:
        """Queue again what was added last and was not sent; only what is ``ahead``, if so."""
        ended = {handle for handle, _, _ in self._ended}
        for handle, (talk, transfer) in reversed(list(self._flying.items())):
            if host.busy <= most:
                return
            unsent = handle not in ended and not handle.getinfo(pycurl.PRETRANSFER_TIME)
            if self._hosts[talk.host] is host and unsent and transfer.ahead >= ahead:
                del self._flying[handle]
                self._take_back(handle, talk, host)

    def _take_back(self, handle: pycurl.Curl, talk: Talk, host: Host) -> None:
        """The time that a request waited that was not sent is not its own."""
        self._multi.remove_handle(handle)
        self._handles.give_back(handle)
        host.busy -= 1
        talk.left, talk.deadline = talk.deadline - talk.sent, 0.0
        host.queue.appendleft(talk)

    def _ended_programs(self) -> None:
        for talk, answer in self._programs.ended() if self._programs else ():
            self._hosts[talk.host].busy -= 1
            self._answer(talk, answer)
        if self._programs and not self._flying:
            time.sleep(_SHORT_TICK)

    def _answer(self, talk: Talk, answer: Answer) -> None:
        """Pass an answer to a conversation, and to those that wait for the same answer."""
        waiting = self._once.pop(talk.key, []) if talk.key is not None else []
        # The first conversation has no time left, which is not an answer for those that have some.
        final = not (answer.error and time.monotonic() >= talk.deadline)
        if talk.key is not None and final:
            self._once[talk.key] = answer
        talk.key = None
        self._resume(talk, answer)
        for other, once in waiting if isinstance(waiting, list) else []:
            known = answer if final else self._plan(other, once)
            if known is not None:
                self._resume(other, known)

    def _resume(self, talk: Talk, answer: Answer | None) -> None:
        """Pass an answer to a conversation (None starts it), and queue its next step."""
        while True:
            if answer is not None and (answer.status in _BUSY or is_out_of_quota(answer)):
                talk.retry_after = retry_after(answer)
            try:
                step = next(talk.conversation) if answer is None else talk.conversation.send(answer)
            except StopIteration as end:
                unknown = end.value.outcome is ProbeOutcome.UNKNOWN
                seen = replace(end.value, retry_after=talk.retry_after) if unknown else end.value
                seen = seen if talk.quota is None else replace(seen, quota=talk.quota)
                self._complete.append(seen)
                return
            except Exception as error:  # noqa: BLE001 - one origin's oddity must not cost the other results
                detail = f"an error of freshlayer itself ({type(error).__name__})"
                reason = Reason("internal-error", detail=detail, hint=hint_of("internal-error"))
                self._complete.append(Observation(talk.reference, ProbeOutcome.UNKNOWN, reason))
                return
            if time.monotonic() >= talk.deadline:
                self._complete.append(Observation(talk.reference, ProbeOutcome.UNKNOWN, self._limits.late))
                return
            known = self._plan(talk, step)
            if known is None:
                return
            answer = known

    def _plan(self, talk: Talk, step: Step) -> Answer | None:
        """Queue a step; return the answer if it is already known."""
        if isinstance(step, Pause):
            at = time.monotonic() + step.seconds
            if at >= talk.deadline:
                return failed("timed-out", "no time is left to try again")
            self._pauses.add(talk, at)
            return None
        if isinstance(step, Once):
            known = self._once.get(step.key)
            if isinstance(known, list):
                known.append((talk, step))
                return None
            if known is not None:
                return known
            self._once[step.key] = []
            talk.key, step = step.key, step.step
        talk.step = step
        if isinstance(step, Request) and step.url != talk.url:
            talk.url, talk.host = step.url, netloc_of(step.url)
        self._hosts[talk.host].queue.appendleft(talk)
        return None

    def _wake(self) -> None:
        for talk in self._pauses.due():
            self._resume(talk, Answer())
        waiting = self._pauses.next_ends()
        waiting += [host.until for host in self._hosts.values() if host.queue]
        if waiting and not self._busy:
            time.sleep(min(_TICK, max(0.0, min(waiting) - time.monotonic())))
