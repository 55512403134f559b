"""Locked packages as apt's preferences: exactly their versions, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freshlayer.decisions.package_pins import (
    LARGEST,
    LIST,
    PLACE,
    changes_place,
    is_hidden_by,
    pinned_in,
    preferences,
    version_locks,
    with_pins,
)
from freshlayer.model.lock import LockedPackage, LockedPackages, LockUser
from freshlayer.model.packages import (
    PackageAction,
    PackageChain,
    PackageCommand,
    PackagePins,
    PackageRun,
    PackagesWanted,
)
from freshlayer.packages.apt.choices import Distribution, package_url
from freshlayer.packages.apt.entries import Record
from freshlayer.packages.apt.preferences import pins_of

RUN = LockUser("Dockerfile", "0", "RUN")


def block(*packages: tuple[str, str]) -> LockedPackages:
    return LockedPackages(
        used_by=RUN,
        manager="apt",
        platform="linux/amd64",
        commands=("apt-get install a",),
        packages=tuple(LockedPackage(name, version, "") for name, version in packages),
    )


def test_each_package_has_a_pin_that_apt_reads() -> None:
    text = preferences(
        [block(("libgcc-s1", "1:12.2.0-14"), ("pkg:deb/debian/g++?arch=amd64", "4:12~rc1+b1"))]
    )
    assert text == (
        "Package: g++\nPin: version 4:12~rc1+b1\nPin-Priority: 1001\n\n"
        "Package: libgcc-s1\nPin: version 1:12.2.0-14\nPin-Priority: 1001\n"
    )
    assert [(it.names, it.data, it.priority) for it in pins_of({PLACE: text}, "")] == [
        (("g++",), "4:12~rc1+b1", 1001),
        (("libgcc-s1",), "1:12.2.0-14", 1001),
    ]


def test_the_name_of_a_package_url_is_decoded() -> None:
    purl = package_url(Distribution(), Record("g++", "4:12.2.0-3", "amd64"))
    assert "%2B" in purl
    assert preferences([block((purl, "4:12.2.0-3"))]).startswith("Package: g++\nPin: version 4:12.2.0-3\n")


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--mount=type=bind,from=a,source=/etc,target=/etc", True),
        ("--mount=type=bind,from=a,dst=/etc/", True),
        ("--mount=type=tmpfs,destination=//etc/apt/./preferences.d", True),
        ("--mount=type=bind,source=p,target=/etc/apt/preferences.d/00freshlayer", True),
        ('--mount="type=tmpfs","target=/etc/apt"', True),
        ("--mount=type=tmpfs,Target=/", True),
        ("--mount=type=tmpfs,target=etc", True),
        ("--mount=type=tmpfs,target=../etc", True),
        ("--mount=type=tmpfs,target=$A", True),
        ("--mount=type=cache,target=/var/cache/apt", False),
        ("--mount=type=bind,source=/etc/apt,target=/m", False),
        ("--mount=type=secret,id=a,target=/etc/apt/auth.conf", False),
        ("--mount=type=bind,source=p,target=/etc/apt/preferences", False),
        ("--mount=type=secret,id=a", False),
        ("--network=none", False),
    ],
)
def test_a_mount_over_the_preferences_hides_them(flag: str, *, expected: bool) -> None:
    assert is_hidden_by(flag) is expected


@pytest.mark.parametrize(
    "packages",
    [
        [("a", "1"), ("pkg:deb/debian/a?arch=i386", "2")],
        [("a", "1*")],
        [("a", "/1/")],
        [("a", "1\nPackage: *")],
        [("*", "1")],
        [("src:a", "1")],
        [("a b", "1")],
        [("A", "1")],
        [("a", "")],
        [(f"a{number}", "1" * 40) for number in range(LARGEST // 60)],
    ],
)
def test_what_is_no_single_version_of_a_package_pins_nothing(packages: list[tuple[str, str]]) -> None:
    assert preferences([block(*packages)]) == ""


def commands() -> Iterator[PackageCommand]:
    yield PackageCommand("apt", "apt-get", PackageAction.UPDATE)
    yield PackageCommand("apt", "apt-get", PackageAction.INSTALL, ("a",), files={"/etc/apt/x": "y"})
    yield PackageCommand("apk", "apk", PackageAction.INSTALL, ("b",))


def test_only_commands_of_apt_that_choose_see_them() -> None:
    runs = tuple(PackageRun(number, number + 10, tuple(commands())) for number in (1, 2))
    wanted = PackagesWanted((PackageChain(("", ""), runs),))
    pins = PackagePins("apt", PLACE, "text")
    found = with_pins(wanted, {1: (pins,)})
    (first, second) = found.chains[0].runs
    assert [PLACE in it.files for it in first.commands] == [False, True, False]
    assert first.commands[1].files["/etc/apt/x"] == "y"
    assert second == runs[1]
    assert list(pinned_in(found)) == [(11, pins)]
    assert list(pinned_in(wanted)) == []


def test_each_rpm_has_a_rule_as_the_plugin_writes_it() -> None:
    text = version_locks(
        [block(("bash", "5.1-1.el9"), ("pkg:rpm/a/gcc-c%2B%2B?arch=x86_64", "1:3.1~rc1-2^a"))]
    )
    assert text == "bash-0:5.1-1.el9.*\ngcc-c++-1:3.1~rc1-2^a.*\n"


@pytest.mark.parametrize(
    "packages",
    [
        [("a", "1-1"), ("pkg:rpm/a/a?arch=i686", "2-1")],
        [("a", "1")],
        [("a", "1-*")],
        [("a", "1-1\n!bash")],
        [("!a", "1-1")],
        [("a*", "1-1")],
        [("a", "x:1-1")],
        [(f"a{number}", "1-1") for number in range(2001)],
    ],
)
def test_what_is_no_single_version_of_an_rpm_has_no_rules(packages: list[tuple[str, str]]) -> None:
    assert version_locks([block(*packages)]) == ""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (PackageCommand("rpm", "dnf", PackageAction.INSTALL, ("a",)), False),
        (PackageCommand("rpm", "dnf", PackageAction.INSTALL, ("a",), files={LIST: "b-0:1-1.*"}), True),
        (PackageCommand("rpm", "dnf", PackageAction.INSTALL, ("a",), files={LIST: "c-0:1-1.*"}), False),
        (PackageCommand("rpm", "dnf", PackageAction.CONFIGURE, ("a",), (("versionlock", "add"),)), True),
        (PackageCommand("apt", "apt-mark", PackageAction.CONFIGURE, ("a",)), False),
    ],
)
def test_a_dockerfile_that_changes_the_list_itself(command: PackageCommand, *, expected: bool) -> None:
    assert (
        changes_place(PackageChain(("", ""), (PackageRun(1, 1, (command,)),)), "rpm", "c-0:1-1.*") is expected
    )
