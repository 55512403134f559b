"""``verify --content``: which bodies are compared with the locked digest."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.context import read_dockerfile
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput
from freshlayer.model.observation import Certainty, Change, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.lock import Observed
from freshlayer.workflows.lock_bodies import Compared, compared_bodies, with_bodies
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target, report_of
from testing.logging_server import Logged, LoggingServer, Reply

BODY = b"what is served now"
NOW, OLD = sha256(BODY).hexdigest(), "1" * 64
TAG = Identity("etag", "E", Strength.STRONG)


def answer(request: Logged) -> Reply:
    coded = {"Content-Encoding": "br"} if request.target == "/coded" else {}
    return Reply(headers={"ETag": '"E"', **coded}, body=BODY)


@pytest.fixture(scope="module")
def server() -> Iterator[LoggingServer]:
    with LoggingServer(answer) as started:
        yield started


class World:
    """One URL that a Dockerfile reads, and that the probe has hashed itself."""

    def __init__(self, place: Path, url: str, most: int = 100) -> None:
        (place / "Dockerfile").write_text(f"FROM scratch\nADD {url} /x\n")
        target = Target.of(read_dockerfile(str(place), None, None), BuildRequest(platforms=("linux/amd64",)))
        report = report_of(target, target.analysis, ())
        (self.reference,) = (item.reference for item in report.inputs)
        self.observed = Observed(LockedDockerfile(path="Dockerfile"), target, report)
        self.warnings: list[str] = []
        self.session = Session(
            store=SqliteStore(place / "state", print),
            policy=replace(Policy(), download_up_to=most),
            warn=self.warnings.append,
            clock=lambda: 0,
        )

    def compared(self, identity: Identity, digest: str) -> Compared:
        seen = Verdict(self.reference, Change.UNCHANGED, Certainty.CERTAIN, Reason("observed"), identity)
        report = replace(self.observed.report, verdicts={self.reference: seen})
        return compared_bodies(
            Lock(inputs=(self._item(identity, digest),)),
            [replace(self.observed, report=report, hashed={self.reference})],
            self.session,
        )

    def locked(self, identity: Identity) -> str:
        """The digest that ``lock`` writes."""
        (part,) = with_bodies(
            [Lock(inputs=(self._item(identity, ""),))], Lock(), [self.observed], self.session
        )
        return part.inputs[0].sha256

    def _item(self, identity: Identity, digest: str) -> LockedInput:
        return LockedInput(reference=self.reference.text, identity=identity, used_by=(), sha256=digest)


@pytest.mark.parametrize(
    ("identity", "digest", "after"),
    [
        (TAG, OLD, [f"sha256:{NOW[:12]}"]),
        (TAG, NOW, []),
        (Identity("sha256", NOW, Strength.CONTENT), NOW, []),
        (Identity("sha256", NOW, Strength.CONTENT), "", []),
        (Identity("sha256", NOW, Strength.CONTENT), OLD, [f"sha256:{NOW[:12]}"]),
    ],
)
def test_a_body_that_the_probe_hashed_is_compared_with_the_locked_digest(
    tmp_path: Path, server: LoggingServer, identity: Identity, digest: str, after: list[str]
) -> None:
    found = World(tmp_path, f"{server.url}/a").compared(identity, digest)
    assert ([it.after for it in found.changes], found.hashed) == (after, 1)


def test_what_was_not_compared_has_its_hint(tmp_path: Path, server: LoggingServer) -> None:
    large = World(tmp_path, f"{server.url}/a", 5)
    (change,) = large.compared(TAG, OLD).changes
    assert change.detail == "its body is larger than 5 bytes (raise download_up_to)"
    assert large.locked(TAG) == ""
    what = "its digest is not locked: its body is larger than 5 bytes (raise download_up_to)"
    assert large.warnings == [f"{server.url}/a: {what}"]
    coded = World(tmp_path, f"{server.url}/coded")
    assert coded.locked(TAG) == ""
    (warning,) = coded.warnings
    assert warning.endswith(" (name a URL whose server sends the file uncompressed)")
