"""Packages of Dockerfiles whose base is in a real registry, and whose packages are in a real repository."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.report import Report
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.check import check_one
from freshlayer.workflows.judge import Judgement
from freshlayer.workflows.observe import Due
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from testing.apt_repository import AptRepository
from testing.layers import layer
from testing.package_origin import PackageOrigin, package_origin
from testing.stores.registry import Registry

NOW = 1_790_000_000
STATUS = "Package: base\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=stable\n'


@pytest.fixture
def repository(tmp_path: Path) -> AptRepository:
    made = AptRepository(tmp_path / "repository")
    made.add("app", "1", "lib (>= 1), base")
    made.add("lib", "1")
    made.add("other", "1")
    made.publish()
    return made


@pytest.fixture
def origin(repository: AptRepository) -> Iterator[PackageOrigin]:
    with package_origin(repository.directory) as served:
        yield served


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = SqliteStore(tmp_path / "state.sqlite3", print)
    indexes = tmp_path / "indexes"
    policy = Policy(timeout=5, deadline=20)
    yield Session(store=store, policy=policy, warn=print, clock=lambda: NOW, indexes=indexes)
    store.close()


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as served:
        yield served


@pytest.fixture
def checked(
    tmp_path: Path, repository: AptRepository, origin: PackageOrigin, session: Session, registry: Registry
) -> Callable[..., Report]:
    """``{base}`` is the image, whose sources are the repository; ``{url}`` is that."""
    files = {
        "etc/os-release": OS_RELEASE,
        "etc/debian_version": "12.7\n",
        "etc/apt/sources.list": repository.sources(origin.url),
        "var/lib/dpkg/status": STATUS,
    }

    def check(text: str, triggers: Sequence[str] = ()) -> Report:
        registry.push_layers("debian", "12", [layer(files)], config={"OnBuild": triggers})
        path = tmp_path / "Dockerfile"
        path.write_text(text.format(base=f"{registry.host}/debian:12", url=origin.url.rstrip("/")))
        source = Source(path.read_bytes(), "Dockerfile", str(path), str(tmp_path), str(path))
        return check_one(Target.of(source, BuildRequest(("linux/amd64",))), session)

    return check


def test_sources_that_a_run_downloads_are_read(
    checked: Callable[..., Report], repository: AptRepository, origin: PackageOrigin
) -> None:
    (repository.directory / "x.list").write_text(repository.sources(origin.url))
    text = (
        "FROM {base}\nRUN rm /etc/apt/sources.list && curl -o /etc/apt/sources.list.d/x.list {url}/x.list"
        " && apt-get update && apt-get install -y app\n"
    )
    report = checked(text)
    assert installed(report) == {2: ["app", "lib"]}, report.not_watched


def test_layers_are_not_read_for_packages_that_are_not_watched(
    checked: Callable[..., Report], registry: Registry
) -> None:
    install = "RUN apt-get update && apt-get install -y app\n"
    assert installed(checked(f"FROM {{base}}\n# freshlayer: packages=off\n{install}")) == {}
    assert sum("/blobs/" in it.path for it in registry.requests()) == 1
    assert installed(checked(f"FROM {{base}}\n{install}")) == {2: ["app", "lib"]}
    assert sum("/blobs/" in it.path for it in registry.requests()) == 2


def test_what_a_stage_and_a_trigger_install_counts_as_installed(
    checked: Callable[..., Report],
) -> None:
    install = "apt-get update && apt-get install -y"
    text = f"FROM {{base}} AS a\nRUN {install} lib\nFROM a\nRUN {install} app\n"
    assert installed(checked(text)) == {2: ["lib"], 4: ["app"]}
    text = f"FROM {{base}}\nRUN {install} app\n"
    report = checked(text, [f"RUN {install} lib"])
    assert installed(report) == {2: ["app"]}
    assert {(it.line, it.instruction, it.reason.code) for it in report.not_watched} == {
        (1, "ONBUILD", "trigger-of-base")
    }


def installed(report: Report) -> dict[int, list[str]]:
    """Line → what its packages are, by name."""
    return {
        it.line: sorted(found.purl.partition("?")[0].rpartition("/")[2] for found in read.packages)
        for it in report.instructions
        for read in it.packages
    }


@pytest.mark.parametrize(
    "text",
    [
        "FROM {base}\nRUN apt-get update && apt-get install -y app\n",
        "FROM {base}\nRUN . /etc/os-release && apt-get update && apt-get install -y app${{ID#debian}}\n",
        (
            "FROM {base}\nRUN rm /etc/apt/sources.list && . /etc/os-release"
            ' && echo "deb [trusted=yes] {url} $VERSION_CODENAME main" > /etc/apt/sources.list.d/x.list'
            " && apt-get update && apt-get install -y app\n"
        ),
        (
            "FROM {base}\nRUN sed -i 's#^deb .*#deb [trusted=yes] {url} stable main#' /etc/apt/sources.list;"
            " apt-get update; if [ -f /etc/debian_version ]; then apt-get install -y app; fi\n"
        ),
    ],
)
def test_what_a_run_installs_follows_from_the_files_of_its_base(
    checked: Callable[[str], Report], text: str
) -> None:
    report = checked(text)
    assert installed(report) == {2: ["app", "lib"]}, report.not_watched


class Meeting(BaseHTTPRequestHandler):
    """Answers when the other origin has a request as well."""

    both: ClassVar[threading.Barrier]

    def do_GET(self) -> None:
        try:
            self.both.wait(timeout=5)
        except threading.BrokenBarrierError:
            self.send_error(503)
            return
        self.send_error(404)

    def log_message(self, *_args: object) -> None:
        """Nothing is printed."""


def test_indexes_of_several_dockerfiles_are_requested_at_once(tmp_path: Path, session: Session) -> None:
    Meeting.both = threading.Barrier(2)
    with ExitStack() as stack:
        targets = []
        for name in "ab":
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Meeting))
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            list_ = f"deb http://127.0.0.1:{server.server_port}/debian stable main"
            install = f"RUN echo {list_} > /etc/apt/sources.list && apt-get update && apt-get install -y x"
            path = tmp_path / name
            path.write_text(f"FROM scratch\n{install}\n")
            source = Source(path.read_bytes(), name, str(path), str(tmp_path), str(path))
            targets.append(Target.of(source, BuildRequest(("linux/amd64",))))
        judgement = Judgement(Due.of(targets), session, builds=False)
        reports = [report for _, report in judgement.reports(targets)]
    found = [report for report in reports if isinstance(report, Report)]
    reasons = [item.reason for report in found for item in report.not_watched]
    assert [reason.code for reason in reasons] == ["apt-index-not-read"] * 2
    assert not Meeting.both.broken
