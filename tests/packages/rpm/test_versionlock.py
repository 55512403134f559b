"""What dnf's plugin versionlock holds is held, from its file and from commands: dnf itself is the oracle."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.decisions.package_pins import version_locks
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseContents
from freshlayer.model.lock import LockedPackage, LockedPackages, LockUser
from testing.rpm.dnf_oracle import PLUGINS, Dnf
from testing.rpm.world import World, nevras

pytestmark = pytest.mark.slow

PLUGIN = '{"name":"python3-dnf-plugin-versionlock","version":"4","release":"1","arch":"noarch"}\n'
LIST = "/etc/dnf/plugins/versionlock.list"


@pytest.fixture(scope="module")
def locking(world: World) -> Iterator[tuple[Dnf, Path]]:
    """dnf with the plugin, and the file of its rules."""
    if not (PLUGINS / "versionlock.py").exists():
        pytest.skip("the plugins of dnf are not unpacked, and scripts/setup servers can't unpack them here")
    with world.dnf("state-versionlock", "versionlock") as oracle:
        directory = world.directory / "state-versionlock" / "plugins"
        directory.mkdir()
        rules = directory / "versionlock.list"
        (directory / "versionlock.conf").write_text(f"[main]\nenabled=1\nlocklist={rules}\n")
        yield oracle, rules


def contents(world: World, files: dict[str, str], plugin: str = PLUGIN) -> BaseContents:
    known = world.contents
    return BaseContents({**known.files, **files}, {"rpm": plugin + world.installed})


RULES = (
    "bash-0:5.1-1.*",
    "bash",
    "bash-5.1",
    "bash-5.*",
    "bash-5.1-1.x86_64",
    "openssl-libs-1:3.1-1.*\n# a comment\n\n  bash-0:5.1-1.*  ",
    "openssl-libs-0:3.1-1.*",
    "bash-9",
    "!bash-0:5.2-1.*",
    "!bash",
    "!nginx-1:1.2*",
    "nginx-1:1.20-1.*",
    "nginx*",
    "glibc-2-1.*\nglibc-common-1-1.*",
    "curl-minimal-0:7.1-1.*",
    "no-such-package-1-1.*",
    "<not a rule>",
)
LINES = ("upgrade", "install nginx")


@pytest.mark.parametrize("rules", RULES)
def test_the_rules_of_the_file(world: World, locking: tuple[Dnf, Path], rules: str) -> None:
    dnf, file = locking
    for line in LINES:
        file.write_text(rules + "\n")
        theirs = dnf.choose(shlex.split(line))
        ours = world.resolve(shlex.split(line), contents=contents(world, {LIST: rules + "\n"}))[1]
        assert nevras(ours) == theirs.chosen, (line, theirs.printed)
        assert (ours.problem is not None) == theirs.failed, (line, theirs.printed)


COMMANDS = (
    ("add bash", "upgrade"),
    ("add nginx", "install nginx"),
    ("add nginx-1:1.20", "install nginx"),
    ("add bash", "clear", "upgrade"),
    ("add bash openssl-libs", "delete bash", "upgrade"),
    ("add bash", "delete bash-5*", "upgrade"),
    ("exclude nginx-1:1.21*", "install nginx"),
    ("exclude bash", "upgrade"),
    ("--raw add bash-5.1*", "upgrade"),
    ("add no-such-package", "upgrade"),
    ("add bash", "upgrade bash", "install nginx"),
    ("list", "upgrade"),
)


@pytest.mark.parametrize("commands", COMMANDS, ids=map(" ; ".join, COMMANDS))
def test_the_commands(world: World, locking: tuple[Dnf, Path], commands: tuple[str, ...]) -> None:
    dnf, file = locking
    before = "openssl-libs-1:3.1-1.*\n"
    file.write_text(before)
    *changes, last = commands
    lines = [shlex.split(f"versionlock {it}" if not it.startswith("upgrade") else it) for it in changes]
    lines = [["--raw", "versionlock", *it[2:]] if "--raw" in it else it for it in lines]
    for line in lines:
        dnf.choose(line)
    theirs = dnf.choose(shlex.split(last))
    ours = world.resolve(
        *(line for line in lines if line[-1] != "list"),
        shlex.split(last),
        contents=contents(world, {LIST: before}),
    )
    found = ours[max(ours)]
    own = nevras(found)
    assert own == theirs.chosen, (file.read_text(), theirs.printed)
    assert (found.problem is not None) == theirs.failed


@pytest.mark.parametrize(
    ("files", "plugin", "options"),
    [
        ({}, "", ""),
        ({"/etc/dnf/plugins/versionlock.conf": "[main]\nenabled = 0\n"}, PLUGIN, ""),
        ({}, PLUGIN, "--noplugins"),
        ({}, PLUGIN, "--disableplugin=version*"),
    ],
)
def test_rules_that_no_plugin_reads_hold_nothing(
    world: World, files: dict[str, str], plugin: str, options: str
) -> None:
    found = world.resolve(
        [*options.split(), "upgrade", "bash"], contents=contents(world, {LIST: "bash-5.1\n", **files}, plugin)
    )
    assert [one.name for one in found[1].packages] == ["bash"]


@pytest.mark.parametrize(
    ("line", "then"),
    [("install nginx", "!nginx-1:1.21*"), ("upgrade", "!openssl-libs-1:3.2*"), ("upgrade bash", "!glibc-2*")],
)
def test_pins_of_a_lock_file_have_dnf_install_what_is_locked(
    world: World, locking: tuple[Dnf, Path], line: str, then: str
) -> None:
    """``then``: what the repositories did not have yet when the packages were locked."""
    dnf, file = locking
    words = shlex.split(line)
    old = world.resolve(words, contents=contents(world, {LIST: f"{then}\n"}))[1]
    packages = tuple(LockedPackage(it.purl, it.version, it.digest) for it in old.packages)
    user = LockUser("Dockerfile", "0", "RUN")
    block = LockedPackages(
        used_by=user, manager="rpm", platform="linux/amd64", commands=(), packages=packages
    )
    text = version_locks([block])
    file.write_text(text)
    theirs = dnf.choose(words)
    ours = world.resolve(words, contents=contents(world, {LIST: text}))[1]
    assert nevras(ours) == theirs.chosen, theirs.printed
    versions = {it.name: it.version for it in ours.packages}
    assert {it.name: versions[it.name] for it in old.packages} == {it.name: it.version for it in old.packages}


def test_many_patterns_beside_many_rules_take_no_time(world: World) -> None:
    known = contents(world, {LIST: "".join(f"name-{n}-0:1-1.*\n" for n in range(2000))})
    words = [f"*{n}.x86_64" for n in range(99)]
    started = time.process_time()
    found = world.resolve(["versionlock", "delete", *words], ["upgrade"], contents=known)
    assert time.process_time() - started < 20
    assert found[2].problem is None


@pytest.mark.parametrize(("words", "unknown"), [(98, 0), (99, 1)])
def test_a_command_of_more_words_is_not_known(tmp_path: Path, words: int, unknown: int) -> None:
    names = " ".join(f"a{n}*" for n in range(words))
    text = f"FROM fedora\nRUN dnf versionlock add {names} && dnf -y upgrade\n"
    read = ContextFiles(tmp_path, None).read
    (commands,) = analyse(text, BuildRequest(("linux/amd64",)), read).discovery.packages.values()
    assert str(commands[-1]).count("versionlock adds a package source") == unknown


def test_a_list_that_is_not_read_is_a_problem(world: World) -> None:
    configured = {"/etc/dnf/plugins/versionlock.conf": "[main]\nlocklist = /srv/list\n"}
    toml = {"/etc/dnf/versionlock.toml": 'version = "1.0"\n[[packages]]\nname = "bash"\n'}
    for files, program in ((configured, "dnf"), (toml, "dnf5")):
        (found,) = world.resolve(["upgrade"], contents=contents(world, files), program=program).values()
        assert found.problem is not None
        assert found.problem.code == "package-source-unknown"
