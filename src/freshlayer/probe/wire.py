"""What protocols and the network say to each other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, field, replace

from freshlayer.credentials import NO_FILES, NOBODY, Credential, Keyring, Tls
from freshlayer.evidence import Hop
from freshlayer.model import Observation, Recorded
from freshlayer.reference import Reference

MIB = 1024 * 1024
MOST_REDIRECTS = 10


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
        return replace(self, connect=min(self.connect, total), answer=min(self.answer, total), total=total)


@dataclass(frozen=True, slots=True)
class Means:
    """What a conversation may use. ``platforms``: those of the build, ``os/arch[/variant]``, for images."""

    limits: Limits
    keyring: Keyring = NOBODY
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signer:
    """Keys that libcurl signs a request with (AWS Signature Version 4)."""

    user: str = field(repr=False)
    secret: str = field(repr=False)
    region: str
    service: str = "s3"


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``read``: at most so many octets of the body are read. ``digest``: take their SHA-256. ``keep``: give
    them in the answer. ``form``: what a POST sends, encoded already. ``follow``: follow redirects; libcurl
    does that by itself only where the request carries nothing that is for this host alone. ``anonymous``:
    no credential is looked up for the host.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[str, ...] = field(default=(), repr=False)
    read: int = 0
    digest: bool = False
    keep: bool = False
    form: str = field(default="", repr=False)
    follow: bool = True
    anonymous: bool = False
    credential: Credential | None = None
    signer: Signer | None = None
    tls: Tls = NO_FILES

    @property
    def is_private(self) -> bool:
        """Whether it carries what is for its own host alone."""
        return self.credential is not None or self.signer is not None or self.tls != NO_FILES


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program. ``environment`` goes over the user's own, ``defaults`` under it.

    ``most``: octets of output that are read. ``stdin`` is given to it. ``errors``: its standard error belongs
    to the output; else it is dropped.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    defaults: Mapping[str, str] = field(default_factory=dict)
    most: int = 64 * 1024
    stdin: str = field(default="", repr=False)
    errors: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds. Answered by whether there was time for it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Once:
    """Take a step once for all conversations that name the same key, and answer each of them with it."""

    key: Hashable
    step: Request | Run


@dataclass(frozen=True, slots=True)
class Answer:
    """``hops``: each response of a chain of redirects, the last one last; empty where none came.

    ``error``: why there is no complete answer, as a clause; empty where all went well. ``transient``: another
    try may go better. ``digest``: SHA-256 of the body, hexadecimal, where it was asked for and came whole;
    ``length`` its octets; ``body`` itself where it was to be kept and came whole. ``exit_code`` and
    ``output`` are a program's.
    """

    hops: tuple[Hop, ...] = ()
    error: str = ""
    transient: bool = False
    digest: str = ""
    length: int = 0
    body: bytes = field(default=b"", repr=False)
    exit_code: int = 0
    output: str = field(default="", repr=False)

    @property
    def status(self) -> int:
        """The status of the last response; 0 where there is none."""
        return self.hops[-1].status if self.hops else 0


Step = Request | Pause | Run | Once
Talk = Generator[Step, Answer, Answer]
Conversation = Generator[Step, Answer, Observation]
Protocol = Callable[[Reference, Recorded | None, Means], Conversation]
