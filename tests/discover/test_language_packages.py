"""Installs of a language's packages: the packages that are watched, and the lock files that bind the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.language_packages import LANGUAGES
from freshlayer.discover.locks.table import ROWS
from freshlayer.discover.package_calls import PROGRAMS
from freshlayer.discover.package_commands import MANAGERS
from freshlayer.discover.package_policy import under_policy
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand

Files = Mapping[str, str]

_PROJECT = '[project]\nname = "app"\ndependencies = ["flask>=3", "attrs"]\n'
_MANIFEST = json.dumps(
    {"dependencies": {"express": "^4", "mine": "file:../mine"}, "devDependencies": {"jest": "29"}}
)


def analysed(tmp_path: Path, text: str, files: Files | None = None) -> Analysis:
    for name, content in (files or {}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    read = ContextFiles(tmp_path, None).read
    return analyse(text, BuildRequest(("linux/amd64",)), read)


def discovered(tmp_path: Path, command: str, files: Files | None = None, base: str = "base") -> Discovery:
    text = f"FROM {base}\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    return analysed(tmp_path, text, files).discovery


def installs(tmp_path: Path, command: str, files: Files | None = None) -> PackageCommand:
    (commands,) = discovered(tmp_path, command, files).packages.values()
    (found,) = commands
    return found


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pip install flask", ["flask"]),
        ("pip3.11 install --no-cache-dir 'flask>=3' numpy==1.26", ["flask>=3", "numpy==1.26"]),
        ("python3 -m pip install -U pip setuptools", ["pip", "setuptools"]),
        ("/opt/venv/bin/pip install 'uvicorn[standard]'", ["uvicorn[standard]"]),
        ("pip install -t /lib --timeout 9 flask", ["flask"]),
        ("uv pip install --system flask", ["flask"]),
        ("pipx install poetry", ["poetry"]),
        ("pip install -r requirements.txt", ["requests~=2.31", 'attrs; python_version > "3"']),
        (
            "pip install -rrequirements.txt gunicorn",
            ["gunicorn", "requests~=2.31", 'attrs; python_version > "3"'],
        ),
        ("pip install -r deep/dev.txt", ["pytest", "requests~=2.31", 'attrs; python_version > "3"']),
        ("pip install .", ["flask>=3", "attrs"]),
        ("pip install -e '.[dev]'", ["flask>=3", "attrs"]),
        ("pip install git+https://example.org/x.git flask", ["flask"]),
    ],
)
def test_pip(tmp_path: Path, command: str, words: list[str]) -> None:
    files = {
        "requirements.txt": '# all\nrequests~=2.31\nattrs; python_version > "3"  # one\n',
        "deep/dev.txt": "pytest\n-r ../requirements.txt\n",
        "pyproject.toml": _PROJECT,
    }
    found = installs(tmp_path, command, files)
    assert (found.manager, found.unknown) == ("pypi", None)
    assert list(found.words) == words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("npm install -g typescript @angular/cli@17", ["typescript", "@angular/cli@17"]),
        ("npm i --prefix /opt --save-dev jest", ["jest"]),
        ("yarn add express@^4", ["express@^4"]),
        ("yarn global add serve", ["serve"]),
        ("pnpm add -g pm2", ["pm2"]),
        ("bun add hono", ["hono"]),
        ("npm install", ["express@^4", "jest@29"]),
        ("npm install --omit=dev", ["express@^4"]),
        ("npm install --production", ["express@^4"]),
        ("yarn", ["express@^4", "jest@29"]),
    ],
)
def test_npm(tmp_path: Path, command: str, words: list[str]) -> None:
    found = installs(tmp_path, command, {"package.json": _MANIFEST})
    assert (found.manager, found.unknown) == ("npm", None)
    assert list(found.words) == words


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        ("uv pip install --resolution lowest flask", "--resolution"),
        ("uv pip install --exclude-newer=2024-01-01 flask", "--exclude-newer"),
        ("uv pip install --exclude-newer-package a=2024-01-01 flask", "--exclude-newer-package"),
        ("uv pip install --override o.txt flask", "--override"),
        ("UV_RESOLUTION=lowest-direct uv pip install flask", "--resolution"),
        ("UV_EXCLUDE_NEWER=2024-01-01 uv pip install flask", "--exclude-newer"),
        ("UV_RESOLUTION=highest uv pip install --resolution highest flask", ""),
    ],
)
def test_a_choice_of_uv_that_is_not_the_newest_is_stated(tmp_path: Path, command: str, detail: str) -> None:
    unknown = installs(tmp_path, command).unknown
    assert (unknown.detail if unknown else "") == detail


@pytest.mark.parametrize(
    ("command", "stated"),
    [
        ("npm install foo@github:a/b lodash", "git+https://github.com/a/b.git"),
        ("npm install -g foo@github:a/b lodash", "git+https://github.com/a/b.git"),
        ("yarn add foo@a/b lodash", "git+https://github.com/a/b.git"),
        ("npm install foo@https://h.example/x lodash", "https://h.example/x"),
        ("npm install short lodash", "git+https://github.com/a/b.git"),
        ("npm install long lodash", "git+https://h.example/long.git"),
        ("npm install foo@file:../foo lodash", "foo@file:../foo"),
        ("npm install local lodash", "local@file:../local"),
        ("npm install listed lodash", "listed@catalog:"),
        ("npm install local", "local@file:../local"),
    ],
)
def test_a_word_for_a_package_of_no_index_is_an_input_or_is_listed(
    tmp_path: Path, command: str, stated: str
) -> None:
    wanted = {"short": "github:a/b", "long": "git+https://h.example/long.git"}
    wanted |= {"local": "file:../local", "listed": "catalog:"}
    files = {"package.json": json.dumps({"dependencies": wanted})}
    found = discovered(tmp_path, command, files)
    words = [it.words for every in found.packages.values() for it in every]
    assert words == ([("lodash",)] if "lodash" in command else [])
    inputs = [str(it.reference) for it in found.inputs]
    assert stated in [*inputs, *(it.text for it in found.not_watched if not it.accepted)]


_WORKSPACES = {
    "package.json": '{"workspaces": ["packages/*", "app"], "devDependencies": {"lerna": "8"}}',
    "app/package.json": '{"name": "the-app", "dependencies": {"express": "^4", "core": "*"}}',
    "packages/a/package.json": '{"name": "core", "dependencies": {"lodash": "4"}}',
    "packages/b/package.json": '{"name": "@x/b", "dependencies": {"ws": "8"}}',
}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("npm install", ["lerna@8", "lodash@4", "ws@8", "express@^4"]),
        ("npm install -w app", ["express@^4", "lodash@4"]),
        ("npm install --workspace=the-app -w @x/b", ["ws@8", "express@^4", "lodash@4"]),
        ("npm i --workspace ./packages", ["lodash@4", "ws@8"]),
        ("npm install -w app --omit=dev express", ["express@^4"]),
    ],
)
def test_workspaces_of_npm(tmp_path: Path, command: str, words: list[str]) -> None:
    found = installs(tmp_path, command, _WORKSPACES)
    assert (list(found.words), found.unknown) == (words, None)


def test_a_workspace_counts_where_the_root_names_none(tmp_path: Path) -> None:
    files = {"package.json": "{}", "app/package.json": '{"dependencies": {"express": "^4"}}'}
    assert installs(tmp_path, "npm install -w app", files).words == ("express@^4",)
    (item,) = discovered(tmp_path, "npm install -w other", files).not_watched
    assert item.reason.code == "no-manifest"


@pytest.mark.parametrize(
    ("command", "words", "options"),
    [
        ("gem install bundler", ["bundler"], []),
        ("gem install rails -v '~> 7.1' --no-document", ["rails"], [("version", "~> 7.1")]),
        ("gem install a:1.2 b --pre -N", ["a:1.2", "b"], [("prerelease", "")]),
        ("gem i puma --source https://u:s3cr3t@g.example", ["puma"], [("source", "https://g.example")]),
        ("gem install nokogiri -- --use-system-libraries x", ["nokogiri"], []),
    ],
)
def test_gem(tmp_path: Path, command: str, words: list[str], options: list[tuple[str, str]]) -> None:
    found = installs(tmp_path, command)
    assert (found.manager, found.unknown) == ("gem", None)
    assert (list(found.words), list(found.options)) == (words, options)


_CARGO = """[package]
name = "app"
version = "0.1.0"
[dependencies]
serde = { version = "1", features = ["derive"] }
mine = { version = "2", registry = "own-name" }
from-git = { git = "https://git.example/x" }
[dev-dependencies]
criterion = "0.5"
"""


@pytest.mark.parametrize(
    ("command", "words", "options"),
    [
        ("cargo install ripgrep cargo-chef@0.1.70 --locked", ["ripgrep", "cargo-chef@0.1.70"], []),
        ("cargo +nightly install --version '^14' -q ripgrep", ["ripgrep"], [("version", "^14")]),
        ("cargo install --registry my x", ["x"], [("registry", "my")]),
        ("cargo binstall -y cargo-nextest@0.9", ["cargo-nextest@0.9"], []),
        ("cargo-binstall --no-confirm just", ["just"], []),
        (
            "CARGO_REGISTRIES_MY_INDEX=sparse+https://u:s3cr3t@c.example/ cargo install --registry my x",
            ["x"],
            [("registry", "my"), ("config", 'registries.my.index="sparse+https://c.example/"')],
        ),
        (
            "CARGO_REGISTRY_DEFAULT=my cargo install x",
            ["x"],
            [("config", 'registry.default="my"')],
        ),
        (
            "cargo build --release",
            ["serde@1", "mine@2"],
            [("manifest", ""), ("registry:mine", "own-name")],
        ),
        (
            "cd / && cargo test --manifest-path app/Cargo.toml",
            ["serde@1", "mine@2", "criterion@0.5"],
            [("manifest", ""), ("registry:mine", "own-name")],
        ),
        (
            "cargo install --path /app",
            ["serde@1", "mine@2"],
            [("manifest", ""), ("registry:mine", "own-name")],
        ),
    ],
)
def test_cargo(tmp_path: Path, command: str, words: list[str], options: list[tuple[str, str]]) -> None:
    found = installs(tmp_path, command, {"Cargo.toml": _CARGO})
    assert (found.manager, found.unknown) == ("cargo", None)
    assert (list(found.words), list(found.options)) == (words, options)


@pytest.mark.parametrize("command", ["cargo install --git https://git.example/x", "cargo build --offline"])
def test_what_cargo_takes_from_no_registry_names_no_crate(tmp_path: Path, command: str) -> None:
    assert discovered(tmp_path, command, {"Cargo.toml": _CARGO}).packages == {}


def test_a_dependency_of_a_repository_is_listed(tmp_path: Path) -> None:
    at = f'{{ git = "https://u:s3cr3t@git.example/y", rev = "{"0" * 40}" }}'
    found = discovered(tmp_path, "cargo build", {"Cargo.toml": f"{_CARGO}[build-dependencies]\ny = {at}\n"})
    assert {(it.text, it.reason.code, it.accepted) for it in found.not_watched} == {
        ("from-git of https://git.example/x", "package-source-unknown", False),
        ("y of https://git.example/y", "exact-version", True),
    }


def test_a_repository_that_composer_reads_with_git_is_listed(tmp_path: Path) -> None:
    manifest = {
        "require": {"own/a": "1"},
        "repositories": {"x": {"type": "vcs", "url": "https://g.example/a"}},
    }
    found = discovered(tmp_path, "composer update", {"composer.json": json.dumps(manifest)})
    assert [(it.text, it.reason.code) for it in found.not_watched] == [
        ("repository https://g.example/a", "package-source-unknown")
    ]


def test_configuration_of_cargo_counts_where_cargo_reads_it(tmp_path: Path) -> None:
    files = {"Cargo.toml": _CARGO, ".cargo/config.toml": "[net]\n", "home/config.toml": "[http]\n"}
    before = "export CARGO_HOME=/app/home; "
    built, installed = (installs(tmp_path, f"{before}cargo {it}", files) for it in ("build", "install x"))
    assert list(built.files) == ["/app/home/config.toml", "/app/.cargo/config.toml"]
    assert list(installed.files) == ["/app/home/config.toml"]


@pytest.mark.parametrize(
    ("command", "words", "options"),
    [
        ("go install example.org/x/cmd/y@latest", ["example.org/x/cmd/y@latest"], []),
        ("go install -v -ldflags '-s -w' -tags=a example.org/x@v1", ["example.org/x@v1"], []),
        ("CGO_ENABLED=0 GOBIN=/b go install example.org/x@main", ["example.org/x@main"], []),
        ("go run example.org/x@latest lint ./...", ["example.org/x@latest"], []),
        ("go mod download example.org/x@latest", ["example.org/x@latest"], []),
        ("go get -u example.org/x", ["example.org/x@upgrade"], [("require:example.org/x", "v1.2.3")]),
        (
            "GOPROXY=https://u:s3cr3t@p.example,direct go install example.org/x@latest",
            ["example.org/x@latest"],
            [("GOPROXY", "https://p.example,direct")],
        ),
    ],
)
def test_go(tmp_path: Path, command: str, words: list[str], options: list[tuple[str, str]]) -> None:
    found = installs(tmp_path, command, {"go.mod": "module a.example\n\nrequire example.org/x v1.2.3\n"})
    assert (found.manager, found.unknown) == ("go", None)
    assert (list(found.words), list(found.options)) == (words, options)


@pytest.mark.parametrize("version", ["v1.2.3", "v0.0.0-20240101000000-0123456789ab", "0" * 40])
def test_a_module_at_one_version_needs_no_probe(tmp_path: Path, version: str) -> None:
    found = discovered(tmp_path, f"go install example.org/x@{version}")
    assert found.unlocked == ()
    assert ([it.reason.code for it in found.not_watched], found.packages) == (["exact-version"], {})


@pytest.mark.parametrize("command", ["GO111MODULE=off go get example.org/x", "go get ./...", "go mod tidy"])
def test_what_go_takes_from_no_proxy_names_no_package(tmp_path: Path, command: str) -> None:
    assert discovered(tmp_path, command).packages == {}


_COMPOSER = json.dumps(
    {
        "require": {"php": "^8", "ext-json": "*", "own/a": "^1", "own/local": "*"},
        "require-dev": {"own/b": "2.*"},
        "repositories": [{"type": "path", "url": "local"}],
    }
)


@pytest.mark.parametrize(
    ("command", "words", "options"),
    [
        ("composer require own/x", ["own/x"], []),
        ("composer require own/x:^1.2 own/y=2.0 'own/z ~3'", ["own/x:^1.2", "own/y:2.0", "own/z:~3"], []),
        ("composer require own/x '^1.2' --no-interaction", ["own/x:^1.2"], []),
        ("composer global require -n own/x own/y", ["own/x", "own/y"], []),
        ("composer create-project --stability=beta own/x . 1.2", ["own/x:1.2"], [("stability", "beta")]),
        ("composer create-project own/x", ["own/x"], []),
        ("composer install --no-dev --prefer-dist", ["own/a:^1"], []),
        (
            "cd / && composer update -d /app --prefer-stable",
            ["own/a:^1", "own/b:2.*"],
            [("prefer-stable", "")],
        ),
    ],
)
def test_composer(tmp_path: Path, command: str, words: list[str], options: list[tuple[str, str]]) -> None:
    files = {"composer.json": _COMPOSER, "local/composer.json": '{"name": "own/local"}'}
    found = installs(tmp_path, command, files)
    assert (found.manager, found.unknown) == ("composer", None)
    assert (list(found.words), list(found.options)) == (words, options)


@pytest.mark.parametrize(
    "command",
    [
        *("cargo build --offline", "CARGO_NET_OFFLINE=true cargo build", "cargo run --frozen"),
        *("npm install --offline", "yarn install --offline", "pnpm i --offline", "uv sync --offline"),
        *("pip install --no-index -f /wheels x", "PIP_NO_INDEX=1 pip install x", "gem install --local x"),
        *("pip install --no-index -f/wheels -r r.txt", "pip install --no-index .", "cargo run --offline x"),
        *(
            "bundle install --local",
            "mvn -o package",
            "gradle --offline build",
            "conda install --offline x",
        ),
        *("dotnet publish --no-restore", "go build -mod=vendor ./...", "GOPROXY=off go install ./..."),
        "GOFLAGS=-mod=vendor go build .",
    ],
)
def test_a_command_that_is_offline_reads_nothing(tmp_path: Path, command: str) -> None:
    found = discovered(
        tmp_path,
        command,
        {
            "Cargo.toml": _CARGO,
            "go.mod": "module a\nrequire b.example/b v1\n",
            "package.json": _MANIFEST,
            "r.txt": "# https://example.org\n-f wheels\nx\n",
            "pyproject.toml": _PROJECT,
        },
        "scratch",
    )
    (item,) = found.not_watched
    assert (item.reason.code, item.is_covered, found.packages) == ("without-network", True, {})


_REMOTE = {
    "url.txt": "foo @ https://example.org/foo.tar.gz\n",
    "links.txt": "--find-links https://example.org/w\nfoo\n",
    "nested.txt": "-r url.txt\n",
    "pyproject.toml": '[project]\nname = "a"\ndependencies = ["x @ https://example.org/x.zip"]\n'
    '[tool.uv.sources]\nx = {git = "https://example.org/x"}\n',
    "package.json": '{"dependencies": {"a": "someone/a"}}',
    "Cargo.toml": _CARGO,
    "go.mod": "module a\nrequire b.example/b v1\n",
}


@pytest.mark.parametrize(
    ("before", "command"),
    [
        *(("", f"pip install --no-index -r {it}.txt") for it in ("url", "links", "nested", "absent")),
        ("ENV PIP_FIND_LINKS=https://example.org/w", "pip install --no-index foo"),
        ("ARG WHEELS\nENV PIP_FIND_LINKS=$WHEELS", "pip install --no-index foo"),
        ("ARG WHEELS", "pip install --no-index -f $WHEELS foo"),
        ("ARG PIP_FIND_LINKS", "pip install --no-index foo"),
        ("", "PIP_FIND_LINKS=$(cat x) pip install --no-index foo"),
        *(
            ("", it)
            for it in ("uv sync --no-index", "pip install --no-index .", "pip install --no-index -e .")
        ),
        *(("", it) for it in ("uv run tool --offline", "cargo run -- --offline", "cargo run x --offline")),
        ("", "go run golang.org/x/tools/cmd/stringer@latest -mod=vendor"),
        ("", "go run -mod=vendor golang.org/x/tools/cmd/stringer@latest"),
        ("ENV GOFLAGS=-mod=vendor", "go build -mod=mod ."),
        ("ENV GOPROXY=off GOPRIVATE=example.org", "go build ."),
        ("ENV npm_config_offline=true", "npm install --offline=false x"),
        *(("", f"npm install {it} x") for it in ("--offline false", "--offline --no-offline", "--offline")),
        ("ENV CARGO_NET_OFFLINE=true", "cargo build --config net.offline=false"),
        ("ENV CARGO_NET_OFFLINE=true", "cargo binstall x"),
        ("ARG O", "npm install --offline $O x"),
        *(("", it) for it in ("./gradlew --offline build", "./mvnw -o package", "gem install -l --remote x")),
        ("", "micromamba create --offline -f env.yml"),
    ],
)
def test_a_command_that_may_read_the_network_is_not_offline(
    tmp_path: Path, before: str, command: str
) -> None:
    text = f"FROM scratch\n{before}\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    found = analysed(tmp_path, text, _REMOTE).discovery
    assert "without-network" not in {item.reason.code for item in found.not_watched}


def test_an_empty_version_is_none(tmp_path: Path) -> None:
    assert installs(tmp_path, 'sdk install maven ""').words == ("sdkman/maven@default",)


@pytest.mark.parametrize("command", ["gem update", "gem update --system"])
def test_what_no_grammar_reads_stays_listed(tmp_path: Path, command: str) -> None:
    (item,) = discovered(tmp_path, command).not_watched
    assert item.reason.code == "packages-by-name"


@pytest.mark.parametrize(
    ("before", "command", "options"),
    [
        (
            "",
            "pip install -i https://i.example/simple --pre x",
            [("index-url", "https://i.example/simple"), ("pre", "")],
        ),
        (
            "ENV PIP_INDEX_URL=https://e.example/simple",
            "pip install x",
            [("index-url", "https://e.example/simple")],
        ),
        ("", "pip install -r r.txt", [("extra-index-url", "https://r.example/simple")]),
        ("", "pip install -c c.txt x", [("constraint", "x<2"), ("constraint", "y==1")]),
        ("", "npm install --registry=https://n.example x", [("registry", "https://n.example")]),
        ("ENV npm_config_registry=https://v.example", "npm i x", [("registry", "https://v.example")]),
        (
            "",
            "pip install -i https://user:s3cr3t@i.example/simple x",
            [("index-url", "https://i.example/simple")],
        ),
    ],
)
def test_the_index_is_that_of_the_command_and_its_surroundings(
    tmp_path: Path, before: str, command: str, options: list[tuple[str, str]]
) -> None:
    files = {"r.txt": "--extra-index-url https://r.example/simple\nx\n", "c.txt": "x<2\ny==1\n"}
    text = f"FROM base\n{before}\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    (commands,) = analysed(tmp_path, text, files).discovery.packages.values()
    assert list(commands[0].options) == options


def test_configuration_files_of_the_project_count(tmp_path: Path) -> None:
    found = installs(tmp_path, "npm install x", {".npmrc": "registry=https://r.example\n"})
    assert found.files == {"/app/.npmrc": "registry=https://r.example\n"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("pip install -r absent.txt", "no-manifest"),
        ("pip install ./setup", "requirements-not-stated"),
        ("pip install --no-index --find-links=https://w.example/wheels x", "requirements-not-stated"),
        ('pip install "x==$VERSION"', "needs-base-image"),
    ],
)
def test_what_is_not_known_is_listed_with_its_reason(tmp_path: Path, command: str, code: str) -> None:
    found = discovered(tmp_path, command, {"setup/setup.py": ""})
    assert code in {item.reason.code for item in found.not_watched}


@pytest.mark.parametrize(
    ("command", "words", "files"),
    [
        ("pip install x /tmp/y-1-py3-none-any.whl", ["x"], ["/tmp/y-1-py3-none-any.whl"]),
        ("pip install ./y-1.tar.gz[extra] x", ["x"], ["./y-1.tar.gz"]),
        ("pip install https://w.example/y-1-py3-none-any.whl x", ["x"], []),
        ("pip install -r files.txt", ["x"], ["./wheels/y.whl"]),
        ("gem install ./y.gem x", ["x"], ["./y.gem"]),
        ("conda install -y ./y-1-0.conda", [], ["./y-1-0.conda"]),
    ],
)
def test_a_package_file_is_decided_by_what_brings_it(
    tmp_path: Path, command: str, words: list[str], files: list[str]
) -> None:
    stated = {"files.txt": "x\n./wheels/y.whl\nhttps://w.example/z.whl\n"}
    found = under_policy(
        analysed(tmp_path, f"FROM base\nWORKDIR /app\nCOPY . .\nRUN {command}\n", stated), {}
    )
    commands = [it for every in found.discovery.packages.values() for it in every]
    assert [word for it in commands for word in it.words] == words
    assert all(it.unknown is None for it in commands)
    missed = found.discovery.not_watched
    assert [it.text for it in missed if it.reason.code == "file-named"] == files
    assert all(it.is_locked for it in missed)


def test_a_closure_states_what_it_leaves_out(tmp_path: Path) -> None:
    text = "FROM base\n# freshlayer: packages=closure\nRUN pip install x https://w.example/y.whl\n"
    missed = under_policy(analysed(tmp_path, text), {}).discovery.not_watched
    assert [(it.text, it.reason.code) for it in missed] == [
        ("https://w.example/y.whl", "dependencies-not-followed")
    ]


def test_a_command_that_is_bound_to_a_lock_file_is_locked(tmp_path: Path) -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": json.loads(_MANIFEST)}})
    found = discovered(tmp_path, "npm ci", {"package.json": _MANIFEST, "package-lock.json": lock})
    (item,) = found.not_watched
    assert (item.locked_by, item.is_covered, item.reason.code) == (
        "package-lock.json",
        True,
        "locked-by-file",
    )
    assert found.packages == {}


def test_a_lock_file_that_is_behind_is_named(tmp_path: Path) -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4"}}}})
    files = {"package.json": _MANIFEST, "package-lock.json": lock}
    (item,) = discovered(tmp_path, "npm ci", files).not_watched
    assert not item.is_covered
    assert "package-lock.json does not cover jest@29" in str(item.reason)


@pytest.mark.parametrize("command", ["poetry install", "bundle install"])
def test_without_a_lock_file_the_advice_is_the_managers_own(tmp_path: Path, command: str) -> None:
    (item,) = discovered(tmp_path, command).not_watched
    assert item.reason.code == "packages-by-name"
    assert item.reason.hint


@pytest.mark.parametrize(
    "command", ["npm install --token s3cr3t x", "pip install --index-url https://u:s3cr3t@e.example x"]
)
def test_a_secret_is_no_package(tmp_path: Path, command: str) -> None:
    found = installs(tmp_path, command)
    assert found.words == ("x",)
    assert "s3cr3t" not in repr(found)


def test_every_program_with_a_grammar_or_a_lock_file_loads_them() -> None:
    bound = {name for row in ROWS for name in row.programs}
    assert PROGRAMS | {"rm"} == MANAGERS.keys() | LANGUAGES.keys() | bound | {"docker-php-ext-install"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain nightly",
            ["rust@nightly"],
        ),
        ("wget -qO- https://sh.rustup.rs | bash -s -- -y", ["rust@stable"]),
        ('sh -c "$(curl -sSf https://sh.rustup.rs)" -- -y', ["rust@stable"]),
        (". $NVM_DIR/nvm.sh && nvm install --lts", ["node@lts"]),
        ("nvm install", ["node@20"]),
        ("rustup toolchain install", ["rust@nightly"]),
        ("bash -lc 'sdk install gradle'", ["sdkman/gradle@default"]),
    ],
)
def test_tools(tmp_path: Path, command: str, words: list[str]) -> None:
    files = {".nvmrc": "20\n", "rust-toolchain.toml": '[toolchain]\nchannel = "nightly"\n'}
    found = installs(tmp_path, command, files)
    assert (found.manager, found.unknown) == ("tools", None)
    assert list(found.words) == words


def test_a_mirror_of_tools_is_a_variable(tmp_path: Path) -> None:
    text = "FROM base\nENV RUSTUP_DIST_SERVER=https://r.example\nRUN rustup default stable\n"
    (commands,) = analysed(tmp_path, text).discovery.packages.values()
    assert commands[0].options == (("RUSTUP_DIST_SERVER", "https://r.example"),)


def test_a_tool_whose_version_is_not_known_is_unknown(tmp_path: Path) -> None:
    (item,) = discovered(tmp_path, "rustup toolchain install 1.80.0 $CHANNEL").not_watched[:1]
    assert item.reason.code in {"exact-version", "needs-base-image"}
    found = discovered(tmp_path, "rustup target add $(cat target.txt)").not_watched
    assert [it.reason.code for it in found] == ["decided-by-program"]


@pytest.mark.parametrize(
    ("command", "words", "options"),
    [
        (
            'R -e \'install.packages("ggplot2", repos="https://c.example")\'',
            ["ggplot2"],
            [("repos", "https://c.example")],
        ),
        ("Rscript -e \"install.packages(c('dplyr', 'tidyr'))\"", ["dplyr", "tidyr"], []),
        ("Rscript install.R", ["shiny"], [("repos", "https://f.example")]),
        ("R --no-save <<'EOF'\npkgs = c('aa', 'bb')\ninstall.packages(pkgs)\nEOF", ["aa", "bb"], []),
        ("install2.r --error -r https://c.example shiny", ["shiny"], [("repos", "https://c.example")]),
        ("r -e 'install.packages(\"shiny\")'", ["shiny"], []),
    ],
)
def test_r(tmp_path: Path, command: str, words: list[str], options: list[tuple[str, str]]) -> None:
    script = 'options(repos = c(CRAN = "https://f.example"))\ninstall.packages("shiny")\n'
    found = installs(tmp_path, command, {"install.R": script})
    assert (found.manager, found.unknown) == ("cran", None)
    assert (list(found.words), list(found.options)) == (words, options)


def test_the_profile_of_r_counts(tmp_path: Path) -> None:
    profile = "/usr/local/lib/R/etc/Rprofile.site"
    line = 'options(repos = c(CRAN = "https://p.example"))'
    found = installs(tmp_path, f"echo '{line}' > {profile} && install2.r shiny")
    assert found.files == {profile: f"{line}\n"}


@pytest.mark.parametrize("command", ["Rscript -e 'print(1)'", "Rscript absent.R", "R --version"])
def test_r_that_installs_nothing_is_not_listed(tmp_path: Path, command: str) -> None:
    found = discovered(tmp_path, command)
    assert (found.packages, [it for it in found.not_watched if it.reason.code == "packages-by-name"]) == (
        {},
        [],
    )


_CSPROJ = """\ufeff<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><SerilogVersion>3.*</SerilogVersion></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Serilog" Version="$(SerilogVersion)" />
    <PackageReference Include="Fixed" Version="1.2.3" />
    <PackageReference Include="Ranged"><Version>[1.0,2.0)</Version></PackageReference>
    <PackageReference Include="Central" />
  </ItemGroup>
</Project>
"""
_CENTRAL = '<Project><ItemGroup><PackageVersion Include="central" Version="8.0.*" /></ItemGroup></Project>'
_NUGET_CONFIG = """<configuration><packageSources><clear />
<add key="mine" value="https://n.example/v3/index.json" /></packageSources></configuration>"""


@pytest.mark.parametrize(
    "command", ["dotnet restore", "dotnet publish app.csproj -c Release -o out", "dotnet build app.sln"]
)
def test_a_dotnet_project_with_floating_versions(tmp_path: Path, command: str) -> None:
    files = {
        "app.csproj": _CSPROJ,
        "Directory.Packages.props": _CENTRAL,
        "nuget.config": _NUGET_CONFIG,
        "app.sln": 'Project("{FAE0}") = "app", "app.csproj", "{1}"\n',
    }
    found = installs(tmp_path, command, files)
    assert (found.manager, found.unknown) == ("nuget", None)
    assert found.words == ("Serilog@3.*", "Ranged@[1.0,2.0)", "Central@8.0.*")
    assert found.options == (("source", "https://n.example/v3/index.json"),)


def test_a_dotnet_project_with_fixed_versions_is_listed(tmp_path: Path) -> None:
    project = '<Project><ItemGroup><PackageReference Include="A" Version="1.2.3" /></ItemGroup></Project>'
    (item,) = discovered(tmp_path, "dotnet restore", {"app.csproj": project}).not_watched
    assert (item.reason.code, item.accepted) == ("exact-version", True)


@pytest.mark.parametrize(
    "text",
    ["<Project>" * 5000, '<!DOCTYPE x [<!ENTITY a "b">]><Project>&a;</Project>', "<Project", "", "<a>" * 59],
)
def test_a_project_file_of_another_form_is_not_read(tmp_path: Path, text: str) -> None:
    (item,) = discovered(tmp_path, "dotnet restore", {"app.csproj": text}).not_watched
    assert item.reason.code == "packages-by-name"


_POM = """<project><groupId>com.acme</groupId><artifactId>app</artifactId><version>1.0-SNAPSHOT</version>
<properties><spring.version>6.1.0</spring.version><open>[2,3)</open></properties>
<modules><module>core</module></modules>
<repositories><repository><id>mine</id><url>https://m.example/maven</url></repository></repositories>
<dependencies>
<dependency><groupId>org.a</groupId><artifactId>fixed</artifactId><version>${spring.version}</version></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId><version>1.0-SNAPSHOT</version>
</dependency>
</dependencies></project>"""
_CORE = """<project><parent><groupId>com.acme</groupId><artifactId>app</artifactId>
<version>1.0-SNAPSHOT</version></parent><artifactId>core</artifactId><dependencies>%s</dependencies></project>"""
_DEPENDENCY = (
    "<dependency><groupId>org.b</groupId><artifactId>b</artifactId><version>%s</version></dependency>"
)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("${open}", ("org.b:b:[2,3)",)),
        ("2-SNAPSHOT", ("org.b:b:2-SNAPSHOT",)),
        ("LATEST", ("org.b:b:LATEST",)),
    ],
)
def test_a_maven_project_that_names_what_is_no_release(
    tmp_path: Path, version: str, words: tuple[str, ...]
) -> None:
    found = installs(
        tmp_path, "mvn -B package", {"pom.xml": _POM, "core/pom.xml": _CORE % (_DEPENDENCY % version)}
    )
    assert (found.manager, found.unknown, found.words) == ("maven", None, words)
    assert [url for _, url in found.options] == [
        "https://repo.maven.apache.org/maven2",
        "https://m.example/maven",
    ]


def test_a_maven_project_whose_own_version_alone_is_a_snapshot_is_locked(tmp_path: Path) -> None:
    files = {"pom.xml": _POM, "core/pom.xml": _CORE % (_DEPENDENCY % "2.0")}
    (item,) = discovered(tmp_path, "mvn -B dependency:go-offline", files).not_watched
    assert (item.locked_by, item.is_covered) == ("pom.xml", True)


def test_a_mirror_of_settings_replaces_a_repository_of_maven(tmp_path: Path) -> None:
    settings = """<settings><mirrors><mirror><id>x</id><mirrorOf>*,!mine</mirrorOf><url>https://x.example</url></mirror>
    </mirrors></settings>"""
    files = {"pom.xml": _POM, "core/pom.xml": _CORE % (_DEPENDENCY % "LATEST"), "s.xml": settings}
    found = installs(tmp_path, "mvn -s s.xml package", files)
    assert [url for _, url in found.options] == ["https://x.example", "https://m.example/maven"]


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("PIP_PRE=1 pip install flask", [("pre", "")], ["flask"]),
        ("PIP_PRE=false pip install flask", [], ["flask"]),
        ("PIP_CONSTRAINT=c.txt pip install flask", [("constraint", "attrs<22")], ["flask"]),
        ("PIP_REQUIREMENT=c.txt pip install flask", [], ["attrs<22", "flask"]),
        (
            "PIP_EXTRA_INDEX_URL='https://a.example https://u:secret@b.example' pip install flask",
            [("extra-index-url", "https://a.example"), ("extra-index-url", "https://b.example")],
            ["flask"],
        ),
        (
            "PIP_NO_BINARY=:all: PIP_NO_DEPS=1 pipx install flask",
            [("no-binary", ":all:"), ("no-deps", "")],
            ["flask"],
        ),
        ("UV_INDEX_URL=https://a.example pip install flask", [], ["flask"]),
        ("PIP_INDEX_URL=https://a.example uv pip install flask", [], ["flask"]),
        (
            "UV_DEFAULT_INDEX=https://a.example uv pip install flask",
            [("index-url", "https://a.example")],
            ["flask"],
        ),
        (
            "UV_INDEX=own=https://a.example uv pip install flask",
            [("extra-index-url", "https://a.example")],
            ["flask"],
        ),
        ("UV_PRERELEASE=allow uv pip install flask", [("pre", "")], ["flask"]),
        ("uv pip install --prerelease=allow flask", [("pre", "")], ["flask"]),
        ("UV_CONSTRAINT=c.txt uv pip install flask", [("constraint", "attrs<22")], ["flask"]),
    ],
)
def test_variables_are_options_of_the_program_that_reads_them(
    command: str, options: list[tuple[str, str]], words: list[str], tmp_path: Path
) -> None:
    found = installs(tmp_path, command, {"c.txt": "attrs<22\n"})
    assert (list(found.options), sorted(found.words)) == (options, sorted(words))


_SNAPSHOT_POM = (
    "<project><dependencies><dependency><groupId>g.x</groupId><artifactId>lib</artifactId>"
    "<version>1-SNAPSHOT</version></dependency></dependencies></project>"
)
_MIRROR_OF_ALL = (
    "<settings><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://m.example/maven</url>"
    "</mirror></mirrors></settings>"
)


@pytest.mark.parametrize(
    "command",
    [
        "MAVEN_ARGS='-s mirror.xml' mvn -B package",
        "export MAVEN_ARGS=-smirror.xml; mvn -s mirror.xml package",
    ],
)
def test_maven_reads_the_settings_that_a_variable_names(command: str, tmp_path: Path) -> None:
    found = installs(tmp_path, command, {"pom.xml": _SNAPSHOT_POM, "mirror.xml": _MIRROR_OF_ALL})
    assert found.words == ("g.x:lib:1-SNAPSHOT",)
    assert found.options == (("repository", "https://m.example/maven"),)


def test_the_repository_of_r_is_that_of_the_command(tmp_path: Path) -> None:
    found = installs(tmp_path, "CRAN=https://r.example Rscript -e 'install.packages(\"shiny\")'")
    assert found.options == (("CRAN", "https://r.example"),)


_DESCRIPTION = """Package: mine
Version: 1.0
Title: Imports: nothing
Depends:
    R (>= 4.1),
    zoo
Imports: dplyr,
    rlang (>= 1.0), methods,utils
LinkingTo: cpp11
Suggests: testthat (>= 3)
"""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("remotes::install_deps()", ["zoo", "dplyr", "rlang", "cpp11"]),
        ("devtools::install_deps(dependencies = TRUE)", ["zoo", "dplyr", "rlang", "cpp11", "testthat"]),
        ("pak::local_install_deps()", ["zoo", "dplyr", "rlang", "cpp11"]),
        ('remotes::install_deps("below", upgrade = "never")', ["lattice"]),
    ],
)
def test_the_packages_of_a_description(tmp_path: Path, code: str, words: list[str]) -> None:
    files = {"DESCRIPTION": _DESCRIPTION, "below/DESCRIPTION": "Package: x\nImports: lattice\n"}
    assert list(installs(tmp_path, f"Rscript -e '{code}'", files).words) == words


def test_the_packages_of_a_description_are_those_that_r_reads(tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed, and scripts/setup can't install it here")
    ours = installs(tmp_path, "Rscript -e 'remotes::install_deps()'", {"DESCRIPTION": _DESCRIPTION}).words
    code = (
        "d <- read.dcf('DESCRIPTION'); f <- c('Depends', 'Imports', 'LinkingTo')\n"
        "cat(unlist(tools:::.extract_dependency_package_names(d[, f])))"
    )
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(done.stdout.split()) - {"methods", "utils"} == set(ours)


@pytest.mark.parametrize("text", ["Package: x\nImports: a\nRemotes: o/a\n", None])
def test_a_description_that_is_not_known_or_names_repositories(tmp_path: Path, text: str | None) -> None:
    found = discovered(
        tmp_path, "Rscript -e 'remotes::install_deps()'", {"DESCRIPTION": text} if text else {}
    )
    assert [it.reason.code for it in found.not_watched] == ["packages-by-name"]


def test_extras_of_a_project_count(tmp_path: Path) -> None:
    optional = '[project.optional-dependencies]\ndev = ["pytest>=8"]\ndocs = ["mkdocs"]\n'
    files = {"pyproject.toml": _PROJECT + optional}
    assert installs(tmp_path, "pip install -e '.[dev,docs]'", files).words == (
        *("flask>=3", "attrs", "pytest>=8", "mkdocs"),
    )
    assert installs(tmp_path, "pip install .", files).words == ("flask>=3", "attrs")
    assert installs(tmp_path, "pip install .[absent]", files).words == ("flask>=3", "attrs")
    dynamic = {"pyproject.toml": f'{_PROJECT}dynamic = ["optional-dependencies"]\n'}
    unknown = installs(tmp_path, "pip install .[dev]", dynamic).unknown
    assert unknown is not None
    assert unknown.code == "requirements-not-stated"


_GRADLEW = '#!/bin/sh\nset -- -classpath gradle-wrapper.jar org.gradle.wrapper.Main "$@"\nexec java "$@"\n'


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("./gradlew build", "gradlew"),
        ("sh gradlew build", "gradlew"),
        ("chmod +x mvnw && ./mvnw package", "mvnw"),
        ("/app/mvnw -B package", "mvnw"),
    ],
)
def test_a_wrapper_of_the_context_is_a_build_tool(tmp_path: Path, command: str, file: str) -> None:
    (item,) = discovered(tmp_path, command, {file: _GRADLEW}).not_watched
    assert item.reason.code == "packages-by-name"
