"""State files of older versions, as those versions wrote them, on a real disk."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.decisions.marks import Mark
from freshlayer.model.build import Built, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.reference import parse
from freshlayer.state import Scope, SqliteStore
from freshlayer.state.inventory import OF_DOCKERFILES, OF_REFERENCES
from freshlayer.state.migrations import STEPS, TABLES, VERSION, migrate
from testing.recording import record

REFERENCE = parse("https://example.org/a")
MARKS = [Mark("0", "digest", "chain")]
SCOPE = Scope("/project/Dockerfile", "linux/amd64", "buildkit")
VERSION_1 = """
CREATE TABLE observation (
  reference TEXT PRIMARY KEY, identity TEXT NOT NULL, strength TEXT NOT NULL,
  evidence TEXT NOT NULL, entity_tag TEXT NOT NULL, last_modified TEXT NOT NULL, asked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE built (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL, pairs TEXT NOT NULL, key TEXT NOT NULL,
  UNIQUE (dockerfile, stage, instruction, platform, builder) ON CONFLICT REPLACE
);
CREATE TABLE taint (
  reference TEXT NOT NULL, identity TEXT NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (reference, identity)
) WITHOUT ROWID;
INSERT INTO observation VALUES ('https://example.org/a', 'sha256:ab', 'content',
  '[["sha256","ab","content",0],["etag","t","strong",1]]', '"t"', 'Tue, 14 Nov 2023 22:13:20 GMT', 7);
INSERT INTO built VALUES (1, '/project/Dockerfile', '0', 'digest', 'linux/amd64', 'buildkit',
  '[["https://example.org/a","sha256:ab"]]', 'key');
INSERT INTO taint VALUES ('https://example.org/a', 'sha256:cd', 2);
PRAGMA user_version = 1;
"""
VERSION_2 = f"""{VERSION_1}
CREATE TABLE history (
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL,
  chain TEXT NOT NULL, keys TEXT NOT NULL, seconds REAL, at INTEGER NOT NULL,
  PRIMARY KEY (dockerfile, stage, instruction, platform, builder)
) WITHOUT ROWID;
INSERT INTO history VALUES ('/project/Dockerfile', '0', 'digest', 'linux/amd64', 'buildkit', 'c', 'k',
  2.5, 7);
PRAGMA user_version = 2;
"""
OLD = {1: VERSION_1, 2: VERSION_2}


def written(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


def schema_of(path: Path) -> list[tuple[str, str, str]]:
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [
        (table, column[1], column[2])
        for table in sorted(tables)
        for column in connection.execute(f"PRAGMA table_info({table})")
    ]
    connection.close()
    return found


def fail(message: str) -> None:
    raise AssertionError(message)


@pytest.mark.parametrize("version", OLD)
def test_an_older_file_keeps_what_it_holds_and_a_copy_of_it_is_beside_it(
    tmp_path: Path, version: int
) -> None:
    path = written(tmp_path / "s", OLD[version])
    store = SqliteStore(path, fail)
    assert store.observations([REFERENCE]) == {
        REFERENCE: Recorded(
            Identity("sha256", "ab", Strength.CONTENT),
            (
                Evidence("sha256", "ab", Strength.CONTENT),
                # Nobody knows any more whether this tag was of those bytes.
                Evidence("etag", "t", Strength.STRONG, 1, guessed=True),
            ),
            Validators("", "Tue, 14 Nov 2023 22:13:20 GMT"),
            probed_at=7,
            full_answer=0,
        )
    }
    assert store.last_builds(SCOPE, MARKS).built == {
        ("0", "digest"): Built((("https://example.org/a", "sha256:ab"),), "key")
    }
    assert store.taints([REFERENCE]) == {("https://example.org/a", "sha256:cd"): 2}
    assert store.last_builds(SCOPE, MARKS).history == (
        {("0", "digest"): LastBuild("", ("k",), 2.5, 7)} if version > 1 else {}
    )
    store.close()
    assert version_of(path) == VERSION
    copy = tmp_path / f"s.version-{version}"
    assert version_of(copy) == version
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT entity_tag FROM observation").fetchall() == [('"t"',)]
    connection.close()
    assert {file.name for file in tmp_path.iterdir()} <= {"s", "s-wal", "s-shm", copy.name}


@pytest.mark.parametrize("version", OLD)
def test_an_older_file_has_the_schema_of_a_new_one(tmp_path: Path, version: int) -> None:
    old = SqliteStore(written(tmp_path / "old", OLD[version]), fail)
    new = SqliteStore(tmp_path / "new", fail)
    for store in (old, new):
        store.observations([REFERENCE])
        store.close()
    assert schema_of(tmp_path / "old") == schema_of(tmp_path / "new")


def test_a_new_file_is_not_copied(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s", fail)
    store.observations([REFERENCE])
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["s"]


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """With the column of the last step already in it, the steps before it have to be undone."""
    path = written(tmp_path / "s", f"{VERSION_1} ALTER TABLE observation ADD COLUMN full_answer INTEGER;")
    before = schema_of(path)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path)
    connection.close()
    assert schema_of(path) == before
    assert version_of(path) == 1


@pytest.mark.parametrize("tag", ['"t"', "=", "=x", "=="])
def test_an_observation_of_version_10_is_read_until_it_is_written_again(tag: str, tmp_path: Path) -> None:
    path = tmp_path / "s"
    SqliteStore(path, fail).observations([REFERENCE])
    parts = '[["etag","t","strong",0,0],["last-modified","5","weak",1,1],["length","5","size",0,0]]'
    row = (REFERENCE.text, "etag:t", "strong", parts, tag, "a date", 7, 6, "text/plain")
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute("DROP TABLE watch_count")
    connection.execute("PRAGMA user_version = 10")
    connection.commit()
    connection.close()
    evidence = (
        Evidence("etag", "t", Strength.STRONG),
        Evidence("last-modified", "5", Strength.WEAK, 1, guessed=True),
        Evidence("length", "5", Strength.SIZE),
    )
    known = Recorded(evidence[0].identity, evidence, Validators(tag, "a date"), 7, 6, "text/plain")
    store = SqliteStore(path, fail)
    assert store.observations([REFERENCE]) == {REFERENCE: known}
    store.record_observations({REFERENCE: known}, at=8)
    assert store.observations([REFERENCE]) == {REFERENCE: replace(known, probed_at=8)}
    store.close()
    assert version_of(path) == VERSION
    assert version_of(tmp_path / "s.version-10") == 10


def test_versions_count_up_from_one() -> None:
    assert [version for version, _ in STEPS] == list(range(1, VERSION + 1))


def _recall(path: Path) -> None:
    store = SqliteStore(path, fail)
    assert store.last_builds(SCOPE, MARKS).built
    record(
        store, {REFERENCE: replace(Recorded.of(Identity("etag", "x", Strength.STRONG)), full_answer=None)}, 9
    )
    store.close()


def test_processes_that_open_an_older_file_at_the_same_time(tmp_path: Path) -> None:
    path = written(tmp_path / "s", VERSION_2)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_recall, args=(path,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert version_of(tmp_path / "s.version-2") == 2
    recalled = SqliteStore(path, fail).observations([REFERENCE])[REFERENCE]
    assert (recalled.probed_at, recalled.full_answer) == (9, 9)


# A taint outlives what is forgotten, the size is computed again, and counts name nothing.
KEPT_WHEN_FORGOTTEN = {"taint", "history_size", "watch_count"}


def test_every_table_is_forgotten() -> None:
    forgotten = {*OF_DOCKERFILES, *OF_REFERENCES}
    assert forgotten | KEPT_WHEN_FORGOTTEN == set(TABLES)
    assert not forgotten & KEPT_WHEN_FORGOTTEN
