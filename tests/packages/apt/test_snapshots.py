"""The archives of a day: which one a source has, and the line that apt reads."""

from __future__ import annotations

import pytest

from freshlayer.packages.apt.snapshots import as_of, lines_of, undated
from freshlayer.packages.apt.sources import sources_of

TIME = "20261101T235959Z"
OWN = {"deb.example:8080/debian": "https://s.example/{time}"}


DEBIAN = f"http://snapshot.debian.org/archive/debian/{TIME}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "deb http://deb.debian.org/debian bookworm main contrib",
            f"deb [check-valid-until=no] {DEBIAN} bookworm main contrib\n",
        ),
        (
            "deb https://deb.debian.org/debian-security/ a-security main",
            f"deb [check-valid-until=no] {DEBIAN.replace('debian/', 'debian-security/')} a-security main\n",
        ),
        (
            "deb [arch=amd64 signed-by=/k trusted=yes] http://deb.example:8080/debian a/",
            f"deb [arch=amd64 check-valid-until=no signed-by=/k trusted=yes] https://s.example/{TIME} a/\n",
        ),
        ("deb http://elsewhere.example/debian bookworm main", ""),
        ("deb http://snapshot.debian.org/archive/debian/20200101T000000Z bookworm main", ""),
    ],
)
def test_the_line_of_an_archive(line: str, expected: str) -> None:
    found = sources_of({"/etc/apt/sources.list": line}, "amd64")
    assert lines_of(found, TIME, OWN) == expected


def test_a_source_of_several_lines_keeps_its_key() -> None:
    text = (
        "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie trixie-updates\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n"
    )
    found = sources_of({"/etc/apt/sources.list.d/debian.sources": text}, "amd64")
    lines = lines_of(found, TIME, {}).splitlines()
    assert [it.split()[-2] for it in lines] == ["trixie", "trixie-updates"]
    assert all("signed-by=/usr/share/keyrings/debian-archive-keyring.pgp]" in it for it in lines)


def test_a_source_without_an_archive_is_named() -> None:
    text = "deb http://deb.debian.org/debian a main\ndeb http://vendor.example/apt stable main\n"
    found = sources_of({"/etc/apt/sources.list": text}, "amd64")
    assert undated(found, TIME, {}) == "http://vendor.example/apt"
    assert undated(found, TIME, {"vendor.example/apt": "http://v.example/{time}"}) == ""
    dated = "deb http://snapshot.debian.org/archive/debian/20200101T000000Z a main\ndeb cdrom:[x]/ a main\n"
    found = sources_of({"/etc/apt/sources.list": dated}, "amd64")
    assert undated(found, TIME, {}) == ""
    assert tuple(as_of(found, TIME, {})) == found
