"""Snapshots that mvn itself deployed."""

from __future__ import annotations

import hashlib
import time

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Certainty, Change, ProbeOutcome
from testing.asking import ask
from testing.stores.maven import MavenRepository

pytestmark = pytest.mark.slow

VERSION = "1.0-SNAPSHOT"


def test_case_55_a_snapshot_is_known_by_the_checksum_of_what_it_stands_for(maven: MavenRepository) -> None:
    url = maven.jar("case-55", VERSION)
    maven.deploy("case-55", VERSION, b"first")
    kept = judge(None, ask(url)).keep
    assert kept is not None
    assert str(kept.identity) == f"sha1:{hashlib.sha1(b'first').hexdigest()}"

    asked = len(maven.requests())
    assert judge(kept, ask(url, kept)).change is Change.UNCHANGED
    answers = maven.requests()[asked:]
    assert [(r.method, r.status, r.body_bytes) for r in answers] == [("GET", 304, 0)]

    # The server's tag is the time in seconds and the length: within a second the metadata would be the same.
    time.sleep(1.1)
    maven.deploy("case-55", VERSION, b"first")
    verdict = judge(kept, ask(url, kept))
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)

    time.sleep(1.1)
    maven.deploy("case-55", VERSION, b"other")
    assert judge(kept, ask(url, kept)).change is Change.CHANGED


def test_a_snapshot_that_its_metadata_do_not_name_is_absent(maven: MavenRepository) -> None:
    maven.deploy("named", VERSION, b"jar")
    observation = ask(maven.jar("named", VERSION).replace(".jar", "-sources.jar"))
    assert observation.outcome is ProbeOutcome.ABSENT


def test_a_snapshot_without_metadata_is_asked_by_its_url(maven: MavenRepository) -> None:
    assert ask(maven.jar("nobody", VERSION)).outcome is ProbeOutcome.ABSENT


def test_a_checksum_that_is_missing_leaves_what_the_server_says_of_the_file(maven: MavenRepository) -> None:
    maven.deploy("bare", VERSION, b"jar")
    for path in maven.files_of("bare", VERSION).glob("*.jar.*"):
        path.unlink()
    observation = ask(maven.jar("bare", VERSION))
    assert observation.outcome is ProbeOutcome.SEEN
    assert hashlib.sha256(b"jar").hexdigest() in {item.value for item in observation.evidence}
