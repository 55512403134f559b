"""The policies of packages, by ``check`` after a recorded build, on a real repository and a real registry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.report import Report
from freshlayer.report.difference import differences, document, read
from freshlayer.report.difference import lines as difference_lines
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.text import check_lines
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.check import check_one
from freshlayer.workflows.record import remember
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from testing.apt_repository import AptRepository
from testing.layers import layer
from testing.package_origin import package_origin
from testing.reports import written
from testing.stores.registry import Registry

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "diff.json").read_text("utf-8"))
SUITES = ("stable", "stable-security")
STATUS = "".join(
    f"Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
    for name in ("base", "tool")
)
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=stable\n'
INSTALL = "RUN apt-get update && apt-get install -y app"
UPGRADE = "RUN apt-get update && apt-get -y upgrade"


class World:
    """A Dockerfile on a base with ``base`` and ``tool`` installed; ``app`` requires ``lib``."""

    def __init__(self, directory: Path, repository: AptRepository, session: Session, name: str) -> None:
        self.repository = repository
        self._directory = directory
        self._session = session
        self._name = name
        self._request = BuildRequest(("linux/amd64",))

    def write(self, run: str, comment: str = "", settings: Mapping[str, PackagePolicy] | None = None) -> None:
        above = f"# freshlayer: {comment}\n" if comment else ""
        (self._directory / "Dockerfile").write_text(f"FROM {self._name}\n{above}{run}\n")
        policy = replace(self._session.policy, packages=settings or {})
        self._session = replace(self._session, policy=policy)

    def check(self) -> Report:
        return check_one(Target.of(self._source, self._request), self._session)

    def build(self) -> None:
        report = replace(self.check(), exit_code=0)
        assert remember(self._source, self._request, report, {}, self._session)

    def states(self) -> tuple[str, str]:
        """Of the RUN, and all that is printed."""
        report = self.check()
        text = "\n".join(line for _, line in check_lines(report))
        return str(report.instructions[-1].state), text

    def updating(self) -> tuple[str, str]:
        """The same of the first RUN."""
        report = self.check()
        text = "\n".join(line for _, line in check_lines(report))
        return next(str(it.state) for it in report.instructions if it.line > 1), text

    def report(self) -> bytes:
        """In JSON."""
        return written("json", Style(ReportKind.CHECK), [("", self.check())]).encode()

    def update(self, name: str, version: str, suite: str = "stable", depends: str = "") -> None:
        self.repository.add(name, version, depends, suite)
        self.repository.publish()

    @property
    def _source(self) -> Source:
        path = self._directory / "Dockerfile"
        return Source(path.read_bytes(), "Dockerfile", str(path), str(self._directory), str(path))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository = AptRepository(tmp_path / "repository", SUITES)
    for name, depends in {"app": "lib (>= 1), base", "lib": "", "other": "", "tool": "", "base": ""}.items():
        repository.add(name, "1", depends)
    repository.publish()
    store = SqliteStore(tmp_path / "state.sqlite3", print)
    with package_origin(repository.directory) as origin, Registry() as registry:
        files = {
            "etc/os-release": OS_RELEASE,
            "etc/apt/sources.list": repository.sources(origin.url),
            "var/lib/dpkg/status": STATUS,
        }
        registry.push_layers("debian", "12", [layer(files)])
        session = Session(
            store=store,
            policy=Policy(timeout=5, deadline=20),
            warn=print,
            clock=lambda: 1_790_000_000,
            indexes=tmp_path / "indexes",
        )
        (tmp_path / "project").mkdir()
        yield World(tmp_path / "project", repository, session, f"{registry.host}/debian:12")
    store.close()


Set = Callable[[World, str], None]


def by_comment(world: World, policy: str) -> None:
    world.write(INSTALL, f"packages={policy}")


def by_settings(world: World, policy: str) -> None:
    world.write(INSTALL, settings={"apt": PackagePolicy(policy)})


@pytest.mark.parametrize("choose", [by_comment, by_settings])
def test_under_security_only_a_security_update_is_stale(world: World, choose: Set) -> None:
    choose(world, "security")
    world.build()
    assert world.states()[0] == "fresh"
    world.update("lib", "1.1")
    state, text = world.states()
    assert state == "fresh", text
    assert "RUN fresh: no input changed; apt: 1 change is no security update: lib 1 → 1.1" in text
    world.update("lib", "1.2", "stable-security")
    state, text = world.states()
    assert state == "stale"
    assert "lib 1 → 1.2 (security)" in text
    world.build()
    assert world.states()[0] == "fresh"


@pytest.mark.parametrize("choose", [by_comment, by_settings])
def test_under_named_only_what_the_command_names_is_stale(world: World, choose: Set) -> None:
    choose(world, "named")
    world.build()
    world.update("lib", "2", "stable-security")
    assert world.states()[0] == "fresh"
    world.update("app", "2", depends="lib (>= 1), base")
    state, text = world.states()
    assert state == "stale"
    assert "1 of 1 package changed: app 1 → 2" in text


def behind_an_update(world: World, *comments: str) -> None:
    """``app`` and ``other``, each by an instruction with its comment, behind one that updates."""
    app, other = (f"# freshlayer: {it}\nRUN apt-get install -y" for it in comments)
    world.write(f"RUN apt-get update\n{app} app\n{other} other")


def test_the_policy_is_that_of_the_instruction_that_installs(world: World) -> None:
    behind_an_update(world, "packages=security", "packages=closure")
    world.build()
    world.update("lib", "1.1")
    update, text = world.updating()
    assert update == "fresh", text
    assert "apt: 1 change is no security update: lib 1 → 1.1" in text
    world.update("other", "2")
    assert world.updating()[0] == "stale"
    world.build()
    world.update("lib", "1.2", "stable-security")
    update, text = world.updating()
    assert update == "stale"
    assert "lib 1.1 → 1.2 (security)" in text


def test_packages_that_are_no_longer_watched_are_still_installed(world: World) -> None:
    behind_an_update(world, "packages=closure", "packages=closure")
    world.build()
    behind_an_update(world, "packages=named", "packages=closure")
    _, text = world.updating()
    assert "no longer installed" not in text, text
    world.build()
    world.update("lib", "1.1")
    assert world.updating()[0] == "fresh"


def test_an_update_whose_packages_are_off_does_not_decide_for_the_others(world: World) -> None:
    world.write("RUN apt-get update\nRUN apt-get install -y app", "packages=off")
    world.build()
    world.update("lib", "1.1")
    assert world.updating()[0] == "stale"


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (f"# freshlayer: ttl=1d\n{INSTALL}\nRUN pip install flask==1.0", "fresh"),
        (f"RUN pip install flask==1.0\n# freshlayer: ttl=1d\n{INSTALL}", "fresh"),
        ("# freshlayer: ttl=1d\nRUN apt-get update\nRUN apt-get install -y app", "fresh"),
        ("RUN apt-get update\n# freshlayer: ttl=1d\nRUN apt-get install -y app", "fresh"),
        (f"# freshlayer: ttl=1d\n{INSTALL}\n{INSTALL.replace('app', 'other')}", "stale"),
    ],
)
def test_an_index_is_valid_for_the_least_ttl_of_the_instructions_that_read_it(
    world: World, lines: str, state: str
) -> None:
    world.write(lines)
    world.build()
    world.update("lib", "1.1")
    packages = [it for it in world.check().instructions if any(one.manager == "apt" for one in it.packages)]
    assert str(packages[0].state) == state


@pytest.mark.parametrize("choose", [by_comment, by_settings])
def test_under_off_nothing_is_stale(world: World, choose: Set) -> None:
    choose(world, "off")
    world.build()
    world.update("app", "2", "stable-security", "lib (>= 1), base")
    assert world.states()[0] == "fresh"


def test_an_upgrade_is_stale_where_what_the_base_has_is_newer(world: World) -> None:
    world.write(UPGRADE)
    world.build()
    assert world.states()[0] == "fresh"
    world.update("other", "2")
    world.update("app", "2", depends="lib (>= 1), base")
    assert world.states()[0] == "fresh"
    world.update("tool", "2")
    state, text = world.states()
    assert state == "stale"
    assert "tool 1 → 2" in text, text
    world.build()
    world.update("base", "2", "stable-security")
    state, text = world.states()
    assert state == "stale"
    assert "base 1 → 2 (security)" in text


def advised(world: World) -> list[str]:
    return [item.text for item in world.check().advice if "upgrades the packages of the base" in item.text]


@pytest.mark.parametrize("lines", [UPGRADE, "RUN apt-get update\nRUN apt-get -y upgrade"])
def test_an_upgrade_is_advised_against_where_the_base_has_all_of_it(world: World, lines: str) -> None:
    world.write(lines)
    assert len(advised(world)) == 1
    world.update("other", "2")
    assert len(advised(world)) == 1
    world.update("base", "2", "stable-security")
    assert advised(world) == []


def test_an_upgrade_leaves_what_is_held(world: World) -> None:
    world.write(f"RUN apt-mark hold tool\n{UPGRADE}")
    world.build()
    world.update("tool", "2")
    state, text = world.states()
    assert state == "fresh", text
    assert "apt-mark" not in text
    world.update("base", "2")
    assert world.states()[0] == "stale"


def test_under_security_an_upgrade_waits_for_a_security_update(world: World) -> None:
    world.write(UPGRADE, "packages=security")
    world.build()
    world.update("tool", "2")
    state, text = world.states()
    assert state == "fresh", text
    assert "apt: 1 change is no security update: tool 1 → 2" in text
    world.update("base", "2", "stable-security")
    assert world.states()[0] == "stale"


def test_two_reports_differ_by_the_packages_that_both_list(world: World) -> None:
    world.write(INSTALL)
    first = world.report()
    world.update("lib", "1.1")
    world.update("app", "1", depends="lib (>= 1), base, other")
    second = world.report()
    found = differences(read(first), read(second))
    kinds = {(str(it.kind), it.subject.partition("?")[0], it.before, it.after) for it in found}
    assert kinds == {
        ("package", "pkg:deb/debian/lib", "1", "1.1"),
        ("package-added", "pkg:deb/debian/other", None, "1"),
    }
    texts = [text for _, text in difference_lines(found)]
    assert any(re.search(r"Dockerfile:2: pkg:deb/debian/lib\?\S+: package 1 → 1\.1$", it) for it in texts)
    jsonschema.validate(document(found), SCHEMA)
    back = {str(it.kind) for it in differences(read(second), read(first))}
    assert back == {"package", "package-removed"}
    without = first.replace(b'"versions"', b'"of_later"')
    assert differences(read(without), read(second)) == ()
