from __future__ import annotations

import io

import msgspec
import pytest

from freshlayer.packages.apt.build_dependencies import pseudo_packages
from freshlayer.packages.apt.entries import ALL_NAMES, ESSENTIAL, TASKS, Name, entries_of
from freshlayer.packages.apt.installed import installed_of
from freshlayer.packages.apt.preferences import Policy
from freshlayer.packages.apt.relations import Alternative, Kind, clauses_of, provided_of
from freshlayer.packages.apt.removal import unneeded
from freshlayer.packages.apt.universe import Universe

PACKAGES = """\
Package: curl
Version: 7.88.1-10
Architecture: amd64
Depends: libc6 (>= 2.34),
 zlib1g (>= 1:1.1.4)
Provides: fetcher, web (= 1)
Task: server, web-server
Essential: yes
Description: x
 Depends: no
SHA256: aa

Package: curl
Version: 7.89
Architecture: all
MD5sum: bb


Package: wget
Provides: fetcher
Version: 1
"""


def entries(kind: str, text: str) -> dict[str, bytes]:
    return dict(entries_of(kind, io.BytesIO(text.encode())))


def test_a_name_has_its_versions_and_what_provides_it() -> None:
    found = entries("packages", PACKAGES)
    curl = msgspec.msgpack.decode(found["curl"], type=Name)
    assert [(one.version, one.architecture, one.sha256, one.digest) for one in curl.records] == [
        ("7.88.1-10", "amd64", "aa", ""),
        ("7.89", "all", "", "md5:bb"),
    ]
    assert curl.records[0].depends == "libc6 (>= 2.34),\n zlib1g (>= 1:1.1.4)"
    fetcher = msgspec.msgpack.decode(found["fetcher"], type=Name)
    assert (fetcher.records, fetcher.providers) == ([], ["curl", "wget"])
    assert found[ALL_NAMES] == b"curl\nwget"
    assert found[ESSENTIAL] == b"curl"
    assert msgspec.msgpack.decode(found[TASKS]) == {"server": ["curl"], "web-server": ["curl"]}
    assert set(found) == {"curl", "wget", "fetcher", "web", ALL_NAMES, TASKS, ESSENTIAL}


def test_an_empty_index_has_no_packages_and_lines_may_end_as_they_do_elsewhere() -> None:
    assert entries("packages", "")[ALL_NAMES] == b""
    assert entries("packages", PACKAGES.replace("\n", "\r\n"))[ALL_NAMES] == b"curl\nwget"


def test_a_stanza_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        entries("packages", "Package: x\n" + " y\n" * (4 << 20))


def test_relations() -> None:
    [first, second, third] = clauses_of("a (>= 1) | b:any, c [amd64] <!nocheck>,, d:i386 (< 2)", Kind.DEPENDS)
    assert first.alternatives == (Alternative("a", "", ">=", "1"), Alternative("b", "any"))
    assert second.alternatives == (Alternative("c"),)
    assert third.alternatives == (Alternative("d", "i386", "<=", "2"),)
    assert provided_of("a, b (= 2), c (>= 3)") == (Alternative("a"), Alternative("b", "", "=", "2"))


STATUS = """\
Package: app
Status: install ok installed
Version: 1
Architecture: amd64
Depends: lib | other

Package: lib
Status: hold ok installed
Version: 1
Architecture: amd64

Package: tool
Status: install ok installed
Version: 1
Architecture: all

Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: amd64
"""


def test_what_dpkg_has_installed() -> None:
    found = installed_of(STATUS, "Package: tool\nArchitecture: all\nAuto-Installed: 1\n")
    assert set(found.packages) == {("app", "amd64"), ("lib", "amd64"), ("tool", "all")}
    assert found.packages["lib", "amd64"].held
    assert found.mentioning("lib") == [("app", "amd64")]
    assert unneeded(found) == [("tool", "all")]


class Sources:
    """Source packages in memory."""

    digest = ""

    def __init__(self, text: str) -> None:
        self.entries = entries("sources", text)

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def open(self, key: str) -> io.BytesIO:
        return io.BytesIO(self.entries[key])


SOURCE = """\
Package: app
Version: 2
Build-Depends: a, b [i386], c [!i386] | d, e <!nocheck>, f <cross>, g [linux-any]
Build-Depends-Indep: h
Build-Conflicts: i
"""


@pytest.mark.parametrize(("indep", "depends"), [(True, "a, c | d, e, g, h"), (False, "a, c | d, e, g")])
def test_build_dependencies_that_count(indep: bool, depends: str) -> None:  # noqa: FBT001
    universe = Universe((), installed_of(""), Policy((), ()), ["amd64"])
    found = pseudo_packages(universe, [Sources(SOURCE)], ["app"], indep=indep, arch=True)
    _, version = found
    assert found[version] == "app"
    assert version.record.depends == depends
    assert version.record.conflicts == "i"
