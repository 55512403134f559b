"""What freshlayer makes of each event on each server: never a wrong certainty; right, where one can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from freshlayer.model.observation import Certainty, Change
from testing.servers.needs import require
from testing.servers.table import FILE_SERVERS
from tests.servers.cells import CELLS, NOBODY_KNOWS, Blind
from tests.servers.events import BEFORE, EVENTS
from tests.servers.row import CHANGES, HASHED, LIMITS, Row, witness

DOCUMENT = Path(__file__).parents[2] / "docs" / "how-freshlayer-knows.md"
HEADING = "## Undetectable changes"
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Witnessed:
    server: str
    row: Row

    def is_right(self, way: str, event: str) -> bool:
        """Whether the verdict says of the file what is true of it."""
        expected = Change.CHANGED if CHANGES[event] else Change.UNCHANGED
        return self.row.verdicts[way][event].change is expected

    def told(self, way: str, event: str) -> str:
        verdict = self.row.verdicts[way][event]
        return f"{self.server}, {event}, {way}: {verdict.change}, {verdict.certainty}, {verdict.reason}"


@pytest.fixture(scope="module", params=FILE_SERVERS)
def witnessed(request: pytest.FixtureRequest) -> Witnessed:
    kind = FILE_SERVERS[request.param]
    require(*kind.programs)
    return Witnessed(request.param, witness(kind))


def test_no_certain_verdict_is_wrong(witnessed: Witnessed) -> None:
    """Nor is one that holds for what the server still hands out: a build would get those bytes."""
    wrong = [
        witnessed.told(way, event)
        for way in LIMITS
        for event, verdict in witnessed.row.verdicts[way].items()
        if verdict.certainty is Certainty.CERTAIN
        and not witnessed.is_right(way, event)
        and not is_served_stale(witnessed, event)
    ]
    assert wrong == []


def test_every_verdict_is_right_where_small_bodies_are_read_and_anybody_can_know(
    witnessed: Witnessed,
) -> None:
    wrong = [
        witnessed.told(HASHED, event)
        for event in CHANGES
        if (witnessed.server, event) not in CELLS and not witnessed.is_right(HASHED, event)
    ]
    assert wrong == []


def test_the_cells_where_nobody_can_know_are_as_blind_as_they_are_said_to_be(witnessed: Witnessed) -> None:
    listed = {event: blind for (server, event), blind in CELLS.items() if server == witnessed.server}
    seen = {event: not witnessed.is_right(HASHED, event) for event in listed}
    assert seen == dict.fromkeys(listed, True)
    served = {event: is_served_stale(witnessed, event) for event in listed}
    assert served == {event: blind.serves_old for event, blind in listed.items()}


def test_no_body_moves_for_what_did_not_change(witnessed: Witnessed) -> None:
    """Not even where a body was read before, to learn that a rewritten file has its old bytes."""
    sent = witnessed.row.quiet
    assert len(sent) >= 6
    assert [(r.method, r.path, r.status, r.body_bytes) for r in sent if r.body_bytes] == []


def test_two_replicas_with_different_times_have_one_identity(witnessed: Witnessed) -> None:
    here, there = witnessed.row.identities
    assert here == there
    assert here.startswith(("sha256:", "etag:"))


def is_served_stale(witnessed: Witnessed, event: str) -> bool:
    """Whether a plain download still gives the bytes of before, although the file has others."""
    return CHANGES[event] and witnessed.row.served[event] == BEFORE


def test_the_document_lists_the_cells_where_nobody_can_know() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
    assert [[cell.strip() for cell in row] for row in rows] == [documented(blind) for blind in NOBODY_KNOWS]


def documented(blind: Blind) -> list[str]:
    return [SEPARATOR.join(blind.events), SEPARATOR.join(blind.servers), blind.reason]


def test_every_listed_cell_is_of_the_table() -> None:
    assert {server for server, _ in CELLS} <= set(FILE_SERVERS)
    assert {event for _, event in CELLS} <= set(EVENTS)
