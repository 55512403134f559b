"""What is held, reinstalled, or built with a profile: freshlayer chooses what apt-get prints."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from freshlayer.model.packages import PackageAction, PackageCommand, Resolution
from testing.apt_root import AptRoot, chosen

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is the oracle")

LIST = "http://a.example/debian"
NAMES = {"tool": "", "lib": "", "app": "lib (>= 2)", "plain": "tool", "build-essential": ""}


def stanza(name: str, version: str, depends: str = "", status: str = "") -> str:
    fields = {
        "Package": name,
        "Status": status,
        "Version": version,
        "Architecture": "amd64",
        "Depends": depends,
    }
    more = {} if status else {"Filename": f"{name}.deb", "Size": "1", "SHA256": f"{version:0>64}"}
    return "".join(f"{key}: {value}\n" for key, value in (fields | more).items() if value) + "\n"


def status(**selections: str) -> str:
    """``tool`` and ``lib`` are installed at version 1, ``plain`` as it is in the list."""
    versions = {"tool": "1", "lib": "1", "plain": "2"}
    return "".join(
        stanza(name, version, NAMES[name], f"{selections.get(name, 'install')} ok installed")
        for name, version in versions.items()
    ) + "".join(
        f"Package: {name}\nStatus: hold ok not-installed\nArchitecture: amd64\n\n"
        for name in selections
        if name not in versions
    )


SOURCE = """\
Package: software
Binary: plain
Version: 1
Architecture: any
Format: 3.0 (quilt)
Build-Depends: tool (>= 2), lib (>= 2) <!nocheck>, app <stage1>
Directory: software
Checksums-Sha256:
 0000000000000000000000000000000000000000000000000000000000000000 1 software_1.dsc
"""


@pytest.fixture
def root(tmp_path: Path) -> AptRoot:
    made = AptRoot(tmp_path / "root")
    texts = {
        "binary-amd64_Packages": "".join(stanza(name, "2", depends) for name, depends in NAMES.items()),
        "source_Sources": SOURCE,
    }
    for name, text in texts.items():
        (made.lists / f"a.example_debian_dists_stable_main_{name}").write_text(text)
    lines = "".join(f"{kind} [trusted=yes] {LIST} stable main\n" for kind in ("deb", "deb-src"))
    made.write({"/etc/apt/sources.list": lines})
    return made


def command(
    root: AptRoot, action: PackageAction, *words: str, options: tuple[tuple[str, str], ...] = ()
) -> PackageCommand:
    return PackageCommand("apt", "apt-get", action, words, options, files=root.files)


def marking(root: AptRoot, verb: str, *words: str) -> PackageCommand:
    return PackageCommand("apt", "apt-mark", PackageAction.CONFIGURE, words, ((verb, ""),), root.files)


def answer(found: Resolution) -> object:
    return found.problem or chosen(found)


UPGRADE, INSTALL = PackageAction.UPGRADE, PackageAction.INSTALL
DIST_UPGRADE, BUILD_DEP = PackageAction.DIST_UPGRADE, PackageAction.BUILD_DEP


@pytest.mark.parametrize(
    ("action", "words", "held", "expected"),
    [
        (UPGRADE, (), "tool", {"lib"}),
        (DIST_UPGRADE, (), "tool", {"lib"}),
        (UPGRADE, (), "to*", {"lib"}),
        (UPGRADE, (), "tool:amd64", {"lib"}),
        (INSTALL, ("plain",), "tool", set()),
    ],
)
def test_what_is_held_stays(
    root: AptRoot, action: PackageAction, words: tuple[str, ...], held: str, expected: set[str]
) -> None:
    root.write({"/var/lib/dpkg/status": status()})
    found = root.resolve(marking(root, "hold", held), command(root, action, *words))
    again = root.resolve(
        marking(root, "hold", held), marking(root, "unhold", held), command(root, action, *words)
    )
    unheld = root.simulate(action.value, *words)
    assert answer(again) == unheld
    root.write({"/var/lib/dpkg/status": status(tool="hold")})
    theirs = root.simulate(action.value, *words)
    assert answer(found) == theirs == {(name, "amd64"): "2" for name in expected}


def test_a_package_that_is_held_before_it_is_installed_comes_for_no_other(root: AptRoot) -> None:
    root.write({"/var/lib/dpkg/status": status()})
    software = stanza("other", "2", "app")
    path = root.lists / "a.example_debian_dists_stable_main_binary-amd64_Packages"
    path.write_text(path.read_text() + software)
    found = root.resolve(marking(root, "hold", "app"), command(root, INSTALL, "other"))
    root.write({"/var/lib/dpkg/status": status(app="hold")})
    theirs = root.simulate("install", "other")
    assert isinstance(theirs, str)
    assert found.problem is not None
    assert found.problem.code == "apt-unmet-dependencies"


def test_ignore_hold(root: AptRoot) -> None:
    root.write({"/var/lib/dpkg/status": status(tool="hold")})
    options = (("ignore-hold", ""),)
    found = root.resolve(command(root, UPGRADE, options=options))
    assert answer(found) == root.simulate("--ignore-hold", "upgrade") != root.simulate("upgrade")


def test_what_is_reinstalled_counts_at_its_version(root: AptRoot) -> None:
    root.write({"/var/lib/dpkg/status": status()})
    options = (("reinstall", ""),)
    found = root.resolve(command(root, INSTALL, "plain", options=options))
    assert answer(found) == root.choose("--reinstall", "install", "plain") == {("plain", "amd64"): "2"}
    both = root.resolve(command(root, INSTALL, "plain", "tool", options=options))
    assert answer(both) == root.choose("--reinstall", "install", "plain", "tool")


@pytest.mark.parametrize("profiles", ["", "nocheck", "stage1", "nocheck,stage1"])
def test_the_profiles_of_a_build(root: AptRoot, profiles: str) -> None:
    root.write({"/var/lib/dpkg/status": status()})
    options = (("build-profiles", profiles),) if profiles else ()
    found = root.resolve(command(root, BUILD_DEP, "software", options=options))
    typed = [f"--build-profiles={profiles}"] if profiles else []
    assert answer(found) == root.simulate("build-dep", *typed, "software")


def test_a_build_for_another_architecture_is_not_watched(root: AptRoot) -> None:
    root.write({"/var/lib/dpkg/status": status()})
    (other, own) = (
        root.resolve(command(root, BUILD_DEP, "software", options=(("host-architecture", it),)))
        for it in ("arm64", "amd64")
    )
    assert other.problem is not None
    assert (other.problem.code, other.problem.subject) == ("apt-host-architecture", "arm64")
    assert own.problem is None


def test_what_was_installed_for_others_goes_with_them(root: AptRoot) -> None:
    """``apt-mark auto`` and ``manual`` decide what ``autoremove`` removes, and so what is installed again."""
    root.write({"/var/lib/dpkg/status": status()})
    sweep = PackageCommand(
        "apt", "apt-get", PackageAction.REMOVE, (), (("auto-remove", ""),), files=root.files
    )
    again = command(root, INSTALL, "lib")
    assert answer(root.resolve(marking(root, "auto", "lib"), sweep, again)) == {("lib", "amd64"): "2"}
    before = root.resolve(marking(root, "auto", "lib"), sweep, again).packages[0].before
    kept = (
        root.resolve(marking(root, "auto", "lib"), marking(root, "manual", "lib"), sweep, again)
        .packages[0]
        .before
    )
    assert (before, kept) == ("", "1")
