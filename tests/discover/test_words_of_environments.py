"""What an environment file or a requirements file names beside packages, and commands that name nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context import ContextFiles
from freshlayer.discover.analysis import BuildRequest, analyse
from freshlayer.discover.discovery import Discovery

_GIT = "git+https://e.example/q.git"
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
        *((it, []) for it in ("npm update", "gem update", "pip install -U", "yarn", "composer update a/b")),
    ],
)
def test_what_names_nothing_is_not_covered(tmp_path: Path, command: str, words: list[str]) -> None:
    files = {"empty.yml": "name: a\n", "package.json": "{}", "composer.json": '{"require": {}}'}
    found = discovered(tmp_path, command, files)
    assert [word for every in found.packages.values() for it in every for word in it.words] == words
    missed = [it.reason.code for it in found.not_watched if not it.is_covered]
    assert missed.count("packages-by-name") == 1


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
    assert len(references(found)) + len([it for it in found.not_watched if not it.is_covered]) == 1


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
