"""Which triggers fire for a Dockerfile, and when. Pure: times are passed in, in seconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.watched import Cause, CauseKind, Fired, Message, Standing

_AT_MOST_SETTLED = 10
"""Causes that keep changing delay a trigger by so many settle times at most."""


class On(StrEnum):
    """For which causes a trigger fires."""

    ANY = "any"
    SECURITY = "security"
    BASE = "base"


_KINDS: Mapping[On, frozenset[CauseKind]] = {
    On.ANY: frozenset(CauseKind),
    On.SECURITY: frozenset({CauseKind.SECURITY}),
    On.BASE: frozenset({CauseKind.BASE}),
}


class Rule(Struct, frozen=True):
    """When a trigger fires. ``min_interval``: seconds between two messages for one Dockerfile."""

    name: str
    on: On = On.ANY
    min_interval: int = 0


class Firing(Struct, frozen=True):
    """The standing with what fired noted, the messages, and when to look again; None: after a change."""

    standing: Standing
    messages: tuple[Message, ...] = ()
    again: int | None = None


def firing(standing: Standing, rules: Sequence[Rule], now: int, *, settle: int) -> Firing:
    """The messages that are due now. A cause has one of each trigger, however often this is called."""
    messages: list[Message] = []
    later: list[int] = []
    fired = dict(standing.fired)
    for rule in rules:
        causes = concerning(standing, rule)
        key = key_of(standing, rule, causes)
        last = fired.get(rule.name)
        if not causes or (last is not None and last.key == key):
            continue
        due = max(_settled(standing, settle), 0 if last is None else min(last.at, now) + rule.min_interval)
        if due > now:
            later.append(due)
            continue
        fired[rule.name] = Fired(key, now)
        messages.append(Message(rule.name, key, standing.dockerfile, body_of(standing, rule, causes, key)))
    return Firing(replace(standing, fired=fired), tuple(messages), min(later, default=None))


def all_fired(standing: Standing, rules: Iterable[Rule]) -> bool:
    """Whether there is a trigger for its causes, and each such one has its message."""
    keys = {rule.name: key_of(standing, rule, c) for rule in rules if (c := concerning(standing, rule))}
    return bool(keys) and all(
        name in standing.fired and standing.fired[name].key == key for name, key in keys.items()
    )


def _settled(standing: Standing, settle: int) -> int:
    longest = standing.stale_since + _AT_MOST_SETTLED * settle
    return min(standing.changed_at + settle, max(longest, standing.changed_at))


def concerning(standing: Standing, rule: Rule) -> tuple[Cause, ...]:
    """The causes for which a trigger fires."""
    return tuple(cause for cause in standing.causes if cause.kind in _KINDS[rule.on])


def key_of(standing: Standing, rule: Rule, causes: Sequence[Cause]) -> str:
    """The idempotency key: of the Dockerfile, the trigger, and what changed since it was fresh."""
    changed = sorted({(cause.reference, cause.identity) for cause in causes})
    text = json.dumps([standing.dockerfile, rule.name, standing.stale_since, changed])
    return sha256(text.encode()).hexdigest()[:32]


def test_message(standing: Standing, rule: Rule) -> Message:
    """A message of an event that no build follows from. Its key is a new one each time."""
    key = f"test-{token_hex(8)}"
    body = body_of(standing, rule, standing.causes, key, event="test")
    return Message(rule.name, key, standing.dockerfile, body)


def body_of(
    standing: Standing, rule: Rule, causes: Sequence[Cause], key: str, *, event: str = "stale"
) -> str:
    """The document that a trigger delivers; ``docs/guides/watch.md`` describes it."""
    return json.dumps(
        {
            "version": 1,
            "event": event,
            "idempotency_key": key,
            "trigger": rule.name,
            "dockerfile": standing.dockerfile,
            "stale_since": standing.stale_since,
            "causes": [
                {
                    "reference": cause.reference,
                    "identity": cause.identity or None,
                    "kind": cause.kind,
                    "line": cause.line,
                }
                for cause in causes
            ],
        }
    )
