"""``--locked``: what is written as the checksum of an ``ADD``."""

from __future__ import annotations

from pathlib import Path

import pytest

from freshlayer.builders.added_checksums import GIT, URLS
from freshlayer.context import read_dockerfile
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import LockedInput
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.added_checksums import checksums_of
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target, report_of

COMMIT, BODY = "c" * 40, "b" * 64
FILE = "https://example.org/a"
ARCHIVE = "https://github.com/o/n/archive/refs/heads/main.tar.gz"
REPOSITORY = "https://github.com/o/n.git#main"
BY_COMMIT = Identity("commit", COMMIT, Strength.CONTENT)
BY_BODY = Identity("sha256", BODY, Strength.CONTENT)
BY_TAG = Identity("etag", "v1", Strength.STRONG)


@pytest.mark.parametrize(
    ("source", "identity", "body", "checksum"),
    [
        (ARCHIVE, BY_COMMIT, "", None),
        (ARCHIVE, BY_COMMIT, BODY, f"sha256:{BODY}"),
        (ARCHIVE, BY_BODY, "", None),
        (FILE, BY_TAG, "", None),
        (FILE, BY_TAG, BODY, f"sha256:{BODY}"),
        (FILE, BY_BODY, "", f"sha256:{BODY}"),
        (FILE, BY_COMMIT, "", None),
        (REPOSITORY, BY_COMMIT, "", COMMIT),
        (REPOSITORY, BY_COMMIT, BODY, COMMIT),
        (REPOSITORY, BY_TAG, BODY, None),
    ],
)
def test_a_url_has_the_digest_of_its_body_and_a_repository_its_commit(
    tmp_path: Path, source: str, identity: Identity, body: str, checksum: str | None
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nADD {source} /x\n")
    target = Target.of(read_dockerfile(str(tmp_path), None, None), BuildRequest(platforms=("linux/amd64",)))
    report = report_of(target, target.analysis, ())
    (reference,) = (item.reference.text for item in report.inputs)
    entry = LockedInput(reference=reference, identity=identity, used_by=(), sha256=body)
    session = Session(
        store=SqliteStore(tmp_path / "state", print),
        policy=Policy(),
        warn=print,
        clock=lambda: 0,
        locked={reference: (entry,)},
        must_match=True,
    )
    found = checksums_of(target, report, session, lambda _: frozenset({URLS, GIT}))
    assert found == ({2: checksum} if checksum else {})
