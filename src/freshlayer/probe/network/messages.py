"""The messages between protocols and the network: requests, programs, pauses, and answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.children import Child
from freshlayer.credentials import NO_CREDENTIALS, NO_FILES, Credential, Keyring, Private, Tls
from freshlayer.evidence import Hop
from freshlayer.model.observation import Observation, Recorded
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.reference import Reference
from freshlayer.request_form import Proxies

if TYPE_CHECKING:
    from freshlayer.model.downloaded_scripts import Confinement
    from freshlayer.model.image_blobs import BlobSink

MIB = 1024 * 1024
MOST_REDIRECTS = 10


class Limits(Struct, frozen=True):
    """Seconds, bytes and connections (rule 7 of ARCHITECTURE.md).

    ``total`` is for all requests of one reference, ``deadline`` for those of all references. ``strangers``:
    where strangers choose the references, the hosts that may be local and may get credentials; None: the user
    chooses them.
    """

    connect: float = 3.0
    answer: float = 10.0
    total: float = 20.0
    deadline: float = 60.0
    connections: int = 100
    per_host: int = 8
    hash_up_to: int = 4 * MIB
    strangers: tuple[str, ...] | None = None

    def within(self, total: float) -> Limits:
        """The same with another total; no part outlasts the whole."""
        return replace(self, connect=min(self.connect, total), answer=min(self.answer, total), total=total)

    @property
    def late(self) -> Reason:
        """Why a reference is unknown that took longer than ``total``."""
        if self.total >= self.deadline:
            return self.too_late
        detail = f"no usable answer within {self.total:g} s"
        return Reason("timed-out", detail=detail, hint=hint_of("timed-out"))

    @property
    def too_late(self) -> Reason:
        """Why those are unknown that are left at the deadline."""
        detail = f"no answer before the probe of all references ended after {self.deadline:g} s"
        return Reason("deadline", detail=detail, hint=hint_of("deadline"))


class Means(Struct, frozen=True):
    """What a conversation may use. ``platforms``: those of the build, ``os/arch[/variant]``, for images.

    ``confinement``: of a reference that only a downloaded script names. ``until``: what a git ref was then,
    in milliseconds since 1970; 0: what it is.
    """

    limits: Limits
    keyring: Keyring = NO_CREDENTIALS
    platforms: tuple[str, ...] = ()
    confinement: Confinement | None = None
    until: int = 0


class Signer(Private, frozen=True):
    """Keys that libcurl signs a request with (AWS Signature Version 4)."""

    user: str
    secret: str
    region: str
    service: str = "s3"


class Request(Private, frozen=True):
    """One request.

    ``read``: at most so many bytes of the body are read. ``digest``: take their SHA-256. ``keep``: put them
    into the answer. ``into``: write a body of status 200 to this file, from its start; it is whole only if
    the answer has a digest. ``sink``: it takes such a body while it comes, and may stop it. ``part``: put
    what was read into the answer, even if there is more. ``form``: the encoded body of a POST or a PUT.
    ``follow``: follow redirects; libcurl does that by itself only where the request has nothing that is for
    this host alone. ``anonymous``: no credential is looked up for the host. ``own``: headers that are for
    this host alone. ``proxies``: those of the command; None: our own. ``refuses_local``: no connection to
    this machine (loopback) or to a link-local address; ``loopback``: to this machine it is. ``direct``:
    it was not redirected before.
    """

    method: str
    url: str
    headers: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    read: int = 0
    digest: bool = False
    keep: bool = False
    into: BinaryIO | None = None
    part: bool = False
    sink: BlobSink | None = None
    form: str | bytes = ""
    follow: bool = True
    anonymous: bool = False
    credential: Credential | None = None
    signer: Signer | None = None
    tls: Tls = NO_FILES
    proxies: Proxies | None = None
    refuses_local: bool = False
    loopback: bool = False
    direct: bool = False

    @property
    def is_private(self) -> bool:
        """Whether it has a part that is for its own host alone."""
        named = self.credential is not None or self.signer is not None or bool(self.own)
        return named or self.tls != NO_FILES


class Run(Private, frozen=True):
    """Run a program. ``environment`` overrides the user's own, which overrides ``defaults``.

    ``most``: bytes of output that are read. ``stdin``: its standard input. ``errors``: its standard error is
    part of the output; else it is dropped. ``child``: its kind, with its limits.
    """

    argv: tuple[str, ...]
    child: Child
    environment: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    most: int = 64 * 1024
    stdin: str = ""
    errors: bool = True


class Pause(Struct, frozen=True):
    """Wait so many seconds. The answer has an error if there is no time for it."""

    seconds: float


class Once(Struct, frozen=True):
    """Take a step once for all conversations that name the same key, and answer each of them with it."""

    key: Hashable
    step: Request | Run


class Answer(Private, frozen=True):
    """``hops``: each response of a chain of redirects, the last one last; empty where none came.

    ``error``: why there is no complete answer; None on success. ``transient``: another try may succeed.
    ``digest``: SHA-256 of the body, hexadecimal, if it was requested and the body is complete; ``length``:
    its bytes; ``body``: itself, if it was to be kept and is complete. ``exit_code`` and ``output``: those of
    a program.
    """

    hops: tuple[Hop, ...] = ()
    error: Reason | None = None
    transient: bool = False
    digest: str = ""
    length: int = 0
    body: bytes = b""
    exit_code: int = 0
    output: str = ""

    @property
    def status(self) -> int:
        """The status of the last response; 0 where there is none."""
        return self.hops[-1].status if self.hops else 0


Step = Request | Pause | Run | Once
Talk = Generator[Step, Answer, Answer]
Conversation = Generator[Step, Answer, Observation]
Protocol = Callable[[Reference, Recorded | None, Means], Conversation]
