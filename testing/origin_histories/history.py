"""What a history is, and how one is made of a seed."""

from __future__ import annotations

from random import Random

from msgspec import Struct
from msgspec.structs import replace

TAGS = (
    *("none", "strong hash", "weak hash", "nginx", "apache", "revision", "weak revision", "rotating"),
    *("weak rotating", "empty", "null", "md5", "nexus"),
)
DATES = ("none", "mtime", "mtime", "now", "fixed")
DIGESTS = ("none", "none", "none", "sha1", "repr-digest", "content-md5")
CONDITIONS = ("ignored", "honest", "honest", "silent", "dated", "stubborn")
HEADS = (
    *("same", "same", "same", "bare", "empty", "wrong length", "own tag", "wrong type", "hangs up"),
    *("204", "401", "403", "404", "405", "410", "418", "422", "501", "520"),
)
CODINGS = ("none", "none", "none", "none", "get", "both")
REDIRECTS = ("none", "none", "none", "none", "fixed", "switching", "late")
NAMES = ("file.tgz", "install.sh", "file", "file.txt", "")
ROUTINGS = ("sticky", "round robin", "random")


class Policy(Struct, frozen=True):
    """How an origin answers, for as long as its history lasts but for ``Event.policy``."""

    tag: str = "strong hash"
    date: str = "mtime"
    digest: str = "none"
    condition: str = "honest"
    head: str = "same"
    coding: str = "none"
    redirect: str = "none"
    routing: str = "sticky"
    name: str = "file.tgz"
    ranges: bool = True
    lengths: bool = True
    replicas: int = 1
    hash_up_to: int = 1 << 20


class Event(Struct, frozen=True):
    """``kind``: write, probe, sync, wait, tag, switch, page, cache, forget.

    ``content``: the name of what is written; equal names are equal bytes. ``after``: with a probe, the number
    of requests after which ``content`` is written. ``due``: the probe is made without conditions.
    ``seconds`` pass before the event.
    """

    kind: str
    content: str = ""
    seconds: float = 0.0
    replica: int = 0
    after: int = 0
    due: bool = False
    tag: str = ""


class History(Struct, frozen=True):
    """``seed`` decides what a policy leaves to chance."""

    seed: int
    policy: Policy
    events: tuple[Event, ...]


# Half of the histories are pure chance. The others stay where a wrong certainty is a step away.
THEMES: tuple[dict[str, tuple[object, ...]], ...] = (
    # A tag comes or goes over other bytes under the same date.
    {
        "tag": ("none",),
        "date": ("fixed",),
        "digest": ("none",),
        "head": ("same",),
        "redirect": ("none",),
        "replicas": (1,),
    },
    # A redirect leads to another resource, whose tags count from 1 as well.
    {"tag": ("revision",), "redirect": ("switching", "late"), "date": ("none", "mtime"), "head": ("same",)},
    # Modification times in tags, and no date or length beside them that would show it.
    {"tag": ("nginx", "apache"), "date": ("none",), "digest": ("none",), "head": ("same", "bare")},
    # Replicas that lag behind each other.
    {"replicas": (2, 3), "routing": ("round robin", "random"), "head": ("same",)},
)
_THEMES_TAGS = ("none", "strong hash", "revision")


def made_of(seed: int) -> History:
    """The history of a seed."""
    random = Random(seed)
    policy = Policy(
        tag=random.choice(TAGS),
        date=random.choice(DATES),
        digest=random.choice(DIGESTS),
        condition=random.choice(CONDITIONS),
        head=random.choice(HEADS),
        coding=random.choice(CODINGS),
        redirect=random.choice(REDIRECTS),
        routing=random.choice(ROUTINGS),
        name=random.choice(NAMES),
        ranges=random.random() < 0.8,
        lengths=random.random() < 0.8,
        replicas=random.choice((1, 1, 2, 3)),
        # Files are larger than 50 bytes.
        hash_up_to=random.choice((0, 50, 1 << 20)),
    )
    theme = random.choice(THEMES) if seed % 2 else {}
    policy = replace(policy, **{name: random.choice(values) for name, values in theme.items()})
    count = random.randint(3, 10)
    events = [_event(random, policy, "aA"[number % 2] if theme else "") for number in range(count)]
    return History(seed, policy, (Event("probe"), *events, Event("probe")))


_KINDS = (
    *("write", "write", "probe", "probe", "probe", "race", "sync", "tag", "switch", "page", "cache"),
    "forget",
)


_THEMES_KINDS = (
    *("write", "write", "write", "write", "probe", "probe", "probe", "probe", "race", "sync"),
    *("tag", "switch", "forget"),
)


def _event(random: Random, policy: Policy, themed: str) -> Event:
    """With ``themed`` as its content, in little time and with strong tags, where that is not empty."""
    seconds = random.choice((0.0, 0.2) if themed else (0.0, 0.0, 0.3, 1.0, 5.0, 3600.0))
    content = themed or random.choice("AAaBBbCD")
    tags = _THEMES_TAGS if themed else TAGS
    match random.choice(_THEMES_KINDS if themed else _KINDS):
        case "race":
            return Event("probe", content, seconds, after=random.randint(1, 3), due=random.random() < 0.3)
        case "probe":
            return Event("probe", seconds=seconds, due=random.random() < 0.2)
        case "write":
            return Event("write", content, seconds)
        case "sync":
            return Event("sync", seconds=seconds, replica=random.randrange(policy.replicas))
        case "tag":
            return Event("tag", seconds=seconds, tag=random.choice(tags))
        case kind:
            return Event(kind, seconds=seconds)
