"""The values that travel between the rooms. Frozen; nothing here does anything but hold and name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct, field

from freshlayer.reference import Reference


class Strength(StrEnum):
    """How much a piece of evidence says about the bytes, strongest first."""

    CONTENT = "content"
    STRONG = "strong"
    CHECKSUM = "checksum"
    WEAK = "weak"
    HEURISTIC = "heuristic"
    SIZE = "size"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return _RANKS[self]


_BUILDERS_OWN = frozenset({"FROM", "COPY --from", "RUN --mount"})
_SHORT_TAG = 16
_SHORT_HASH = 12
_LEAST_HASH = 40
_HEXADECIMAL = frozenset("0123456789abcdef")
_RANKS = {strength: rank for rank, strength in enumerate(Strength)}


class Identity(Struct, frozen=True):
    """The evidence that stands for the bytes in a key, written ``scheme:value``."""

    scheme: str
    value: str
    strength: Strength

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @classmethod
    def parse(cls, text: str, strength: Strength) -> Identity:
        """Read ``scheme:value``; raises ValueError where there is no scheme."""
        scheme, colon, value = text.partition(":")
        if not (scheme and colon):
            message = f"{text!r} is no identity (scheme:value)"
            raise ValueError(message)
        return cls(scheme, value, strength)

    @property
    def short(self) -> str:
        """For a line of text: the end of a tag, the start of a digest, a date."""
        match self.scheme:
            case "etag":
                core = self.value.strip("{}-_.:;, ")
                return f'"{self.value}"' if len(self.value) <= _SHORT_TAG or not core else f'"…{core[-4:]}"'
            case "md5":
                return f"{self.scheme}:{self.value[:_SHORT_HASH]}"
            case "last-modified" | "mtime-s":
                return f"{self.scheme} {_dated(self.value)}"
            case _:
                return f"{self.scheme}:{self.value[:_SHORT_HASH]}" if _is_hash(self.value) else str(self)


def _is_hash(value: str) -> bool:
    return len(value) >= _LEAST_HASH and set(value) <= _HEXADECIMAL


def contrast(old: Identity, new: Identity) -> str:
    """``was "…8555", now "…8333"``: as short as the difference allows."""
    before, now = old.short, new.short
    if before == now:
        before, now = f'"{old.value}"', f'"{new.value}"'
    return f"was {before}, now {now}"


def _dated(value: str) -> str:
    """``1700000000/5600`` → ``2023-11-14 22:13:20Z, 5600 bytes``."""
    moment, _, length = value.partition("/")
    try:
        at = datetime.fromtimestamp(int(moment), tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return value
    return f"{at}, {length} bytes" if length.isdigit() else at


class Evidence(Struct, frozen=True):
    """One thing that an origin said about the bytes.

    ``hop`` counts redirects from 0; ``ignored`` holds the reason where the evidence does not count.
    ``guessed``: it is of bytes that are only probably those of the recorded identity.
    """

    scheme: str
    value: str
    strength: Strength
    hop: int = 0
    ignored: str = ""
    guessed: bool = False

    @property
    def identity(self) -> Identity:
        """This evidence as an identity."""
        return Identity(self.scheme, self.value, self.strength)


class Validators(Struct, frozen=True):
    """What a conditional request sends back, letter for letter as the origin wrote it (RFC 9110 §13.1)."""

    entity_tag: str = ""
    last_modified: str = ""


class Outcome(StrEnum):
    """How a probe ended."""

    SEEN = "seen"
    NOT_MODIFIED = "not-modified"
    NOT_DUE = "not-due"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Observation(Struct, frozen=True):
    """What a probe saw of one reference. ``reason`` is one clause for a person.

    ``content_type``: the media type of the answer, without parameters.
    """

    reference: Reference
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    validators: Validators = Validators()
    content_type: str = ""


class Recorded(Struct, frozen=True):
    """The last observation of a reference that was kept, and the identity that stands for it.

    ``asked``: when, in seconds since 1970; 0 where that is not known. It is never part of a key.
    ``full_answer``: when the origin last gave an answer other than 304, likewise; None where this observation
    is one.
    """

    identity: Identity
    evidence: tuple[Evidence, ...]
    validators: Validators = Validators()
    asked: int = 0
    full_answer: int | None = None
    content_type: str = ""

    @classmethod
    def of(cls, identity: Identity) -> Recorded:
        """An identity without a history: from an identities file or a flag file."""
        plain = identity.scheme == "etag" and identity.value.isprintable() and '"' not in identity.value
        tag = f'"{identity.value}"' if plain else ""
        same = Evidence(identity.scheme, identity.value, identity.strength)
        return cls(identity, (same,), Validators(entity_tag=tag), full_answer=0)


class Change(StrEnum):
    """The verdict of an input."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FIRST_SEEN = "first-seen"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """Whether the evidence leaves room for another answer."""

    CERTAIN = "certain"
    PROBABLE = "probable"


class Verdict(Struct, frozen=True):
    """What became of one input since it was recorded.

    ``identity`` is None where nothing was ever known. ``keep`` is what the state should hold from now on;
    None where it should stay as it is.
    """

    reference: Reference
    change: Change
    certainty: Certainty
    reason: str
    identity: Identity | None
    keep: Recorded | None = None

    @property
    def asked(self) -> bool:
        """Whether the origin gave an answer that counts."""
        return self.change not in {Change.UNKNOWN, Change.ABSENT}


class Place(Struct, frozen=True):
    """Where a reference is named: the instruction (its first line, from 1) and the syntax that names it."""

    line: int
    instruction: str
    stage: str
    via: str

    @property
    def is_the_builders(self) -> bool:
        """Whether the builder itself resolves the image that is named there, and keys its cache on it."""
        return self.via in _BUILDERS_OWN


class RemoteInput(Struct, frozen=True):
    """A reference and the places that name it."""

    reference: Reference
    places: tuple[Place, ...]


class NotWatched(Struct, frozen=True):
    """Something that an instruction reads from elsewhere and that is not asked, with the reason.

    ``accepted``: the Dockerfile itself says that it need not be watched, by a comment or by a checksum.
    ``warns``: it is watched, and a new run of the instruction may not bring it.
    """

    line: int
    instruction: str
    text: str
    reason: str
    accepted: bool = False
    warns: bool = False


class State(StrEnum):
    """The state of an instruction."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


Pairs = tuple[tuple[str, str], ...]
"""Sorted (reference, identity) pairs: what a key is made of."""


class Built(Struct, frozen=True):
    """What an instruction was last built with. ``dockerfile``: which one was built, if it is another one."""

    pairs: Pairs
    key: str
    dockerfile: str = ""


class Earlier(Struct, frozen=True):
    """What is remembered of an instruction that was built.

    ``chain``: as in InstructionVerdict. ``keys``: those it was built with, newest last. ``seconds``: how long
    it took when it last ran; None where that was not seen. ``at``: when that was, in seconds since 1970; 0
    where it is not known.
    """

    chain: str
    keys: tuple[str, ...] = ()
    seconds: float | None = None
    at: int = 0


class Fate(Struct, frozen=True):
    """What became of an instruction in a build: cached, or run in so many seconds, and why.

    ``saved``: what the cache saved, in seconds, estimated by how long it took earlier. ``because`` is empty
    where there is nothing to say; ``expected`` is False where nothing explains it. ``again``: it was built
    before; ``follows``: it ran for no other reason than that something before it did.
    """

    cached: bool
    seconds: float | None = None
    saved: float | None = None
    because: str = ""
    expected: bool = True
    again: bool = True
    follows: bool = False


class InstructionVerdict(Struct, frozen=True):
    """State, reason and key of one instruction. ``key`` is empty where none is injected.

    ``digest``: of the instruction's text, by which it is known again. ``chain``: of it and of all before it
    in its stage, build args included. ``changed``: its own inputs are not those that it was last built with.
    ``edited``: its text is another than at the last build. ``sources``: the labels of the stages that it
    reads or continues. ``mounts``: whether it reads files without copying them. ``fate``: what became of it
    in a build; None where that is not known.
    """

    line: int
    end_line: int
    stage: str
    instruction: str
    state: State
    reason: str
    key: str = ""
    pairs: Pairs = ()
    digest: str = ""
    chain: str = ""
    changed: bool = False
    edited: bool = False
    sources: tuple[str, ...] = ()
    mounts: bool = False
    fate: Fate | None = None


class Counting(StrEnum):
    """What the numbers of a builder's display count.

    ``VERTICES``: the instructions of a stage that do something (BuildKit). ``FILE``: every instruction of the
    Dockerfile (the classic builder). ``STAGE``: every instruction of a stage, which is known by its number
    (buildah, podman).
    """

    VERTICES = "vertices"
    FILE = "file"
    STAGE = "stage"


class Happened(Struct, frozen=True):
    """What a builder said of one instruction.

    ``stage``: its name, its number from 0, or nothing where the display names none. ``number``: from 1;
    ``total``: the last number that there is. ``seconds`` is None where no time is known.
    """

    counting: Counting
    stage: str
    number: int
    total: int
    platform: str
    cached: bool
    seconds: float | None = None


class Advice(Struct, frozen=True):
    """A better order of instructions; ``line`` is where it would change."""

    line: int
    text: str


class Past(Struct, frozen=True):
    """What was remembered when a Dockerfile was looked at, by (stage, digest of the instruction).

    ``unbuilt``: why no build is known. ``edited``: those whose text is another than at the last build.
    ``given``: new key → whose build had it, as a clause.
    """

    recorded: Mapping[Reference, Recorded] = field(default_factory=dict)
    built: Mapping[tuple[str, str], Built] = field(default_factory=dict)
    history: Mapping[tuple[str, str], Earlier] = field(default_factory=dict)
    unbuilt: Mapping[tuple[str, str], str] = field(default_factory=dict)
    edited: frozenset[tuple[str, str]] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)


class Report(Struct, frozen=True):
    """What is told of one Dockerfile. ``verdicts`` is empty where nothing was asked.

    ``moved``: references that changed while the builder ran, each with a clause. ``exit_code`` is None where
    no builder ran.
    """

    dockerfile: str
    target: str
    platform: str
    inputs: tuple[RemoteInput, ...]
    instructions: tuple[InstructionVerdict, ...]
    not_watched: tuple[NotWatched, ...]
    advice: tuple[Advice, ...] = ()
    verdicts: Mapping[Reference, Verdict] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    builder: str = ""
    exit_code: int | None = None
    past: Past = Past()

    @property
    def stale(self) -> tuple[InstructionVerdict, ...]:
        """The instructions that will run, or ran, again."""
        return tuple(item for item in self.instructions if item.state is State.STALE)

    @property
    def unasked(self) -> tuple[Verdict, ...]:
        """The inputs whose origin gave no answer that counts."""
        return tuple(verdict for verdict in self.verdicts.values() if not verdict.asked)
