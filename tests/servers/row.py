"""One row of the truth table: every event on one server, the product's own way, in one run.

Probe, judge and keep; let it happen; probe and judge once more.
"""

from __future__ import annotations

import re
import shutil
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.reference import Reference, parse
from testing.servers.base import Served, Server
from testing.servers.table import Kind
from tests.servers.events import EVENTS, prepare, wait_for_an_early_moment

RESTART, REPLICA = "restart", "replica"
TWIN = "twin"
UNTOUCHED = (RESTART, REPLICA)
HASHED, UNHASHED = "small bodies read", "no body read"
LIMITS = {HASHED: Limits(), UNHASHED: replace(Limits(), hash_up_to=0)}
CHANGES = {**{name: event.changes for name, event in EVENTS.items()}, **dict.fromkeys(UNTOUCHED, False)}
"""Event → whether the bytes of the file are others after it."""


@dataclass(slots=True)
class Row:
    """What was seen on one server. The first key of a mapping is one of LIMITS, the second an event.

    `quiet`: what the server sent while it was asked about files that stayed as they were. `served`: what a
    plain download gave after each event. `identities`: of one content, at two replicas whose files have
    different times.
    """

    kept: dict[str, dict[Reference, Recorded]] = field(default_factory=lambda: {way: {} for way in LIMITS})
    verdicts: dict[str, dict[str, Verdict]] = field(default_factory=lambda: {way: {} for way in LIMITS})
    quiet: list[Served] = field(default_factory=list)
    served: dict[str, bytes] = field(default_factory=dict)
    identities: tuple[str, ...] = ()


def witness(kind: Kind) -> Row:
    """Have everything happen on a new server of this kind."""
    row = Row()
    with kind.make() as server, kind.make() as other:
        _record(row, server)
        _ask_quietly(row, server, ["nothing"])
        for name, event in EVENTS.items():
            event.happen(server.directory / file_of(name))
        time.sleep(server.REMEMBERS)
        _ask_again(row, server, EVENTS)
        _ask_quietly(row, server, ["nothing", "rewritten with equal bytes"])
        row.served = {name: download(server.url + file_of(name)) for name in EVENTS}
        server.restart()
        _ask_again(row, server, [RESTART])
        shutil.copy2(server.directory / file_of(REPLICA), other.directory / file_of(REPLICA))
        shutil.copyfile(server.directory / file_of(REPLICA), other.directory / file_of(TWIN))
        _ask_replica(row, server, other)
        row.identities = _identities(row, server, other)
    return row


def file_of(event: str) -> str:
    """Each event has a file of its own."""
    return re.sub(r"\W+", "-", event) + ".bin"


def download(url: str) -> bytes:
    """The body, as a client without any cleverness gets it."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def _record(row: Row, server: Server) -> None:
    """Ask for the first time, first about the files that have to be young when they are asked about.

    All are there before: rclone sees no file that comes later.
    """
    young = [name for name, event in EVENTS.items() if event.young]
    old = [*(name for name in EVENTS if name not in young), *UNTOUCHED]
    wait_for_an_early_moment()
    for name in (*young, *old):
        prepare(server.directory / file_of(name), young=name in young)
    for names in (young, old):
        for way in LIMITS:
            _asked_and_kept(row, server, names, way)


def _ask_quietly(row: Row, server: Server, names: Iterable[str]) -> None:
    """Ask about files that are as they were when they were last asked about."""
    before = len(server.requests())
    for way in LIMITS:
        _asked_and_kept(row, server, names, way)
    row.quiet += server.requests()[before:]


def _ask_again(row: Row, server: Server, names: Iterable[str]) -> None:
    for way in LIMITS:
        row.verdicts[way].update(_asked_and_kept(row, server, names, way))


def _asked_and_kept(row: Row, server: Server, names: Iterable[str], way: str) -> dict[str, Verdict]:
    """What a build would learn, and the state hold from then on."""
    verdicts = _ask(server, names, row.kept[way], LIMITS[way])
    row.kept[way].update({v.reference: v.keep for v in verdicts.values() if v.keep is not None})
    return verdicts


def _ask_replica(row: Row, server: Server, other: Server) -> None:
    """The file as `cp -p` copies it, at another server, compared with what this one had said."""
    here, there = (parse(each.url + file_of(REPLICA)) for each in (server, other))
    for way, limits in LIMITS.items():
        kept = {there: row.kept[way][here]}
        row.verdicts[way].update(_ask(other, [REPLICA], kept, limits))


def _identities(row: Row, server: Server, other: Server) -> tuple[str, ...]:
    here = row.kept[HASHED][parse(server.url + file_of(REPLICA))]
    there = _ask(other, [TWIN], {}, LIMITS[HASHED])[TWIN]
    return str(here.identity), str(there.identity)


def _ask(
    server: Server, names: Iterable[str], kept: Mapping[Reference, Recorded], limits: Limits
) -> dict[str, Verdict]:
    """What a build would learn."""
    references = {name: parse(server.url + file_of(name)) for name in names}
    seen = probe(references.values(), kept, limits)
    return {name: judge(kept.get(reference), seen[reference]) for name, reference in references.items()}
