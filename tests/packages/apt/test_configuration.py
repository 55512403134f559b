from __future__ import annotations

import pytest

from freshlayer.packages.apt.configuration import configuration_of
from freshlayer.packages.apt.preferences import NEVER, Origin, Policy, pins_of, release_matches
from freshlayer.packages.apt.sources import is_skipped, sources_of, why_not_read

CONF = "/etc/apt/apt.conf.d/50x"


def test_blocks_lists_and_comments_are_read() -> None:
    found = configuration_of(
        {
            CONF: """
            // a comment
            APT { Install-Recommends "0"; /* another { */
                  NeverAutoRemove { "^linux.*"; "x"; }; };
            Acquire::http::Proxy "http://proxy:3128"; # the last
            APT::Architectures { "amd64"; "i386"; };
            """
        }
    )
    assert not found.flag("APT::Install-Recommends", default=True)
    assert found.list("apt::neverautoremove") == ("^linux.*", "x")
    assert found.text("acquire::HTTP::proxy") == "http://proxy:3128"
    assert found.list("APT::Architectures") == ("amd64", "i386")


def test_clear_removes_what_is_below() -> None:
    found = configuration_of({CONF: 'A::B { "x"; "y"; };\n#clear A::B;\nA::B:: "z";'})
    assert found.list("A::B") == ("z",)


def test_later_files_and_the_command_line_win() -> None:
    files = {
        CONF: 'APT::Install-Recommends "true";',
        "/etc/apt/apt.conf.d/60y": 'APT::Install-Recommends "false";',
        "/etc/apt/apt.conf.d/70z.bak": 'APT::Install-Recommends "true";',
        "/etc/apt/apt.conf": 'APT::Default-Release "stable";',
    }
    found = configuration_of(files)
    assert not found.flag("APT::Install-Recommends", default=True)
    assert found.text("APT::Default-Release") == "stable"
    typed = configuration_of(files, [("APT::Install-Recommends", "1"), ("target-release", "sid")])
    assert typed.flag("APT::Install-Recommends", default=False)
    assert typed.text("APT::Default-Release") == "sid"


@pytest.mark.parametrize(("value", "flag"), [("", False), ("false", True), ("no", True), ("true", False)])
def test_an_option_may_be_turned_off(value: str, flag: bool) -> None:  # noqa: FBT001
    found = configuration_of({}, [("no-install-recommends", value)])
    assert found.flag("APT::Install-Recommends", default=True) is flag


@pytest.mark.parametrize(
    "text", ["{{{{", "}}}}", 'A "x', "A { B { C", "#clear", ";;;", "{" * 5000 + "}" * 5000, "/* " * 50000]
)
def test_no_text_is_an_error(text: str) -> None:
    configuration_of({CONF: text})


LIST = "/etc/apt/sources.list.d/x.list"
DEB822 = "/etc/apt/sources.list.d/x.sources"


def test_one_line_entries() -> None:
    text = (
        "# deb http://no/ x main\n"
        "deb [arch=amd64,arm64 signed-by=/k.gpg trusted=yes] https://example.org/debian/ stable main extra\n"
        "deb-src http://example.org/debian stable main # why\n"
        "deb http://example.org/$(ARCH) ./\n"
        "deb http://user:key@example.org:8080/flat dir/\n"
        "nonsense\n"
    )
    first, source, here, below = sources_of({LIST: text}, "amd64")
    assert first.directory == "https://example.org/debian/dists/stable/"
    assert first.components == ("main", "extra")
    assert first.architectures(("arm64", "i386")) == ("arm64",)
    assert first.trusted
    assert source.kind == "deb-src"
    assert here.directory == "http://example.org/amd64/"
    assert here.flat
    assert below.directory == "http://user:key@example.org:8080/flat/dir/"
    assert below.site == "example.org"


def test_deb822_entries() -> None:
    text = (
        "Types: deb deb-src\nURIs: http://a.example/ubuntu http://b.example/ubuntu\n"
        "Suites: noble noble-updates\nComponents: main universe\nArchitectures-Remove: i386\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n x\n\n"
        "# a comment\nTypes: deb\nURIs: http://off.example/\nSuites: x\nComponents: y\nEnabled: no\n"
    )
    found = sources_of({DEB822: text}, "amd64")
    assert len(found) == 8
    assert {source.components for source in found} == {("main", "universe")}
    assert found[0].architectures(("amd64", "i386")) == ("amd64",)


def test_a_source_that_is_named_twice_counts_once_and_files_of_other_names_do_not() -> None:
    line = "deb http://a.example/ x main\n"
    files = {
        LIST: line * 2,
        "/etc/apt/sources.list": line,
        "/etc/apt/sources.list.d/y.list.save": "deb http://b x m",
    }
    assert len(sources_of(files, "amd64")) == 1


@pytest.mark.parametrize(
    "uri", ["file:/repo", "copy:/repo", "mirror+http://a/list", "tor+http://a/", "s3://x"]
)
def test_a_source_that_is_not_read_has_a_reason(uri: str) -> None:
    [source] = sources_of({LIST: f"deb {uri} stable main"}, "amd64")
    reason = why_not_read(source)
    assert reason is not None
    assert reason.code == "apt-source-not-read"
    assert uri in reason.text


def test_a_cdrom_is_left_out() -> None:
    [source] = sources_of({LIST: "deb cdrom:[Debian]/ stable main"}, "amd64")
    assert is_skipped(source)


STABLE = Origin("stable", "bookworm", "12.5", "Debian", "Debian", "main", "amd64", "deb.debian.org")
BACKPORTS = Origin(
    *("stable-backports", "bookworm-backports", "", "Debian Backports", "Debian Backports", "main", "amd64"),
    site="deb.debian.org",
    not_automatic=True,
    but_automatic_upgrades=True,
)
SOURCE = ("x", "1")


def policy(text: str, target: str = "") -> Policy:
    return Policy(pins_of({"/etc/apt/preferences.d/x": text}, target), [STABLE, BACKPORTS])


def test_priorities_without_pins() -> None:
    assert policy("").priorities == [500, 100]
    assert policy("", "bookworm-backports").priorities == [500, 990]


@pytest.mark.parametrize(
    ("package", "pin", "priorities"),
    [
        ("*", "release a=stable", [7, 100]),
        ("*", "release n=bookworm*", [7, 7]),
        ("*", "release o=Debian, v=12*, c=main", [7, 100]),
        ("*", "origin deb.debian.org", [7, 7]),
        ("*", 'origin ""', [500, 100]),
        ("x", "release a=stable-backports", [500, 7]),
        ("y x z", "version 1.*", [7, 7]),
        ("/^x/", "version 1.2-1", [7, 7]),
        ("x*", "release l=Debian", [7, 100]),
        ("src:x", "release l=Debian", [7, 100]),
        ("y", "release l=Debian", [500, 100]),
        ("*", "version 1.*", [500, 100]),
    ],
)
def test_pins(package: str, pin: str, priorities: list[int]) -> None:
    found = policy(f"Explanation: why\nPackage: {package}\nPin: {pin}\nPin-Priority: 7\n")
    assert [found.priority("x", SOURCE, "1.2-1", [number]) for number in (0, 1)] == priorities


def test_never_wins_over_other_pins_and_the_first_pin_over_later_ones() -> None:
    text = (
        "Package: *\nPin: release a=stable\nPin-Priority: 7\n\n"
        "Package: *\nPin: release a=stable\nPin-Priority: 9\n\n"
        "Package: *\nPin: release n=bookworm-backports\nPin-Priority: 9\n\n"
        "Package: *\nPin: release n=bookworm-backports\nPin-Priority: never\n"
    )
    assert policy(text).priorities == [7, NEVER]


def test_a_release_by_its_version_and_by_a_bare_name() -> None:
    assert release_matches("12.*", STABLE)
    assert release_matches("bookworm", STABLE)
    assert release_matches("stable", STABLE)
    assert not release_matches("sid", STABLE)
    assert not release_matches("q=1", STABLE)
