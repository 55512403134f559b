"""All that pip and uv install for a command, with what its packages require, is what we choose."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import Resolution
from freshlayer.packages.pypi.known import metadata_file
from freshlayer.packages.pypi.metadata import metadata_of, read_metadata
from freshlayer.packages.pypi.pages import IndexedFile
from testing import uv, warm_start
from testing.named_packages import resolved
from testing.python_index import PythonIndex, Wheel

PLATFORM = "manylinux_2_17_x86_64"


def wheel(project: str, version: str, *requires: str, extras: Sequence[str] = (), python: str = "") -> Wheel:
    name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
    return Wheel(name, python, None, requires, tuple(extras))


WORLD = [
    *(wheel("leaf", it) for it in ("1.0", "1.5", "2.0", "2.1", "3.0a1")),
    *(wheel("twig", it, "leaf") for it in ("1.0", "1.1")),
    wheel("low", "1.0", "leaf<2"),
    wheel("low", "2.0", "leaf<1.5,>=1"),
    wheel("high", "1.0", "leaf>=2"),
    wheel("high", "0.9", "leaf>=1"),
    wheel("deep", "1.0", "twig", "low"),
    wheel("both", "1.0", "deep", "twig==1.0"),
    wheel("early", "1.0", "leaf>=3.0a1"),
    wheel("only-early", "1.0a1", "leaf"),
    wheel("uses-early", "1.0", "only-early"),
    wheel("markers", "1.0", 'low; python_version < "3.12"', 'high; sys_platform == "win32"'),
    wheel("markers", "1.1", 'low; python_full_version >= "3.11.2"', 'twig; platform_machine == "x86_64"'),
    wheel("feature", "1.0", "leaf", 'twig; extra == "more"', 'low; extra == "all"', extras=("more", "all")),
    wheel("feature", "1.1", "leaf", 'twig; extra == "more"', extras=("more",)),
    wheel("wants-feature", "1.0", "feature[more]>=1"),
    wheel("newer-python", "2.0", "leaf", python=">=3.13"),
    wheel("newer-python", "1.0", "leaf<2", python=">=3.8"),
    wheel("uses-newer", "1.0", "newer-python"),
    Wheel("pulled-2.0-py3-none-any.whl", "", "broken", ("leaf",)),
    wheel("pulled", "1.0", "leaf<2"),
    wheel("uses-pulled", "1.0", "pulled"),
    wheel("pins-pulled", "1.0", "pulled==2.0"),
    wheel("ring-a", "1.0", "ring-b"),
    wheel("ring-b", "1.0", "ring-a", "leaf"),
    Wheel(f"native-1.0-cp311-cp311-{PLATFORM}.whl", "", None, ("leaf",)),
    Wheel("native-1.1-cp312-cp312-win_amd64.whl", "", None, ("twig",)),
    wheel("choosy", "3.0", "low>=2", "leaf>=2"),
    wheel("choosy", "2.0", "low>=2"),
    wheel("Dotted.Name", "1.0", "Twig", "LEAF"),
]

SETS = [
    "leaf",
    "twig",
    "deep",
    "both",
    "both leaf<1.5",
    "low high",
    "high low",
    "high<1 low<2",
    "early",
    "uses-early",
    "leaf twig --pre",
    "markers",
    "markers==1.0",
    "feature",
    "feature[more]",
    "feature[all,more]<1.1",
    "feature[none]",
    "wants-feature",
    "wants-feature feature<1.1",
    "uses-newer",
    "uses-pulled",
    "pins-pulled",
    "ring-a",
    "native",
    "choosy",
    "choosy<3 low",
    "dotted-name",
    "twig leaf==2.0",
    'twig leaf==1.0;python_version<"3"',
]


@pytest.fixture(scope="module")
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        _publish(found, WORLD)
        yield found


def _publish(index: PythonIndex, world: Sequence[Wheel]) -> None:
    projects: dict[str, list[Wheel]] = {}
    for it in world:
        projects.setdefault(it.name.partition("-")[0], []).append(it)
    for project, files in projects.items():
        index.publish(project, files)


def chosen(index: PythonIndex, words: Sequence[str], program: str = "pip", **options: str) -> Resolution:
    given = [("index-url", index.url), *options.items()]
    given += [("pre", "")] if "--pre" in words else []
    known = [word for word in words if word != "--pre"]
    return resolved(
        "pypi",
        known,
        given,
        environment=[("PYTHON_VERSION", "3.11.9")],
        policy=PackagePolicy.CLOSURE,
        program=program,
    )


def versions(found: Resolution) -> dict[str, str]:
    assert found.problem is None, found
    assert found.notes == ()
    return {it.name: it.version for it in found.packages}


def by_pip(index: PythonIndex, folder: Path, *words: str) -> dict[str, str]:
    argv = ["--isolated", "install", "--dry-run", "--ignore-installed"]
    argv += ["--quiet", "--no-cache-dir", "--disable-pip-version-check", "--index-url", index.url]
    argv += ["--python-version", "3.11.9", "--platform", PLATFORM, "--only-binary=:all:"]
    argv += ["--target", str(folder / "target"), "--report", str(folder / "report.json"), *words]
    ended = warm_start.run(argv, os.environ, folder, seconds=120, program="pip")
    assert ended.returncode == 0, ended.stderr.decode()
    report = json.loads((folder / "report.json").read_text())
    return {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"]
        for item in report["install"]
    }


def by_uv(index: PythonIndex, folder: Path, *words: str) -> dict[str, str] | None:
    """None where uv finds no versions that fit together."""
    platform = ("--python-version", "3.11.9", "--python-platform", "x86_64-manylinux_2_17")
    newest = ("--prerelease", "allow") if "--pre" in words else ()
    options = [*platform, "--only-binary", ":all:", *newest]
    return uv.compiled(index.url, folder, [it for it in words if it != "--pre"], options)


@pytest.mark.parametrize("words", SETS)
def test_the_closure_is_that_of_pip(words: str, index: PythonIndex, tmp_path: Path) -> None:
    assert versions(chosen(index, words.split())) == by_pip(index, tmp_path, *words.split())


@pytest.mark.parametrize("words", SETS)
def test_the_closure_is_that_of_uv(words: str, index: PythonIndex, tmp_path: Path) -> None:
    expected, found = by_uv(index, tmp_path, *words.split()), chosen(index, words.split(), "uv")
    if expected is None:
        assert [it.code for it in found.notes] == ["closure-unknown"]
    else:
        assert versions(found) == expected


def _random_world(seed: int) -> tuple[list[Wheel], list[str]]:
    """Projects that require each other in ranges, and a command."""
    pick = random.Random(seed)
    names = [f"p{number}" for number in range(pick.randint(3, 8))]
    world = []
    for place, name in enumerate(names):
        for version in range(1, pick.randint(2, 6)):
            others = pick.sample(names[place + 1 :], min(len(names) - place - 1, pick.randint(0, 2)))
            requires = [f"{other}{_range(pick)}" for other in others]
            world.append(wheel(name, f"{version}.0", *requires))
    return world, [f"{name}{_range(pick)}" for name in pick.sample(names, pick.randint(1, 2))]


def _range(pick: random.Random) -> str:
    low = pick.randint(1, 3)
    return pick.choice(["", "", f">={low}", f"<{low + 2}", f">={low},<{low + 3}", f"!={low}.0", f"=={low}.*"])


@pytest.mark.parametrize("seed", range(60))
def test_the_closure_of_a_random_world_is_that_of_uv(seed: int, tmp_path: Path) -> None:
    """Where versions do not fit together, both find none; a conflict is solved as uv solves it."""
    world, words = _random_world(seed)
    with PythonIndex() as index:
        _publish(index, world)
        expected, found = by_uv(index, tmp_path, *words), chosen(index, words, "uv")
    if expected is None:
        assert found.problem or [it.code for it in found.notes] == ["closure-unknown"], words
    else:
        assert versions(found) == expected, words


def test_what_has_no_metadata_leaves_the_named_packages_and_a_note() -> None:
    source = Wheel("sdist-2.0.tar.gz")
    with PythonIndex(metadata=False) as index:
        index.publish("twig", [wheel("twig", "1.0", "leaf")])
        index.publish("sdist", [source, wheel("sdist", "1.0")])
        found = chosen(index, ["twig"])
        built = chosen(index, ["sdist"])
    assert [(it.name, it.version, it.named) for it in found.packages] == [("twig", "1.0", True)]
    (note,) = found.notes
    assert note.code == "closure-unknown"
    assert "twig-1.0-py3-none-any.whl" in note.what
    assert [it.version for it in built.packages] == ["2.0"]
    assert "sdist-2.0.tar.gz" in built.notes[0].what


def test_each_package_states_what_wants_it(index: PythonIndex) -> None:
    found = {it.name: it for it in chosen(index, ["deep>=1", "twig"]).packages}
    assert {name: (it.wanted_by, it.named) for name, it in found.items()} == {
        "deep": ("deep>=1", True),
        "twig": ("twig", True),
        "low": ("deep", False),
        "leaf": (found["leaf"].wanted_by, False),
    }
    assert found["leaf"].wanted_by in {"low", "twig"}


def test_only_pages_and_metadata_are_requested(index: PythonIndex) -> None:
    index.server.requests()
    chosen(index, ["both"])
    targets = [it.target for it in index.server.requests()]
    assert len(targets) == len(set(targets))
    assert all(it.endswith((".metadata", "/")) for it in targets)


def test_an_index_that_is_down_is_unreachable() -> None:
    with PythonIndex() as index:
        pass
    found = chosen(index, ["leaf"])
    assert found.problem is not None
    assert found.unreachable
    assert found.packages == ()


def test_without_dependencies_the_named_package_is_all(index: PythonIndex) -> None:
    found = chosen(index, ["deep"], **{"no-deps": ""})
    assert [it.name for it in found.packages] == ["deep"]
    assert found.notes == ()


def test_constraints_bound_the_whole_closure(index: PythonIndex, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("leaf<1.5\n")
    expected = by_pip(index, tmp_path, "-c", str(tmp_path / "c.txt"), "twig")
    assert versions(chosen(index, ["twig"], constraint="leaf<1.5")) == expected
    assert expected["leaf"] == "1.0"


def test_a_base_without_a_known_interpreter_has_no_closure(index: PythonIndex) -> None:
    found = resolved("pypi", ["twig"], [("index-url", index.url)], policy=PackagePolicy.CLOSURE)
    assert [it.code for it in found.notes] == ["closure-unknown"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Name: x\n",
        b"\xff\xfe",
        b"Metadata-Version: 2.1\n" + b"Requires-Dist: x\n" * 20_000,
        b":" * 90_000,
    ],
)
def test_any_metadata_has_an_answer(body: bytes) -> None:
    try:
        found = metadata_of(dict(read_metadata(BytesIO(body)))["requires"])
    except ValueError:
        return
    assert len(found.requires) <= 4000


@pytest.mark.parametrize(
    ("url", "foreign"),
    [
        ("../../files/x.whl", False),
        ("http://index.example/files/x.whl", True),
        ("https://files.example/x.whl", True),
        ("//files.example/x.whl", True),
    ],
)
def test_metadata_on_another_host_is_requested_without_a_credential(url: str, *, foreign: bool) -> None:
    file = metadata_file("https://index.example/simple/x/", IndexedFile("x.whl", url=url, metadata="a" * 64))
    assert file is not None
    assert file.foreign is foreign
    assert file.urls[0].endswith("x.whl.metadata")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://[x/y", "ftp://x/y", "x.whl?token=1", ""])
def test_metadata_at_another_kind_of_place_is_not_requested(url: str) -> None:
    page = "https://index.example/simple/x/"
    assert metadata_file(page, IndexedFile("x.whl", url=url, metadata="a" * 64)) is None
