"""What freshlayer states that zypper would install is what zypper itself would install."""

from __future__ import annotations

import shlex
import shutil

import pytest

from freshlayer.model.base_image import BaseContents
from freshlayer.model.packages import PackageChain, PackageRun
from testing.rpm.repositories import stated
from testing.rpm.world import OS_RELEASE, URL, World, command, nevras
from testing.rpm.zypper_oracle import Zypper

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("zypper"), reason="zypper is not installed (scripts/setup servers)"),
]

LINES = """\
install wget
install git
install gcc
install httpd
install nginx
install python3
install python3-mod39
install java-17-openjdk
install maven
install cronie
install MTA
install old-tool
install joined
install needs-enemy
install broken
install tool
install user-of-tool
install lib32
install only32
install epoch-wins
install tilde
install rich-or
install rich-if httpd
install rich-else
install weak-chain
install weak-conflict
--no-recommends install httpd
--no-recommends install wget man-db
--recommends install httpd
install nginx=1.20-1
install 'nginx<1.22'
install 'nginx>=1:1.20'
install bash
install openssl-libs
install kernel
install 'perl(Git)'
install 'python3dist(mod7)'
install /usr/bin/git
install curl
--force-resolution install curl
install no-such-package
install wget no-such-package
install python3-mod1*
install nginx langpacks-core-de
install rpm-build
install pkg010 pkg020 pkg030
install group-3
install git -less
install +git
install lib32.i686
install wget.x86_64
update
update bash
update wget
dup
install glibc-all-langpacks
install fontconfig
""".splitlines()
_VERBS = {"upgrade": "update", "distro-sync": "dup"}


@pytest.fixture(scope="module")
def zypper(world: World) -> Zypper:
    urls = {name: f"file://{world.directory / name}" for name in world.names}
    return Zypper(world.root, world.directory / "root-zypper", urls)


@pytest.mark.parametrize("line", LINES)
def test_the_closure_is_that_of_zypper(world: World, zypper: Zypper, line: str) -> None:
    words = shlex.split(line)
    options = [word for word in words if word.startswith("--")]
    verb, *others = [word for word in words if not word.startswith("--")]
    theirs, printed = zypper.choose([verb, *options, *others])
    ours = {theirs: own for own, theirs in _VERBS.items()}.get(verb, verb)
    files = {
        "/etc/os-release": OS_RELEASE,
        "/etc/zypp/repos.d/all.repo": stated({name: f"{URL}{name}" for name in world.names}),
    }
    run = PackageRun(1, 1, (command([*options, ours, *others], "zypper"),))
    chain = PackageChain(("test", "linux/amd64"), (run,))
    found = world.driver().resolve(chain, BaseContents(files, {"rpm": world.installed}))[1]
    assert nevras(found) == theirs, (printed, found.problem)
