"""The state file, on a real disk."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.decisions.marks import Mark
from freshlayer.model.build import Built, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.reference import parse
from freshlayer.state import BuiltRecord, HistoryRecord, Scope, SqliteStore
from freshlayer.state.migrations import VERSION
from testing.recording import record

REFERENCE = parse("https://example.org/a")
IDENTITY = Identity("etag", "v1", Strength.STRONG)
RECORDED = Recorded(
    IDENTITY,
    (Evidence("etag", "v1", Strength.STRONG), Evidence("length", "5", Strength.SIZE)),
    Validators('"v1"', "Tue, 14 Nov 2023 22:13:20 GMT"),
)
MARKS = [Mark("0", "RUN curl https://example.org/a", "chain 1"), Mark("0", "digest", "chain 2")]
SCOPE = Scope("/project/Dockerfile", "linux/amd64", "buildkit")
BUILT = BuiltRecord(
    "0", "RUN curl https://example.org/a", Built((("https://example.org/a", "etag:v1"),), "k")
)


def warnings_of(path: Path) -> tuple[SqliteStore, list[str]]:
    said: list[str] = []
    return SqliteStore(path, said.append), said


def test_what_is_recorded_is_recalled(tmp_path: Path) -> None:
    store, said = warnings_of(tmp_path / "new" / "state.sqlite3")
    record(store, {REFERENCE: RECORDED}, 7, SCOPE, [BUILT], [("https://example.org/a", "etag:v0")])
    store.close()
    again, _ = warnings_of(tmp_path / "new" / "state.sqlite3")
    assert again.observations([REFERENCE, parse("https://example.org/b")]) == {
        REFERENCE: replace(RECORDED, probed_at=7, full_answer=7)
    }
    assert again.last_builds(SCOPE, MARKS).built == {("0", BUILT.instruction): BUILT.built}
    assert again.taints([REFERENCE]) == {("https://example.org/a", "etag:v0"): 1}
    assert said == []


def test_builds_of_other_dockerfiles_platforms_and_builders_are_kept_apart(tmp_path: Path) -> None:
    store, _ = warnings_of(tmp_path / "s")
    record(store, {}, 7, SCOPE, [BUILT])
    assert store.last_builds(Scope("/other/Dockerfile", "linux/amd64", "buildkit"), MARKS).built == {}
    assert store.last_builds(Scope(SCOPE.dockerfile, "linux/arm64", "buildkit"), MARKS).built == {}
    assert store.last_builds(Scope(SCOPE.dockerfile, "linux/amd64", "classic"), MARKS).built == {}


def test_without_a_builder_the_last_build_of_any_counts(tmp_path: Path) -> None:
    store, _ = warnings_of(tmp_path / "s")
    later = BuiltRecord("0", BUILT.instruction, Built((("https://example.org/a", "etag:v2"),), "k2"))
    record(store, {}, 7, SCOPE, [BUILT])
    record(store, {}, 7, Scope(SCOPE.dockerfile, SCOPE.platform, "classic"), [later])
    found = store.last_builds(Scope(SCOPE.dockerfile, SCOPE.platform, ""), MARKS).built
    assert found == {("0", BUILT.instruction): later.built}


def test_what_an_instruction_was_built_with_is_remembered(tmp_path: Path) -> None:
    store, _ = warnings_of(tmp_path / "s")
    keys = tuple(f"{number:032x}" for number in range(60))
    for seconds in (None, 1.5):
        record(
            store,
            {},
            7,
            SCOPE,
            history=[HistoryRecord("0", "digest", LastBuild("chain", keys, seconds, at=7))],
        )
        assert store.last_builds(SCOPE, MARKS).history == {
            ("0", "digest"): LastBuild("chain", keys[-50:], seconds, at=7)
        }
    assert (
        store.last_builds(replace(SCOPE, builder=""), MARKS).history
        == store.last_builds(SCOPE, MARKS).history
    )
    assert store.last_builds(replace(SCOPE, builder="classic"), MARKS).history == {}


def test_a_taint_counts_up(tmp_path: Path) -> None:
    store, _ = warnings_of(tmp_path / "s")
    for _ in range(3):
        record(store, {}, tainted=[("https://example.org/a", "etag:v1")])
    assert store.taints([REFERENCE]) == {("https://example.org/a", "etag:v1"): 3}


def test_a_corrupt_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 100)
    store, said = warnings_of(path)
    record(store, {REFERENCE: RECORDED})
    assert store.observations([REFERENCE]) == {REFERENCE: replace(RECORDED, full_answer=0)}
    assert (tmp_path / "s.corrupt").read_bytes().startswith(b"this is no database")
    assert said == [f"{path}: the state file was corrupt; moved to {path}.corrupt; started a new one"]


def test_each_corrupt_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for number in range(12):
        path.write_bytes(f"no database {number}".encode() * 100)
        store, _ = warnings_of(path)
        record(store, {REFERENCE: RECORDED})
        store.close()
    kept = sorted(it.name for it in tmp_path.glob("s.corrupt*"))
    assert kept == sorted(["s.corrupt", *(f"s.corrupt-{n}" for n in range(2, 10))])
    assert (tmp_path / "s.corrupt").read_bytes().startswith(b"no database 0")
    assert (tmp_path / "s.corrupt-9").read_bytes().startswith(b"no database 11")


def test_a_file_with_other_tables_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("CREATE TABLE something (else_ TEXT)")
    connection.close()
    store, said = warnings_of(path)
    assert store.observations([REFERENCE]) == {}
    assert len(said) == 1
    assert "was corrupt" in said[0]


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    store, said = warnings_of(path)
    assert store.observations([REFERENCE]) == {}
    record(store, {REFERENCE: RECORDED})
    assert path.read_bytes() == before
    assert len(said) == 1
    assert said[0].startswith(f"{path}: a newer freshlayer wrote this state file; nothing is remembered")


@pytest.mark.parametrize("path", [Path("/dev/null/state"), Path("/proc/freshlayer/state")])
def test_a_folder_that_cannot_be_written_is_a_warning(path: Path) -> None:
    store, said = warnings_of(path)
    assert store.observations([REFERENCE]) == {}
    record(store, {REFERENCE: RECORDED})
    assert len(said) == 1
    assert said[0].startswith(f"{path}: ")
    assert said[0].endswith("(pass --state PATH to use another file)")


def test_a_full_disk_is_a_warning_and_nothing_half_written(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: SQLite sees the same failing write."""
    script = f"""
import resource, signal
from pathlib import Path
from freshlayer.state import SqliteStore
from freshlayer.model.build import *
from freshlayer.model.evidence import *
from freshlayer.model.observation import *
from freshlayer.decisions.marks import Mark
from freshlayer.reference import parse
from testing.recording import record
said = []
store = SqliteStore(Path({str(tmp_path / "s")!r}), said.append)
store.observations([parse("https://example.org/a")])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
identity = Identity("etag", "x" * 400, Strength.STRONG)
record(store, {{parse(f"https://example.org/{{n}}"): Recorded.of(identity) for n in range(2000)}})
assert len(said) == 1, said
assert "nothing was recorded" in said[0], said
"""
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=True)
    store, said = warnings_of(tmp_path / "s")
    assert store.observations([parse(f"https://example.org/{n}") for n in range(2000)]) == {}
    assert said == []


def _record_many(path: Path, worker: int) -> None:
    store = SqliteStore(path, _fail)
    for n in range(20):
        reference = parse(f"https://example.org/{worker}/{n}")
        record(store, {reference: RECORDED}, 7, SCOPE, [BUILT])
    store.close()


def _fail(message: str) -> None:
    raise AssertionError(message)


def test_builds_at_the_same_time_all_record(tmp_path: Path) -> None:
    path = tmp_path / "s"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_record_many, args=(path, worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    store, _ = warnings_of(path)
    references = [parse(f"https://example.org/{worker}/{n}") for worker in range(4) for n in range(20)]
    assert len(store.observations(references)) == 80


def test_no_credential_reaches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s"
    store, _ = warnings_of(path)
    record(
        store, {parse("https://user:hunter2@example.org/a?token=hunter2&X-Amz-Signature=hunter2"): RECORDED}
    )
    store.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"example.org/a" in content
    assert b"hunter2" not in content


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    store, _ = warnings_of(tmp_path / "new" / "state.sqlite3")
    record(store, {})
    assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o700
