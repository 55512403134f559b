"""What uv itself locks for a project without a lock file is what we choose."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageCommand
from testing.named_packages import resolved, resolved_command
from testing.python_index import PythonIndex, Wheel
from testing.uv import UV

_HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
_GROUPS = """
dependencies = ["flask>=1,<3"]
[project.optional-dependencies]
more = ["extra"]
[dependency-groups]
dev = ["tests~=1.0", {include-group = "lint"}]
lint = ["lint!=2.0"]
docs = ["docs"]
"""


@pytest.fixture(scope="module")
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        for name in ("flask", "extra", "tests", "lint", "docs"):
            versions = ("1.0", "1.4", "2.0", "3.0a1")
            found.publish(name, [Wheel(f"{name}-{it}-py3-none-any.whl") for it in versions])
        yield found


def command(tmp_path: Path, text: str, line: str, before: str = "") -> PackageCommand | None:
    (tmp_path / "pyproject.toml").write_text(text)
    dockerfile = f"FROM python:3.11\n{before}\nWORKDIR /app\nCOPY . .\nRUN {line}\n"
    found = analyse(dockerfile, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read).discovery
    commands = [it for every in found.packages.values() for it in every]
    return commands[0] if commands else None


def by_uv(tmp_path: Path, index: PythonIndex, words: list[str]) -> dict[str, str]:
    """Name → version of what it would install: of its lock file, what an export of these options has."""
    base = [str(UV), "--no-cache", "--quiet"]
    export = ["export", "--no-hashes", "--no-emit-project", "--no-header", "--no-annotate"]
    done = subprocess.run(
        [*base, *export, "--default-index", index.url, *words],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert tomllib.loads((tmp_path / "uv.lock").read_text())
    (tmp_path / "uv.lock").unlink()
    return dict(re.findall(r"(?m)^([\w-]+)==(\S+)", done.stdout))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--no-dev",
        "--no-default-groups",
        "--extra more",
        "--all-extras --no-dev",
        "--group docs",
        "--only-group docs",
        "--only-dev",
        "--all-groups",
        "--all-groups --no-group lint",
    ],
)
def test_the_packages_are_those_of_uv(words: str, index: PythonIndex, tmp_path: Path) -> None:
    found = command(tmp_path, _HEAD + _GROUPS, f"uv sync --default-index {index.url} {words}")
    assert found is not None
    chosen = resolved(
        "pypi", found.words, found.options, environment=[("PYTHON_VERSION", "3.11.9")], program="uv"
    )
    assert {it.name: it.version for it in chosen.packages} == by_uv(tmp_path, index, words.split())


@pytest.mark.parametrize(
    "text",
    [
        '[tool.uv.sources]\nflask = {git = "https://e.example/flask"}\n',
        '[tool.uv]\nfind-links = ["https://e.example/wheels"]\n',
        '[tool.uv]\noverride-dependencies = ["flask==1.0"]\n',
    ],
)
def test_a_setting_that_is_not_computed_is_stated(text: str, tmp_path: Path) -> None:
    found = command(tmp_path, f'{_HEAD}dependencies = ["flask"]\n{text}', "uv sync")
    assert found is not None
    assert found.unknown is not None
    assert "tool.uv" in str(found.unknown)


def test_a_lock_file_that_is_there_keeps_its_versions(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    assert command(tmp_path, f'{_HEAD}dependencies = ["flask"]\n', "uv sync") is None


def test_the_index_of_the_environment_counts(tmp_path: Path) -> None:
    text = f'{_HEAD}dependencies = ["flask"]\n'
    found = command(tmp_path, text, "uv sync", "ENV UV_DEFAULT_INDEX=https://e.example/simple")
    assert found is not None
    assert found.options == (("index-url", "https://e.example/simple"),)


@pytest.mark.parametrize(
    "words",
    [
        "--resolution lowest-direct",
        "--resolution=lowest",
        "--exclude-newer 2024-01-01",
        "--prerelease disallow",
        "--fork-strategy fewest",
        "--index-strategy unsafe-best-match",
        "--no-sources",
        "--an-option-of-the-next-version",
    ],
)
def test_an_option_that_is_not_computed_is_stated(words: str, tmp_path: Path) -> None:
    found = command(tmp_path, f'{_HEAD}dependencies = ["flask"]\n', f"uv sync {words}")
    assert found is not None
    assert words.partition(" ")[0].partition("=")[0] in str(found.unknown)


@pytest.mark.parametrize(
    "words", ["", "--reinstall -P flask -vv", "--managed-python --color never", "-C a=b"]
)
def test_an_option_that_decides_no_version_is_none_that_counts(words: str, tmp_path: Path) -> None:
    found = command(tmp_path, f'{_HEAD}dependencies = ["flask"]\n', f"uv sync {words}")
    assert found is not None
    assert (found.words, found.unknown) == (("flask",), None)


@pytest.mark.parametrize(
    ("setting", "is_computed"),
    [
        ("UV_EXCLUDE_NEWER=2024-01-01", False),
        ("UV_RESOLUTION=lowest", False),
        ("UV_RESOLUTION=highest", True),
        ("UV_NO_DEV=1", False),
        ("UV_NO_DEV=0", True),
        ("UV_PRERELEASE=disallow", False),
        ("UV_PRERELEASE=allow", True),
        ("UV_INDEX_STRATEGY=unsafe-best-match", False),
        ("UV_COMPILE_BYTECODE=1", True),
    ],
)
def test_a_variable_that_is_not_computed_is_stated(
    setting: str, tmp_path: Path, *, is_computed: bool
) -> None:
    found = command(tmp_path, f'{_HEAD}dependencies = ["flask"]\n', "uv sync", f"ENV {setting}")
    assert found is not None
    assert (found.unknown is None) is is_computed
    assert is_computed or setting.partition("=")[0] in str(found.unknown)


_BOUNDED = """
dependencies = ["flask>=1", "extra"]
[project.optional-dependencies]
more = ["extra<2", "flask != 1.4"]
[dependency-groups]
dev = ["flask<2"]
docs = ["docs<=1.4", "tests"]
late = ["docs>=1"]
"""


@pytest.mark.parametrize(
    "words", ["", "--no-dev", "--extra more", "--only-group late", "--group late --no-dev", "--group docs"]
)
def test_what_is_left_out_is_resolved_with_the_rest(words: str, index: PythonIndex, tmp_path: Path) -> None:
    found = command(tmp_path, _HEAD + _BOUNDED, f"uv sync --default-index {index.url} {words}")
    assert found is not None
    chosen = resolved(
        "pypi", found.words, found.options, environment=[("PYTHON_VERSION", "3.11.9")], program="uv"
    )
    assert {it.name: it.version for it in chosen.packages} == by_uv(tmp_path, index, words.split())


@pytest.mark.parametrize(
    "other", ["flask<2; python_version > '3'", "flask @ https://e.example/flask.tar.gz", "FLASK[a]; extra"]
)
def test_a_package_that_is_wanted_otherwise_where_it_is_left_out_is_stated(
    other: str, tmp_path: Path
) -> None:
    text = f'{_HEAD}dependencies = ["flask"]\n[dependency-groups]\nlate = ["{other}"]\n'
    found = command(tmp_path, text, "uv sync")
    assert found is not None
    assert "left out" in str(found.unknown)


def test_what_is_left_out_has_to_fit_and_adds_nothing(tmp_path: Path) -> None:
    text = f'{_HEAD}dependencies = ["app-x"]\n[dependency-groups]\ndev = ["tool"]\n'
    with PythonIndex() as index:
        index.publish("app-x", [Wheel("app_x-1.0-py3-none-any.whl", requires=("base-x",))])
        index.publish("base-x", [Wheel(f"base_x-{it}-py3-none-any.whl") for it in ("1.0", "1.9", "2.0")])
        index.publish("tool", [Wheel("tool-1.0-py3-none-any.whl", requires=("base-x<2", "more"))])
        index.publish("more", [Wheel("more-1.0-py3-none-any.whl")])
        found = command(tmp_path, text, f"uv sync --no-dev --default-index {index.url}")
        assert found is not None
        chosen = resolved_command(
            found, environment=[("PYTHON_VERSION", "3.11.9")], policy=PackagePolicy.CLOSURE
        )
        ours = {it.name: it.version for it in chosen.packages}
        assert ours == by_uv(tmp_path, index, ["--no-dev"]) == {"app-x": "1.0", "base-x": "1.9"}
