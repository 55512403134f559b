"""What poetry and pipenv choose for a project without a lock file is what we choose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand
from testing.named_packages import resolved
from testing.python_index import PythonIndex
from testing.python_projects import ANSWERS, publish

_CASES = json.loads(ANSWERS.read_text())


@pytest.fixture(scope="module")
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        publish(found)
        yield found


def commands(tmp_path: Path, line: str, files: dict[str, str], before: str = "") -> list[PackageCommand]:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    dockerfile = f"FROM python:3.11\n{before}\nWORKDIR /app\nCOPY . .\nRUN {line}\n"
    found = analyse(dockerfile, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    return [it for every in found.discovery.packages.values() for it in every]


def _manifest(program: str) -> str:
    return "Pipfile" if program == "pipenv" else "pyproject.toml"


@pytest.mark.parametrize("case", _CASES, ids=[f"{at}-{it['line']}" for at, it in enumerate(_CASES)])
def test_the_packages_are_those_of_the_manager(
    case: dict[str, Any], index: PythonIndex, tmp_path: Path
) -> None:
    files = {_manifest(case["program"]): case["manifest"].replace("{index}", index.url)}
    chosen: dict[str, str] = {}
    for found in commands(tmp_path, case["line"], files):
        assert found.unknown is None
        it = resolved(
            "pypi",
            found.words,
            found.options,
            environment=[("PYTHON_VERSION", "3.11.9")],
            program=case["program"],
        )
        assert it.problem is None, it.problem
        chosen |= {one.name: one.version for one in it.packages}
    assert chosen == case["answer"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("poetry install", '[tool.poetry.dependencies]\na = "^1 || ^2"\n'),
        ("poetry install", '[tool.poetry.dependencies]\na = {version = "1", allow-prereleases = true}\n'),
        ("poetry install", '[tool.poetry.dependencies]\na = {version = "1", source = "b"}\n'),
        (
            "poetry install",
            '[[tool.poetry.source]]\nname = "a"\nurl = "https://e.example"\npriority = "explicit"\n',
        ),
        (
            "poetry install",
            '[project]\ndependencies = ["a"]\n[tool.poetry.dependencies]\na = {source = "b"}\n',
        ),
        (
            "poetry install",
            '[tool.poetry.dependencies]\na = "1"\n[tool.poetry.group.b]\ninclude-groups = ["none"]\n',
        ),
        ("pdm install", '[project]\nname = "a"\ndynamic = ["dependencies"]\n'),
        ("pdm install", '[project]\nname = "a"\n[tool.pdm.resolution]\nallow-prereleases = true\n'),
        ("pipenv install", '[[source]]\nurl = "https://$USER@e.example"\n[packages]\na = "*"\n'),
    ],
)
def test_what_is_not_computed_is_stated(line: str, text: str, tmp_path: Path) -> None:
    [found] = commands(tmp_path, line, {_manifest(line.split(maxsplit=1)[0]): text})
    assert found.unknown is not None
    assert found.unknown.code == "requirements-not-stated"


@pytest.mark.parametrize(
    "line",
    [
        "poetry install --an-option-of-the-next-version",
        "pdm install --override over.txt",
        "pipenv install --extra-pip-args=--pre",
        "pipenv install --an-option-of-the-next-version",
    ],
)
def test_an_option_that_is_not_computed_is_stated(line: str, tmp_path: Path) -> None:
    text = '[project]\nname = "a"\ndependencies = ["b"]\n[packages]\nb = "*"\n'
    [found] = commands(tmp_path, line, {_manifest(line.split(maxsplit=1)[0]): text})
    assert line.split()[2].partition("=")[0] in str(found.unknown)


def test_a_group_of_poetry_includes_what_its_groups_include(tmp_path: Path) -> None:
    text = """
[tool.poetry.group.a]
include-groups = ["B"]
[tool.poetry.group.b]
optional = true
include-groups = ["c", "a"]
[tool.poetry.group.c]
optional = true
[tool.poetry.group.c.dependencies]
foo = "1"
"""
    [found] = commands(tmp_path, "poetry install", {"pyproject.toml": text})
    assert (found.unknown, len(found.words)) == (None, 1)
    assert found.words[0].startswith("foo")


def test_poetry_resolves_what_it_leaves_out(index: PythonIndex, tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\nflask = ">=1"\n[tool.poetry.group.dev.dependencies]\nflask = "<2"\n'
    source = f'[[tool.poetry.source]]\nname = "a"\nurl = "{index.url}"\n'
    for line in ("poetry install", "poetry install --only main"):
        [found] = commands(tmp_path, line, {"pyproject.toml": text + source})
        assert found.unknown is None
        assert "flask<2" in (*found.words, *(value for _, value in found.options))
    text = text.replace('"<2"', '{version = "<2", python = ">3"}')
    [found] = commands(tmp_path, "poetry install --only main", {"pyproject.toml": text})
    assert "left out" in str(found.unknown)


@pytest.mark.parametrize(
    ("line", "lock"),
    [("poetry install", "poetry.lock"), ("pdm install", "pdm.lock"), ("pipenv install", "Pipfile.lock")],
)
def test_a_lock_file_keeps_its_versions(line: str, lock: str, tmp_path: Path) -> None:
    files = {_manifest(line.split(maxsplit=1)[0]): '[project]\nname = "a"\ndependencies = ["b"]\n', lock: ""}
    assert commands(tmp_path, line, files) == []


@pytest.mark.parametrize("line", ["pdm sync", "pipenv sync", "pipenv install --deploy", "poetry update"])
def test_a_command_that_needs_a_lock_file_takes_nothing_else(line: str, tmp_path: Path) -> None:
    files = {
        _manifest(
            line.split(maxsplit=1)[0]
        ): '[project]\nname = "a"\ndependencies = ["b"]\n[packages]\nb = "*"\n'
    }
    assert commands(tmp_path, line, files) == []


def test_pip_reads_a_project_of_poetry(tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.9"\na = "^1.2"\nb = {version = "*", optional = true}\n'
    text += '[tool.poetry.extras]\nmore = ["b"]\n[build-system]\nbuild-backend = "poetry.core.masonry.api"\n'
    [found] = commands(tmp_path, "pip install .[more]", {"pyproject.toml": text})
    assert found.unknown is None
    assert found.words == ("a>=1.2,<2", "b")


def test_a_repository_of_a_project_is_an_input_by_itself(tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\na = {git = "https://e.example/a.git", tag = "v1"}\nb = "1"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    dockerfile = "FROM python:3.11\nCOPY . .\nRUN poetry install\n"
    found = analyse(dockerfile, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    assert any("e.example/a" in str(it.reference) for it in found.discovery.inputs)


def test_files_of_pip_do_not_configure_other_programs() -> None:
    files = {"/etc/pip.conf": "[global]\nindex-url = http://127.0.0.1:1/simple\n"}
    with PythonIndex() as index:
        publish(index)
        found = resolved("pypi", ["flask"], [("index-url", index.url)], files=files, program="poetry")
        more = {"/etc/pip.conf": f"[global]\nextra-index-url = {index.url}\n"}
        none = resolved("pypi", ["flask"], [("index-url", "http://127.0.0.1:1/")], files=more, program="uv")
    assert [it.version for it in found.packages] == ["2.0"]
    assert none.problem is not None


_GROUPS = """
[project]
name = "app"
dependencies = ["a"]
[project.optional-dependencies]
more = ["b"]
[dependency-groups]
dev = ["c", {include-group = "lint"}]
lint = ["d"]
"""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "a c d"),
        ("--prod", "a"),
        ("-G more", "a c d b"),
        ("-G lint", "a d"),
        ("--without dev", "a d"),
        ("--no-default -G lint", "d"),
        ("-G :all", "a c d b"),
    ],
)
def test_groups_of_pdm_are_those_of_its_documentation(options: str, words: str, tmp_path: Path) -> None:
    [found] = commands(tmp_path, f"pdm install {options}", {"pyproject.toml": _GROUPS})
    assert found.words == tuple(words.split())


_A, _B, _C = (f"https://{it}.example/simple" for it in "abc")
_PYPI = "https://pypi.org/simple"


@pytest.mark.parametrize(
    ("sources", "variables", "index"),
    [
        ([_A], {"PIPENV_PYPI_MIRROR": _B}, _A),
        ([_PYPI], {"PIPENV_PYPI_MIRROR": _B}, _B),
        ([f"{_PYPI}/", _A], {"PIPENV_PYPI_MIRROR": _B}, _B),
        ([_A, _PYPI], {"PIPENV_PYPI_MIRROR": _B}, _A),
        (
            ["https://e.example/pypi.org/simple"],
            {"PIPENV_PYPI_MIRROR": _B},
            "https://e.example/pypi.org/simple",
        ),
        (["https://pypi.org/other"], {"PIPENV_PYPI_MIRROR": _B}, "https://pypi.org/other"),
        ([], {"PIP_INDEX_URL": _C}, _C),
        ([], {"PIPENV_PYPI_MIRROR": _B}, _B),
        ([], {"PIPENV_PYPI_MIRROR": _B, "PIP_INDEX_URL": _C}, _B),
        ([_A], {"PIP_INDEX_URL": _C}, _A),
        ([_A, _B], {}, _A),
        ([], {}, _PYPI),
    ],
)
def test_the_index_of_pipenv(
    sources: list[str], variables: dict[str, str], index: str, tmp_path: Path
) -> None:
    """Measured with pipenv 2026.10.3, with indexes of other versions."""
    text = "".join(f'[[source]]\nname = "s{at}"\nurl = "{url}"\n' for at, url in enumerate(sources))
    before = "\n".join(f"ENV {name}={value}" for name, value in variables.items())
    (found,) = commands(tmp_path, "pipenv install", {"Pipfile": f'{text}[packages]\nflask = "*"\n'}, before)
    assert dict(found.options)["index-url"] == index


def test_the_index_of_pipenv_in_the_settings_of_pip(tmp_path: Path) -> None:
    files = {"Pipfile": '[packages]\nflask = "*"\n', "pip.conf": f"[global]\nindex-url = {_C}\n"}
    (found,) = commands(tmp_path, "pipenv install", files, "COPY pip.conf /etc/pip.conf")
    assert dict(found.options)["index-url"] == _C
