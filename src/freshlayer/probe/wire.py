"""What protocols and the network say to each other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from freshlayer.evidence import Hop
from freshlayer.model import Observation, Recorded
from freshlayer.reference import Reference

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, octets and connections (design rule 7). ``total`` is for all requests of one reference."""

    connect: float = 3.0
    answer: float = 10.0
    total: float = 20.0
    connections: int = 100
    per_host: int = 8
    hash_up_to: int = 4 * MIB

    def within(self, total: float) -> Limits:
        """The same with another total; no part outlasts the whole."""
        return Limits(
            connect=min(self.connect, total),
            answer=min(self.answer, total),
            total=total,
            connections=self.connections,
            per_host=self.per_host,
            hash_up_to=self.hash_up_to,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """``read``: at most so many octets of the body are read. ``digest``: take their SHA-256 as well."""

    method: str
    url: str
    headers: tuple[str, ...]
    read: int = 0
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program. ``environment`` goes over the user's own, ``defaults`` under it.

    ``most``: octets of output (standard output and error together) that are read.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    defaults: Mapping[str, str]
    most: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds. Answered by whether there was time for it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """``hops``: each response of a chain of redirects, the last one last; empty where none came.

    ``error``: why there is no complete answer, as a clause; empty where all went well. ``transient``: another
    try may go better. ``digest``: SHA-256 of the body, hexadecimal, where it was asked for and came whole;
    ``length`` its octets. ``exit_code`` and ``output`` are a program's.
    """

    hops: tuple[Hop, ...] = ()
    error: str = ""
    transient: bool = False
    digest: str = ""
    length: int = 0
    exit_code: int = 0
    output: str = ""

    @property
    def status(self) -> int:
        """The status of the last response; 0 where there is none."""
        return self.hops[-1].status if self.hops else 0


Step = Request | Pause | Run
Conversation = Generator[Step, Answer, Observation]
Protocol = Callable[[Reference, Recorded | None, Limits], Conversation]
