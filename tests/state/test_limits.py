"""The limit of SQLite's steps is our own: it is no damage, and each query has the whole of it."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from types import FrameType

import pytest

from freshlayer.model.watched import Message, Standing
from freshlayer.state import opening
from freshlayer.state.opening import StateFile
from freshlayer.state.watched import WatchRecords

NAME = "/p/Dockerfile"
LONG = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT count(*) AS number"
    " FROM c"
)


class _OverError(BaseException):
    """What a handler of a signal may raise."""


def _over(_number: int, _frame: FrameType | None) -> None:
    raise _OverError


def test_a_signal_during_a_query_leaves_the_state_file_as_it_is(tmp_path: Path) -> None:
    path, warnings = tmp_path / "state", list[str]()
    records = WatchRecords(path, warnings.append)
    records.record([Standing(NAME)], [Message("ci", "k", NAME, "{}")], at=1)
    records.close()
    file = StateFile(path, warnings.append)
    before = signal.signal(signal.SIGALRM, _over)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        file.read(LONG, (8_000_000,))
    except _OverError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        file.close()
    assert not list(tmp_path.glob("*.corrupt"))
    assert records.undelivered() == frozenset({NAME})
    records.close()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_ABORT])
def test_what_was_interrupted_is_not_damaged(code: int) -> None:
    error = sqlite3.OperationalError("interrupted")
    error.sqlite_errorcode = code
    assert not opening.is_damage(error)


def test_each_query_has_the_whole_limit_of_steps(tmp_path: Path) -> None:
    """Two thirds of it each."""
    warnings: list[str] = []
    file = StateFile(tmp_path / "state", warnings.append)
    rows = 10_000_000
    assert [file.read(LONG, (rows,)) for _ in range(2)] == [[(rows,)]] * 2
    file.close()
    assert warnings == []
