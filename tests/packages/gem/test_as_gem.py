"""What gem itself would install from a source, command by command, is what we choose."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.model.packages import Resolution
from freshlayer.packages.gem.manager import read_info
from freshlayer.packages.gem.versions import compare, fits, requirement_of
from testing.gem_source import Gem, GemSource
from testing.named_packages import line_of, resolved

GEMS: dict[str, Sequence[Gem]] = {
    "plain": [Gem(it) for it in ("1.0", "1.2.0", "1.10", "2.0.pre1", "1.9.9", "0.9")],
    "letters": [Gem(it) for it in ("1.0.a", "1.0.b2", "1.0.b10", "1.0.rc1", "1.0.0")],
    "early": [Gem("0.1.pre"), Gem("0.2.beta")],
    "zeros": [Gem("1.0.0"), Gem("1.0.0.1"), Gem("0.9")],
    "native": [Gem("1.0"), Gem("1.1"), Gem("1.1", "x86_64-linux"), Gem("1.1", "aarch64-linux")],
    "java": [Gem("1.0"), Gem("1.2", "java"), Gem("1.3", "x64-mingw32"), Gem("1.4", "arm64-darwin")],
    "newer-ruby": [Gem("1.0", ruby=">= 2.0"), Gem("2.0", ruby=">= 99")],
    "old-ruby": [Gem("1.0"), Gem("2.0", ruby=">= 2.0&< 2.6"), Gem("1.5", ruby="~> 3.0")],
    "fat": [Gem("1.0"), Gem("1.1", ruby=">= 2.5"), Gem("1.1", "x86_64-linux", ">= 2.5&< 2.9.dev")],
    "Case_Name.x": [Gem("1.0"), Gem("1.1")],
}

CASES = (
    "plain",
    "plain --pre",
    "plain --no-document -N",
    "plain -v 1.2.0",
    "plain -v 1.2",
    "plain --version=1.9.9",
    "plain:1.0",
    "plain:1.0 zeros:1.0.0",
    "plain -v '< 1.10'",
    "plain -v '~> 1.1'",
    "plain -v '~> 1.2.0'",
    "plain -v '~> 1'",
    "plain -v '>= 1, != 1.10'",
    "plain -v '!= 1.10'",
    "plain -v '> 1.2, <= 1.9.9'",
    "plain -v '>= 2.0.a'",
    "plain -v 2.0.pre1",
    "letters",
    "letters -v 1.0.b2",
    "letters -v '~> 1.0.b'",
    "letters -v '< 1.0.rc1'",
    "early --prerelease",
    "zeros",
    "zeros -v '~> 1.0.0'",
    "native",
    "java",
    "newer-ruby",
    "old-ruby",
    "fat",
    "Case_Name.x",
    "plain native -- --with-flags",
)


@pytest.fixture(scope="module")
def source() -> Iterator[GemSource]:
    with GemSource() as found:
        for name, gems in GEMS.items():
            found.publish(name, *gems)
        yield found


@pytest.fixture(scope="module")
def ruby() -> str:
    if shutil.which("gem") is None:
        pytest.skip("gem is not installed, and scripts/setup can't install it here")
    done = subprocess.run(["ruby", "-e", "print RUBY_VERSION"], check=True, capture_output=True, text=True)
    return done.stdout


def words_of(case: str) -> list[str]:
    return [it.strip("'") for it in re.findall(r"'[^']*'|\S+", case)]


def chosen(source: GemSource, case: str, ruby: str) -> Resolution:
    line = line_of("gem", "install", *words_of(case))
    options = (("source", source.url), *line.options)
    return resolved("gem", line.words, options, environment=[("RUBY_VERSION", ruby)])


@pytest.mark.parametrize("case", CASES)
def test_the_version_is_the_one_that_gem_takes(
    case: str, source: GemSource, ruby: str, tmp_path: Path
) -> None:
    """Gem requests the specification of what it chose."""
    argv = ["gem", "install", "--norc", "--explain", "--clear-sources", "--source", source.url]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    words = words_of(case)
    for word in [it for it in words[:2] if it.split(":")[0] in GEMS]:
        # Of several gems it requests one after the other, and ends at the first that is not there.
        alone = [word, *(it for it in words if it.split(":")[0] not in GEMS)]
        source.server.requests()
        subprocess.run([*argv, *alone], check=False, capture_output=True, timeout=60, env=environment)
        asked = [it.target for it in source.server.requests() if it.target.startswith("/quick/")]
        assert asked, alone
        taken = asked[0].rpartition("/")[2].removesuffix(".gemspec.rz")
        found = chosen(source, case, ruby)
        assert found.problem is None
        by_name = {f"{it.name}-{it.version}": it for it in found.packages}
        assert taken in by_name
        (gem,) = (it for it in GEMS[by_name[taken].name] if it.full == by_name[taken].version)
        assert by_name[taken].digest == f"sha256:{gem.digest(by_name[taken].name)}"


@pytest.mark.parametrize("case", ["plain -v '~> 7'", "absent", "early", "plain -v 'x'"])
def test_what_is_not_there_is_a_problem(case: str, source: GemSource) -> None:
    found = chosen(source, case, "3.1.2")
    assert found.problem is not None
    assert not found.unreachable


def test_a_musl_base_takes_gems_for_musl_before_others() -> None:
    """By the rules of RubyGems 3.3.22 and newer, which Debian 12 does not have."""
    gems = [Gem("1.0"), *(Gem("1.0", f"x86_64-linux{it}") for it in ("", "-gnu", "-musl"))]
    with GemSource() as source:
        source.publish("native", *gems)
        options = [("source", source.url)]
        taken = {
            reference: resolved("gem", ["native"], options, reference=reference).packages[0].version
            for reference in ("docker.io/library/ruby:3.3-alpine", "docker.io/library/ruby:3.3")
        }
        arm = resolved("gem", ["native"], options, architecture="arm64").packages[0].version
        built = resolved("gem", ["native"], [*options, ("platform", "ruby")]).packages[0].version
    assert built == "1.0"
    assert list(taken.values()) == ["1.0-x86_64-linux-musl", "1.0-x86_64-linux-gnu"]
    assert arm == "1.0"


def test_the_sources_of_a_gemrc_count_and_one_of_them_is_enough(source: GemSource) -> None:
    with GemSource() as other:
        other.publish("plain", Gem("9.0"))
        other.publish("mine", Gem("0.1"))
        listed = f":sources:\n- {source.url}/\n- {other.url}/\n"
        text = f"---\n:verbose: true\n{listed}:update_sources: true\n:others:\n- no\n"
        found = resolved("gem", ["mine", "plain"], files={"/root/.gemrc": text})
    assert {it.purl: it.version for it in found.packages} == {"pkg:gem/mine": "0.1", "pkg:gem/plain": "9.0"}


def test_a_source_that_is_down_is_unreachable() -> None:
    with GemSource() as source:
        pass
    found = resolved("gem", ["plain"], [("source", source.url)])
    assert found.problem is not None
    assert found.unreachable


_PARTS = st.sampled_from(["0", "1", "2", "10", "a", "b", "pre", "rc1"])
_VERSIONS = st.lists(_PARTS, min_size=1, max_size=4).map(lambda parts: ".".join(["1", *parts]))


@given(_VERSIONS, _VERSIONS, _VERSIONS)
def test_versions_are_in_one_order(one: str, two: str, three: str) -> None:
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@pytest.mark.parametrize("text", ["", "~>", "1 2", "=> 1", "1" * 500, ">= x", "1,"])
def test_what_is_no_requirement(text: str) -> None:
    assert requirement_of(text) is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xff", b"{}", b"1.0\n", b"---\n" + b"1.0" * 200 + b" |checksum:x\n"]
)
def test_an_info_of_another_form_has_no_release(body: bytes) -> None:
    try:
        entries = dict(read_info(body))
    except ValueError:
        return
    assert entries == {"releases": b"\x90"}


def test_a_digest_that_is_none_is_left_out() -> None:
    assert b"sha256" not in dict(read_info(b"---\n1.0 |checksum:\x1b[31m\n"))["releases"]


def test_a_requirement_of_words_holds_for_what_is_before_its_release() -> None:
    wanted = requirement_of("~> 1.0.b")
    assert wanted is not None
    assert [it for it in ("1.0.a", "1.0.b", "1.0.rc", "1.9", "2.0") if fits(it, wanted)] == [
        *("1.0.b", "1.0.rc", "1.9")
    ]
