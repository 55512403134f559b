"""Play histories in step, judge each probe by the bytes that were served, and shrink what went wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict, replace

from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Validators
from freshlayer.model.observation import Certainty, Change, Observation, Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.reference import Reference, parse
from freshlayer.state import SqliteStore
from testing.origin_histories.history import Event, History, Policy, made_of
from testing.origin_histories.origin import PAGE, Origin
from testing.origin_histories.server import Server

AT_ONCE = 100
_FILES = ("file.tgz", "install.sh", "file.txt")


class Wrong(Struct, frozen=True):
    """A verdict that the bytes contradict."""

    history: History
    step: int
    what: str

    def __str__(self) -> str:
        usual = asdict(Policy())
        policy = {name: value for name, value in asdict(self.history.policy).items() if value != usual[name]}
        events = "\n".join(f"  {_shown(event)}" for event in self.history.events)
        return f"seed {self.history.seed}, event {self.step}: {self.what}\n  {policy}\n{events}"


class Counts(Struct):
    """What a run saw."""

    probes: int = 0
    certain: int = 0
    changed: int = 0


class _Player:
    """One history on its way. ``truth``: the bytes that the recorded identity may represent."""

    def __init__(self, history: History, url: str, origin: Origin) -> None:
        self.history, self.origin = history, origin
        self.reference: Reference = parse(url)
        self.recorded: Recorded | None = None
        self.truth: set[bytes] = set()
        self.step = -1
        self.wrong: Wrong | None = None

    def advance(self) -> Event | None:
        """Let everything happen up to the next probe; None at the end."""
        while self.wrong is None and self.step + 1 < len(self.history.events):
            self.step += 1
            event = self.history.events[self.step]
            self.origin.happen(event)
            if event.kind == "forget" and self.recorded is not None:
                self.recorded = Recorded.of(self.recorded.identity)
            if event.kind == "probe":
                self.origin.served.clear()
                return event
        return None

    def judged(self, observed: Observation) -> Verdict:
        verdict = judge(self.recorded, observed)
        served = set(self.origin.served)
        self._compare(verdict, served)
        if verdict.keep is not None:
            self.recorded = verdict.keep
            if verdict.change in {Change.CHANGED, Change.FIRST_SEEN}:
                self.truth = served
        return verdict

    def _compare(self, verdict: Verdict, served: set[bytes]) -> None:
        name = self.history.policy.name
        certain = verdict.certainty is Certainty.CERTAIN
        if verdict.reason.code == "internal-error":
            self._fault(verdict, "failed")
        elif certain and verdict.change is Change.UNCHANGED and not served & self.truth:
            self._fault(verdict, "the bytes changed")
        elif certain and verdict.change is Change.CHANGED and len(served | self.truth) == 1:
            self._fault(verdict, "the bytes are the same")
        elif verdict.identity is not None and verdict.identity.value.endswith("-r"):
            self._fault(verdict, "no other machine derives that identity")
        elif served == {PAGE} and name in _FILES and verdict.change in {Change.CHANGED, Change.FIRST_SEEN}:
            self._fault(verdict, "a sign-in page is no file")

    def _fault(self, verdict: Verdict, what: str) -> None:
        said = f"{verdict.certainty} {verdict.change} ({verdict.reason}), but {what}"
        self.wrong = Wrong(self.history, self.step, said)


def play(histories: Sequence[History], counts: Counts | None = None) -> Iterator[Wrong]:
    """Play them in step over one server; yield what went wrong."""
    origins = {str(number): Origin(history.policy, history.seed) for number, history in enumerate(histories)}
    with Server(origins) as server, tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "state", _fail)
        players = [
            _Player(history, server.url(name), origins[name])
            for (name, history) in zip(origins, histories, strict=True)
        ]
        while due := [(it, event) for it in players if (event := it.advance()) is not None]:
            for player, verdict in _probed(due):
                _count(counts, verdict)
                _remember(store, player)
        store.close()
    yield from (player.wrong for player in players if player.wrong)


def _probed(due: Sequence[tuple[_Player, Event]]) -> Iterator[tuple[_Player, Verdict]]:
    for hash_up_to in sorted({player.history.policy.hash_up_to for player, _ in due}):
        some = [(it, event) for it, event in due if it.history.policy.hash_up_to == hash_up_to]
        known = {it.reference: _sent(it.recorded, event) for it, event in some if it.recorded is not None}
        seen = probe([it.reference for it, _ in some], known, Limits(hash_up_to=hash_up_to, total=60.0))
        yield from ((it, it.judged(seen[it.reference])) for it, _ in some)


def _sent(recorded: Recorded, event: Event) -> Recorded:
    """As ``freshlayer.workflows.observe`` does where a full answer is due."""
    due = event.due or recorded.full_answer == 0
    return replace(recorded, validators=Validators(), full_answer=0) if due else recorded


def _remember(store: SqliteStore, player: _Player) -> None:
    """What the state gives back is what the next probe knows."""
    if player.recorded is not None and player.recorded.full_answer is None:
        store.record_observations({player.reference: player.recorded}, at=1)
        player.recorded = store.observations([player.reference])[player.reference]


def _count(counts: Counts | None, verdict: Verdict) -> None:
    if counts is not None:
        counts.probes += 1
        counts.certain += verdict.certainty is Certainty.CERTAIN and verdict.change is not Change.FIRST_SEEN
        counts.changed += verdict.change is Change.CHANGED


def run(seed: int, count: int, counts: Counts | None = None) -> Iterator[Wrong]:
    """The histories of ``count`` seeds; what went wrong, shrunk."""
    for start in range(seed, seed + count, AT_ONCE):
        histories = [made_of(number) for number in range(start, min(start + AT_ONCE, seed + count))]
        for wrong in play(histories, counts):
            yield shrunk(wrong)


def shrunk(wrong: Wrong) -> Wrong:
    """The same fault with as few events, and as usual a policy, as it takes."""
    smaller = next((found for it in _smaller(wrong.history) for found in play([it])), None)
    return wrong if smaller is None else shrunk(smaller)


def _smaller(history: History) -> Iterator[History]:
    events = history.events
    for number in range(len(events)):
        yield replace(history, events=events[:number] + events[number + 1 :])
    usual = asdict(Policy())
    for name, value in asdict(history.policy).items():
        if value != usual[name]:
            yield replace(history, policy=replace(history.policy, **{name: usual[name]}))


def _shown(event: Event) -> str:
    usual: Mapping[str, object] = asdict(Event(""))
    return ", ".join(f"{name}={value}" for name, value in asdict(event).items() if value != usual[name])


def _fail(message: str) -> None:
    raise AssertionError(message)
