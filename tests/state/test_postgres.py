"""What is PostgreSQL's alone: passwords, other processes, a server that ends, rows that others wrote."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest

from freshlayer.decisions.marks import Mark
from freshlayer.errors import OptionError
from freshlayer.model.build import Built
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.history import BuildEvent
from freshlayer.model.observation import Recorded
from freshlayer.model.turns import Taken, Turn
from freshlayer.reference import parse
from freshlayer.state import BuildRecord, BuiltRecord, Keep, Scope, StateStore
from freshlayer.state.places import Server, store_at
from freshlayer.state.postgres import schema
from freshlayer.state.postgres.server import PostgresDatabase
from freshlayer.state.postgres.turns import PostgresTurns
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.postgres import Postgres
from testing.process import wait_until

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

A, B = parse("https://example.org/a"), parse("https://example.org/b")
SCOPE = Scope("/project/Dockerfile", "linux/amd64", "buildkit", "engine")
NOW = 1_700_000_000
SEEN = Recorded.of(Identity("etag", "1", Strength.STRONG))


def _fail(message: str) -> None:
    raise AssertionError(message)


def opened(url: str, warnings: list[str] | None = None) -> closing[StateStore]:
    return closing(store_at(Server(url), _fail if warnings is None else warnings.append, Keep()))


@pytest.fixture(scope="module")
def other() -> Iterator[Postgres]:
    """With a port on loopback, where a password is needed."""
    with Postgres(tcp=True) as started:
        yield started


@pytest.fixture
def own(other: Postgres) -> Iterator[Postgres]:
    """A server that the test ends and starts."""
    yield other
    if not other.is_running:
        other.start()


def columns(rows: list[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


def test_both_members_have_the_same_tables(postgres: Postgres, tmp_path: Path) -> None:
    """A step of one of them needs one of the other."""
    url, path = postgres.database(), tmp_path / "state"
    for place in (Server(url), path):
        with closing(store_at(place, _fail, Keep())) as store:
            assert store.is_empty()
    sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'freshlayer'"
    ours = columns(postgres.rows(url, sql))
    with closing(sqlite3.connect(path)) as connection:
        sql = (
            "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
            " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
        )
        theirs = columns(connection.execute(sql).fetchall())
    assert {it: ours[it] for it in ours if it in theirs} == theirs
    assert ours.keys() - theirs.keys() <= {"version", "turn", "judge"}


def _open(url: str, start: Barrier) -> None:
    start.wait(50)
    with opened(url) as store:
        assert store.is_empty()


def test_many_processes_make_the_tables_once(postgres: Postgres) -> None:
    url, context = postgres.database(), get_context("fork")
    start = context.Barrier(12)
    workers = [context.Process(target=_open, args=(url, start)) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 12
    assert postgres.rows(url, "SELECT number FROM version") == [(it,) for it, _ in schema.STEPS]


def _work(url: str, number: int, start: Barrier) -> None:
    """What many runners do at the same moment: some of it is the same for all."""
    mine = parse(f"https://example.org/{number}")
    built = BuiltRecord("0", "digest", Built(((A.text, "etag:1"),), "k"))
    record = BuildRecord(
        scope=SCOPE if number % 2 else Scope(f"/{number}/Dockerfile", "linux/amd64", "buildkit"),
        at=NOW + number,
        observations={A: SEEN, mine: SEEN, B: SEEN} if number % 2 else {B: SEEN, mine: SEEN, A: SEEN},
        built=[built],
        tainted=[(A.text, "etag:0")],
        tags={"app:1": "sha256:00"},
        network="default",
        not_watched=["1", "2"],
    )
    start.wait(50)
    with opened(url) as store:
        store.record_build(record)


def test_records_of_many_processes_are_merged(postgres: Postgres) -> None:
    url, context, count = postgres.database(), get_context("fork"), 24
    start = context.Barrier(count)
    workers = [context.Process(target=_work, args=(url, n, start)) for n in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * count
    with opened(url) as store:
        assert store.taints([A]) == {(A.text, "etag:0"): count}
        assert len(store.history(A.text, 99).changes) == 1
        assert len(store.observations([parse(f"https://example.org/{n}") for n in range(count)])) == count
        assert store.last_builds(SCOPE, [Mark("0", "digest", "")]).built
    assert postgres.rows(url, "SELECT count(*) FROM observation") == [(count + 2,)]
    assert postgres.rows(url, "SELECT count(*) FROM built") == [(count // 2 + 1,)]
    assert postgres.rows(url, "SELECT count(*) FROM not_watched") == [(2 * (count // 2 + 1),)]


def test_long_texts_are_kept(postgres: Postgres) -> None:
    long = parse(f"https://example.org/{os.urandom(4_000).hex()}")
    with opened(postgres.database()) as store:
        store.record_observations({long: SEEN}, at=NOW)
        store.record_observations({long: SEEN}, at=NOW + 1)
        assert store.observations([long])[long].probed_at == NOW + 1
        assert len(store.inventory("*", 9).references) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE observation SET identity = 'none' WHERE reference LIKE '%/a'",
        "UPDATE observation SET evidence = '[[' WHERE reference LIKE '%/a'",
        "UPDATE observation SET asked = -1 WHERE reference LIKE '%/a'",
        "UPDATE observation SET asked = 9223372036854775807 WHERE reference LIKE '%/a'",
        "ALTER TABLE observation ALTER asked TYPE TEXT",
        "UPDATE observation SET strength = repeat('x', 1000000) WHERE reference LIKE '%/a'",
    ],
)
def test_a_row_that_freshlayer_does_not_write_is_left_out(postgres: Postgres, change: str) -> None:
    url, warnings = postgres.database(), list[str]()
    with opened(url, warnings) as store:
        store.record_observations({A: SEEN, B: SEEN}, at=NOW)
        postgres.rows(url, change)
        assert A not in store.observations([A, B])
        assert len(warnings) == 1
        assert warnings[0].endswith("holds rows that freshlayer does not write; they are left out")
        if "ALTER" not in change:
            assert B in store.observations([A, B])
            store.record_observations({A: SEEN}, at=NOW)
            assert A in store.observations([A, B])


def test_what_a_newer_freshlayer_wrote_is_left_alone(postgres: Postgres) -> None:
    url, warnings = postgres.database(), list[str]()
    with opened(url) as store:
        store.record_observations({A: SEEN}, at=NOW)
    postgres.rows(url, "INSERT INTO version VALUES (999)")
    with opened(url, warnings) as store:
        assert store.observations([A]) == {}
        store.record_observations({B: SEEN}, at=NOW)
    assert len(warnings) == 1
    assert "a newer freshlayer wrote this state; nothing is remembered" in warnings[0]
    assert postgres.rows(url, "SELECT reference FROM observation") == [(A.text,)]


def test_no_connection_is_held_while_a_builder_runs(postgres: Postgres) -> None:
    url = postgres.database()
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'freshlayer'"
    with opened(url) as store:
        store.observations([A])
        assert postgres.rows(url, sql) == [(1,)]
        store.record_keys(SCOPE, ["key"])
        wait_until(lambda: postgres.rows(url, sql) == [(0,)], seconds=60, what="the end of the connection")
        store.record_observations({A: SEEN}, at=NOW)
        assert A in store.observations([A])


def test_turns_are_taken_by_one_and_given_back(postgres: Postgres) -> None:
    url = postgres.database()
    with closing(PostgresTurns(url, 3600, _fail)) as one, closing(PostgresTurns(url, 3600, _fail)) as other:
        assert one.take({A.text: 60, B.text: 60}) == Taken({A.text: 0, B.text: 0}, {})
        found = other.take({A.text: 60})
        assert found is not None
        assert not found.mine
        assert 0 < found.others[A.text] <= 30
        one.finish({A.text: Turn(500, 3), B.text: Turn(0, 2)})
        found = other.take({A.text: 60, B.text: 60})
        assert found is not None
        assert found.mine == {B.text: 2}
        assert 400 < found.others[A.text] <= 500
        # A statement of PostgreSQL has at most 65,535 parameters.
        one.hurry([*(f"https://example.org/{it}" for it in range(70_000)), A.text])
        found = other.take({A.text: 60})
        assert found == Taken({A.text: 3}, {})
        one.finish({A.text: Turn(500, 3, 300)})
        one.hurry([A.text])
        found = other.take({A.text: 60})
        assert found is not None
        assert 250 < found.others[A.text] <= 300
        # Of a server whose clock was set back.
        postgres.rows(url, "UPDATE turn SET due = due * 2")
        found = other.take({A.text: 60})
        assert found is not None
        assert found.mine == {A.text: 3}
        with opened(url) as store:
            store.forget([], [A.text])
        assert postgres.rows(url, "SELECT reference FROM turn") == [(B.text,)]


def test_a_parameter_that_libpq_does_not_know_is_named_and_no_password_is() -> None:
    for url, fault in (
        ("postgresql://u:pw@h/db?foo=1", "there is no parameter 'foo'"),
        ("postgresql://u:pw@h/db?w=x@y", "not a PostgreSQL URL"),
    ):
        with pytest.raises(OptionError, match=fault) as raised:
            PostgresDatabase(url, _fail)
        assert "'w'" not in str(raised.value)


def test_one_judges_until_its_connection_ends(postgres: Postgres) -> None:
    url = postgres.database()
    with closing(PostgresTurns(url, 3600, _fail)) as one, closing(PostgresTurns(url, 3600, _fail)) as other:
        assert [one.judges(), other.judges(), one.judges()] == [True, False, True]
        one.close()
        wait_until(other.judges, seconds=60, what="the turn to judge")
        assert not one.judges()


def test_the_turn_to_judge_is_left_to_a_process_with_an_api(postgres: Postgres) -> None:
    url = postgres.database()
    with (
        closing(PostgresTurns(url, 3600, _fail)) as worker,
        closing(PostgresTurns(url, 3600, _fail, serves=True)) as served,
        closing(PostgresTurns(url, 3600, _fail, serves=True)) as second,
    ):
        assert worker.judges()
        assert not served.judges()
        assert [worker.judges(), served.judges(), second.judges()] == [False, True, False]
        assert not worker.judges()
        served.close()
        wait_until(second.judges, seconds=60, what="the turn to judge")
        assert not worker.judges()
        second.close()
        wait_until(worker.judges, seconds=60, what="the turn to judge")


def test_a_session_with_the_number_of_an_old_one_does_not_count(postgres: Postgres) -> None:
    url = postgres.database()
    with closing(PostgresTurns(url, 3600, _fail)) as one, closing(PostgresTurns(url, 3600, _fail)) as other:
        assert one.judges()
        postgres.rows(url, "UPDATE judge SET started = started - 1")
        assert other.judges()
        assert not one.judges()
        postgres.rows(url, "UPDATE judge SET role = 'nobody'")
        assert one.judges()


RUNNER = (
    "DO $$ BEGIN CREATE ROLE runner LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    " GRANT USAGE ON SCHEMA freshlayer TO runner;"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freshlayer TO runner;"
    " REVOKE INSERT, UPDATE, DELETE ON freshlayer.outbox, freshlayer.standing, freshlayer.turn,"
    " freshlayer.judge, freshlayer.version, freshlayer.watch_count FROM runner"
)
"""As the guide of the service has it."""


def test_a_runner_records_builds_and_commands_no_trigger(postgres: Postgres) -> None:
    url = postgres.database()
    with opened(url) as store:
        assert store.is_empty()
    postgres.rows(url, RUNNER)
    runner = url.replace("user=freshlayer", "user=runner")
    with opened(runner) as store:
        store.record_observations({A: SEEN}, at=NOW)
        store.record_build(
            BuildRecord(
                scope=SCOPE, at=NOW, event=BuildEvent(SCOPE.dockerfile, "", "", "", NOW, "built", (), ())
            )
        )
        assert A in store.observations([A])
        assert len(store.history_of_dockerfile(SCOPE.dockerfile, 9).builds) == 1
    for table in ("outbox", "standing", "turn", "judge", "version"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgres.rows(runner, f"DELETE FROM freshlayer.{table}")


def test_a_role_without_rights_stops_no_writer(postgres: Postgres) -> None:
    url = postgres.database()
    role = "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    with opened(url) as store:
        assert store.is_empty()
        postgres.rows(url, role)
        with psycopg.connect(url.replace("user=freshlayer", "user=guest"), autocommit=True) as guest:
            guest.execute("SELECT pg_advisory_lock(%s)", (schema.ADVISORY,))
            store.record_observations({A: SEEN}, at=NOW)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), guest.transaction():
                guest.execute(schema.LOCK)
            for number in range(1, 4):
                guest.execute("SELECT pg_advisory_lock(%s)", (schema.ADVISORY + number,))
            with closing(PostgresTurns(url, 3600, _fail)) as turns:
                assert turns.judges()
        assert A in store.observations([A])


def test_what_others_recorded_is_noticed(postgres: Postgres) -> None:
    url = postgres.database()
    with closing(PostgresTurns(url, 3600, _fail)) as turns, opened(url) as store:
        store.record_observations({A: SEEN}, at=NOW)
        assert turns.changed() == (frozenset(), frozenset())
        store.record_observations({A: SEEN, B: SEEN}, at=NOW)
        store.record_build(
            BuildRecord(
                scope=SCOPE, at=NOW, event=BuildEvent(SCOPE.dockerfile, "", "", "", NOW, "built", (), ())
            )
        )
        assert turns.changed() == (frozenset({B.text}), frozenset({SCOPE.dockerfile}))
        assert turns.changed() == (frozenset(), frozenset())


def test_a_server_that_never_answers_costs_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url, warnings = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/db?connect_timeout=2", list[str]()
        with opened(url, warnings) as store:
            assert store.observations([A]) == {}
            store.record_observations({A: SEEN}, at=NOW)
    assert len(warnings) == 1
    assert "timeout expired; nothing is remembered" in warnings[0]


def test_who_may_only_read_reads(postgres: Postgres) -> None:
    url = postgres.database()
    with opened(url) as store:
        store.record_observations({A: SEEN}, at=NOW)
    postgres.rows(
        url,
        "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        " GRANT USAGE ON SCHEMA freshlayer TO reader;"
        " GRANT SELECT ON ALL TABLES IN SCHEMA freshlayer TO reader",
    )
    warnings: list[str] = []
    with opened(url.replace("user=freshlayer", "user=reader"), warnings) as store:
        assert A in store.observations([A])
        assert warnings == []
        store.record_observations({B: SEEN}, at=NOW)
    assert "permission denied for table" in warnings[0]
    assert "nothing was recorded" in warnings[0]


@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
def test_a_server_that_was_restarted_is_used_again(own: Postgres, *, crash: bool) -> None:
    with opened(own.database()) as store:
        store.record_observations({A: SEEN}, at=NOW)
        own.stop(crash=crash)
        own.start()
        store.record_observations({B: SEEN}, at=NOW)
        own.stop(crash=crash)
        own.start()
        assert store.observations([A, B]).keys() == {A, B}


def test_without_a_server_there_is_a_warning_soon(own: Postgres) -> None:
    url, warnings = own.database(), list[str]()
    own.stop()
    started = time.monotonic()
    with opened(url, warnings) as store:
        assert store.observations([A]) == {}
        store.record_observations({A: SEEN}, at=NOW)
    assert time.monotonic() - started < 30
    assert len(warnings) == 1
    assert "nothing is remembered" in warnings[0]


def test_a_full_disk_is_a_warning_and_records_nothing(postgres: Postgres) -> None:
    """As the server reports it: by a rule of the table, since the disk is the machine's."""
    url, warnings = postgres.database(), list[str]()
    with opened(url) as store:
        store.record_observations({A: SEEN}, at=NOW)
    postgres.rows(
        url,
        "CREATE FUNCTION filled() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;"
        " CREATE TRIGGER filled BEFORE INSERT ON observation EXECUTE FUNCTION filled()",
    )
    with opened(url, warnings) as store:
        store.record_observations({B: SEEN}, at=NOW)
    assert "No space left on device; nothing was recorded" in warnings[0]
    assert postgres.rows(url, "SELECT reference FROM observation_event") == [(A.text,)]


# --- passwords ------------------------------------------------------------------------------------


def of_tcp(server: Postgres, name: str, password: str = "") -> str:
    user = f"freshlayer:{quote(password, safe='')}" if password else "freshlayer"
    return f"postgresql://{user}@127.0.0.1:{server.port}/{name}"


def test_a_password_of_the_url_is_used_and_not_shown(own: Postgres) -> None:
    name, warnings = "postgres", list[str]()
    url = of_tcp(own, name, Postgres.PASSWORD)
    with opened(url) as store:
        store.record_observations({A: SEEN}, at=NOW)
        assert A in store.observations([A])
    assert str(Server(url)) == f"postgresql://127.0.0.1:{own.port}/postgres"
    assert "freshlayer:" not in repr(Server(url))
    with opened(of_tcp(own, name, "not-the-one"), warnings) as store:
        assert store.observations([A]) == {}
    assert "password authentication failed" in warnings[0]
    assert "not-the-one" not in warnings[0]


def test_passwords_come_from_the_places_of_libpq(
    own: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = of_tcp(own, "postgres")
    escaped = Postgres.PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    (tmp_path / "passfile").write_text(f"127.0.0.1:*:*:freshlayer:{escaped}\n")
    (tmp_path / "passfile").chmod(0o600)
    (tmp_path / "services").write_text(
        f"[ours]\nhost=127.0.0.1\nport={own.port}\nuser=freshlayer\npassword={Postgres.PASSWORD}\n"
    )
    for variables, place in (
        ({"PGPASSWORD": Postgres.PASSWORD}, url),
        ({"PGPASSFILE": str(tmp_path / "passfile")}, url),
        ({"PGSERVICEFILE": str(tmp_path / "services")}, "postgresql:///postgres?service=ours"),
    ):
        with monkeypatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            with opened(place) as store:
                store.observations([A])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:se%zzcret@host/db",
        "postgresql://user:secret@host:99999999/db?no=1",
        "postgresql://user:sec/ret@host/db?sslmode",
        "postgresql://host/db?password=secret&nothing=1",
        "postgresql://user:sec@ret@host/db?unknown=secret",
    ],
)
def test_a_url_that_can_not_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(OptionError) as caught, opened(url):
        pass
    assert re.search("not a PostgreSQL URL .write|there is no parameter 'no", str(caught.value))
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None


# --- commands -------------------------------------------------------------------------------------


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def commands(url: str, project: Path, **environment: str) -> Freshlayer:
    found = {**os.environ, "PATH": "/nowhere", **environment}
    return Freshlayer(found, url, project)  # type: ignore[arg-type]


def test_what_one_machine_learned_another_one_knows(
    postgres: Postgres, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    url = postgres.database()
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}a\n")
    one = commands(url, project, XDG_STATE_HOME=str(tmp_path / "one"))
    other = commands(url, project, XDG_STATE_HOME=str(tmp_path / "other"))
    assert one("render", ".").code == 0
    before = len(origin.requests())
    assert other("--offline", "check", ".").code in {0, 1}
    assert len(origin.requests()) == before
    assert f"{origin.url}a" in other("state", "ls").out
    assert f"{origin.url}a" in other("history", f"{origin.url}a").out
    assert other("state", "forget", f"{origin.url}a").code == 0
    assert f"{origin.url}a" not in one("state", "ls").out
    assert not (tmp_path / "one").exists() or not list((tmp_path / "one").rglob("*.sqlite3"))


def test_a_check_without_the_server_is_trouble(own: Postgres, origin: ServeOrigin, project: Path) -> None:
    url = own.database()
    own.stop()
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}a\n")
    ended = commands(url, project)("check", ".")
    assert "no build is recorded" in ended.out
    assert ended.err.count("nothing is remembered") == 1
    assert ended.code == 2
    assert commands(url, project)("history").code == 2
    assert commands(url, project)("state", "ls").code == 2


def test_a_missing_extra_is_an_error_that_names_it(project: Path, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "psycopg.py").write_text("raise ImportError('not installed')\n")
    (project / "Dockerfile").write_text("FROM scratch\n")
    run = commands("postgresql://u:secret@h/db", project, PYTHONPATH=str(tmp_path / "without"))
    for words in (["check", "."], ["history"], ["state", "ls"], ["watch", "--once", "."]):
        ended = run(*words)
        assert ended.code == 2
        assert "it needs freshlayer[postgres] (pip install 'freshlayer[postgres]')" in ended.err
        assert "secret" not in ended.err
