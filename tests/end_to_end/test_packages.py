"""A RUN that installs packages runs again when one of them changed, and at no other time.

The base is a real Debian in a real registry; its package source is a repository on loopback.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.apt_repository import AptRepository
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.debian_root import require_debian_root
from testing.package_origin import PackageOrigin, package_origin
from testing.stores.registry import Registry

ONE_RUN = "FROM {base}\nRUN apt-get update && apt-get install -y app\nRUN echo behind\n"
POLICIES = ("named", "security", "off")
"""Each has a stage with packages of its own, so that the log of the origin shows which RUN ran."""
_STAGE = """\
FROM {base} AS {name}
# freshlayer: packages={name}
RUN apt-get update && apt-get install -y app-{name}
"""
_UPGRADE = "FROM {base} AS upgrade\nRUN apt-get update && apt-get -y upgrade\n"
SEPARATE = "FROM {base}\nRUN apt-get update\nRUN echo between\nRUN apt-get install -y app\n"


@pytest.fixture(params=("classic", "buildkit"))
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.fixture
def repository(tmp_path: Path) -> AptRepository:
    made = AptRepository(tmp_path / "repository", ("stable", "stable-security"))
    made.add("app", "1", "lib (>= 1)")
    made.add("lib", "1")
    made.add("other", "1")
    made.publish()
    return made


@pytest.fixture
def packages(repository: AptRepository) -> Iterator[PackageOrigin]:
    with package_origin(repository.directory) as served:
        yield served


@pytest.fixture
def base(registry: Registry, repository: AptRepository, packages: PackageOrigin) -> str:
    """The name of a Debian whose only package source is the repository."""
    root = require_debian_root().read_bytes()
    layer = files({"etc/apt/sources.list": repository.sources(packages.url)})
    registry.push_layers("some/debian", "12", [root, layer], config={"Cmd": ["bash"]})
    return f"{registry.host}/some/debian:12"


@pytest.fixture
def base_with_tool(registry: Registry, repository: AptRepository, packages: PackageOrigin) -> str:
    """The same with ``tool`` 1 installed, which the repository has."""
    root = require_debian_root()
    with tarfile.open(root) as archive:
        status = archive.extractfile("./var/lib/dpkg/status")
        installed = status.read().decode() if status else ""
    tool = "Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"
    texts = {
        "etc/apt/sources.list": repository.sources(packages.url),
        "var/lib/dpkg/status": f"{installed}{tool}Maintainer: a <a@b.c>\nDescription: none\n\n",
        "var/lib/dpkg/info/tool.list": "/.\n",
    }
    layers = [root.read_bytes(), files(texts)]
    registry.push_layers("some/debian", "tool", layers, config={"Cmd": ["bash"]})
    return f"{registry.host}/some/debian:tool"


@pytest.fixture
def freshlayer(builder: Builder, tmp_path: Path, project: Path) -> Freshlayer:
    own = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    return own.but(XDG_CACHE_HOME=str(tmp_path / "cache"))


def files(texts: dict[str, str]) -> bytes:
    """A layer with these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, text in texts.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def test_exactly_what_installs_a_package_that_changed_runs_again(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    first = freshlayer.build(".")
    assert first.code == 0, first.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]

    assert freshlayer.build(".").code == 0
    repository.add("other", "2")
    repository.publish()
    unrelated = freshlayer.build(".")
    assert unrelated.code == 0, unrelated.err
    assert packages.installed() == []

    repository.add("lib", "1.1", suite="stable-security")
    repository.publish()
    checked = freshlayer("check", ".")
    assert checked.code == 1
    assert "Dockerfile:2 RUN stale: apt: 1 of 2 packages changed: lib 1 → 1.1" in checked.out
    assert "wanted by app" in checked.out
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1.1_all.deb"]
    assert "lib changed" in told.err
    assert freshlayer("check", ".").code == 0


def test_a_repository_that_is_down_costs_a_warning(
    freshlayer: Freshlayer, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    assert freshlayer.build(".").code == 0
    packages.installed()
    packages.down = True
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert packages.installed() == []
    assert "the recorded packages are kept" in told.err
    checked = freshlayer("check", "--fail-on", "unknown", ".")
    assert checked.code == 1
    assert "unknown: " in checked.out


def test_a_package_that_is_gone_keeps_the_layer(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    assert freshlayer.build(".").code == 0
    packages.installed()
    repository.remove("app")
    repository.publish()
    assert freshlayer.build(".").code == 0
    assert packages.installed() == []


def test_an_install_without_an_update_is_keyed_where_the_lists_are_read(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / "Dockerfile").write_text(SEPARATE.format(base=base))
    assert freshlayer.build(".").code == 0
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]
    assert freshlayer.build(".").code == 0
    assert packages.installed() == []
    repository.add("lib", "2")
    repository.publish()
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_2_all.deb"]
    assert "Dockerfile:2 RUN stale" in told.err


def test_a_package_that_changes_while_the_builder_runs_is_not_recorded(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    """The repository changes between the judgement and the build: when apt requests the first package."""
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    assert freshlayer.build(".").code == 0
    repository.add("app", "2", "lib (>= 1)")
    repository.publish()
    packages.installed()

    def change() -> None:
        repository.add("other", "3")
        repository.add("lib", "3")
        repository.publish()

    packages.when("app_2_all.deb", change)
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert "changed while the builder ran: apt: 1 of 2 packages changed: lib 1 → 3" in told.err
    again = freshlayer.build(".")
    assert again.code == 0, again.err
    assert "lib_3_all.deb" in packages.installed()


@pytest.mark.timeout(600)
def test_each_policy_runs_its_instruction_again_for_what_it_counts_alone(
    freshlayer: Freshlayer,
    repository: AptRepository,
    packages: PackageOrigin,
    base_with_tool: str,
    project: Path,
) -> None:
    stages = [_STAGE.format(base=base_with_tool, name=name) for name in POLICIES]
    copies = [f"COPY --from={name} /etc/debian_version /{name}\n" for name in (*POLICIES, "upgrade")]
    lines = [*stages, _UPGRADE.format(base=base_with_tool), f"FROM {base_with_tool}\n", *copies]
    (project / "Dockerfile").write_text("".join(lines))

    def runs(*new: tuple[str, str], suite: str = "stable") -> list[str]:
        """The packages that a build requests once these are published."""
        for name, version in new:
            needs = name.replace("app-", "lib-") if name.startswith("app-") else ""
            repository.add(name, version, needs, suite)
        repository.publish()
        told = freshlayer.build(".")
        assert told.code == 0, told.err
        return packages.installed()

    both = [f"{kind}-{name}" for name in POLICIES for kind in ("app", "lib")]
    assert runs(("tool", "1"), *((it, "1") for it in both)) == sorted(f"{it}_1_all.deb" for it in both)
    uncounted = ("lib-named", "lib-security", "app-security", "lib-off", "app-off")
    assert runs(("other", "2"), *((name, "2") for name in uncounted)) == []
    assert runs(("app-named", "2")) == ["app-named_2_all.deb", "lib-named_2_all.deb"]
    # All else that is new comes with it.
    fixed = runs(("lib-security", "3"), suite="stable-security")
    assert fixed == ["app-security_2_all.deb", "lib-security_3_all.deb"]
    assert runs(("tool", "2")) == ["tool_2_all.deb"]
    assert runs() == []


@pytest.mark.parametrize("builder", ["classic", "buildkit", "sid-buildx", "buildah"], indirect=True)
def test_a_locked_build_installs_the_locked_versions_while_there_are_newer_ones(
    freshlayer: Freshlayer,
    builder: Builder,
    repository: AptRepository,
    packages: PackageOrigin,
    base: str,
    project: Path,
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    assert freshlayer("lock", "--network=host", "--pin-packages", ".").code == 0
    repository.add("lib", "1.1", suite="stable-security")
    repository.publish()
    locked = freshlayer.but("--locked")
    plain_http = ("--tls-verify=false",) if builder.name == "buildah" else ()
    told = locked.build(*plain_http, "--tag", "pinned", ".")
    if builder.name == "classic":
        assert told.code == 125, told.err
        assert "apt/lib [linux/amd64]: 1 → 1.1" in told.err
        assert "Dockerfile:2: apt: the builder can't give the package manager the locked versions" in told.err
        return
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]
    image = builder.image("pinned")
    if builder.name != "buildah":
        assert not [it.created_by for it in image.history if "mount" in it.created_by]
    assert not [it.name for layer in image.layers for it in layer if "freshlayer" in it.name]
    assert freshlayer("verify").code == 0
    assert locked.build(*plain_http, ".").code == 0
    assert packages.installed() == []

    repository.add("lib", "1.2")
    repository.publish()
    told = locked.build(*plain_http, ".")
    assert (told.code, "apt/lib [linux/amd64]: 1 → 1.2" in told.err) == (125, True), told.err
    assert freshlayer("verify").code == 1
    assert freshlayer("update").code == 0
    assert "pin-packages = true" in (project / "freshlayer.lock").read_text()
    assert locked.build(*plain_http, ".").code == 0
    assert packages.installed() == ["app_1_all.deb", "lib_1.2_all.deb"]


@pytest.mark.parametrize("builder", ["sid-buildx"], indirect=True)
def test_compose_gives_its_builds_the_locked_versions(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(ONE_RUN.format(base=base))
    (project / "mine").write_text("secret")
    build = {"context": ".", "network": "host", "secrets": ["mine"]}
    services = {"web": {"build": build}, "other": {"build": {"context": ".", "network": "host"}}}
    model = {"name": "some", "services": services, "secrets": {"mine": {"file": "./mine"}}}
    (project / "compose.yaml").write_text(json.dumps(model))
    assert freshlayer("lock", "--network=host", "--pin-packages", ".").code == 0
    repository.add("lib", "1.1", suite="stable-security")
    repository.publish()
    told = freshlayer.but("--locked")("compose", "build")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]


@pytest.mark.parametrize("builder", ["sid-buildx"], indirect=True)
def test_bake_gives_its_builds_the_locked_versions_beside_secrets_of_the_user(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / ".git").mkdir()
    text = ONE_RUN.format(base=base) + "RUN --mount=type=secret,id=mine,required=true cat /run/secrets/mine\n"
    (project / "Dockerfile").write_text(text)
    (project / "mine").write_text("secret")
    target = {"network": "host", "secret": ["id=mine,src=mine"], "output": ["type=cacheonly"]}
    several = {"name": "web-${n}", "matrix": {"n": ["1", "2"]}, **target}
    model = {"group": {"default": {"targets": ["web"]}}, "target": {"web": several}}
    (project / "docker-bake.json").write_text(json.dumps(model))
    assert freshlayer("lock", "--network=host", "--pin-packages", ".").code == 0
    repository.add("lib", "1.1", suite="stable-security")
    repository.publish()
    told = freshlayer.but("--locked")("bake", "--allow=network.host")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]
    repository.add("lib", "1.2")
    repository.publish()
    told = freshlayer.but("--locked")("bake", "--allow=network.host")
    assert (told.code, "apt/lib [linux/amd64]: 1 → 1.2" in told.err) == (125, True), told.err


@pytest.mark.parametrize("builder", ["buildkit"], indirect=True)
def test_pins_are_for_the_instruction_that_installs(
    freshlayer: Freshlayer, repository: AptRepository, packages: PackageOrigin, base: str, project: Path
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(SEPARATE.format(base=base))
    assert freshlayer("lock", "--network=host", "--pin-packages", ".").code == 0
    repository.add("app", "2", "lib (>= 1)", suite="stable-security")
    repository.publish()
    told = freshlayer.but("--locked").build(".")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]
    assert freshlayer("lock", "--network=host", "--no-pin-packages", ".").code == 0
    assert freshlayer.but("--locked").build(".").code == 125


@pytest.mark.parametrize("builder", ["buildkit"], indirect=True)
def test_a_version_that_left_the_repository_is_installed_from_the_archive(
    freshlayer: Freshlayer,
    builder: Builder,
    repository: AptRepository,
    packages: PackageOrigin,
    base: str,
    project: Path,
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(SEPARATE.format(base=base))
    for name in ("dists", "pool"):
        archived = repository.directory / "archive" / "20260101T235959Z" / name
        shutil.copytree(repository.directory / name, archived)
    repository.add("lib", "1.1")
    repository.publish()
    assert freshlayer("lock", "--network=host", "--pin-packages", ".").code == 0
    told = freshlayer("update", "--at", "2026-01-01", "apt/*")
    assert (told.code, "no archive is known" in told.err) == (2, True), told.err
    place = packages.url.partition("://")[2].rstrip("/")
    setting = f'[snapshots]\n"{place}" = "http://{place}/archive/{{time}}"\n'
    (project / "freshlayer.toml").write_text(setting)
    told = freshlayer("update", "--at", "2026-01-01", "apt/*")
    assert (told.code, "apt/lib [linux/amd64]: 1.1 → 1" in told.out) == (0, True), told.err
    assert 'at = "20260101T235959Z"' in (project / "freshlayer.lock").read_text()
    assert freshlayer("lock", "--network=host", ".").code == 0
    assert freshlayer("verify").code == 0
    packages.installed()
    told = freshlayer.but("--locked").build("--tag", "archived", ".")
    assert told.code == 0, told.err
    assert packages.installed() == ["app_1_all.deb", "lib_1_all.deb"]
    names = [it.name for layer in builder.image("archived").layers for it in layer]
    assert not [it for it in names if "freshlayer" in it]
    assert freshlayer("update", "apt/*").code == 0
    assert "at = " not in (project / "freshlayer.lock").read_text()
    assert freshlayer.but("--locked").build(".").code == 0
    assert packages.installed() == ["app_1_all.deb", "lib_1.1_all.deb"]
