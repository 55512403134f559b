"""``apt-get install ./x.deb`` of a file of the build context installs what apt-get installs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from freshlayer.context.package_file import control_of
from freshlayer.discover.package_files import without_recommends
from freshlayer.model.packages import PackageAction, PackageCommand
from testing.apt_root import AptRoot, chosen

pytestmark = [
    pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is the oracle"),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb writes the files"),
]

PACKAGES = (
    "a: Depends: b (>= 2)|Recommends: r",
    "b 2: Depends: c",
    "c:",
    "r:",
    "x 1: Depends: c",
    "old 3:",
    "v1: Provides: virt",
    "v2: Provides: virt",
)


def stanza(line: str, **more: str) -> str:
    name, _, rest = line.partition(":")
    name, _, version = name.partition(" ")
    fields = {"Package": name, "Version": version or "1", "Architecture": "amd64", "Size": "10", **more}
    fields |= {"Description": "d", "Maintainer": "m <m@e.org>", "SHA256": f"{1:064x}"}
    fields["Filename"] = f"pool/{name}_{version or 1}_amd64.deb"
    text = "".join(f"{field}: {value}\n" for field, value in fields.items())
    return text + "".join(f"{field.strip()}\n" for field in rest.split("|") if field.strip())


def deb(directory: Path, line: str, *options: str) -> Path:
    """A package file."""
    tree = directory / "tree"
    (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
    text = stanza(line)
    (tree / "DEBIAN/control").write_text(
        "".join(one for one in text.splitlines(keepends=True) if not one.startswith(("Size", "SHA", "File")))
    )
    path = directory / f"{line.partition(':')[0].replace(' ', '_')}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", *options, "-b", str(tree), str(path)],
        check=True,
        capture_output=True,
    )
    return path


def root_of(directory: Path, installed: str = "") -> AptRoot:
    root = AptRoot(directory / "root")
    status = "\n".join(stanza(one, Status="install ok installed") for one in installed.split(";") if one)
    root.write(
        {
            "/etc/apt/sources.list": "deb [trusted=yes] http://e.org/debian stable main\n",
            "/var/lib/dpkg/status": status,
        }
    )
    text = "\n".join(map(stanza, PACKAGES))
    (root.lists / "e.org_debian_dists_stable_main_binary-amd64_Packages").write_text(text)
    (root.lists / "e.org_debian_dists_stable_Release").write_text(
        f"Suite: stable\nCodename: stable\nArchitectures: amd64\nComponents: main\nSHA256:\n"
        f" {1:064x} {len(text)} main/binary-amd64/Packages\n"
    )
    return root


CASES: tuple[tuple[str, list[str], list[str], str], ...] = (
    ("a dependency", ["l: Depends: a"], [], ""),
    ("with recommends", ["l: Recommends: a|Depends: c"], [], ""),
    ("beside a name", ["l: Depends: c"], ["a"], ""),
    ("a virtual package", ["l: Depends: virt"], [], ""),
    ("two files, one for the other", ["l: Depends: m (= 1)", "m: Depends: c"], [], ""),
    ("older than the archive's", ["old 1: Depends: c"], [], ""),
    ("newer than the archive's", ["old 9: Depends: c"], [], ""),
    ("an upgrade", ["x 2: Depends: b"], [], "x 1: Depends: c;c:"),
    ("a downgrade", ["old 1: Depends: b"], [], "old 3:"),
    ("what it needs is installed", ["l: Depends: c"], [], "c:"),
    ("a package of the archive needs it", ["b 5: Depends: r"], ["a"], ""),
    ("it can't be met", ["l: Depends: none"], [], ""),
    ("a conflict", ["l: Conflicts: c|Depends: r"], ["x"], ""),
)


@pytest.mark.parametrize(
    ("files", "words", "installed"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_choice_is_that_of_apt(
    files: list[str], words: list[str], installed: str, tmp_path: Path
) -> None:
    root = root_of(tmp_path, installed)
    paths = [deb(tmp_path, line) for line in files]
    theirs = root.simulate("install", *map(str, paths), *words)
    local = {str(path): control_of(path.read_bytes(), path.stat().st_size) for path in paths}
    typed = (*local, *words)
    command = PackageCommand("apt", "apt-get", PackageAction.INSTALL, typed, files=root.files, local=local)
    found = root.resolve(command)
    if isinstance(theirs, str):
        assert found.problem is not None, theirs
        return
    assert found.problem is None, theirs
    own = {line.partition(":")[0].partition(" ")[0] for line in files}
    assert chosen(found) == {key: version for key, version in theirs.items() if key[0] not in own}


@pytest.mark.parametrize(
    "line", ["l: Depends: a", "l: Depends: b|Recommends: v1", "l: Recommends: a", "l: Depends: virt, c"]
)
def test_a_repair_installs_what_apt_installs(line: str, tmp_path: Path) -> None:
    """``dpkg -i l.deb || apt-get -f install``."""
    root = root_of(tmp_path)
    path = deb(tmp_path, line)
    local = {str(path): without_recommends(control_of(path.read_bytes(), path.stat().st_size))}
    words = tuple(local)
    command = PackageCommand("apt", "apt-get", PackageAction.INSTALL, words, files=root.files, local=local)
    ours = root.resolve(command)
    root.write({"/var/lib/dpkg/status": stanza(line, Status="install ok unpacked")})
    theirs = root.simulate("-f", "install")
    assert isinstance(theirs, dict), theirs
    assert chosen(ours) == {key: version for key, version in theirs.items() if key[0] != "l"}


def test_a_later_command_finds_it_installed(tmp_path: Path) -> None:
    root = root_of(tmp_path)
    path = deb(tmp_path, "b 5:")
    local = {str(path): control_of(path.read_bytes(), path.stat().st_size)}
    first = PackageCommand(
        "apt", "apt-get", PackageAction.INSTALL, tuple(local), files=root.files, local=local
    )
    then = PackageCommand("apt", "apt-get", PackageAction.INSTALL, ("a",), files=root.files)
    assert {name for name, _ in chosen(root.resolve(first, then))} == {"a", "r"}


def test_what_is_no_control_stanza_is_a_problem(tmp_path: Path) -> None:
    root = root_of(tmp_path)
    for text in ("", "x", "Package: a\n", "Package: \x1b[2J\nVersion: 1\nArchitecture: amd64\n"):
        words = ("./x.deb", "c")
        command = PackageCommand(
            "apt", "apt-get", PackageAction.INSTALL, words, files=root.files, local={"./x.deb": text}
        )
        problem = root.resolve(command).problem
        assert problem is not None
        assert (problem.code, problem.subject) == ("apt-local-package", "./x.deb")
