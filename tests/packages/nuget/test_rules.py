"""NuGet by its published rules: package versioning and dependency resolution on learn.microsoft.com/nuget.

dotnet is in none of the distributions that this suite installs from, so there is no oracle.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.model.packages import Resolution
from freshlayer.packages.nuget.versions import choose, version_of, wanted_of
from testing.named_packages import line_of, resolved
from testing.nuget_source import NugetSource

_MANY = (
    "1.0.0 1.1.0-beta 1.1.0 1.1.1 1.2.0 1.3.0-beta.2 1.3.0-beta.11 1.3.0-rc.1 2.0.0-alpha 2.0.0"
    " 2.1.0-preview.1"
)


@pytest.mark.parametrize(
    ("wanted", "versions", "taken"),
    [
        # "Version ranges": a version is a minimum, and the lowest that fits is taken.
        ("1.0", "0.9 1.1 1.2", "1.1"),
        ("1.0", "1.0 1.1", "1.0"),
        ("[1.0]", "1.0 1.1", "1.0"),
        ("[1.0]", "1.1", None),
        ("(1.0,)", "1.0 1.1 1.2", "1.1"),
        ("(,1.0]", "0.8 0.9 1.0", "0.8"),
        ("(,1.0)", "0.9 1.0", "0.9"),
        ("[1.0,2.0]", "1.5 2.0", "1.5"),
        ("(1.0,2.0)", "1.0 2.0", None),
        ("[1.0,2.0)", "1.0 1.9 2.0", "1.0"),
        ("[1.0,2.0)", "1.5-beta 1.6", "1.6"),
        ("[1.5-alpha,2.0)", "1.5-beta 1.6", "1.5-beta"),
        # "Floating versions": the highest that matches.
        ("*", _MANY, "2.0.0"),
        ("1.*", _MANY, "1.2.0"),
        ("1.1.*", _MANY, "1.1.1"),
        ("1.1.*", "1.1.0 1.1.10 1.1.9 1.2.0", "1.1.10"),
        ("1.2.3.*", "1.2.3 1.2.3.4 1.2.3.11 1.2.4", "1.2.3.11"),
        ("1.*", "2.0 3.0", "2.0"),
        ("4.*", "1.0 3.0", None),
        ("*-*", _MANY, "2.1.0-preview.1"),
        ("1.*-*", _MANY, "1.3.0-rc.1"),
        ("1.3.0-beta.*", _MANY, "1.3.0-beta.11"),
        ("1.3.0-*", _MANY, "1.3.0-rc.1"),
        ("1.1.0-*", _MANY, "1.1.0"),
        ("2.*-alpha*", _MANY, "2.0.0"),
        ("[1.*,2.0)", _MANY, "1.2.0"),
        ("", _MANY, "2.0.0"),
        ("", "1.0-beta", None),
        # "Normalized version numbers" and the order of pre-releases.
        ("*", "1.0.0.0 1.0.0.1 1.00", "1.0.0.1"),
        ("*-*", "1.0.0-a 1.0.0-B 1.0.0-1", "1.0.0-B"),
        ("*-*", "1.0.0-beta.9 1.0.0-beta.10", "1.0.0-beta.10"),
        ("*-*", "1.0.0-rc 1.0.0+build", "1.0.0+build"),
    ],
)
def test_which_version_is_taken(wanted: str, versions: str, taken: str | None) -> None:
    known = {version: text for text in versions.split() if (version := version_of(text))}
    parsed = wanted_of(wanted)
    assert parsed is not None
    best = choose(parsed, known)
    assert (known[best] if best else None) == taken


@pytest.mark.parametrize(
    "text", ["x", "[1.0", "(1.0)", "1.*.2", "[,]", "1.0,2.0", "1.-*", "**", "1.0.0-a*b", "1.2.3.4.*"]
)
def test_what_is_no_version(text: str) -> None:
    assert wanted_of(text) is None


_NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda it: ".".join(map(str, it)))
_TEXTS = st.builds(
    lambda one, two: f"{one}-{two}" if two else one, _NUMBERS, st.sampled_from(["", "a", "B.1", "rc", "9"])
)


@given(st.lists(_TEXTS, min_size=1, max_size=8))
def test_what_floats_over_all_is_the_highest(texts: list[str]) -> None:
    versions = [version for text in texts if (version := version_of(text))]
    wanted = wanted_of("*-*")
    assert wanted is not None
    found = choose(wanted, versions)
    assert found is not None
    assert found.order == max(it.order for it in versions)


@pytest.fixture(scope="module")
def source() -> Iterator[NugetSource]:
    with NugetSource() as found:
        found.publish("Serilog", *_MANY.split())
        found.publish("Only.Beta", "1.0.0-beta")
        yield found


def chosen(source: NugetSource, line: str) -> Resolution:
    program, *arguments = line.split()
    found = line_of(program, *arguments)
    own = [item for item in found.options if item != ("source", "default")]
    return resolved("nuget", found.words, [("source", source.url), *own])


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("dotnet add package Serilog", "2.0.0"),
        ("dotnet add package serilog --prerelease", "2.1.0-preview.1"),
        ("dotnet add app.csproj package Serilog -v 1.*", "1.2.0"),
        ("dotnet package add Serilog@1.1.*", "1.1.1"),
        ("dotnet tool install -g Serilog", "2.0.0"),
        ("dotnet tool install --global Serilog --version 1.*", "1.2.0"),
        ("dotnet tool update --global Serilog --version [1.0.1,2.0)", "1.1.0"),
        ("nuget install Serilog -OutputDirectory packages", "2.0.0"),
        ("nuget install Serilog -Prerelease", "2.1.0-preview.1"),
    ],
)
def test_commands(line: str, version: str, source: NugetSource) -> None:
    (found,) = chosen(source, line).packages
    assert (found.version, found.purl.lower()) == (version, "pkg:nuget/serilog")


@pytest.mark.parametrize("name", ["absent", "Only.Beta"])
def test_what_is_not_there(name: str, source: NugetSource) -> None:
    found = chosen(source, f"dotnet add package {name}")
    assert found.problem
    assert not found.unreachable


def test_all_sources_count(source: NugetSource) -> None:
    with NugetSource() as other:
        other.publish("Serilog", "2.0.5")
        other.publish("Mine", "1.0.0")
        found = chosen(source, f"dotnet add package Serilog -s {source.url} -s {other.url}")
        mine = chosen(source, f"dotnet tool install -g Mine --add-source {other.url}")
    assert [it.version for it in found.packages] == ["2.0.5"]
    assert [it.version for it in mine.packages] == ["1.0.0"]
    assert chosen(source, f"dotnet add package Serilog -s {other.url}").unreachable


def test_a_source_that_is_a_directory_is_not_known() -> None:
    line = line_of("dotnet", "add", "package", "x1", "--source", "/feed")
    found = resolved("nuget", line.words, line.options)
    assert found.problem
    assert found.problem.code == "package-source-unknown"
