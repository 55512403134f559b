"""What was published by a day: what uv, npm and rattler choose with a date is what we choose."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import Resolution
from freshlayer.packages.npm.documents import read_document
from freshlayer.packages.published import published, until_of
from freshlayer.packages.pypi.pages import read_page
from testing import uv
from testing.conda_channel import CondaBuild, CondaChannel
from testing.named_packages import resolved
from testing.npm_process import npm_command
from testing.npm_registry import NpmRegistry, Package, Published
from testing.python_index import PythonIndex, Wheel

DAYS = ("2026-01-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-12-31T00:00:00Z")


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).timestamp())


def until(day: str) -> int:
    return seconds(day) * 1000


def versions(found: Resolution) -> dict[str, str]:
    assert found.problem is None, found
    return {it.name: it.version for it in found.packages}


def wheel(project: str, version: str, uploaded: str, *requires: str) -> Wheel:
    return Wheel(f"{project}-{version}-py3-none-any.whl", "", None, requires, uploaded=uploaded)


@pytest.fixture(scope="module")
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        leaf = [wheel("leaf", f"{number}.0", f"2026-0{number}-01T00:00:00.123456Z") for number in range(1, 7)]
        found.publish("leaf", [wheel("leaf", "0.9", "2025-12-01T00:00:00Z"), *leaf])
        app = [wheel("app", "1.0", "2025-11-01T00:00:00Z", "leaf<4")]
        found.publish("app", [*app, wheel("app", "2.0", "2026-04-01T00:00:00Z", "leaf")])
        found.publish("undated", [Wheel("undated-1.0-py3-none-any.whl")])
        yield found


def by_uv(index: PythonIndex, folder: Path, day: str, word: str) -> dict[str, str] | None:
    return uv.compiled(index.url, folder, [word], ["--exclude-newer", day])


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("word", ["leaf", "app"])
def test_python_packages_are_those_of_uv(index: PythonIndex, tmp_path: Path, day: str, word: str) -> None:
    found = resolved(
        "pypi",
        [word],
        [("index-url", index.url)],
        environment=[("PYTHON_VERSION", "3.11.9")],
        policy=PackagePolicy.CLOSURE,
        until=until(day),
    )
    assert versions(found) == by_uv(index, tmp_path, day, word)


@pytest.fixture(scope="module")
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry() as found:
        every = [
            Published(f"{number}.0.0", time=f"2026-0{number}-01T00:00:00.000Z") for number in range(1, 7)
        ]
        early = [Published("0.9.0", time="2025-11-01T00:00:00.000Z")]
        found.publish("leaf", Package([*early, *every], {"next": "6.0.0", "old": "0.9.0"}))
        found.publish("undated", Package([Published("1.0.0")]))
        yield found


@pytest.mark.parametrize("day", DAYS[:2])
@pytest.mark.parametrize("word", ["leaf", "leaf@latest", "leaf@next", "leaf@old", "leaf@<=4"])
def test_npm_packages_are_those_of_npm(registry: NpmRegistry, tmp_path: Path, day: str, word: str) -> None:
    (tmp_path / "package.json").write_text('{"name": "app", "version": "1.0.0"}')
    argv = [
        *npm_command(),
        "install",
        "--package-lock-only",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--before",
        day,
    ]
    argv += ["--registry", registry.url, "--cache", str(tmp_path / "cache"), word]
    environment = {**os.environ, "HOME": str(tmp_path), "npm_config_update_notifier": "false"}
    subprocess.run(argv, check=True, capture_output=True, cwd=tmp_path, env=environment)
    lock = json.loads((tmp_path / "package-lock.json").read_text())
    for policy in (PackagePolicy.NAMED, PackagePolicy.CLOSURE):
        found = resolved("npm", [word], [("registry", registry.url)], policy=policy, until=until(day))
        assert versions(found) == {"leaf": lock["packages"]["node_modules/leaf"]["version"]}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("sharded", [False, True])
def test_conda_packages_are_those_of_rattler(day: str, tmp_path: Path, *, sharded: bool) -> None:
    rattler = pytest.importorskip("rattler")
    every = [
        CondaBuild("leaf", f"{number}.0", time=seconds(f"2026-0{number}-01T00:00:00Z") * unit)
        for number, unit in ((1, 1000), (2, 1), (3, 1000), (4, 1000))
    ]
    app = CondaBuild("app", "1.0", depends=("leaf",), time=seconds("2025-12-01T00:00:00Z") * 1000)
    undated = CondaBuild("leaf", "9.0", time=0)
    with CondaChannel() as channel:
        url = channel.publish("main", [*every, app, undated], sharded=sharded)

        async def solution() -> dict[str, str]:
            records = await rattler.solve(
                [rattler.Channel(url)],
                ["app"],
                gateway=rattler.Gateway(cache_dir=str(tmp_path)),
                platforms=["linux-64", "noarch"],
                exclude_newer=datetime.fromisoformat(day),
            )
            return {it.name.normalized: f"{it.version}={it.build}" for it in records}

        options = [("channel", url), ("override-channels", "")]
        found = resolved("conda", ["app"], options, policy=PackagePolicy.CLOSURE, until=until(day))
        assert versions(found) == asyncio.run(solution())


def test_an_index_without_times_is_a_problem(index: PythonIndex, registry: NpmRegistry) -> None:
    for manager, options in (("pypi", ("index-url", index.url)), ("npm", ("registry", registry.url))):
        found = resolved(manager, ["undated"], [options], until=until(DAYS[0]))
        assert found.problem is not None
        assert found.problem.code == "index-unreadable"
    with pytest.raises(ValueError, match="HTML"):
        list(read_page(BytesIO(b"<a href=x>leaf-1.0.tar.gz</a>"), 1))
    with pytest.raises(ValueError, match="does not state"):
        list(
            read_document(
                "versions", BytesIO(b'{"dist-tags": {}, "versions": {"1.0.0": {"version": "1.0.0"}}}'), 1
            )
        )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1970-01-01T00:01:00Z", 60_000),
        ("1970-01-01T01:00:01.500+01:00", 1500),
        ("1970-01-01T00:00:02.0009", 2000),
    ],
)
def test_a_time_of_an_index(text: str, found: int) -> None:
    assert published(text) == found


@pytest.mark.parametrize("text", ["", "yesterday", "9" * 100, "2026-13-01T00:00:00Z"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        published(text)


def test_the_time_in_a_kind() -> None:
    assert [until_of(it) for it in ("project@7", "project", "project@x", "project@" + "9" * 5000)] == [
        7,
        0,
        0,
        0,
    ]
