"""A state file that opens and is damaged: set aside once, with a message, and the run goes on."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace

from freshlayer.decisions.marks import Mark
from freshlayer.model.build import Built, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.history import BuildEvent, InstructionEvent
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference, parse
from freshlayer.state import BuildRecord, BuiltRecord, HistoryRecord, Scope, SqliteStore
from freshlayer.state.columns import DamagedError, checked
from testing.other_user import holds_without_root, public_directory
from testing.recording import record

SCOPE = Scope("/project/Dockerfile", "linux/amd64", "buildkit")
REFERENCES = [parse(f"https://example.org/{number}/some/file.tar.gz") for number in range(40)]
CORRUPT = "the state file was corrupt; moved to"
NEWER = "a newer freshlayer wrote this state file"


RAN = InstructionEvent("0", 2, "digest", "ran", 2.5, None, "k" * 32, "input-changed")
TOOK_UP = tuple((reference.text, "etag:v1") for reference in REFERENCES)
EVENT = BuildEvent(
    SCOPE.dockerfile, SCOPE.platform, SCOPE.builder, "", 1_700_000_000, "built", (RAN,) * 20, TOOK_UP
)
MARKS = [Mark("0", f"digest of {reference.text}", "chain") for reference in REFERENCES]


def recorded(number: int) -> Recorded:
    identity = Identity("etag", f"v{number}", Strength.STRONG)
    evidence = (Evidence("etag", f"v{number}", Strength.STRONG), Evidence("length", "5", Strength.SIZE))
    return Recorded(identity, evidence, Validators(f'"v{number}"', "Tue, 14 Nov 2023 22:13:20 GMT"))


def built(reference: Reference) -> BuiltRecord:
    return BuiltRecord("0", f"digest of {reference.text}", Built(((reference.text, "etag:v1"),), "k" * 32))


def past(reference: Reference) -> HistoryRecord:
    return HistoryRecord("0", f"digest of {reference.text}", LastBuild("chain", ("k" * 32,), 1.5, at=7))


def filled(path: Path) -> bytes:
    """What a real state file holds."""
    store = SqliteStore(path, _fail)
    record(
        store,
        {reference: recorded(number) for number, reference in enumerate(REFERENCES)},
        1_700_000_000,
        SCOPE,
        [built(reference) for reference in REFERENCES],
        [(reference.text, "etag:v0") for reference in REFERENCES[:10]],
        [past(reference) for reference in REFERENCES],
        {"app:1": "sha256:00ff"},
    )
    store.record_build(BuildRecord(scope=SCOPE, at=1_700_000_000, event=EVENT))
    store.record_keys(SCOPE, ["k" * 32])
    store.close()
    return path.read_bytes()


def _fail(message: str) -> None:
    raise AssertionError(message)


def use(path: Path, number: int) -> list[str]:
    """Everything that a build does with its state; what it was warned of."""
    said: list[str] = []
    store = SqliteStore(path, said.append)
    store.observations(REFERENCES)
    store.last_builds(SCOPE, MARKS)
    store.other_builds(replace(SCOPE, builder="other"), [mark.digest for mark in MARKS])
    store.users_of_keys(SCOPE, ["k" * 32])
    store.tags(SCOPE)
    store.record_keys(SCOPE, [f"{number:032x}"])
    store.taints(REFERENCES)
    store.history(REFERENCES[0].text, 10)
    store.history_of_directory("/", 10)
    new = parse(f"https://example.org/new/{number}")
    record(
        store,
        {new: recorded(number)},
        7,
        SCOPE,
        [built(new)],
        [(new.text, "etag:v0")],
        [past(REFERENCES[number])],
    )
    store.close()
    return said


def holds(path: Path, number: int) -> bool:
    """Whether what ``use`` recorded is there."""
    store = SqliteStore(path, _fail)
    new = parse(f"https://example.org/new/{number}")
    found = store.observations([new])[new].identity == recorded(number).identity
    mark = Mark("0", f"digest of {new.text}", "")
    found = found and mark.place in store.last_builds(SCOPE, [mark]).built
    store.close()
    return found


def flip(content: bytearray, dice: random.Random) -> None:
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)


def overwrite(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    noise = dice.randbytes(dice.choice([1, 2, 8, 64, 512]))
    content[at : at + len(noise)] = noise


def zero_a_page(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content) // 4096) * 4096
    content[at : at + 4096] = bytes(4096)


def swap_pages(content: bytearray, dice: random.Random) -> None:
    one, other = (dice.randrange(len(content) // 4096) * 4096 for _ in range(2))
    page = content[one : one + 4096]
    content[one : one + 4096] = content[other : other + 4096]
    content[other : other + 4096] = page


def truncate(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


def lengthen(content: bytearray, dice: random.Random) -> None:
    content += dice.randbytes(dice.randrange(10_000))


def edit_a_row(content: bytearray, dice: random.Random) -> None:
    """In what SQLite does not look at: the text of a row."""
    places = [place for place in range(len(content)) if chr(content[place]) in '[]",:']
    content[dice.choice(places or [0])] = dice.choice(b'\xff\xc3[]",:x\x00')


ON_BYTES = [flip, overwrite, zero_a_page, swap_pages, truncate, lengthen, edit_a_row]
HOSTILE: list[object] = [
    b"\xff\xfe",
    "CAST(x'c328' AS TEXT)",
    "CAST(x'ff' AS TEXT)",
    None,
    -1,
    2**62,
    1e308,
    float("inf"),
    "",
    "x",
    ":",
    "\x00",
    "[" * 20_000,
    "{" * 20_000,
    "[[1,2]]",
    '[["a"]]',
    '[["a","b","strong",-1,"x"]]',
    '[["a","b","huge"]]',
    "{}",
    "null",
]
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS reference FROM c"
ON_SCHEMA = [
    f"DROP TABLE taint; CREATE VIEW taint AS {ENDLESS}",
    "DROP TABLE built",
    "DROP TABLE observation",
    "DROP TABLE history",
    "DROP TABLE taint",
    "DROP TABLE build_event",
    "DROP TABLE history_size",
    "ALTER TABLE observation RENAME COLUMN identity TO other",
    "ALTER TABLE built RENAME TO other",
    "CREATE TRIGGER t AFTER INSERT ON observation BEGIN DELETE FROM observation; END",
    "CREATE TRIGGER t BEFORE INSERT ON built BEGIN SELECT RAISE(ABORT, 'no'); END",
    "DROP TABLE taint; CREATE VIEW taint AS SELECT 'a' AS reference, 'b' AS identity, 1 AS times",
    "DROP TABLE history; CREATE VIEW history AS SELECT 'a' AS stage",
    # The step after it adds a column that is there already.
    "PRAGMA user_version = 9",
    "PRAGMA user_version = 0",
    "PRAGMA user_version = -5",
    "PRAGMA user_version = 1000000",
]


def by_sql(path: Path, dice: random.Random) -> None:
    """A wrong value in any column of any table, or another schema."""
    connection = sqlite3.connect(path)
    with contextlib.closing(connection), connection:
        if dice.random() < 0.15:
            connection.executescript(dice.choice(ON_SCHEMA))
            return
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        table = dice.choice([name for name in tables if not name.startswith("sqlite_")])
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        value = dice.choice(HOSTILE)
        some = "" if dice.random() < 0.5 else " WHERE abs(random()) % 20 = 0"
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
        connection.commit()
    connection = sqlite3.connect(path)
    with contextlib.closing(connection), connection:
        literal = value if isinstance(value, str) and value.startswith("CAST") else "?"
        sql = f"UPDATE OR IGNORE {table} SET {dice.choice(columns)} = {literal}{some}"
        with contextlib.suppress(sqlite3.Error):
            connection.execute(sql, () if literal != "?" else (value,))


def on_bytes(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 1, 1, 4, 16])):
        if len(content) >= 4096:
            dice.choice(ON_BYTES)(content, dice)
    path.write_bytes(content)


def survive(folder: Path, damage: Callable[[Path, random.Random], None], template: bytes, seed: int) -> str:
    """Damage a file and use it three times; the warning, if there was one."""
    path = folder / f"{damage.__name__}-{seed}"
    path.write_bytes(template)
    damage(path, random.Random(seed))
    version = path.read_bytes()[60:64]
    said: list[str] = []
    for number in range(2):
        said += use(path, number)
    if said and NEWER in said[0] and version != template[60:64]:
        return ""
    assert len(said) <= 1, (seed, said)
    assert not said or CORRUPT in said[0], (seed, said)
    assert holds(path, 1), seed
    # Not those of seed 10 with those of seed 1: another process works in the same directory.
    for left in [path, *folder.glob(f"{path.name}[!0-9]*")]:
        left.unlink()
    return said[0] if said else ""


def survive_many(folder: Path, template: bytes, seeds: range) -> int:
    damages = [by_sql if seed % 3 == 0 else on_bytes for seed in seeds]
    return sum(
        bool(survive(folder, damage, template, seed)) for damage, seed in zip(damages, seeds, strict=True)
    )


@pytest.mark.slow
def test_two_thousand_damaged_files(tmp_path: Path) -> None:
    """In memory, where there is such a file system: 10,000 commits would wait for the disk."""
    template = filled(tmp_path / "template")
    memory = Path("/dev/shm")
    with (
        TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder,
        get_context("spawn").Pool(2) as pool,
    ):
        parts = [(Path(folder), template, range(start, 2000, 2)) for start in range(2)]
        found = sum(pool.starmap(survive_many, parts))
    assert found > 500


def test_some_damaged_files(tmp_path: Path) -> None:
    template = filled(tmp_path / "template")
    assert survive_many(tmp_path, template, range(2000, 2060)) > 10


@pytest.mark.parametrize("sql", ON_SCHEMA)
def test_another_schema(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "s"
    filled(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    said = use(path, 0) + use(path, 1)
    assert len(said) <= 1
    assert not said or CORRUPT in said[0]
    assert holds(path, 1)
    assert "user_version = 0" in sql or said


COLUMNS = [
    ("observation", "identity"),
    ("observation", "evidence"),
    ("observation", "asked"),
    ("built", "pairs"),
    ("history", "seconds"),
    ("history", "at"),
    ("taint", "times"),
    ("observation_event", "identity"),
    ("observation_event", "evidence"),
    ("observation_event", "verdict"),
    ("build_event", "instructions"),
    ("build_event", "at"),
]


@pytest.mark.parametrize("value", [b"\xff", "CAST(x'ff' AS TEXT)", "[" * 100_000, float("inf"), 2**62, -1])
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_wrong_value_in_a_column(tmp_path: Path, table: str, column: str, value: object) -> None:
    path = tmp_path / "s"
    filled(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        literal = value if isinstance(value, str) and value.startswith("CAST") else "?"
        connection.execute(f"UPDATE {table} SET {column} = {literal}", () if literal != "?" else (value,))
    said = use(path, 0) + use(path, 1)
    assert [CORRUPT in one for one in said] == [True], said
    assert holds(path, 1)
    assert path.with_name("s.corrupt").exists()


def test_a_wrong_value_beside_an_equal_one() -> None:
    with pytest.raises(DamagedError, match="column asked"):
        checked(["reference", "asked"], [("a", 1), ("b", 1.0)])


def test_a_value_that_would_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "s"
    filled(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE observation SET evidence = zeroblob(100000000) WHERE reference LIKE '%/7/%'"
        )
    assert [CORRUPT in one for one in use(path, 0) + use(path, 1)] == [True]
    assert holds(path, 1)


def test_a_locked_file_is_not_a_damaged_one(tmp_path: Path) -> None:
    """It is waited for."""
    path = tmp_path / "s"
    filled(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        process = get_context("spawn").Process(target=_use_in_silence, args=(path,))
        process.start()
        process.join(2)
        assert process.is_alive()
        connection.execute("COMMIT")
    process.join(30)
    assert process.exitcode == 0
    assert holds(path, 0)
    assert not path.with_name("s.corrupt").exists()


def _use_in_silence(path: Path) -> None:
    assert use(path, 0) == []


def test_a_read_only_folder_is_not_a_damaged_file() -> None:
    with public_directory() as directory:
        path = directory / "s"
        content = filled(path)
        path.chmod(0o644)
        directory.chmod(0o555)
        assert holds_without_root(lambda: CORRUPT not in "".join(use(path, 0)))
        directory.chmod(0o755)
        assert path.read_bytes() == content


def test_a_read_only_file_is_not_a_damaged_one(tmp_path: Path) -> None:
    """By SQLite's own means, which hold for root as well: a URI can't be given, an empty directory can."""
    path = tmp_path / "s"
    content = filled(path)
    path.with_name("s-wal").mkdir()
    said = use(path, 0)
    assert len(said) == 1
    assert CORRUPT not in said[0]
    assert path.read_bytes() == content


def test_what_is_recorded_after_another_process_set_the_file_aside_is_in_the_new_one(tmp_path: Path) -> None:
    """An open file keeps its content when its name is gone."""
    path = tmp_path / "s"
    filled(path)
    said: list[str] = []
    with contextlib.closing(SqliteStore(path, said.append)) as store:
        assert len(store.observations(REFERENCES)) == len(REFERENCES)
        path.replace(tmp_path / "s.corrupt")
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"s{suffix}").unlink(missing_ok=True)
        assert use(path, 0) == []
        new = parse("https://example.org/new/1")
        record(
            store, {new: recorded(1)}, 7, SCOPE, [built(new)], [(new.text, "etag:v0")], [past(REFERENCES[1])]
        )
        assert len(store.observations(REFERENCES)) == 0
    assert said == []
    assert holds(path, 0)
    assert holds(path, 1)


def test_many_processes_find_one_damaged_file(tmp_path: Path) -> None:
    """It is set aside once, and what each of them records is in the new one."""
    path = tmp_path / "s"
    content = filled(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE observation SET identity = x'ff'")
    damaged = path.read_bytes()
    with get_context("spawn").Pool(8) as pool:
        said = [one for many in pool.starmap(use, [(path, n) for n in range(24)]) for one in many]
    assert content != damaged
    assert [CORRUPT in one for one in said] == [True], said
    assert path.with_name("s.corrupt").read_bytes() == damaged
    assert [number for number in range(24) if not holds(path, number)] == []
