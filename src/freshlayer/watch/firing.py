"""Which triggers fire for a Dockerfile, and when. Pure: times are passed in, in seconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.build import Pairs
from freshlayer.model.str_enum import StrEnum
from freshlayer.model.watched import Cause, CauseKind, Fired, Message, Standing, Waiting

_BUILDS_WITHIN, _LEAST_PATIENCE, _USUAL_PATIENCE = 3, 3600, 86400
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

    @property
    def patience(self) -> int:
        """Seconds after which a build that it started counts as one that never came back."""
        if not self.min_interval:
            return _USUAL_PATIENCE
        return max(_BUILDS_WITHIN * self.min_interval, _LEAST_PATIENCE)


class Firing(Struct, frozen=True):
    """The standing with what fired noted, the messages, and when to look again; None: after a change."""

    standing: Standing
    messages: tuple[Message, ...] = ()
    again: int | None = None


def firing(standing: Standing, rules: Sequence[Rule], now: int, *, settle: int) -> Firing:
    """The messages that are due now. A cause has one of each trigger, however often this is called.

    Times that are ahead of ``now`` are of a clock that was set back since: they become ``now``, once.
    """
    messages: list[Message] = []
    later: list[int] = []
    fired = {name: replace(it, at=min(it.at, now)) for name, it in standing.fired.items()}
    waiting: dict[str, Waiting] = {}
    for rule in rules:
        causes = concerning(standing, rule)
        last = fired.get(rule.name)
        pairs = _not_fired(causes, last)
        if not pairs:
            continue
        waits = _waiting(standing, rule, pairs, now)
        due = max(_settled(waits, settle), 0 if last is None else last.at + rule.min_interval)
        if due > now:
            later.append(due)
            waiting[rule.name] = waits
            continue
        key = key_of(standing, rule, causes)
        fired[rule.name] = Fired(key, now, _pairs(causes))
        messages.append(Message(rule.name, key, standing.dockerfile, body_of(standing, rule, causes, key)))
    found = replace(standing, fired=fired, waiting=waiting)
    return Firing(found, tuple(messages), min(later, default=None))


def all_fired(standing: Standing, rules: Iterable[Rule]) -> bool:
    """Whether there is a trigger for its causes, and each such one has its message."""
    wanted = [(rule, causes) for rule in rules if (causes := concerning(standing, rule))]
    return bool(wanted) and not any(
        _not_fired(causes, standing.fired.get(rule.name)) for rule, causes in wanted
    )


def overdue(standing: Standing, rules: Iterable[Rule], now: int) -> int:
    """When the last trigger fired for what is stale, if no build came back in time; otherwise 0."""
    patience = {rule.name: rule.patience for rule in rules}
    fired = [(name, it.at) for name, it in standing.fired.items() if it.pairs]
    if standing.waiting or any(now - at < patience.get(name, _USUAL_PATIENCE) for name, at in fired):
        return 0
    return max((at for _, at in fired), default=0)


def _pairs(causes: Iterable[Cause]) -> Pairs:
    """Without lines, which an edit moves."""
    return tuple(sorted({(cause.reference, cause.identity) for cause in causes}))


def _not_fired(causes: Iterable[Cause], last: Fired | None) -> Pairs:
    fired = frozenset(last.pairs if last is not None else ())
    return tuple(pair for pair in _pairs(causes) if pair not in fired)


def _waiting(standing: Standing, rule: Rule, pairs: Pairs, now: int) -> Waiting:
    changed_at = min(standing.changed_at, now)
    known = standing.waiting.get(rule.name)
    if known is None:
        return Waiting(pairs, changed_at, changed_at)
    last = min(known.last, now) if known.pairs == pairs else changed_at
    return Waiting(pairs, min(known.first, now), last)


def _settled(waits: Waiting, settle: int) -> int:
    return min(waits.last + settle, waits.first + _AT_MOST_SETTLED * settle)


def concerning(standing: Standing, rule: Rule) -> tuple[Cause, ...]:
    """The causes for which a trigger fires."""
    return tuple(cause for cause in standing.causes if cause.kind in _KINDS[rule.on])


def key_of(standing: Standing, rule: Rule, causes: Sequence[Cause]) -> str:
    """The idempotency key: of the Dockerfile, the trigger, what changed, and the count of changes.

    An input may change back to an earlier identity: that is another change.
    """
    text = json.dumps([standing.dockerfile, rule.name, standing.stale_since, standing.count, _pairs(causes)])
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
