"""What base images decide, with a real registry: read once, by the digest that was judged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.report import Report
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.check import check, check_one
from freshlayer.workflows.inputs import inputs
from freshlayer.workflows.last_learned import last_learned
from freshlayer.workflows.observe import Due
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from testing.layers import layer
from testing.stores.registry import Registry

NOW = 1_790_000_000
REFUSED = "http://127.0.0.1:9"
"""Nothing answers there: what is found is what counts."""
DEBIAN = {"etc/os-release": "ID=debian\nVERSION_CODENAME=bookworm\n", "etc/debian_version": "12.7\n"}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as served:
        yield served


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = SqliteStore(tmp_path / "state.sqlite3", print)

    def made(*, offline: bool = False) -> Session:
        policy = Policy(offline=offline, timeout=5, deadline=10)
        return Session(store=store, policy=policy, warn=print, clock=lambda: NOW)

    yield made
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Callable[..., Target]:
    def made(text: str, name: str = "Dockerfile") -> Target:
        context = tmp_path / "context"
        context.mkdir(exist_ok=True)
        path = context / name
        path.write_text(text)
        source = Source(text.encode(), shown=name, known_as=str(path), root=str(context), file=str(path))
        return Target.of(source, BuildRequest(("linux/amd64",)))

    return made


def urls(report: Report) -> list[str]:
    return [it.reference.text for it in report.inputs if it.reference.kind == "http"]


def requested(registry: Registry, kind: str) -> list[str]:
    return [served.path for served in registry.requests() if f"/{kind}/" in served.path]


def test_a_base_that_moves_changes_what_is_read(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    base = f"{registry.host}/python:3"
    image = target(f"FROM {base}\nRUN curl -O {REFUSED}/$PYTHON_VERSION\n")
    registry.push_layers("python", "3", [], config={"Env": ["PYTHON_VERSION=3.12.1"]})
    assert urls(check_one(image, session())) == [f"{REFUSED}/3.12.1"]
    registry.push_layers("python", "3", [], config={"Env": ["PYTHON_VERSION=3.12.2"]})
    assert urls(check_one(image, session())) == [f"{REFUSED}/3.12.2"]


def test_a_known_digest_costs_no_second_request(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    registry.push_layers("python", "3", [layer(DEBIAN)], config={"Env": ["V=1"]})
    image = target(
        f"FROM {registry.host}/python:3\nRUN curl {REFUSED}/$V/$(cut -d. -f1 /etc/debian_version)\n"
    )
    assert urls(check_one(image, session())) == [f"{REFUSED}/1/12"]
    blobs, manifests = requested(registry, "blobs"), requested(registry, "manifests")
    assert len(blobs) == 2
    assert urls(check_one(image, session())) == [f"{REFUSED}/1/12"]
    assert requested(registry, "blobs") == blobs
    assert len(requested(registry, "manifests")) == len(manifests) + 1
    assert urls(check_one(image, session(offline=True))) == [f"{REFUSED}/1/12"]


def test_many_dockerfiles_read_a_base_once(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    registry.push_layers("debian", "1", [layer(DEBIAN)])
    script = f"RUN . /etc/os-release; curl {REFUSED}/$VERSION_CODENAME"
    targets = [target(f"FROM {registry.host}/debian:1\n{script}/{n}\n", f"{n}.Dockerfile") for n in range(20)]
    reports = [report for report in check(targets, Due.of(targets), session()) if isinstance(report, Report)]
    assert [urls(report) for report in reports] == [[f"{REFUSED}/bookworm/{n}"] for n in range(20)]
    assert len(requested(registry, "blobs")) == 2


def test_the_layers_are_read_where_they_decide_something_alone(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    registry.push_layers("debian", "1", [layer(DEBIAN)])
    check_one(
        target(f"FROM {registry.host}/debian:1\nRUN cat /etc/os-release && curl {REFUSED}/x\n"), session()
    )
    assert len(requested(registry, "blobs")) == 1


def test_triggers_of_a_base_are_listed(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    registry.push_layers("node", "onbuild", [], config={"OnBuild": [f"RUN curl {REFUSED}/a"]})
    report = check_one(target(f"FROM {registry.host}/node:onbuild\n"), session())
    assert [(it.line, it.text, it.reason.code) for it in report.not_watched] == [
        (1, f"{REFUSED}/a", "trigger-of-base")
    ]


def test_a_base_that_can_not_be_read_is_the_reason(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    image = target(f"FROM {registry.host}/python:3\nRUN curl {REFUSED}/$PYTHON_VERSION\n")
    (missed,) = check_one(image, session()).not_watched
    assert missed.reason.code == "needs-base-image"


def test_the_reason_states_why_the_base_is_not_known(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target], tmp_path: Path
) -> None:
    registry.push_layers("python", "3", [], config={"Env": ["V=1"]})
    image = target(f"FROM {registry.host}/python:3\nRUN curl {REFUSED}/$V\n")
    check_one(image, session())
    shutil.rmtree(tmp_path / "cache")
    (missed,) = check_one(image, session(offline=True)).not_watched
    assert missed.reason.code == "needs-base-image"
    assert "--offline" in missed.reason.what


def test_inputs_has_what_the_last_check_learned_and_requests_nothing(
    registry: Registry, session: Callable[..., Session], target: Callable[..., Target]
) -> None:
    registry.push_layers("python", "3", [layer(DEBIAN)], config={"Env": ["V=1"]})
    image = target(
        f"FROM {registry.host}/python:3\nRUN curl {REFUSED}/$V/$(cut -d. -f1 /etc/debian_version)\n"
    )
    recall = partial(last_learned, store=session().store)
    assert urls(inputs(image.source, image.request, recall)) == []
    check_one(image, session())
    before = len(registry.requests())
    assert urls(inputs(image.source, image.request, recall)) == [f"{REFUSED}/1/12"]
    assert len(registry.requests()) == before
