"""What scripts learn of the distribution of a base image: its files, ``lsb_release``, macros of rpm."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from freshlayer.discover.files.base import BaseLayer
from freshlayer.discover.files.image import ImageFiles
from freshlayer.model.base_image import BaseContents
from freshlayer.shell.programs.assignments_of_files import assignments
from testing.scripts import calls, surroundings

BOOKWORM = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
NOBLE = """PRETTY_NAME="Ubuntu 24.04.1 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.1 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
"""
SID = 'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\nID=debian\n'
FEDORA = (
    'NAME="Fedora Linux"\nVERSION="40 (Container Image)"\nID=fedora\nVERSION_ID=40\nVERSION_CODENAME=""\n'
)
ROCKY = 'NAME="Rocky Linux"\nVERSION="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'
CENTOS = 'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n'
AMAZON = 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n'
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n'
STRETCH = 'PRETTY_NAME="Debian GNU/Linux 9 (stretch)"\nVERSION_ID="9"\nID=debian\nNAME="Debian GNU/Linux"\n'


def printed(command: str, os_release: str, **files: str) -> str:
    """What a command prints in an image; ``?`` where that is not known."""
    contents = {"/etc/os-release": os_release, "/usr/lib/os-release": os_release}
    contents |= {f"/etc/{name.replace('_r', '-r')}": text for name, text in files.items()}
    around = replace(surroundings(), files=ImageFiles((), BaseLayer(BaseContents(contents))))
    (words,) = [words for words in calls(f'a "$({command})"', around) if words[0] == "a"]
    return words[1] if not words[1].startswith("?") else "?"


@pytest.mark.parametrize(
    ("command", "os_release", "wanted"),
    [
        ("lsb_release -cs", BOOKWORM, "bookworm"),
        ("lsb_release -sc", NOBLE, "noble"),
        ("lsb_release -i -s", BOOKWORM, "Debian"),
        ("lsb_release --id --short", NOBLE, "Ubuntu"),
        ("lsb_release -is | tr '[:upper:]' '[:lower:]'", NOBLE, "ubuntu"),
        ("lsb_release -rs", NOBLE, "24.04"),
        ("lsb_release -c | cut -f2", BOOKWORM, "bookworm"),
        ("lsb_release -ric", BOOKWORM, "Distributor ID:\tDebian\nRelease:\t12\nCodename:\tbookworm"),
        ("lsb_release -cs", SID, "?"),
        ("lsb_release -cs", ALPINE, "?"),
        ("lsb_release -xs", BOOKWORM, "?"),
        ("rpm -E %fedora", FEDORA, "40"),
        ("rpm -E %{fedora}", FEDORA, "40"),
        ("rpm --eval='%{?rhel}%{?fedora}'", FEDORA, "40"),
        ("rpm -E '%{?rhel}%{?fedora}'", ROCKY, "9"),
        ("rpm -E %rhel", ROCKY, "9"),
        ("rpm --eval '%{centos}'", CENTOS, "7"),
        ("rpm -E %{?dist}", FEDORA, ".fc40"),
        ("rpm -E https://example.org/el%{rhel}.rpm", ROCKY, "https://example.org/el9.rpm"),
        ("rpm -E %amzn", AMAZON, "2023"),
        ("rpm -E %{_libdir}", FEDORA, "?"),
        ("rpm -E %rhel", ALPINE, "?"),
        ('. /etc/os-release; echo "$ID-$VERSION_ID"', FEDORA, "fedora-40"),
        ('. /etc/os-release && echo "${UBUNTU_CODENAME:-$VERSION_CODENAME}"', NOBLE, "noble"),
        ('. /etc/os-release && echo "${UBUNTU_CODENAME:-$VERSION_CODENAME}"', BOOKWORM, "bookworm"),
        ("source /etc/os-release; echo ${VERSION_ID%%.*}", ROCKY, "9"),
        ("sh -c '. /etc/os-release; echo $ID'", ALPINE, "alpine"),
        ("grep ^VERSION_ID= /etc/os-release | cut -d= -f2 | tr -d '\"'", NOBLE, "24.04"),
        ("awk -F= '/^VERSION_CODENAME/{print $2}' /etc/os-release", BOOKWORM, "bookworm"),
        ("sed -n 's/^ID=//p' /usr/lib/os-release", BOOKWORM, "debian"),
        ("grep -q debian /etc/os-release && echo yes || echo no", BOOKWORM, "yes"),
        ("grep -q debian /etc/os-release && echo yes || echo no", FEDORA, "no"),
        ("cat /etc/os-release | grep -E '^ID=' | cut -c4-", FEDORA, "fedora"),
        ("[ -f /etc/debian_version ] && echo deb || echo other", FEDORA, "other"),
        ("if test -e /etc/fedora-release; then echo f; else echo other; fi", BOOKWORM, "other"),
        ("[[ -r /etc/os-release ]] && echo there", BOOKWORM, "there"),
        ("if [ -d /etc/apk ]; then echo a; else echo other; fi", BOOKWORM, "other"),
    ],
)  # fmt: skip
def test_what_the_distribution_answers(command: str, os_release: str, wanted: str) -> None:
    assert printed(command, os_release) == wanted


def test_files_of_one_distribution() -> None:
    assert printed("cut -d. -f1,2 /etc/alpine-release", ALPINE, alpine_release="3.20.3\n") == "3.20"
    egrep = r"egrep -o '^[0-9]+\.[0-9]+' /etc/alpine-release"
    assert printed(egrep, ALPINE, alpine_release="3.20.3\n") == "3.20"
    assert printed("cut -d. -f1 < /etc/debian_version", BOOKWORM, debian_version="12.7\n") == "12"
    assert printed("lsb_release -rs", STRETCH, debian_version="9.13\n") == "9.13"
    assert printed("[ -s /etc/debian_version ] && echo yes", BOOKWORM, debian_version="12.7\n") == "yes"


@pytest.mark.skipif(not shutil.which("lsb_release"), reason="lsb_release is not installed")
@pytest.mark.parametrize("os_release", [BOOKWORM, NOBLE, FEDORA])
@pytest.mark.parametrize("options", ["-is", "-rs", "-r", "-i", "-sri"])
def test_the_program_itself_prints_the_same(os_release: str, options: str, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text(os_release)
    environment = {**os.environ, "LSB_OS_RELEASE": str(tmp_path / "os-release")}
    ran = subprocess.run(
        ["lsb_release", options],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert printed(f"lsb_release {options}", os_release) == ran.stdout.rstrip("\n")


VALUES = st.one_of(
    st.text(st.sampled_from("ab1 .$`\\\"'#-=;&|(){}<>*~!\t"), max_size=8),
    st.sampled_from(
        ['"a b"', "'a b'", "12.04", '"a\\"b"', '"a\\nb"', "a b", "$X", '"$X"', "'$X'", '"a" # x', "a#b"]
    ),
)


@given(
    st.lists(st.tuples(st.sampled_from(["ID", "export ID", " ID", "VERSION_ID", "#ID"]), VALUES), max_size=4)
)
@example([("ID", '"a\\\\b"')])
def test_a_file_of_assignments_is_read_as_a_shell_reads_it(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in lines)
    found = assignments(text)
    if found is None:
        return
    names = ("ID", "VERSION_ID")
    script = (
        f'set -f; {text}\nprintf "%s\\0" {" ".join(f"${{{name}-none}}".join(chr(34) * 2) for name in names)}'
    )
    ran = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert ran.stdout.decode().split("\0")[:-1] == [found.get(name, "none") for name in names]
