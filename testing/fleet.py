"""A fleet with images in each state, as the service would know it: made-up reports, standings and builds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from msgspec.structs import replace

from freshlayer.model.build import Built, InstructionState, InstructionVerdict, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.history import BuildEvent, History, InstructionEvent, ObservationEvent
from freshlayer.model.inputs import NotWatched, Place, RemoteInput
from freshlayer.model.observation import Certainty, Change, Recorded, Verdict
from freshlayer.model.packages import ChosenPackage, PackageChange, PackageVerdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.model.watched import SLOT, Cause, CauseKind, Fired, Recovery, Standing
from freshlayer.reference import Reference
from freshlayer.watch.access import Proxy
from freshlayer.watch.board import Board
from freshlayer.watch.firing import Rule
from freshlayer.watch.pages.routes import Histories
from freshlayer.watch.server import Server

NOW = 1_773_740_460
"""2026-03-17T09:41:00Z."""

ROOT = "/srv/images"
_SLIM, _NODE = (
    "docker-image://docker.io/library/debian:bookworm-slim",
    "docker-image://docker.io/library/node:22-slim",
)
TOOL = "https://downloads.example.org/reportgen/latest/linux-amd64.tar.gz"
_MODEL = "https://artifacts.example.com/models/fraud/current.onnx"
_GIT = "git+https://git.example.com/payments/schemas.git#main"
_OPENSSL = "pkg:deb/debian/openssl?arch=amd64"


class Kind(NamedTuple):
    """What an image of the fleet is like. ``since``: minutes ago, 0: it never was stale.

    One that is fresh, with a cause, was stale by it: it was rebuilt six minutes after it was ``triggered``.
    """

    name: str
    state: str = "fresh"
    cause: str = ""
    since: int = 0
    triggered: int = 0


FLEET = (
    Kind("payments/api", "stale", "openssl", 451, 436),
    Kind("edge/proxy", "stale", "openssl", 451),
    Kind("auth/gateway", "stale", "openssl", 451, 430),
    Kind("web/storefront", "stale", "base", 6, 4),
    Kind("data/etl-nightly", "stale", "tool", 49, 47),
    Kind("ops/backup", "stale", "git", 936),
    Kind("mail/relay", "unknown", "model"),
    Kind("tools/release", "never"),
    Kind("docs/static", "unwatched"),
    *(
        Kind(name)
        for name in (
            *("web/admin", "search/indexer", "search/query", "billing/invoices", "mobile/push"),
            *("data/warehouse", "ml/train-gpu", "ml/serve", "platform/base", "platform/jobs"),
            *("qa/browsers", "auth/tokens", "edge/geoip"),
        )
    ),
    Kind("payments/worker", "fresh", "openssl", 451, 436),
    Kind("payments/reconcile", "fresh", "openssl", 451, 434),
)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _image(text: str) -> Identity:
    return Identity("manifest", _digest(text), Strength.CONTENT)


_IDENTITIES = {
    _SLIM: (_image("slim"), _image("slim")),
    _NODE: (_image("node old"), _image("node new")),
    TOOL: (
        Identity("etag", "65e2b0-1c40", Strength.STRONG),
        Identity("etag", "65f7c4-1c9a", Strength.STRONG),
    ),
    _MODEL: (Identity("crc64nvme", "9ab2f01c", Strength.CONTENT),) * 2,
    _GIT: (
        Identity("commit", _digest("old")[:40], Strength.CONTENT),
        Identity("commit", _digest("new")[:40], Strength.CONTENT),
    ),
}
_OF_CAUSE = {"base": _NODE, "tool": TOOL, "git": _GIT, "model": _MODEL, "openssl": _OPENSSL}
_LINES = (
    "# syntax=docker/dockerfile:1",
    "FROM node:22-slim AS assets",
    "WORKDIR /src",
    "COPY package.json package-lock.json ./",
    "RUN npm ci",
    "COPY web/ web/",
    "RUN npm run build",
    "",
    "FROM debian:bookworm-slim AS runtime",
    "ARG REPORT_CHANNEL=latest",
    "RUN apt-get update && apt-get install -y --no-install-recommends \\",
    "      curl git python3-pip tini \\",
    " && rm -rf /var/lib/apt/lists/*",
    'RUN curl -fsSL "https://downloads.example.org/reportgen/${REPORT_CHANNEL}/linux-amd64.tar.gz" \\',
    "      | tar -xz -C /usr/local",
    "RUN git clone --depth 1 --branch main \\",
    "      https://git.example.com/payments/schemas.git /opt/schemas",
    "RUN curl -fsSLO https://artifacts.example.com/models/fraud/current.onnx",
    "COPY requirements.txt .",
    "RUN pip install --no-cache-dir -r requirements.txt",
    "RUN bash scripts/fonts.sh",
    "COPY --from=assets /src/dist /srv/static",
    "COPY . /srv/app",
    "ENV PORT=8080",
    'CMD ["tini", "--", "python3", "-m", "payments.api"]',
)
_PLACES = {_NODE: (2, "FROM", "assets", "FROM"), _SLIM: (9, "FROM", "runtime", "FROM")} | {
    TOOL: (14, "RUN", "runtime", "curl"),
    _GIT: (16, "RUN", "runtime", "git clone"),
    _MODEL: (18, "RUN", "runtime", "curl"),
}
_STEPS = (
    *((2, 2, "assets", "FROM", 0.4), (3, 3, "assets", "WORKDIR", 0.1), (4, 4, "assets", "COPY", 0.1)),
    *((5, 5, "assets", "RUN", 118.0), (6, 6, "assets", "COPY", 0.2), (7, 7, "assets", "RUN", 47.6)),
    *((9, 9, "runtime", "FROM", 0.3), (10, 10, "runtime", "ARG", None), (11, 13, "runtime", "RUN", 38.4)),
    *((14, 15, "runtime", "RUN", 6.1), (16, 17, "runtime", "RUN", 2.2), (18, 18, "runtime", "RUN", 4.9)),
    *((19, 19, "runtime", "COPY", 0.2), (20, 20, "runtime", "RUN", 51.0), (21, 21, "runtime", "RUN", 1.2)),
    *((22, 22, "runtime", "COPY", 0.2), (23, 23, "runtime", "COPY", 0.2), (24, 24, "runtime", "ENV", None)),
    (25, 25, "runtime", "CMD", None),
)
_PACKAGES = (
    *(("curl", "7.88.1-10+deb12u12"), ("git", "1:2.39.5-0+deb12u2"), ("libcurl4", "7.88.1-10+deb12u12")),
    *(("openssl", "3.0.17-1"), ("python3-pip", "23.0.1+dfsg-1"), ("tini", "0.19.0-1")),
)


def report_of(kind: Kind, text: str = "") -> Report:
    """``text``: in each place that holds a text of others."""
    if kind.state == "unwatched":
        only = InstructionVerdict(1, 1, "0", "FROM", InstructionState.FRESH, Reason("no-input"))
        return Report(
            name_of(kind), "", "linux/amd64", (), (only,), (), lines=lambda: ("FROM scratch", "COPY . /")
        )
    changed = _OF_CAUSE.get(kind.cause, "")
    inputs = tuple(_input(reference, text) for reference in _PLACES)
    verdicts = {item.reference: _verdict(item.reference, changed, kind, text) for item in inputs}
    built = kind.state != "never"
    return Report(
        name_of(kind),
        "runtime",
        "linux/amd64",
        inputs,
        tuple(_steps(kind, changed, text)),
        (NotWatched(21, "RUN", f"bash scripts/fonts.sh{text}", Reason("needs-command-output", detail=text)),),
        verdicts=verdicts,
        past=Past(
            recorded={
                Reference(_kind(it), it + text, it + text): Recorded(_IDENTITIES[it][0], _stated(it, 0, text))
                for it in _PLACES
            },
            built=_built(text) if built else {},
            history={
                (stage, f"d{line}"): LastBuild("", seconds=seconds, at=NOW - 61_140)
                for line, _, stage, _, seconds in _STEPS
            }
            if built
            else {},
        ),
        lines=lambda: tuple(f"{line}{text}" if line.startswith("RUN") else line for line in _LINES),
    )


def name_of(kind: Kind) -> str:
    """Of its Dockerfile."""
    return f"{ROOT}/{kind.name}/Dockerfile"


def _kind(reference: str) -> str:
    return (
        "image"
        if reference.startswith("docker-image:")
        else "git"
        if reference.startswith("git+")
        else "http"
    )


def _input(reference: str, text: str) -> RemoteInput:
    line, instruction, stage, via = _PLACES[reference]
    whole = reference + text
    return RemoteInput(Reference(_kind(reference), whole, whole), (Place(line, instruction, stage, via),))


def _stated(reference: str, which: int, text: str = "") -> tuple[Evidence, ...]:
    found = _IDENTITIES[reference][which]
    weak = Evidence("last-modified", f"Tue, 17 Mar 2026 0{which + 1}:52:00 GMT{text}", Strength.WEAK)
    return (Evidence(found.scheme, found.value, found.strength), weak)


def _verdict(reference: Reference, changed: str, kind: Kind, text: str) -> Verdict:
    plain = reference.text.removesuffix(text) if text else reference.text
    old, new = _IDENTITIES[plain]
    if plain == changed and kind.state == "unknown":
        refused = Reason(
            "http-forbidden", detail=f"401 Unauthorized{text}", hint=f"renew its credential{text}"
        )
        return Verdict(reference, Change.UNKNOWN, Certainty.CERTAIN, refused, old)
    if plain == changed:
        certain = Certainty.PROBABLE if plain == TOOL else Certainty.CERTAIN
        moved = Reason("input-changed", detail=text)
        return Verdict(reference, Change.CHANGED, certain, moved, new, Recorded(new, _stated(plain, 1, text)))
    same = Reason("unchanged", detail=text)
    return Verdict(
        reference, Change.UNCHANGED, Certainty.CERTAIN, same, old, Recorded(old, _stated(plain, 0, text))
    )


def _built(text: str) -> dict[tuple[str, str], Built]:
    found = {}
    for reference, (line, _, stage, _) in _PLACES.items():
        found[stage, f"d{line}"] = Built(
            ((reference + text, str(_IDENTITIES[reference][0])),), "0123456789abcdef"
        )
    found["runtime", "d11"] = Built(((_OPENSSL, "version:3.0.16-1@sha256:aa"),), "0123456789abcdef")
    return found


def _steps(kind: Kind, changed: str, text: str) -> Iterator[InstructionVerdict]:
    stale: set[str] = set()
    by_line = {line: reference for reference, (line, *_) in _PLACES.items()}
    for line, end, stage, name, _ in _STEPS:
        reference = _OPENSSL if line == 11 else by_line.get(line, "")
        own = bool(reference) and reference == changed and kind.state == "stale"
        state, reason = InstructionState.FRESH, Reason("unchanged" if reference else "no-input")
        if own:
            code = "packages-changed" if line == 11 else "input-changed"
            state, reason = InstructionState.STALE, Reason(code, detail=text)
        elif stage in stale or (stage == "runtime" and name == "COPY" and "assets" in stale and line == 22):
            state, reason = InstructionState.STALE, Reason("follows", detail="follows a line that is stale")
        elif kind.state == "never" and reference:
            state, reason = InstructionState.STALE, Reason("never-built-here")
        if state is InstructionState.STALE:
            stale.add(stage)
        pairs = ((reference + text, str(_IDENTITIES[reference][own])),) if line in by_line else ()
        yield InstructionVerdict(
            *(line, end, stage, name, state, reason),
            pairs=pairs or (((_OPENSSL, "version:3.0.17-1@sha256:bb"),) if line == 11 else ()),
            digest=f"d{line}",
            changed=own,
            packages=(_packages(text, own=own),) if line == 11 else (),
        )


def _packages(text: str, *, own: bool) -> PackageVerdict:
    chosen = tuple(
        ChosenPackage(
            f"pkg:deb/debian/{name}",
            f"{name}{text}",
            f"{version if own or name != 'openssl' else '3.0.16-1'}{text}",
            "sha256:aa",
            security=own and name == "openssl",
        )
        for name, version in _PACKAGES
    )
    change = PackageChange(
        _OPENSSL, f"openssl{text}", f"3.0.16-1{text}", f"3.0.17-1{text}", True, (f"curl{text}",)
    )
    return PackageVerdict("apt", 87, (change,) if own else (), packages=chosen)


def standing_of(kind: Kind, text: str = "") -> Standing:
    """Its standing."""
    if not kind.since:
        return Standing(name_of(kind))
    reference = _OF_CAUSE[kind.cause]
    whole = reference if reference == _OPENSSL else reference + text
    if kind.state == "fresh":
        stale, triggered = NOW - kind.since * 60, NOW - kind.triggered * 60
        return Standing(name_of(kind), turn=Recovery(stale, triggered, triggered + 360, (whole,)))
    line = 11 if reference == _OPENSSL else _PLACES[reference][0]
    identity = "version:3.0.17-1@sha256:bb" if reference == _OPENSSL else str(_IDENTITIES[reference][1])
    sort = {"openssl": CauseKind.SECURITY, "base": CauseKind.BASE}.get(kind.cause, CauseKind.INPUT)
    fired = {"ci": Fired("key", NOW - kind.triggered * 60, ((whole, identity),))} if kind.triggered else {}
    since = NOW - kind.since * 60
    return Standing(name_of(kind), since, since, (Cause(whole, identity, sort, line),), fired=fired)


def board_of(
    kinds: tuple[Kind, ...] = FLEET, text: str = "", *, rounds: bool = True, rules: tuple[Rule, ...] = ()
) -> Board:
    """As after a round at ``NOW``; with ``rounds``, and after fourteen days of others."""
    board = Board(rules)
    names = [name_of(kind) for kind in kinds]
    for kind in kinds:
        board.judged(name_of(kind), report_of(kind, text))
    for back in range(55, 0, -1) if rounds else ():
        some = {
            name_of(it): replace(standing_of(it, text), stale_since=NOW - back * SLOT)
            for it in kinds[: _BUSY[back % len(_BUSY)]]
        }
        board.round_ended(names, some, references=5, lag=0.0, at=NOW - back * SLOT)
    _probe(board, text)
    standings = {name_of(kind): standing_of(kind, text) for kind in kinds}
    board.round_ended(names, standings, references=5, lag=0.0, at=NOW)
    return board


def _probe(board: Board, text: str) -> None:
    """Every quarter of an hour, without an answer twice; the next one is in ten minutes."""
    verdicts = {
        kind.state: _verdict(_input(TOOL, text).reference, changed, kind, text)
        for kind, changed in ((FLEET[4], TOOL), (FLEET[6], TOOL), (FLEET[9], ""))
    }
    for back in range(60, 0, -1):
        state = {3: "stale", 31: "unknown", 32: "unknown"}.get(back, "fresh")
        board.noted(verdicts[state], NOW - back * 900 + 600)
    model = _input(_MODEL, text).reference
    good, bad = (
        _verdict(model, changed, kind, text) for kind, changed in ((FLEET[9], ""), (FLEET[6], _MODEL))
    )
    for back in range(20, 0, -1):
        board.noted(bad if back <= 14 else good, NOW - back * 900 + 600)
    board.shown.probes.due_by(lambda _: 600.0)


_BUSY = (1, 1, 0, 2, 5, 3, 1, 0, 1, 6, 4, 2, 2)


def histories(text: str = "") -> Histories:
    """What happened to each image, and to each input."""
    return Histories(lambda reference, _: _of_input(reference, text), lambda name, _: _of_image(name, text))


def _of_input(reference: str, text: str) -> History:
    plain = reference.removesuffix(text) if text else reference
    if plain not in _IDENTITIES:
        return History()
    old, new = _IDENTITIES[plain]
    changes = (
        ObservationEvent(reference, NOW - 2940, new, _stated(plain, 1, text), Change.CHANGED),
        ObservationEvent(reference, NOW - 900_000, old, (), Change.FIRST_SEEN),
    )
    name = f"{ROOT}/data/etl-nightly/Dockerfile{text}"
    return History(
        changes,
        (
            BuildEvent(
                name,
                "linux/amd64",
                "buildx",
                "default",
                NOW - 880_000,
                "built",
                took_up=((reference, str(old)),),
            ),
        ),
    )


def _of_image(name: str, text: str) -> History:
    never = any(name == name_of(kind) for kind in FLEET if kind.state == "never")
    return History() if never else History((), _builds(name, text))


def _builds(name: str, text: str) -> tuple[BuildEvent, ...]:
    ran = ({21, 22, 23}, set(range(11, 24)), {2, 3, 4, 5, 6, 7, 22, 23}, set(range(2, 24)))
    took = (TOOL, _OPENSSL, _NODE, _SLIM)
    identities = tuple(
        "version:3.0.16-1@sha256:aa" if it == _OPENSSL else str(_IDENTITIES[it][0]) for it in took
    )
    found = []
    for number, lines in enumerate(ran):
        failed = number == 1
        steps = tuple(
            InstructionEvent(
                stage,
                line,
                f"d{line}",
                "unknown" if failed and line > 14 else "ran" if line in lines else "cached",
                seconds,
                None if line in lines else seconds,
            )
            for line, _, stage, _, seconds in _STEPS
            if seconds
        )
        pairs = ((took[number] + text, identities[number]),)
        result = "failed" if failed else "built"
        found.append(
            BuildEvent(
                name, "linux/amd64", "buildx", "default", NOW - 61_140 - 86_400 * number, result, steps, pairs
            )
        )
    return tuple(found)


_NO_PROXY, _NO_HISTORIES = Proxy(), Histories()


@contextmanager
def served(
    board: Board,
    token: bytes = b"",
    proxy: Proxy = _NO_PROXY,
    past: Histories = _NO_HISTORIES,
    clock: int = NOW,
) -> Iterator[str]:
    """A service of it on loopback; gives its address, without a slash at its end."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = Server(board, bound, token, lambda: clock, proxy, past)
    server.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.close()
