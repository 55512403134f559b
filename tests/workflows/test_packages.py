"""Packages of any number of Dockerfiles, with real repositories of apt behind a real origin."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, BaseImage, ImageConfig
from freshlayer.model.packages import (
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    PackagesWanted,
    Resolution,
)
from freshlayer.model.reasons import Reason, about
from freshlayer.packages import WITHOUT_CONTENTS
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.index_files import IndexFiles
from freshlayer.workflows.packages import PackagesOfRun, _is_named
from freshlayer.workflows.session import Session
from testing.apt_repository import AptRepository
from testing.package_origin import PackageOrigin, package_origin

_NOW = 1_790_000_000
_BASE = ("docker-image://docker.io/library/debian:stable", "linux/amd64")
_STATUS = "Package: base\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
_OS_RELEASE = "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"
RELEASE = "/dists/stable/Release"


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
def session(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """A session with its own time and policy; all of one test share the caches."""
    store = SqliteStore(tmp_path / "state.sqlite3", print)

    def made(now: int = _NOW, *, offline: bool = False) -> Session:
        policy = Policy(offline=offline, timeout=5, deadline=10)
        indexes = tmp_path / "indexes"
        return Session(store=store, policy=policy, warn=print, clock=lambda: now, indexes=indexes)

    yield made
    store.close()


def base(url: str, repository: AptRepository) -> BaseImage:
    files = {"/etc/os-release": _OS_RELEASE, "/etc/apt/sources.list": repository.sources(url)}
    contents = BaseContents(files, {"apt": _STATUS})
    return BaseImage(*_BASE, "sha256:aa", contents=contents)


def chain(image: BaseImage, *words: str, line: int = 2) -> PackageChain:
    files: Mapping[str, str] = image.contents.files if image.contents else {}
    commands = (
        PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=files, updates=True),
        PackageCommand(
            "apt",
            "apt-get",
            PackageAction.INSTALL,
            words,
            files=files,
            text="apt-get install",
            platform=_BASE[1],
        ),
    )
    return PackageChain(_BASE, (PackageRun(line - 1, line, commands),))


def resolved(session: Session, *wanted: PackagesWanted) -> list[Resolution]:
    """What the one instruction of each Dockerfile installs."""
    assert session.indexes is not None
    found = PackagesOfRun(IndexFiles(session, session.indexes)).read(wanted)
    return [next(iter(it.values()))[0].resolution for it in found]


def wanted(image: BaseImage, *words: str, line: int = 2, ttl: int = 0) -> PackagesWanted:
    return PackagesWanted((chain(image, *words, line=line),), {_BASE: image}, ttl)


def versions(found: Resolution) -> dict[str, str]:
    assert found.problem is None, found.problem
    return {it.name: it.version for it in found.packages}


def test_the_closure_comes_from_the_repository(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    (found,) = resolved(session(), wanted(base(origin.url, repository), "app"))
    assert versions(found) == {"app": "1", "lib": "1"}
    assert all(it.digest.startswith("sha256:") for it in found.packages)


def test_each_index_is_requested_once_for_all(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    many = [wanted(image, *words, line=line) for line in range(2, 12) for words in (["app"], ["other"])]
    found = resolved(session(), *many)
    assert [sorted(versions(it)) for it in found] == [["app", "lib"], ["other"]] * 10
    requested = origin.requests()
    assert len(requested) == len(set(requested))
    assert sum("by-hash" in it for it in requested) == 1


def test_nothing_new_costs_no_body(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    first = resolved(session(), wanted(image, "app"))
    origin.requests()
    assert resolved(session(), wanted(image, "app")) == first
    assert origin.requests() == ["/dists/stable/InRelease", f"{RELEASE}?"]


def test_a_mirror_without_validators_costs_the_manifest_alone(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    origin.validators = False
    image = base(origin.url, repository)
    first = resolved(session(), wanted(image, "app"))
    origin.requests()
    assert resolved(session(), wanted(image, "app")) == first
    assert origin.requests() == ["/dists/stable/InRelease", RELEASE]


def test_what_changed_is_seen(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    resolved(session(), wanted(image, "app"))
    repository.add("lib", "2")
    repository.publish()
    (found,) = resolved(session(), wanted(image, "app"))
    assert versions(found) == {"app": "1", "lib": "2"}


def test_a_lagging_mirror_is_no_change(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    repository.add("lib", "2")
    repository.publish()
    resolved(session(), wanted(image, "app"))
    repository.add("lib", "1")
    repository.publish(later=-7200)
    (found,) = resolved(session(), wanted(image, "app"))
    assert versions(found)["lib"] == "2"
    repository.add("lib", "3")
    repository.publish(later=14400)
    (found,) = resolved(session(), wanted(image, "app"))
    assert versions(found)["lib"] == "3"


def test_another_mirror_may_lag_behind_too(
    tmp_path: Path, repository: AptRepository, session: Callable[..., Session]
) -> None:
    """The known file is that of any URL: the mirror that was current is down."""
    older = tmp_path / "older"
    shutil.copytree(repository.directory, older)
    repository.add("lib", "2")
    repository.publish()
    made = session()
    assert made.indexes is not None
    with package_origin(repository.directory) as current, package_origin(older) as lagging:
        urls = tuple(f"{it.url}/dists/stable/Release" for it in (current, lagging))
        file = IndexFile("apt", "release", urls)
        (first,) = IndexFiles(made, made.indexes).answers({file: 0}).values()
        current.down = True
        (second,) = IndexFiles(made, made.indexes).answers({file: 0}).values()
        (third,) = IndexFiles(made, made.indexes).answers({file: 0}).values()
    assert not isinstance(first, Reason)
    for later in (second, third):
        assert not isinstance(later, Reason)
        assert later.digest == first.digest


def test_a_repository_that_is_down_is_unreachable(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    resolved(session(), wanted(image, "app"))
    origin.down = True
    (found,) = resolved(session(), wanted(image, "app"))
    assert found.problem is not None
    assert found.unreachable
    assert origin.url in str(found.problem)


def test_a_package_that_is_gone_keeps_what_is_recorded(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    repository.remove("app")
    repository.publish()
    (found,) = resolved(session(), wanted(base(origin.url, repository), "app"))
    assert found.problem is not None


def test_offline_the_cache_alone_answers(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    (found,) = resolved(session(offline=True), wanted(image, "app"))
    assert found.problem is not None
    assert found.unreachable
    assert "--offline" in str(found.problem)
    resolved(session(), wanted(image, "app"))
    origin.requests()
    (found,) = resolved(session(offline=True), wanted(image, "app"))
    assert versions(found) == {"app": "1", "lib": "1"}
    assert origin.requests() == []


def test_an_answer_is_valid_for_its_ttl(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    resolved(session(), wanted(image, "app"))
    origin.requests()
    resolved(session(_NOW + 3599), wanted(image, "app", ttl=3600))
    assert origin.requests() == []
    resolved(session(_NOW + 3600), wanted(image, "app", ttl=3600))
    assert origin.requests() != []


def test_a_damaged_index_is_requested_again(
    tmp_path: Path, origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    image = base(origin.url, repository)
    resolved(session(), wanted(image, "app"))
    origin.requests()
    for path in (tmp_path / "indexes").glob("*.index"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (found,) = resolved(session(), wanted(image, "app"))
    assert versions(found) == {"app": "1", "lib": "1"}
    assert RELEASE in origin.requests()


def test_without_the_contents_of_the_base_the_reason_is_that_of_the_base(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    known = base(origin.url, repository)
    (found,) = resolved(session(), PackagesWanted((chain(known, "app"),), {}))
    assert found.problem is not None
    assert found.problem.code == "base-not-read"
    assert origin.requests() == []


class Asked(IndexFiles):
    """Notes what is requested, and requests nothing."""

    def __init__(self, session: Session) -> None:
        assert session.indexes is not None
        super().__init__(session, session.indexes)
        self.files: list[IndexFile] = []

    def answers(self, wanted: Mapping[IndexFile, int]) -> IndexAnswers:
        self.files += wanted
        return dict.fromkeys(wanted, Reason("offline"))


_WORDS = {
    **{"tools": "node@20", "go": "private.example/name@latest", "composer": "private/name"},
    **{"maven": "private.example:name:LATEST", "nuget": "private-name", "cran": "privatename"},
}
"""Manager → a word of it, where a name is none."""


def language(image: BaseImage) -> PackagesWanted:
    commands = tuple(
        PackageCommand(manager, manager, PackageAction.INSTALL, (_WORDS.get(manager, "private-name"),))
        for manager in sorted(WITHOUT_CONTENTS)
    )
    return PackagesWanted((PackageChain(_BASE, (PackageRun(1, 2, commands),)),), {_BASE: image})


def test_no_public_index_is_requested_for_a_base_that_may_name_another(
    session: Callable[..., Session],
) -> None:
    """Its environment has the index (PIP_INDEX_URL), and it can't be read now."""
    asked = Asked(session())
    image = BaseImage(*_BASE, "", why_not=Reason("connect-failed"))
    (found,) = PackagesOfRun(asked).read([language(image)])
    assert asked.files == []
    assert {it.resolution.problem for it in found[1]} == {Reason("connect-failed", _BASE[0])}
    assert len(found[1]) == len(WITHOUT_CONTENTS)
    assert all(it.resolution.unreachable for it in found[1])


def test_why_packages_are_not_known_names_the_base_image_that_can_not_be_read(
    session: Callable[..., Session],
) -> None:
    """Each its own: two images that fail alike are two problems."""
    names = ("docker-image://one.example/base:1", "docker-image://two.example/base:1")
    command = PackageCommand("apt", "apt-get", PackageAction.INSTALL, ("app",))
    chains = [
        PackageChain((name, "linux/amd64"), (PackageRun(number, number, (command,)),))
        for number, name in enumerate(names)
    ]
    images = {chain.base: BaseImage(*chain.base, "", why_not=Reason("base-not-read")) for chain in chains}
    (found,) = PackagesOfRun(Asked(session())).read([PackagesWanted(tuple(chains), images)])
    problems = [it.resolution.problem for reads in found.values() for it in reads]
    assert problems == [Reason("base-not-read", name) for name in names]
    assert problems[0]
    assert str(about("apt", problems[0])) == "apt: one.example/base:1: the base image can't be read"


def test_the_index_of_a_manager_itself_is_requested_as_one_that_is_named(
    session: Callable[..., Session],
) -> None:
    """With the credential of its host: a registry has private packages beside the others."""
    asked = Asked(session())
    image = BaseImage(*_BASE, "sha256:aa", ImageConfig((("PATH", "/bin"),)))
    PackagesOfRun(asked).read([language(image)])
    assert {file.manager for file in asked.files} == WITHOUT_CONTENTS
    assert not any(file.foreign for file in asked.files)


@pytest.mark.parametrize(
    ("host", "is_named"),
    [("corp", False), ("artifactory.corp", True), ("artifactory.corp:8080", False), ("actory.corp", False)],
)
def test_a_host_is_named_as_a_whole(host: str, is_named: bool) -> None:  # noqa: FBT001 - a column of the table
    assert _is_named(host, "deb http://artifactory.corp/debian stable main") is is_named


def test_two_continuations_of_a_stage_install_the_union_where_it_updates(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    """Both install from the lists of the instruction that they share."""
    image = base(origin.url, repository)
    update, install = chain(image, "app").runs[0].commands
    first = PackageRun(1, 2, (update,))
    chains = [
        PackageChain(_BASE, (first, PackageRun(number, number + 1, (replace(install, words=(word,)),))))
        for number, word in ((2, "app"), (3, "other"))
    ]
    made = session()
    assert made.indexes is not None
    (found,) = PackagesOfRun(IndexFiles(made, made.indexes)).read(
        [PackagesWanted(tuple(chains), {_BASE: image})]
    )
    (read,) = found[1]
    assert versions(read.resolution) == {"app": "1", "lib": "1", "other": "1"}


def test_a_cache_that_can_not_be_written_costs_only_time(
    tmp_path: Path, origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    (tmp_path / "indexes").write_bytes(b"not a directory")
    (found,) = resolved(session(), wanted(base(origin.url, repository), "app"))
    assert versions(found) == {"app": "1", "lib": "1"}


def test_a_mirror_that_is_not_kept_up_to_date_is_no_change(
    origin: PackageOrigin, repository: AptRepository, session: Callable[..., Session]
) -> None:
    """By the clock of the look, also where the origin answers that nothing changed."""
    repository.valid_for = 7 * 86400
    repository.publish()
    image = base(origin.url, repository)
    until = repository.date + repository.valid_for
    (found,) = resolved(session(until - 1), wanted(image, "app"))
    assert versions(found) == {"app": "1", "lib": "1"}
    (found,) = resolved(session(until + 1), wanted(image, "app"))
    assert found.unreachable
    assert found.problem is not None
    assert found.problem.code == "apt-index-not-read"
    assert "Valid-Until" in str(found.problem)
