"""Probe one origin as a command does, and judge its answer."""

from __future__ import annotations

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Observation, Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse

USUAL = Limits()


def ask(
    url: str,
    recorded: Recorded | None = None,
    *,
    keyring: Keyring = NO_CREDENTIALS,
    limits: Limits = USUAL,
    platforms: tuple[str, ...] = (),
) -> Observation:
    """What its origin states about one reference, with what was recorded of it before."""
    reference = parse(url)
    known = {reference: recorded} if recorded else {}
    return probe([reference], known, limits, keyring=keyring, platforms=platforms)[reference]


def look(
    url: str,
    recorded: Recorded | None = None,
    *,
    keyring: Keyring = NO_CREDENTIALS,
    platforms: tuple[str, ...] = (),
) -> Verdict:
    """What became of it since."""
    return judge(recorded, ask(url, recorded, keyring=keyring, platforms=platforms))


def first(url: str, *, keyring: Keyring = NO_CREDENTIALS, platforms: tuple[str, ...] = ()) -> Recorded:
    """What is recorded when it is seen for the first time; fails where there is nothing."""
    verdict = look(url, keyring=keyring, platforms=platforms)
    if verdict.keep is None:
        raise AssertionError(verdict.reason)
    return verdict.keep
