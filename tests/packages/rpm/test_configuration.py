"""What a command reads and how it chooses, from the text of files and its options."""

from __future__ import annotations

import pytest

from freshlayer.model.base_image import InstalledRpm, RpmRelation
from freshlayer.packages.rpm.configuration import Configuration, configuration
from freshlayer.packages.rpm.options import Options
from freshlayer.packages.rpm.variables import expanded, release_version, variables

REPOS = """\
[one]
name = One
baseurl = https://one.test/$basearch
 https://mirror.test/${releasever}/
priority=10
exclude = a b*,c
[two]
mirrorlist=https://two.test/?release=$releasever&arch=$basearch
enabled=0
cost=5
module_hotfixes=1
[three-debug]
metalink=https://three.test/metalink
"""


def read(program: str = "dnf", main: str = "[main]\n", **options: str) -> Configuration:
    files = {
        "/etc/dnf/dnf.conf": main,
        "/etc/yum.repos.d/a.repo": REPOS,
        "/etc/os-release": "ID=fedora\nVERSION_ID=39\n",
    }
    pairs = [(name.replace("_", "-"), one) for name, value in options.items() for one in value.split(";")]
    return configuration(program, files, Options.of(pairs), {"basearch": "x86_64", "releasever": "39"})


def test_a_repository_is_read_with_its_variables() -> None:
    one = read().repositories[0]
    assert one.urls == ("https://one.test/x86_64", "https://mirror.test/39/")
    assert (one.priority, one.exclude, one.problem) == (10, ("a", "b*", "c"), "")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["one", "three-debug"]),
        ({"enablerepo": "two"}, ["one", "two", "three-debug"]),
        ({"enablerepo": "*"}, ["one", "two", "three-debug"]),
        ({"disablerepo": "*-debug,one"}, []),
        ({"disablerepo": "*", "enablerepo": "two"}, ["two"]),
        ({"enablerepo": "two", "disablerepo": "*"}, []),
        ({"repo": "two"}, ["two"]),
        ({"setopt": "two.enabled=1;one.enabled=0"}, ["two", "three-debug"]),
        ({"repofrompath": "new,http://new.test/"}, ["one", "three-debug", "new"]),
        ({"repofrompath": "new,http://new.test/", "repo": "one"}, ["one", "new"]),
    ],
)
def test_options_enable_and_disable_in_their_order(options: dict[str, str], names: list[str]) -> None:
    assert [one.id for one in read(**options).repositories] == names


@pytest.mark.parametrize(
    ("main", "options", "weak", "best"),
    [
        ("[main]\n", {}, True, False),
        ("[main]\nbest=True\ninstall_weak_deps=False\n", {}, False, True),
        ("[main]\nbest=True\n", {"nobest": ""}, True, False),
        ("[main]\n", {"best": ""}, True, True),
        ("[main]\n", {"setopt": "install_weak_deps=0;best=1"}, False, True),
    ],
)
def test_weak_and_best_are_those_of_file_and_options(
    *,
    main: str,
    options: dict[str, str],
    weak: bool,
    best: bool,
) -> None:
    found = read(main=main, **options)
    assert (found.weak, found.best) == (weak, best)


def test_dnf5_takes_the_best_by_default() -> None:
    assert read("dnf5").best
    assert not read("microdnf").best


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a-${a}", "1-1"),
        ("$unknown", "$unknown"),
        ("${unknown:-x}", "x"),
        ("${a:-x}", "1"),
        ("${a:+x}${unknown:+y}", "x"),
        ("$abc", "$abc"),
    ],
)
def test_variables_are_expanded(text: str, value: str) -> None:
    assert expanded(text, {"a": "1"}) == value


@pytest.mark.parametrize(
    ("provides", "version"),
    [
        ((RpmRelation("system-release(releasever)", "=", "9-1"),), "9"),
        ((RpmRelation("system-release", "=", "9.4-1"),), "9.4"),
        ((RpmRelation("redhat-release"),), "9.4"),
        ((RpmRelation("other"),), "12"),
    ],
)
def test_the_release_is_that_of_the_release_package(provides: tuple[RpmRelation, ...], version: str) -> None:
    package = InstalledRpm("r", "9.4", "1", "noarch", provides=provides)
    assert release_version({"/etc/os-release": "VERSION_ID=12\n"}, [package]) == version


def test_variables_of_files_and_architecture() -> None:
    files = {
        "/etc/dnf/vars/stream": "9-stream\n",
        "/etc/yum/vars/infra": "container",
        "/etc/dnf/vars/d/x": "no",
    }
    found = variables(files, [], "arm64", "9.4")
    assert found["stream"] == "9-stream"
    assert found["infra"] == "container"
    assert (found["arch"], found["basearch"]) == ("aarch64", "aarch64")
    assert (found["releasever"], found["releasever_major"], found["releasever_minor"]) == ("9.4", "9", "4")
    assert "d/x" not in found
