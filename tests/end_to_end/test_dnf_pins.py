"""``lock --pin-packages`` with dnf: what its plugin reads during a locked build, and what stays of it.

The database of packages is one that dnf made. In the image a program of that name notes the list, at an
origin; what dnf chooses by such a list is in ``tests/packages/rpm/test_versionlock.py``.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.base_image import write_base_image
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.logging_server import LoggingServer
from testing.package_origin import package_origin
from testing.rpm.dnf_oracle import install
from testing.rpm.index import write
from testing.rpm.packages import Package
from testing.rpm.repositories import make, stated
from testing.stores.registry import Registry

PLUGIN = "python3-dnf-plugin-versionlock"
LIST = "etc/dnf/plugins/versionlock.list"
OS_RELEASE = 'ID="test"\nVERSION_ID="9"\nPLATFORM_ID="platform:el9"\n'


@dataclass
class Made:
    """``bases``: with the plugin and without. ``repository``: where packages are published."""

    bases: dict[str, str]
    repository: Path
    noted: LoggingServer

    def publish(self, *versions: str) -> None:
        write([Package("app", it, requires=("lib",)) for it in versions] + [Package("lib")], self.repository)

    def lists(self) -> list[str]:
        """The lists that dnf had since the last call, their lines joined by commas."""
        return [it.target.lstrip("/") for it in self.noted.requests()]


@pytest.fixture
def builder(builders: Builders) -> Builder:
    return builders["buildkit"]


@pytest.fixture
def freshlayer(builder: Builder, tmp_path: Path, project: Path) -> Freshlayer:
    own = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    return own.but(XDG_CACHE_HOME=str(tmp_path / "cache"))


@pytest.fixture
def made(registry: Registry, tmp_path: Path) -> Iterator[Made]:
    if lacking := [name for name in ("dnf", "createrepo_c", "rpmbuild") if not shutil.which(name)]:
        pytest.skip(f"{', '.join(lacking)} not installed (scripts/setup servers)")
    served = tmp_path / "served"
    root = tmp_path / "base.tar"
    write_base_image(root)
    with LoggingServer() as noted, package_origin(served) as packages:
        bases = {}
        for name, installed in (("without", ("base",)), ("with", ("base", PLUGIN))):
            texts = {
                "etc/os-release": OS_RELEASE.encode(),
                "etc/dnf/dnf.conf": b"[main]\n",
                "etc/yum.repos.d/a.repo": stated({"a": f"{packages.url.rstrip(chr(47))}/a"}).encode(),
                LIST: b"lib-0:1-1.*",
                "bin/dnf": program(noted.url).encode(),
                **database(tmp_path / name, installed),
            }
            layers = [root.read_bytes(), layer(texts)]
            registry.push_layers("some/rpm", name, layers, config={"Env": ["PATH=/bin:/usr/bin"]})
            bases[name] = f"{registry.host}/some/rpm:{name}"
        found = Made(bases, served / "a", noted)
        found.publish("1")
        yield found


def program(url: str) -> str:
    return f"#!/bin/sh\nexec wget -q -O /dev/null {url.rstrip(chr(47))}/$(tr '\\n' , < /{LIST})\n"


def database(directory: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """What dnf writes when it installs packages of these names."""
    make([Package(name) for name in names], directory / "packages")
    configuration = directory / "dnf.conf"
    text = stated({"a": f"file://{directory / 'packages'}"})
    configuration.write_text(f"[main]\nreposdir={directory}/none\n{text}")
    install(directory / "root", configuration, directory / "state", names)
    place = next((directory / "root").rglob("rpmdb.sqlite")).parent
    return {f"var/lib/rpm/{it.name}": it.read_bytes() for it in place.iterdir() if it.is_file()}


def layer(contents: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in contents.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_dnf_reads_the_locked_versions_while_there_are_newer_ones(
    freshlayer: Freshlayer, builder: Builder, made: Made, project: Path
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(f"FROM {made.bases['with']}\nRUN dnf install -y app\n")
    told = freshlayer("lock", "--network=host", "--pin-packages", ".")
    assert (told.code, "only compare" in told.err) == (0, False), told.err
    made.publish("1", "2")
    told = freshlayer.but("--locked").build("--tag", "pinned", ".")
    assert told.code == 0, told.err
    assert made.lists() == ["lib-0:1-1.*,app-0:1-1.*,lib-0:1-1.*,"]
    image = builder.image("pinned")
    assert not [it.created_by for it in image.history if "mount" in it.created_by]
    assert "versionlock" not in str([it.name for it in image.layers[-1]])
    assert freshlayer("verify").code == 0
    made.publish("2")
    told = freshlayer.but("--locked").build(".")
    gone = "dnf install --yes app [linux/amd64] is gone: app: no repository has the package"
    assert (told.code, gone in told.err) == (125, True), told.err
    assert freshlayer("verify").code == 1
    told = freshlayer("update")
    assert told.code == 0, told.err
    assert freshlayer.but("--locked").build(".").code == 0
    assert made.lists() == ["lib-0:1-1.*,app-0:2-1.*,lib-0:1-1.*,"]


@pytest.mark.parametrize(
    ("base", "run", "why"),
    [
        ("without", "dnf install -y app", "no list of versions without its plugin"),
        ("with", f"echo lib >> /{LIST} && dnf install -y app", "can't be given to the package manager"),
        ("with", "microdnf install -y app", "locked builds only compare the packages of this manager"),
    ],
)
def test_where_dnf_reads_no_list_the_build_fails_with_the_reason(
    freshlayer: Freshlayer, made: Made, project: Path, base: str, run: str, why: str
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(f"FROM {made.bases[base]}\nRUN {run}\n")
    locked = freshlayer("lock", "--network=host", "--pin-packages", ".")
    assert locked.code == 0, locked.err
    made.publish("1", "2")
    told = freshlayer.but("--locked").build(".")
    assert (told.code, made.lists()) == (125, []), told.err
    assert why in locked.err + told.err
