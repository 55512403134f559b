"""The settings of package managers as a command finds them: of the base image, and what was written since."""

from __future__ import annotations

import pytest

from freshlayer.discover.files.base import BaseLayer
from freshlayer.discover.files.image import ImageFiles
from freshlayer.discover.files.texts import texts_below
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


def before(script: str, contents: BaseContents = DEBIAN) -> dict[str, str | Reason]:
    """What ``mark`` at the end of a script finds in /etc/apt."""

    def value(name: str) -> Hole:
        return Hole(Why.BASE, Reason("not-set", name), f"${{{name}}}")

    files = ImageFiles((), BaseLayer(contents))
    around = Surroundings(value, "linux/amd64", frozenset({"curl"}), files=files)
    (call,) = [call for call in follow(f"{script}\nmark", around).calls if call.words == (("mark",),)]
    return texts_below(call.files, "/etc/apt", NoDownloads())


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


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('echo "deb $MIRROR bookworm main" > /etc/apt/sources.list', "not-set"),
        ("echo deb $(hostname) bookworm main > /etc/apt/sources.list", "needs-command-output"),
        (
            "grep -q x /etc/hosts && echo 'deb http://x.example.org a b' > /etc/apt/sources.list",
            "not-computed",
        ),
        ("grep -q x /etc/hosts && rm /etc/apt/sources.list", "not-computed"),
        ("grep -q x /etc/hosts && sed -i s/a/b/ /etc/apt/sources.list", "not-computed"),
        ("perl -pi -e s/a/b/ /etc/apt/sources.list", "script-changed"),
    ],
)
def test_what_is_not_known_has_its_reason(script: str, code: str) -> None:
    found = before(script)["/etc/apt/sources.list"]
    assert isinstance(found, Reason)
    assert found.code == code


def test_a_file_that_was_left_out_is_there_and_has_a_reason() -> None:
    contents = BaseContents({}, left_out=("/etc/apt/sources.list",))
    found = before("[ -f /etc/apt/sources.list ] || echo x > /etc/apt/apt.conf.d/x", contents)
    assert isinstance(found["/etc/apt/sources.list"], Reason)


def test_a_base_with_a_huge_file_costs_nothing() -> None:
    found = before("true", BaseContents({"/etc/apt/sources.list": "#" * 10_000_000}))
    assert isinstance(found["/etc/apt/sources.list"], Reason)


def test_a_base_with_too_many_files_has_a_reason() -> None:
    found = before("true", BaseContents({f"/etc/apt/sources.list.d/{n}.list": "" for n in range(10_000)}))
    assert [reason.code for reason in found.values() if isinstance(reason, Reason)] == ["limit-reached"]
