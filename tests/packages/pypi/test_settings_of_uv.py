"""Which index uv itself takes by its settings is the one that we take: files, tables, variables, options."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand
from testing.named_packages import resolved_command
from testing.python_index import PythonIndex, Wheel
from testing.uv import UV

_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["flask"]\n'
_USER = "user.toml"
"""In the context; copied to where uv reads the file of the user."""

CASES: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({"uv.toml": '[[index]]\nurl = "{a}"\ndefault = true\n'}, {}, ""),
    ({"uv.toml": '[[index]]\nurl = "{a}"\n[[index]]\nurl = "{b}"\n'}, {}, "--default-index {c}"),
    ({"uv.toml": '[[index]]\nname = "x"\nurl = "{a}"\nexplicit = true\n'}, {}, "--default-index {b}"),
    ({"uv.toml": 'index-url = "{a}"\n'}, {}, ""),
    ({"uv.toml": 'index-url = "{a}"\nextra-index-url = ["{b}"]\n'}, {}, ""),
    ({"uv.toml": 'index-url = "{a}"\n'}, {"UV_INDEX_URL": "{b}"}, ""),
    ({"uv.toml": 'index-url = "{a}"\n'}, {"UV_DEFAULT_INDEX": "{b}"}, ""),
    ({"uv.toml": 'index-url = "{a}"\n'}, {"UV_DEFAULT_INDEX": "{b}"}, "--default-index {c}"),
    ({"uv.toml": '[[index]]\nurl = "{a}"\n'}, {"UV_INDEX": "{b}", "UV_DEFAULT_INDEX": "{c}"}, ""),
    ({"uv.toml": '[[index]]\nurl = "{a}"\n'}, {"UV_INDEX": "{b}"}, "--index {c} --default-index {a}"),
    ({"pyproject.toml": '[tool.uv]\nindex-url = "{a}"\n'}, {}, ""),
    ({"pyproject.toml": '[[tool.uv.index]]\nurl = "{a}"\ndefault = true\n'}, {}, ""),
    ({"pyproject.toml": '[tool.uv]\nindex-url = "{a}"\n', "uv.toml": 'index-url = "{b}"\n'}, {}, ""),
    ({_USER: '[[index]]\nurl = "{a}"\ndefault = true\n'}, {}, ""),
    ({_USER: 'index-url = "{a}"\n', "uv.toml": 'index-url = "{b}"\n'}, {}, ""),
    ({_USER: '[[index]]\nurl = "{a}"\n', "uv.toml": '[[index]]\nurl = "{b}"\ndefault = true\n'}, {}, ""),
    (
        {_USER: 'extra-index-url = ["{a}"]\n', "uv.toml": '[[index]]\nurl = "{b}"\n'},
        {},
        "--default-index {c}",
    ),
    ({"uv.toml": 'index-url = "{a}"\n'}, {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": "{b}"}, ""),
    ({"uv.toml": 'index-url = "{a}"\n', "x.toml": 'index-url = "{b}"\n'}, {"UV_CONFIG_FILE": "x.toml"}, ""),
    ({}, {"UV_INDEX": "one={a} two={b}", "UV_DEFAULT_INDEX": "{c}"}, ""),
]
OF_PIP: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({"uv.toml": 'index-url = "{a}"\n[pip]\nindex-url = "{b}"\n'}, {}, ""),
    ({"uv.toml": '[pip]\nextra-index-url = ["{a}"]\n'}, {}, "--default-index {b}"),
    ({"pyproject.toml": '[tool.uv.pip]\nindex-url = "{a}"\n'}, {}, ""),
    ({"uv.toml": 'index-url = "{a}"\n'}, {"UV_DEFAULT_INDEX": "{b}"}, "--no-config"),
]


@pytest.fixture(scope="module")
def urls() -> Iterator[Mapping[str, str]]:
    """Each has another version."""
    with PythonIndex() as a, PythonIndex() as b, PythonIndex() as c:
        indexes = {"a": a, "b": b, "c": c}
        for name, index in indexes.items():
            index.publish("flask", [Wheel(f"flask-{ord(name)}.0-py3-none-any.whl")])
        yield {name: index.url for name, index in indexes.items()}


def filled(text: str, urls: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w)\}", lambda it: urls[it[1]], text)


def by_uv(at: Path, words: list[str], environment: Mapping[str, str]) -> str:
    """The version that it locks."""
    (at / ".config/uv").mkdir(parents=True)
    if (at / _USER).exists():
        (at / ".config/uv/uv.toml").write_text((at / _USER).read_text())
    own = {"HOME": str(at), "PATH": "/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never", **environment}
    done = subprocess.run(
        [str(UV), *words, "--no-cache", "--python", sys.executable],
        cwd=at,
        env=own,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lock = at / "uv.lock"
    text = f"{done.stdout}\n{lock.read_text() if lock.exists() else ''}"
    lock.unlink(missing_ok=True)
    found = re.search(r'flask(?:==|"\nversion = ")([\d.]+)', text)
    assert found
    return found[1]


def command(at: Path, line: str, environment: Mapping[str, str]) -> PackageCommand:
    user = f"COPY {_USER} /root/.config/uv/uv.toml\n" if (at / _USER).exists() else ""
    variables = "".join(f'ENV {name}="{value}"\n' for name, value in environment.items())
    text = f"FROM base\n{variables}WORKDIR /app\nCOPY . .\n{user}RUN {line}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery.packages
    return [it for every in found.values() for it in every][-1]


def version(found: PackageCommand) -> str:
    assert found.unknown is None
    (package,) = resolved_command(found, environment=[("PYTHON_VERSION", "3.11.2")]).packages
    return package.version


@pytest.mark.parametrize(("files", "variables", "words"), [*CASES, *OF_PIP])
def test_the_index_of_uv_pip(
    files: dict[str, str], variables: dict[str, str], words: str, urls: Mapping[str, str], tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(filled(text, urls))
    environment = {name: filled(value, urls) for name, value in variables.items()}
    given = filled(words, urls)
    (tmp_path / "requirements.in").write_text("flask\n")
    ours = version(command(tmp_path, f"uv pip install --system {given} -r requirements.in", environment))
    assert ours == by_uv(tmp_path, ["pip", "compile", "requirements.in", *given.split()], environment)


@pytest.mark.parametrize(("files", "variables", "words"), CASES)
def test_the_index_of_uv_sync(
    files: dict[str, str], variables: dict[str, str], words: str, urls: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(_PROJECT)
    for name, text in files.items():
        before = _PROJECT if name == "pyproject.toml" else ""
        (tmp_path / name).write_text(before + filled(text, urls))
    environment = {name: filled(value, urls) for name, value in variables.items()}
    ours = version(command(tmp_path, f"uv sync {filled(words, urls)}", environment))
    assert ours == by_uv(tmp_path, ["lock", *filled(words, urls).split()], environment)


@pytest.mark.parametrize(
    "files",
    [
        {"uv.toml": 'resolution = "lowest"\n'},
        {"uv.toml": 'find-links = ["https://e.example/x"]\n'},
        {"uv.toml": 'exclude-newer = "2024-01-01"\n'},
        {"uv.toml": "no-index = true\n"},
        {"uv.toml": '[[index]]\nurl = "./wheels"\n'},
        {"uv.toml": "not toml"},
        {_USER: '[pip]\nprerelease = "allow"\n'},
        {"pyproject.toml": '[tool.uv]\noverride-dependencies = ["flask==1"]\n'},
    ],
)
def test_a_setting_that_is_not_computed_is_stated(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert command(tmp_path, "uv pip install flask", {}).unknown is not None


def test_a_file_that_is_not_known_is_stated(tmp_path: Path) -> None:
    line = "echo \"index-url = '$(cat u)'\" > uv.toml && uv pip install flask"
    assert command(tmp_path, line, {}).unknown is not None


def test_settings_that_a_project_alone_has_are_none_of_a_word(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.uv.sources]\nflask = { git = "https://e.example/f" }\n')
    assert command(tmp_path, "uv pip install flask", {}).unknown is None
