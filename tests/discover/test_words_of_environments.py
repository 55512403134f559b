"""What an environment file or a requirements file names beside packages, and commands that name nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.locks.project import Locked, Project
from freshlayer.discover.locks.table import lock_of
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand

_GIT = "git+https://e.example/q.git"
_CRATE = '[package]\nname = "a"\nversion = "1.0.0"\n'
_WITH_GIT = f"dependencies:\n  - pip:\n    - {_GIT}\n"


def discovered(tmp_path: Path, command: str, files: Mapping[str, str] | None = None) -> Discovery:
    for name, text in (files or {}).items():
        (tmp_path / name).write_text(text)
    text = f"FROM base\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    return analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read).discovery


def references(found: Discovery) -> list[str]:
    """All but the base image."""
    return [str(it.reference) for it in found.inputs if "image" not in str(it.reference)]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("conda update --all -y", []),
        ("mamba update -a -y", []),
        ("conda install -y --update-all", []),
        ("conda install -y --update-all numpy", ["numpy"]),
        ("conda update --all -y && conda install xz", ["xz"]),
        ("conda install -y", []),
        ("conda env create -f empty.yml", []),
        *((it, []) for it in ("gem update", "pip install -U", "npm update")),
    ],
)
def test_what_names_nothing_is_not_covered(tmp_path: Path, command: str, words: list[str]) -> None:
    found = discovered(tmp_path, command, {"empty.yml": "name: a\n"})
    assert [word for every in found.packages.values() for it in every for word in it.words] == words
    missed = [it.reason.code for it in found.not_watched if not it.is_covered]
    assert missed.count("packages-by-name") == 1


@pytest.mark.parametrize(
    ("command", "file", "text"),
    [
        ("cargo build --release", "Cargo.toml", _CRATE),
        (
            "cargo build --no-default-features",
            "Cargo.toml",
            f'{_CRATE}[features]\nx = ["dep:b"]\n[dependencies]\nb = {{ version = "1", optional = true }}\n',
        ),
        *((it, "package.json", '{"name": "a"}') for it in ("npm install", "yarn", "pnpm i")),
        ("npm install --omit=dev", "package.json", '{"devDependencies": {"a": "1"}}'),
        ("yarn", "package.json", '{"dependencies": {"b": "link:../b", "c": "portal:./c"}}'),
        ("composer install", "composer.json", '{"require": {"php": ">=8"}}'),
        ("composer update a/b", "composer.json", '{"require": {}}'),
    ],
)
def test_a_manifest_that_names_nothing_is_all_that_counts(
    tmp_path: Path, command: str, file: str, text: str
) -> None:
    found = discovered(tmp_path, command, {file: text})
    assert not found.packages
    assert [(it.reason.code, it.is_covered, it.locked_by) for it in found.not_watched] == [
        ("locked-by-file", True, f"/app/{file}" if file == "Cargo.toml" else file)
    ]


def test_the_manifest_of_a_directory_that_a_dependency_names(tmp_path: Path) -> None:
    for name, text in (("a", '{"dependencies": {"b": "file:../b", "x": "1"}}'), ("b", '{"name": "b"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text(text)
    found = discovered(tmp_path, "npm install", {"package.json": '{"dependencies": {"a": "file:./a"}}'})
    assert [it.words for every in found.packages.values() for it in every] == [("x@1",)]


def test_an_archive_of_the_context_may_name_packages(tmp_path: Path) -> None:
    text = '{"dependencies": {"a": "file:a-1.tgz"}}'
    found = discovered(tmp_path, "npm install", {"package.json": text, "a-1.tgz": ""})
    assert [it.reason.code for it in found.not_watched if not it.is_covered]


@pytest.mark.parametrize(
    ("wanted", "reference"),
    [
        ("git+https://e.example/q.git", "git+https://e.example/q.git"),
        ("git+https://e.example/q.git#v1", "git+https://e.example/q.git#v1"),
        ("git://e.example/q.git", "git+git://e.example/q.git"),
        ("https://e.example/q-1.tgz", "https://e.example/q-1.tgz"),
        ("o/q", "git+https://github.com/o/q.git"),
        ("o/q#main", "git+https://github.com/o/q.git#main"),
        ("gitlab:o/q", "git+https://gitlab.com/o/q.git"),
    ],
)
def test_a_repository_beside_the_packages_of_a_manifest(tmp_path: Path, wanted: str, reference: str) -> None:
    text = f'{{"dependencies": {{"q": "{wanted}", "plain": "^1"}}}}'
    found = discovered(tmp_path, "npm install", {"package.json": text})
    assert references(found) == [reference]
    assert [it.words for every in found.packages.values() for it in every] == [("plain@^1",)]


@pytest.mark.parametrize("wanted", ["catalog:", "patch:q@npm%3A1.0.0#~/q.patch", "gist:11081aaa281"])
def test_a_dependency_that_another_file_states_is_not_known(tmp_path: Path, wanted: str) -> None:
    text = f'{{"dependencies": {{"q": "{wanted}", "plain": "^1"}}}}'
    found = discovered(tmp_path, "pnpm install", {"package.json": text})
    assert [it.reason.code for it in found.not_watched if not it.is_covered]


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("conda env create", {"environment.yml": _WITH_GIT}),
        ("conda env create", {"environment.yml": _WITH_GIT.replace("git+", "-e git+")}),
        (
            "conda env create",
            {"environment.yml": _WITH_GIT.replace("git+", '"q @ git+').replace("q.git", 'q.git"')},
        ),
        ("conda env create", {"environment.yml": _WITH_GIT.replace(_GIT, "-r r.txt"), "r.txt": f"{_GIT}\n"}),
        ("pip install -r r.txt", {"r.txt": f"{_GIT} # here\n"}),
        ("pip install -r r.txt", {"r.txt": f"-e {_GIT}#egg=q\n"}),
        ("pip install -r r.txt", {"r.txt": f'q @ {_GIT} ; python_version > "3"\n'}),
        ("uv pip install -r r.txt", {"r.txt": f"q@{_GIT}\n"}),
    ],
)
def test_a_repository_that_a_file_names_is_an_input(
    tmp_path: Path, command: str, files: Mapping[str, str]
) -> None:
    found = discovered(tmp_path, command, files)
    assert references(found) == [_GIT]
    assert not [it for it in found.not_watched if it.is_covered]


@pytest.mark.parametrize("word", ["hg+https://e.example/q", "bzr+https://e.example/q"])
def test_a_word_that_has_no_probe_is_listed(tmp_path: Path, word: str) -> None:
    found = discovered(tmp_path, "pip install -r r.txt", {"r.txt": f"{word}\n"})
    missed = [it for it in found.not_watched if it.reason.code != "dependencies-not-followed"]
    assert len(references(found)) + len(missed) == 1


def test_an_archive_beside_packages_leaves_these_watched(tmp_path: Path) -> None:
    found = discovered(tmp_path, "pip install -r r.txt", {"r.txt": "https://e.example/q.tar.gz\nflask\n"})
    assert references(found) == ["https://e.example/q.tar.gz"]
    assert [it.words for every in found.packages.values() for it in every] == [("flask",)]
    assert [it.unknown for every in found.packages.values() for it in every] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n  - pip: flask\n",
        "dependencies: flask\n",
        "dependencies:\n  - other:\n    - flask\n",
        "dependencies:\n  - pip:\n    - a: b\n",
    ],
)
def test_an_environment_of_another_form_is_not_known(tmp_path: Path, text: str) -> None:
    found = discovered(tmp_path, "conda env create", {"environment.yml": text})
    assert "requirements-not-stated" in {it.reason.code for it in found.not_watched}


@pytest.mark.parametrize("line", ["--no-index", "-r 'other"])
def test_an_option_of_a_file_that_leaves_the_packages_unknown(tmp_path: Path, line: str) -> None:
    found = discovered(tmp_path, "pip install -r r.txt", {"r.txt": f"flask\n{line}\n"})
    (command,) = [it for every in found.packages.values() for it in every]
    assert command.unknown is not None


_SECRET = "https://u:secretpw@c.example/t/tk-token-1/main"


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("conda env create", {"environment.yml": f"channels:\n  - {_SECRET}\ndependencies:\n  - xz\n"}),
        (f"conda install -c {_SECRET} xz", {}),
        (f"conda config --add channels {_SECRET} && conda install xz", {}),
        (f"CONDA_CHANNELS={_SECRET} conda install xz", {}),
    ],
)
def test_options_hold_no_secret_of_a_channel(tmp_path: Path, command: str, files: Mapping[str, str]) -> None:
    found = discovered(tmp_path, command, files)
    options = repr([it.options for every in found.packages.values() for it in every])
    assert "c.example/main" in options
    assert not [it for it in ("secretpw", "tk-token-1") if it in options]


def _workspace(tmp_path: Path, command: str, files: Mapping[str, object]) -> Discovery:
    for name, manifest in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(manifest))
    return discovered(tmp_path, command)


def _installs(found: Discovery) -> list[PackageCommand]:
    return [it for every in found.packages.values() for it in every]


@pytest.mark.parametrize("command", ["npm install", "yarn", "bun install"])
def test_members_in_directories_with_a_dot(tmp_path: Path, command: str) -> None:
    files = {
        "package.json": {"name": "r", "private": True, "workspaces": ["packages/**"]},
        "packages/socket.io/client/package.json": {"name": "c", "dependencies": {"x": "^1"}},
        "packages/d3.js/package.json": {"name": "d", "dependencies": {"y": "^1"}},
        "packages/a.json": {"dependencies": {"z": "^1"}},
    }
    assert [it.words for it in _installs(_workspace(tmp_path, command, files))] == [("y@^1", "x@^1")]


@pytest.mark.parametrize("pattern", ["**/" * 3000 + "a", "a/" * 3000])
def test_a_pattern_of_many_pieces(tmp_path: Path, pattern: str) -> None:
    found = _workspace(tmp_path, "npm install", {"package.json": {"workspaces": [pattern]}})
    assert "requirements-not-stated" in {it.reason.code for it in found.not_watched if not it.is_covered}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("npm install", [("overrides", "")]),
        ("npm install -w a", [("override", "y@2")]),
        ("cd a && npm install", [("override", "y@2")]),
        ("npm install --prefix a", [("override", "z@3")]),
    ],
)
def test_overrides_are_those_of_the_root(
    tmp_path: Path, command: str, options: list[tuple[str, str]]
) -> None:
    files = {
        "package.json": {"private": True, "workspaces": ["a"], "overrides": {"y": "2"}},
        "a/package.json": {"name": "a", "dependencies": {"x": "^1"}, "overrides": {"z": "3"}},
    }
    (installs,) = _installs(_workspace(tmp_path, command, files))
    assert (installs.words, list(installs.options)) == (("x@^1",), options)


@pytest.mark.parametrize(
    ("command", "table", "value"),
    [
        ("yarn", "resolutions", "$b"),
        ("yarn", "resolutions", "$nowhere"),
        ("bun install", "overrides", "$nowhere"),
        ("pnpm install", "resolutions", "$nowhere"),
    ],
)
def test_a_version_that_refers_to_nothing_known(tmp_path: Path, command: str, table: str, value: str) -> None:
    manifest = {"dependencies": {"a": "^1", "b": "^2"}, table: {"a": value}}
    found = _workspace(tmp_path, command, {"package.json": manifest})
    assert [it.words for it in _installs(found)] == [("b@^2",)]
    assert "requirements-not-stated" in {it.reason.code for it in found.not_watched if not it.is_covered}


@pytest.mark.parametrize(
    ("command", "table"), [("bun install", "overrides"), ("pnpm install", "resolutions")]
)
def test_a_version_that_refers_to_the_root(tmp_path: Path, command: str, table: str) -> None:
    manifest = {"dependencies": {"a": "^1", "b": "^2"}, table: {"a": "$b"}}
    (installs,) = _installs(_workspace(tmp_path, command, {"package.json": manifest}))
    assert installs.words == ("a@^2", "b@^2")


@pytest.mark.parametrize("name", [["x"], {}, 1, None])
@pytest.mark.parametrize("command", ["npm install -w a", "npm ci", "yarn", "pnpm install", "bun install"])
def test_a_name_that_is_no_text(tmp_path: Path, command: str, name: object) -> None:
    files = {
        "package.json": {"name": name, "workspaces": ["a"], "dependencies": {"x": "^1"}},
        "a/package.json": {"name": name, "dependencies": {"y": "^1"}},
        "package-lock.json": {"packages": {}},
    }
    assert _workspace(tmp_path, command, files).not_watched is not None


def test_a_lock_file_of_many_packages_is_compared_in_time() -> None:
    wanted = {"dependencies": {f"p{number}": "1" for number in range(5000)}}
    files = {"/package.json": wanted, "/package-lock.json": {"packages": {"": wanted}}}
    texts = {name: json.dumps(it) for name, it in files.items()}
    project = Project(("ci",), "/", texts.get, lambda _: frozenset(), lambda _: "")
    began = time.process_time()
    assert isinstance(lock_of("npm", project), Locked)
    assert time.process_time() - began < 1
