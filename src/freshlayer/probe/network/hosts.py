"""A host: what waits for it, what it has shown of itself, and how many requests it gets at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence

from msgspec import Struct, field

from freshlayer.evidence.quota import quota_of
from freshlayer.model.quota import Quota
from freshlayer.probe.network.connections import STREAMS
from freshlayer.probe.network.exchange import LONGEST_WAIT, is_out_of_quota, retry_after
from freshlayer.probe.network.messages import Answer, Conversation, Request, Run
from freshlayer.reference import Reference

_FIRST = 100
"""Requests to a host before it has stated how many it takes on a connection: RFC 9113 §6.5.2 has no fewer."""
_UNDER_WAY, _FEWEST = 768, 8
"""Requests under way to all hosts, of which each has its share: more of them only cost memory."""
_BEHIND = STREAMS
"""Requests that libcurl has beside those under way: it sends each as soon as an answer makes room for it,
on the present connection or on the one that follows it, while the answers that have come are taken."""
SOON = 2.0
"""Seconds to an answer, of a host for which requests may wait in libcurl: their time passes meanwhile."""
MOST_UNSENT = 3
"""How often a request is queued again that failed before it was sent: libcurl tries a connection that is
refused for some of those that wait, before all of them wait for the present one."""
_TOO_MANY, _BUSY, _REFUSALS_PER_CONNECTION = 429, 503, 2
_ENDS_AFTER = {"nginx": 1_000}
"""Answers on a connection, by default: keepalive_requests of nginx, since 1.19.10 also with HTTP/2."""
_AHEAD = 4 * STREAMS
"""So many requests before a server ends a connection the next one is opened: while a new one is not open
yet, the requests of three round trips are sent, and those of one until its first answers are here."""
_ALONE = 2 * STREAMS
"""Answers on a connection in turn: no other one that is open has been used for a round trip."""
_WORTH_NOTING = _AHEAD + 2 * STREAMS
"""Answers on a connection that ended; after fewer the next one would be due at once."""


class Talk(Struct, eq=False):
    """A conversation, its next step, and the key under which others wait for the same answer.

    ``host``: of ``url``, which is that of the last request; at first that of the reference. ``deadline``: 0
    until it is started. ``left``: the seconds that it has from then on, if fewer than all. ``unsent``: how
    often a request of it failed before it was sent.
    """

    reference: Reference
    conversation: Conversation
    host: str
    url: str
    deadline: float = 0.0
    step: Request | Run | None = None
    key: Hashable = None
    sent: float = 0.0
    left: float = 0.0
    unsent: int = 0
    retry_after: float | None = None
    quota: Quota | None = None


class Pauses(Struct):
    """Conversations that go on later, by the monotonic clock, the earliest first."""

    waiting: list[tuple[float, int, Talk]] = field(default_factory=list)

    def add(self, talk: Talk, at: float) -> None:
        """Until then."""
        from bisect import insort  # noqa: PLC0415 - few origins want a pause

        insort(self.waiting, (at, id(talk), talk))

    def due(self) -> Iterator[Talk]:
        """Those that go on now."""
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            yield self.waiting.pop(0)[-1]

    def next_ends(self) -> list[float]:
        """When the first one goes on, if there is one."""
        return [at for at, _, _ in self.waiting[:1]]


class Succession(Struct):
    """The connections of a host with HTTP/2, of which each follows another: servers end one after some time.

    ``newest``: libcurl's number of the newest one, which has sent so many answers, and ``alone`` so many
    since the last answer on an older one. ``most``: the answers that came on a whole one, or that the
    server's program is known to send (``guessed``); 0: not known. ``unsure``: the one before the newest may
    still be open, as the program may have other settings. ``opened``: the next one is about to be opened, or
    can't be. ``refused``: connections beside it since its last answer.
    """

    newest: int = -1
    answers: int = 0
    alone: int = 0
    most: int = 0
    unsure: bool = False
    guessed: bool = False
    opened: bool = False
    refused: int = 0

    def expect(self, hops: Sequence[tuple[int, Sequence[tuple[str, str]]]]) -> None:
        """By the program of the first answer. Where it has other settings, a second one stays open."""
        if len(hops) == 1:
            program = next((value for name, value in hops[0][1] if name == "server"), "").partition("/")[0]
            self.most = _ENDS_AFTER.get(program, 0)
            self.guessed = self.most > 0

    def note(self, connection: int) -> bool:
        """An answer came on this connection; whether it is the first of one that was opened ahead."""
        self.refused = 0
        if connection <= self.newest:
            self.answers += connection == self.newest
            self.alone = self.alone + 1 if connection == self.newest else 0
            if self.unsure and self.alone == _ALONE:
                self.unsure = self.guessed = False
            return False
        ahead = self.opened
        if self.answers >= _WORTH_NOTING and not ahead:
            self.most, self.guessed = self.answers, False
        self.newest, self.answers, self.alone, self.opened = connection, 1, 0, False
        self.unsure = ahead and self.guessed
        return ahead

    def is_next(self, connection: int, *, late: bool) -> bool:
        """Whether answers have come on another one, and none on this newer one.

        Libcurl may open two where one more is allowed, as the present one ends meanwhile. ``late``: it takes
        too long; that of one that was not opened ahead is not waited for again.
        """
        return 0 <= self.newest < connection and (self.opened or not late)

    def is_due(self, under_way: int, queued: int) -> bool:
        """Whether the next connection is to be opened: what is left is more than the newest one takes."""
        if self.opened or self.unsure:
            return False
        return 0 < self.most <= self.answers + under_way + min(queued, _AHEAD)


class Host(Struct):
    """``queue``: what waits; of what has not started yet, the reference alone.

    ``failure``: why no more requests are sent to it. ``answered``: it has sent a response at least once.

    ``multiplexed``: whether one connection takes all its requests; None where that is not known yet.
    ``until``: when it accepts requests again, by the monotonic clock (RFC 9110 §10.2.3). ``quota``: what the
    first answer that states one states; ``left``: the requests that are left of it, once they are fewer.

    ``calm``: it has refused no request for now, states no quota, and redirects to no other place, whose
    connections may be few. ``prompt``: its last answer came soon.
    """

    queue: deque[Talk | Reference] = field(default_factory=deque)
    busy: int = 0
    multiplexed: bool | None = None
    answered: bool = False
    timeouts: int = 0
    failure: Answer | None = None
    until: float = 0.0
    refusals: int = 0
    quota: Quota | None = None
    left: int | None = None
    calm: bool = True
    prompt: bool = True
    succession: Succession = field(default_factory=Succession)

    @property
    def waits(self) -> bool:
        """Whether the next request waits for one that opens a connection, or for a stream of it."""
        return bool(self.multiplexed or (self.busy and not self.answered))

    def connections(self, most: int) -> int:
        """How many it may have open. ``most``: without HTTP/2."""
        return min(self.busy, 1 if self.multiplexed else most)

    def respect(self, name: str, answer: Answer, per_host: int) -> Quota | None:
        """Note what an answer states for all requests that wait: a 429, a quota; the quota."""
        status = answer.status
        refused = status == _TOO_MANY or is_out_of_quota(answer)
        self.refusals = self.refusals + 1 if refused else 0
        wait = retry_after(answer) if refused else None
        if wait is not None:
            if wait > LONGEST_WAIT or self.refusals > _REFUSALS_PER_CONNECTION * per_host:
                self.failure = answer
            else:
                self.until = max(self.until, time.monotonic() + wait)
        found = quota_of(answer.hops[-1], name) if answer.hops else None
        self.calm = self.calm and not (refused or found or status == _BUSY or len(answer.hops) > 1)
        if found is not None:
            self._note(found)
        return found

    def _note(self, found: Quota) -> None:
        """Answers overtake each other: the fewest count, until a new window starts."""
        if self.quota is None or found.seconds > self.quota.seconds + 1:
            self.quota, self.left = found, None
        elif found.remaining < self.quota.remaining:
            self.left = found.remaining if self.left is None else min(self.left, found.remaining)

    def may_stay(self) -> int:
        """How many requests may stay in libcurl, of those that are not sent yet; others are queued again."""
        if self.until > time.monotonic():
            return 0
        return STREAMS + self._behind

    def may_open(self) -> bool:
        """Whether the present connection may be there: all that was under way may be refused another one."""
        return self.succession.refused <= STREAMS + _BEHIND

    @property
    def _behind(self) -> int:
        """How many may wait in libcurl behind those under way."""
        return _BEHIND if self.calm and self.prompt else 0

    def most(self, per_host: int, hosts: int, *, behind: bool) -> int:
        """How many requests may be under way with the first in the queue. ``hosts``: that have work.

        ``behind``: others may wait behind these. As a quota ends, no more than are left of it: all others
        would be refused.
        """
        most = self._most(per_host, hosts, self._behind if behind else 0)
        return most if self.left is None else min(most, max(1, self.left))

    def _most(self, per_host: int, hosts: int, behind: int) -> int:
        """By the connections.

        Libcurl lets requests wait for the first connection that may take them all (PIPEWAIT), so that nothing
        is lost where they are added before that is known.
        """
        first = self.queue[0]
        step = first.step if isinstance(first, Talk) else None
        if isinstance(step, Run):
            return per_host
        share = max(_FEWEST, _UNDER_WAY // hosts)
        if self.multiplexed:
            return min(STREAMS + behind, share)
        reference = first.reference if isinstance(first, Talk) else first
        url = reference.address if step is None else step.url
        return min(_FIRST, share) if self.multiplexed is None and url.startswith("https:") else per_host
