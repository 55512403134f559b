"""The settings of package managers as a command finds them: of the base image, and what was written since."""

from __future__ import annotations

import pytest

from freshlayer.discover.files.base import BaseLayer
from freshlayer.discover.files.image import ImageFiles
from freshlayer.discover.package_files import manager_files
from freshlayer.model.base_image import BaseContents
from freshlayer.model.reasons import Reason
from freshlayer.shell import Hole, Surroundings, Why, follow
from freshlayer.shell.downloads import NoDownloads

SOURCES = "deb http://deb.debian.org/debian bookworm main\n"
DEBIAN = BaseContents(
    {
        "/etc/apt/sources.list": SOURCES,
        "/etc/apt/apt.conf.d/docker-clean": "DPkg::Post-Invoke {};\n",
        "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
        "/etc/debian_version": "12.7\n",
    }
)


def before(script: str, contents: BaseContents = DEBIAN) -> dict[str, str]:
    """What ``mark`` at the end of a script finds in /etc/apt."""

    def value(name: str) -> Hole:
        return Hole(Why.BASE, Reason("not-set", name), f"${{{name}}}")

    files = ImageFiles((), BaseLayer(contents))
    around = Surroundings(value, "linux/amd64", frozenset({"curl"}), files=files)
    (call,) = [call for call in follow(f"{script}\nmark", around).calls if call.words == (("mark",),)]
    found = manager_files("apt", call.files, NoDownloads())
    return {path: text for path, text in found.texts.items() if path.startswith("/etc/apt/")}


CLEAN = {"/etc/apt/apt.conf.d/docker-clean": "DPkg::Post-Invoke {};\n"}
MIRROR = "deb http://mirror.example.org/debian bookworm main\n"
MORE = "deb https://example.org/apt bookworm main\n"


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("true", {"/etc/apt/sources.list": SOURCES, **CLEAN}),
        ("rm /etc/apt/sources.list", CLEAN),
        ("rm -rf /etc/apt/sources.list /etc/apt/apt.conf.d/*", {}),
        ("cd /etc/apt; rm -f *.list", CLEAN),
        ("sed -i 's/deb.debian.org/mirror.example.org/' /etc/apt/sources.list",
         {"/etc/apt/sources.list": MIRROR, **CLEAN}),
        ("sed -i 's/deb.debian.org/mirror.example.org/' /etc/apt/*.list",
         {"/etc/apt/sources.list": MIRROR, **CLEAN}),
        ("echo 'deb https://example.org/apt bookworm main' > /etc/apt/sources.list",
         {"/etc/apt/sources.list": MORE, **CLEAN}),
        ("echo 'deb https://example.org/apt bookworm main' >> /etc/apt/sources.list",
         {"/etc/apt/sources.list": SOURCES + MORE, **CLEAN}),
        (('. /etc/os-release; echo "deb https://example.org/apt $VERSION_CODENAME main" '
         "| tee /etc/apt/sources.list.d/x.list"),
         {"/etc/apt/sources.list": SOURCES, "/etc/apt/sources.list.d/x.list": MORE, **CLEAN}),
        ('echo "deb https://example.org/apt $(lsb_release -cs) main" >/etc/apt/sources.list.d/x.list',
         {"/etc/apt/sources.list": SOURCES, "/etc/apt/sources.list.d/x.list": MORE, **CLEAN}),
        ("cat >/etc/apt/sources.list <<EOF\ndeb https://example.org/apt bookworm main\nEOF",
         {"/etc/apt/sources.list": MORE, **CLEAN}),
        ("cp /etc/apt/sources.list /etc/apt/sources.list.d/y.list; mv /etc/apt/sources.list /tmp",
         {"/etc/apt/sources.list.d/y.list": SOURCES, **CLEAN}),
        ("if [ -f /etc/apt/sources.list ]; then rm /etc/apt/sources.list; fi", CLEAN),
        ("[ ! -e /etc/alpine-release ] || rm /etc/apt/sources.list",
         {"/etc/apt/sources.list": SOURCES, **CLEAN}),
        ("[ -d /etc/yum.repos.d ] || rm /etc/apt/sources.list", CLEAN),
        ("case $(cut -d. -f1 /etc/debian_version) in 12) rm /etc/apt/sources.list ;; esac", CLEAN),
        ("echo secret > /etc/apt/keyrings/k.asc", {"/etc/apt/sources.list": SOURCES, **CLEAN}),
    ],
)  # fmt: skip
def test_what_a_command_finds(script: str, wanted: dict[str, str]) -> None:
    assert before(script) == dict(sorted(wanted.items()))
