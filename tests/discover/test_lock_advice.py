"""One line for an install that no lock file binds: which lock file its manager offers, and what writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.package_policy import under_policy
from freshlayer.discover.reading import analyse
from freshlayer.model.inputs import Advice
from freshlayer.model.package_policy import PackagePolicy

_CODES = {"unlocked-install", "dependencies-float", "lock-behind", "lock-not-read"}
_MANIFEST = json.dumps({"dependencies": {"express": "^4"}})


def advised(
    tmp_path: Path,
    text: str,
    files: Mapping[str, str] | None = None,
    policy: PackagePolicy | None = None,
    platforms: tuple[str, ...] = ("linux/amd64",),
) -> list[Advice]:
    for name, content in (files or {}).items():
        (tmp_path / name).write_text(content)
    whole = f"FROM base\nWORKDIR /app\nCOPY . .\n{text}\n"
    found = analyse(whole, BuildRequest(platforms), ContextFiles(tmp_path, None).read)
    settings = {} if policy is None else dict.fromkeys(("pypi", "npm", "gem"), policy)
    return [item for item in under_policy(found, settings).advice if item.code in _CODES]


@pytest.mark.parametrize(
    ("command", "file", "writes"),
    [
        ("pip install flask", "requirements.txt", "pip-compile --generate-hashes"),
        ("pip install -r requirements.txt", "requirements.txt", "pip-compile --generate-hashes"),
        ("pipx install poetry", "requirements.txt", "pip install --require-hashes -r requirements.txt"),
        ("uv pip install --system flask", "uv.lock", "uv lock"),
        ("uv sync", "uv.lock", "uv sync --locked"),
        ("poetry install", "poetry.lock", "poetry lock"),
        ("pdm install", "pdm.lock", "pdm sync"),
        ("pipenv install", "Pipfile.lock", "pipenv sync"),
        ("npm install", "package-lock.json", "npm install --package-lock-only"),
        ("npm install -g typescript", "package-lock.json", "npm ci"),
        ("yarn install", "yarn.lock", "yarn install --immutable"),
        ("pnpm add -g pm2", "pnpm-lock.yaml", "pnpm install --lockfile-only"),
        ("bun install", "bun.lock", "bun install --frozen-lockfile"),
        ("gem install rails", "Gemfile.lock", "bundle lock"),
        ("bundle install", "Gemfile.lock", "BUNDLE_FROZEN=true bundle install"),
        ("composer install", "composer.lock", "composer update --no-install"),
        ("cargo build --release", "Cargo.lock", "cargo generate-lockfile"),
        ("go mod download", "go.sum", "go mod tidy"),
        ("dotnet restore", "packages.lock.json", "dotnet restore --use-lock-file"),
        ("mix deps.get", "mix.lock", "mix deps.get --check-locked"),
        ("dart pub get", "pubspec.lock", "dart pub get --enforce-lockfile"),
        ("conda create -n app python", "explicit.txt", "conda list --explicit"),
    ],
)
def test_an_unlocked_install_has_the_lock_file_of_its_manager(
    tmp_path: Path, command: str, file: str, writes: str
) -> None:
    module = "module a.example\n\nrequire example.org/x v1.2.3\n"
    files = {"package.json": _MANIFEST, "requirements.txt": "flask\n", "go.mod": module}
    (item,) = advised(tmp_path, f"RUN {command}", files)
    assert (item.line, item.code) == (4, "unlocked-install")
    assert file in item.text
    assert writes in item.text
    assert "\n" not in item.text


def test_there_is_one_line_for_each_manager(tmp_path: Path) -> None:
    text = "RUN pip install a && pip3 install b\nRUN pip install c && npm i -g d\nRUN npm i -g e\n"
    assert [(it.line, it.text.split(":")[0]) for it in advised(tmp_path, text)] == [(4, "pip"), (5, "npm")]
    both = ("linux/amd64", "linux/arm64")
    assert len(advised(tmp_path, text, platforms=both)) == 2


@pytest.mark.parametrize("comment", ["no-advice", "ignore", "immutable", "packages=off"])
def test_a_comment_silences_it(tmp_path: Path, comment: str) -> None:
    assert advised(tmp_path, f"# freshlayer: {comment}\nRUN pip install flask") == []
    assert advised(tmp_path, "RUN pip install flask", policy=PackagePolicy.OFF) == []


def test_a_line_that_is_silenced_does_not_silence_the_others(tmp_path: Path) -> None:
    (item,) = advised(tmp_path, "# freshlayer: no-advice\nRUN pip install a\nRUN pip install b")
    assert item.line == 6


@pytest.mark.parametrize(
    "command",
    [
        "pip install flask==3.0.0",
        "pip install 'uvicorn[standard]==0.30' six==1.16.0",
        "pip install -r requirements.txt",
        "npm install -g typescript@5.4.5",
        "npm install @angular/cli@17.0.0",
        "gem install rails:7.1.0",
    ],
)
def test_of_a_pinned_package_the_dependencies_float(tmp_path: Path, command: str) -> None:
    files = {"requirements.txt": "flask==3.0\nsix==1.16 ; python_version > '3'\n"}
    (item,) = advised(tmp_path, f"RUN {command}", files)
    assert item.code == "dependencies-float"
    assert "what it depends on floats and is not watched (packages = named)" in item.text
    (item,) = advised(tmp_path, f"RUN {command}", files, PackagePolicy.CLOSURE)
    assert "what it depends on floats and is watched;" in item.text


@pytest.mark.parametrize(
    "command",
    ["pip install flask==3.* x==1", "npm i typescript@5", "gem install rails:'~> 7'", "pip install a b==1"],
)
def test_a_range_is_no_pin(tmp_path: Path, command: str) -> None:
    (item,) = advised(tmp_path, f"RUN {command}")
    assert item.code == "unlocked-install"


def test_a_lock_file_that_is_behind_comes_before_what_has_none(tmp_path: Path) -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": {"other": "^4"}}}})
    files = {"package.json": _MANIFEST, "package-lock.json": lock}
    (item,) = advised(tmp_path, "RUN npm i -g typescript\nRUN npm ci", files)
    assert (item.line, item.code) == (5, "lock-behind")
    assert "package-lock.json does not cover express@^4; write it again with 'npm install" in item.text


def test_what_is_locked_or_installs_nothing_has_no_advice(tmp_path: Path) -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": json.loads(_MANIFEST)}})
    files = {"package.json": _MANIFEST, "package-lock.json": lock}
    assert (
        advised(tmp_path, "RUN npm ci\nRUN pip list\nRUN npm run build\nRUN apt-get install -y a", files)
        == []
    )
    assert advised(tmp_path, "RUN mvn -B package") == []


def test_what_a_file_decides_is_not_advised_where_the_context_is_not_read() -> None:
    text = "FROM a\nCOPY . .\nRUN npm ci\nRUN pip install flask\n"
    found = analyse(text, BuildRequest(("linux/amd64",))).advice
    assert [item.line for item in found if item.code in _CODES] == [4]


def test_each_policy_of_a_run_is_that_of_its_manager() -> None:
    found = analyse("FROM a\nRUN apt-get install -y b && pip install c\n", BuildRequest(("linux/amd64",)))
    (chain,) = under_policy(found, {}).package_chains
    policies = {it.manager: run.policy for run in chain.runs for it in run.commands}
    assert policies == {"apt": PackagePolicy.CLOSURE, "pypi": PackagePolicy.NAMED}
    (chain,) = under_policy(found, {"apt": PackagePolicy.OFF}).package_chains
    assert [run.policy for run in chain.runs] == [PackagePolicy.OFF, PackagePolicy.NAMED]
