"""Evidence of images: for each platform, and what a tag can be pinned to."""

from __future__ import annotations

import pytest

from freshlayer.decisions.images import for_platforms
from freshlayer.evidence.images import (
    INDEX,
    MANIFEST,
    combined,
    identity_for,
    manifest_for,
    of_platforms,
    pin_in,
    platform_list,
)
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.observation import Certainty, Change, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse

AMD, ARM = "linux/amd64", "linux/arm64/v8"
DIGESTS = {AMD: "a" * 64, ARM: "b" * 64}
TAG = parse("docker-image://python:3.12")


def probed(**digests: str) -> tuple[Evidence, ...]:
    """As a probe of an index states it; without digests, for both platforms."""
    found = digests or DIGESTS
    identity = Evidence(MANIFEST, combined(found), Strength.CONTENT)
    index = Evidence(INDEX, f"{'c' * 64}/{platform_list(found)}", Strength.STRONG)
    return (identity, *of_platforms(found), index)


def verdict(evidence: tuple[Evidence, ...]) -> Verdict:
    identity = Identity(MANIFEST, evidence[0].value, Strength.CONTENT)
    kept = Recorded(identity, evidence)
    return Verdict(TAG, Change.UNCHANGED, Certainty.CERTAIN, Reason("unchanged"), identity, kept)


def test_a_run_for_several_platforms_has_the_identity_for_each() -> None:
    both = verdict(probed())
    for platform, digest in DIGESTS.items():
        alone = for_platforms(both, None, (platform,))
        assert str(alone.identity) == f"manifest:{digest}"
        assert manifest_for(probed(), platform) == digest
    assert for_platforms(both, None, (ARM, AMD)) == both
    assert for_platforms(both, None, ()) == both


def test_the_identity_for_a_platform_that_was_not_probed_is_not_guessed() -> None:
    both = verdict(probed())
    assert for_platforms(both, None, ("linux/s390x",)) == both
    assert identity_for(probed(), (AMD, "linux/s390x")) is None


def test_a_manifest_without_index_is_for_every_platform() -> None:
    alone = (Evidence(MANIFEST, "d" * 64, Strength.CONTENT),)
    assert manifest_for(alone, AMD) == manifest_for(alone, ARM) == "d" * 64


@pytest.mark.parametrize(
    ("evidence", "observed", "one_platform", "pin"),
    [
        (probed(), True, False, "c" * 64),
        (probed(), False, False, "c" * 64),
        ((Evidence(MANIFEST, "d" * 64, Strength.CONTENT),), True, False, "d" * 64),
        ((Evidence(MANIFEST, "d" * 64, Strength.CONTENT),), False, True, "d" * 64),
        # From a lock file, of several platforms: the digest of no manifest.
        ((Evidence(MANIFEST, "d" * 64, Strength.CONTENT),), False, False, ""),
        ((Evidence(MANIFEST, f"sha512:{'d' * 128}", Strength.CONTENT),), True, True, f"sha512:{'d' * 128}"),
        ((), True, True, ""),
    ],
)
def test_a_tag_is_pinned_to_its_index(
    evidence: tuple[Evidence, ...],
    observed: bool,  # noqa: FBT001
    one_platform: bool,  # noqa: FBT001
    pin: str,
) -> None:
    wanted = pin if ":" in pin or not pin else f"sha256:{pin}"
    assert pin_in(evidence, observed=observed, one_platform=one_platform) == wanted
