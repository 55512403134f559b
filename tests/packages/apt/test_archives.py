"""Lines of real Dockerfiles, on the indexes of Debian: what freshlayer finds is what apt-get prints."""

from __future__ import annotations

import pytest

from freshlayer.model.packages import PackageAction, PackageCommand
from testing.apt_archives import ARCHIVES, answers
from testing.apt_root import chosen

LINES = (
    "--no-install-recommends curl ca-certificates",
    "curl",
    "--no-install-recommends curl ca-certificates git gnupg build-essential python3 jq",
    "curl ca-certificates git gnupg build-essential python3 jq",
    "--no-install-recommends git openssh-client",
    "--no-install-recommends nginx",
    "nginx",
    "--no-install-recommends ffmpeg",
    "--no-install-recommends python3 python3-pip python3-venv python3-dev gcc",
    "python3-pip",
    "--no-install-recommends nodejs npm",
    "--no-install-recommends chromium fonts-liberation",
    "--no-install-recommends default-jre-headless",
    "--no-install-recommends openjdk-17-jdk maven",
    "--no-install-recommends libpq-dev libxml2-dev libxslt1-dev zlib1g-dev libjpeg-dev",
    "--no-install-recommends libgl1 libglib2.0-0 libsm6 libxext6 libxrender1",
    "--no-install-recommends postgresql-client default-mysql-client sqlite3 redis-tools",
    "apache2 libapache2-mod-php php-mysql",
    "--no-install-recommends php-cli php-curl php-mbstring php-xml unzip",
    "ruby-full",
    "--no-install-recommends texlive-latex-base texlive-fonts-recommended",
    "--no-install-recommends wget gnupg2 software-properties-common apt-transport-https lsb-release",
    "--no-install-recommends xvfb xauth x11-utils",
    "locales tzdata sudo vim less procps iproute2 iputils-ping dnsutils net-tools",
    "--no-install-recommends cmake ninja-build clang lld ccache pkg-config",
    "--no-install-recommends imagemagick ghostscript poppler-utils tesseract-ocr",
    "supervisor cron logrotate rsyslog",
    "--no-install-recommends mail-transport-agent awk editor",
    "--no-install-recommends libcurl4-openssl-dev libssl-dev libcurl4-gnutls-dev-",
    "^libpq.*$",
    "openssh-server fail2ban",
)

OTHER_CHOICE: dict[tuple[str, str], str] = {}
"""(archive, line) → why freshlayer chooses otherwise than apt."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def compare(name: str, action: PackageAction, words: str) -> tuple[object, object]:
    """What apt-get and what freshlayer answer."""
    theirs = answers(name)
    root = theirs.root
    typed = words.split()
    options = tuple((word[2:], "") for word in typed if word.startswith("--"))
    packages = tuple(word for word in typed if not word.startswith("--"))
    command = PackageCommand("apt", "apt-get", action, packages, options, files=root.files)
    found = root.resolve(command)
    return theirs.choose(action.value, *typed), found.problem or chosen(found)


# All lines of an archive in turn: a worker reads the indexes of as few archives as it can.
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_line_installs_what_apt_installs(name: str, line: str) -> None:
    theirs, ours = compare(name, PackageAction.INSTALL, line)
    if (name, line) in OTHER_CHOICE:
        assert theirs != ours, "no longer an exception"
    else:
        assert isinstance(ours, dict) == isinstance(theirs, dict), theirs if isinstance(theirs, str) else ours
        assert isinstance(theirs, str) or ours == theirs


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("action", [PackageAction.UPGRADE, PackageAction.DIST_UPGRADE])
def test_an_upgrade_installs_what_apt_installs(name: str, action: PackageAction) -> None:
    theirs, ours = compare(name, action, "")
    assert ours == theirs


@pytest.mark.parametrize("line", ["curl", "libssl3", "--arch-only jq"])
def test_build_dependencies_are_those_of_apt(line: str) -> None:
    theirs, ours = compare("bookworm", PackageAction.BUILD_DEP, line)
    assert ours == theirs


def test_few_lines_are_exceptions() -> None:
    assert len(OTHER_CHOICE) <= len(LINES) * len(ARCHIVES) // 20
