"""Commands that a lock file of the build context binds: locked, with the lock removed, and with it behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import process_time

import pytest
from msgspec import Struct

from freshlayer.discover.locks.project import Lock, Locked, Project, Unlocked
from freshlayer.discover.locks.table import lock_of

Files = Mapping[str, str]


def project_of(command: str, files: Files, environment: Mapping[str, str] | None = None) -> Project:
    there = {f"/app/{name}": text for name, text in files.items()}
    known = environment or {}
    names = frozenset(name for name in files if "/" not in name)
    return Project(
        arguments=tuple(command.split()[1:]),
        directory="/app",
        read=there.get,
        names=lambda directory: names if directory == "/app" else frozenset(),
        environment=lambda name: known.get(name, ""),
    )


def lock(command: str, files: Files, environment: Mapping[str, str] | None = None) -> Lock | None:
    return lock_of(command.split(maxsplit=1)[0], project_of(command, files, environment))


PACKAGE_JSON = json.dumps(
    {"name": "app", "dependencies": {"express": "^4.18.2"}, "devDependencies": {"@types/node": "20.1.0"}}
)
MORE_JSON = json.dumps({"name": "app", "dependencies": {"express": "^4.18.2", "left-pad": "1.3.0"}})
NPM_LOCK = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"express": "^4.18.2"}, "devDependencies": {"@types/node": "20.1.0"}},
            "node_modules/express": {"version": "4.18.2", "integrity": "sha512-x"},
        },
    }
)
NPM_LOCK_1 = json.dumps(
    {
        "lockfileVersion": 1,
        "dependencies": {"express": {"version": "4.18.2"}, "@types/node": {"version": "20.1.0"}},
    }
)
YARN_LOCK = """# yarn lockfile v1


"@types/node@20.1.0":
  version "20.1.0"
  integrity sha512-x

express@^4.18.0, express@^4.18.2:
  version "4.18.2"
  dependencies:
    accepts "~1.3.8"
"""
BERRY_LOCK = """__metadata:
  version: 8

"@types/node@npm:20.1.0":
  version: 20.1.0
  resolution: "@types/node@npm:20.1.0"

"express@npm:^4.18.0, express@npm:^4.18.2":
  version: 4.18.2
"""
PNPM_LOCK = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      express:
        specifier: ^4.18.2
        version: 4.18.2
    devDependencies:
      '@types/node':
        specifier: 20.1.0
        version: 20.1.0

packages:

  express@4.18.2:
    resolution: {integrity: sha512-x}
"""
PNPM_LOCK_5 = """lockfileVersion: 5.4

specifiers:
  '@types/node': 20.1.0
  express: ^4.18.2

dependencies:
  express: 4.18.2
"""
BUN_LOCK = """{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": { "express": "^4.18.2", },
      "devDependencies": { "@types/node": "20.1.0", },
    },
  },
}
"""
HASHED = """--index-url https://pypi.example/simple
flask==3.0.0 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
# a comment
werkzeug==3.0.1 --hash=sha256:cccc  # via flask
"""
PYPROJECT = """[project]
name = "app"
dependencies = ["Flask>=3", "ruamel.yaml[jinja2]~=0.18"]
[project.optional-dependencies]
dev = ["app[extra]", "pytest"]
"""
TOML_LOCK = "\n".join(
    f'[[package]]\nname = "{name}"\nversion = "1"\n' for name in ("app", "flask", "ruamel-yaml", "pytest")
)
POETRY = """[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.12"
flask = "^3"
own = { path = "../own" }
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
PIPFILE = '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n'
PIPFILE_LOCK = json.dumps(
    {"default": {"flask": {"version": "==3"}}, "develop": {"pytest": {"version": "==8"}}}
)
GEMFILE = 'source "https://rubygems.org"\n\ngem "rails", "~> 7.0"\ngroup :test do\n  gem \'rspec\'\nend\n'
GEMFILE_LOCK = """GEM
  remote: https://rubygems.org/
  specs:
    rails (7.0.8)
      actionpack (= 7.0.8)
    rspec (3.12.0)

DEPENDENCIES
  rails (~> 7.0)
  rspec

BUNDLED WITH
   2.4.10
"""
COMPOSER = json.dumps(
    {"require": {"php": ">=8.1", "ext-json": "*", "Monolog/monolog": "^3", "psr/log-implementation": "*"}}
)
COMPOSER_LOCK = json.dumps(
    {
        "packages": [{"name": "monolog/monolog", "provide": {"psr/log-implementation": "3.0.0"}}],
        "packages-dev": [],
    }
)
CARGO = """[package]
name = "app"
[dependencies]
serde = { version = "1", features = ["derive"] }
renamed = { package = "tokio", version = "1" }
[target.'cfg(unix)'.dependencies]
libc = "0.2"
"""
CARGO_LOCK = "\n".join(
    f'[[package]]\nname = "{name}"\nversion = "1.0.0"\n' for name in ("app", "serde", "tokio", "libc")
)
GO_MOD = """module example.org/app

go 1.22

require golang.org/x/net v0.20.0

require (
	github.com/pkg/errors v0.9.1
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
"""
GO_SUM = """github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=
github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=
golang.org/x/net v0.20.0/go.mod h1:z8BVo6PvndSri0LbOE3hAn0apkU+1YvI6E70E9jsnvY=
gopkg.in/yaml.v3 v3.0.1 h1:fxVm/GzAzEWqLHuvctI91KS9hhNmmWOoWu0XTYJS7CA=
"""
CSPROJ = (
    '<Project><ItemGroup><PackageReference Include="Newtonsoft.Json" Version="13.*" /></ItemGroup></Project>'
)
NUGET_LOCK = json.dumps(
    {"version": 1, "dependencies": {"net8.0": {"Newtonsoft.Json": {"resolved": "13.0.3"}}}}
)
POM = """<project>
  <!-- <version>1-SNAPSHOT</version> -->
  <properties><guava.version>33.0.0-jre</guava.version></properties>
  <dependencies><dependency><groupId>com.google.guava</groupId><version>${guava.version}</version></dependency></dependencies>
</project>
"""
MIX = """defmodule App.MixProject do
  defp deps do
    [
      {:phoenix, "~> 1.7"},
      # {:gone, "1"},
      {:ecto, github: "elixir-ecto/ecto"}
    ]
  end
end
"""
MIX_LOCK = """%{
  "ecto": {:git, "https://github.com/elixir-ecto/ecto.git", "0123", []},
  "phoenix": {:hex, :phoenix, "1.7.10", "abc", [:mix], [], "hexpm", "def"},
}
"""
PUBSPEC = """name: app
dependencies:
  flutter:
    sdk: flutter
  http: ^1.1.0
dev_dependencies:
  test: any
flutter:
  uses-material-design: true
"""
CONDA_LOCK = f"""version: 1
metadata:
  platforms: [linux-64]
package:
- name: zlib
  version: 1.3.1
  url: https://c.example/linux-64/zlib-1.3.1-0.conda
  hash:
    sha256: {"a" * 64}
"""
PUBSPEC_LOCK = 'packages:\n  http:\n    version: "1.1.0"\n  test:\n    version: "1.24.0"\n'
RENV = json.dumps({"R": {"Version": "4.3"}, "Packages": {"dplyr": {"Version": "1.1.4"}}})


class Case(Struct, frozen=True):
    """``behind``: a manifest (name, text) that it does not cover, if any."""

    command: str
    lock: str
    files: Files
    behind: tuple[str, str] = ("", "")
    environment: Mapping[str, str] = {}


def case(command: str, lock: str, text: str, manifest: str = "", content: str = "", behind: str = "") -> Case:
    files = {lock: text, **({manifest: content} if manifest else {})}
    return Case(command, lock, files, (manifest, behind) if behind else ("", ""))


NODE = ("package.json", PACKAGE_JSON, MORE_JSON)
CASES = [
    case("npm ci", "package-lock.json", NPM_LOCK, *NODE),
    case("npm ci --omit=dev", "npm-shrinkwrap.json", NPM_LOCK, *NODE),
    case("npm clean-install", "package-lock.json", NPM_LOCK_1, *NODE),
    case("npm install --prefix .", "package-lock.json", NPM_LOCK, *NODE),
    case("yarn --frozen-lockfile", "yarn.lock", YARN_LOCK, *NODE),
    case("yarn install --frozen-lockfile", "yarn.lock", YARN_LOCK, *NODE),
    case("yarn install --immutable", "yarn.lock", BERRY_LOCK, *NODE),
    case("pnpm i --frozen-lockfile", "pnpm-lock.yaml", PNPM_LOCK, *NODE),
    case("pnpm install --frozen-lockfile", "pnpm-lock.yaml", PNPM_LOCK_5, *NODE),
    case("bun install --frozen-lockfile", "bun.lock", BUN_LOCK, *NODE),
    case("pip install --require-hashes -r requirements.txt", "requirements.txt", HASHED),
    case("pip3 install --no-cache-dir -rrequirements.txt", "requirements.txt", HASHED),
    case("uv pip install -r requirements.txt", "requirements.txt", HASHED),
    case(
        "uv sync --frozen --no-dev",
        "uv.lock",
        TOML_LOCK,
        "pyproject.toml",
        PYPROJECT,
        PYPROJECT.replace("Flask", "Django"),
    ),
    case(
        "uv sync --locked",
        "uv.lock",
        TOML_LOCK,
        "pyproject.toml",
        PYPROJECT,
        PYPROJECT.replace("pytest", "tox"),
    ),
    case(
        "poetry install --no-root",
        "poetry.lock",
        TOML_LOCK,
        "pyproject.toml",
        POETRY,
        POETRY.replace("flask", "django"),
    ),
    case(
        "pdm sync --prod",
        "pdm.lock",
        TOML_LOCK,
        "pyproject.toml",
        PYPROJECT,
        PYPROJECT.replace("Flask", "Django"),
    ),
    case("pipenv sync", "Pipfile.lock", PIPFILE_LOCK, "Pipfile", PIPFILE, PIPFILE + 'tox = "*"\n'),
    case(
        "pipenv install --deploy --system",
        "Pipfile.lock",
        PIPFILE_LOCK,
        "Pipfile",
        PIPFILE,
        'packages = {django = "*"}',
    ),
    case(
        "bundle install --deployment",
        "Gemfile.lock",
        GEMFILE_LOCK,
        "Gemfile",
        GEMFILE,
        GEMFILE + 'gem "puma"\n',
    ),
    case(
        "composer install --no-dev",
        "composer.lock",
        COMPOSER_LOCK,
        "composer.json",
        COMPOSER,
        COMPOSER.replace("Monolog/monolog", "symfony/console"),
    ),
    case(
        "cargo build --release --locked",
        "Cargo.lock",
        CARGO_LOCK,
        "Cargo.toml",
        CARGO,
        CARGO.replace("serde", "rand"),
    ),
    case(
        "cargo build --release", "Cargo.lock", CARGO_LOCK, "Cargo.toml", CARGO, CARGO.replace("serde", "rand")
    ),
    case(
        "cargo install --locked --path .",
        "Cargo.lock",
        CARGO_LOCK,
        "Cargo.toml",
        CARGO,
        CARGO.replace("tokio", "mio"),
    ),
    case("go mod download", "go.sum", GO_SUM, "go.mod", GO_MOD, GO_MOD.replace("v0.9.1", "v0.9.2")),
    case("go build -o /app ./cmd", "go.sum", GO_SUM, "go.mod", GO_MOD, GO_MOD.replace("v0.20.0", "v0.21.0")),
    case(
        "dotnet restore --locked-mode",
        "packages.lock.json",
        NUGET_LOCK,
        "app.csproj",
        CSPROJ,
        CSPROJ.replace("Newtonsoft", "System.Text"),
    ),
    case("mvn -B package", "pom.xml", POM, "pom.xml", POM, POM.replace("33.0.0-jre", "[33,34)")),
    case(
        "mvn dependency:go-offline", "pom.xml", POM, "pom.xml", POM, POM.replace("33.0.0-jre", "34-SNAPSHOT")
    ),
    case("mix deps.get --only prod", "mix.lock", MIX_LOCK, "mix.exs", MIX, MIX.replace("phoenix,", "plug,")),
    case(
        "dart pub get --enforce-lockfile",
        "pubspec.lock",
        PUBSPEC_LOCK,
        "pubspec.yaml",
        PUBSPEC,
        PUBSPEC.replace("http:", "dio:"),
    ),
    case(
        "conda create -n app --file explicit.txt",
        "explicit.txt",
        "# platform: linux-64\n@EXPLICIT\nhttps://c.example/a.conda#0123\n",
    ),
    case("micromamba create -y -n app -f conda-lock.yml", "conda-lock.yml", CONDA_LOCK),
    case("conda-lock install --name app conda-lock.yml", "conda-lock.yml", CONDA_LOCK),
    case("R renv::restore()", "renv.lock", RENV),
    Case(
        "gradle build",
        "gradle.lockfile",
        {"gradle.lockfile": "a:b:1=x\n", "build.gradle": "dependencyLocking { lockAllConfigurations() }"},
    ),
    Case(
        "pnpm install",
        "pnpm-lock.yaml",
        {"pnpm-lock.yaml": PNPM_LOCK, "package.json": PACKAGE_JSON},
        environment={"CI": "true"},
    ),
    Case(
        "bundle",
        "Gemfile.lock",
        {"Gemfile.lock": GEMFILE_LOCK, "Gemfile": GEMFILE},
        environment={"BUNDLE_FROZEN": "1"},
    ),
    Case(
        "bundle install",
        "Gemfile.lock",
        {
            "Gemfile.lock": GEMFILE_LOCK,
            "Gemfile": GEMFILE,
            ".bundle/config": '---\nBUNDLE_DEPLOYMENT: "true"\n',
        },
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.command)
def test_what_a_lock_file_names_is_locked(case: Case) -> None:
    assert lock(case.command, case.files, case.environment) == Locked(case.lock)


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.command)
def test_without_the_lock_file_it_is_not(case: Case) -> None:
    files = {name: text for name, text in case.files.items() if name != case.lock}
    found = lock(case.command, files, case.environment)
    assert isinstance(found, Unlocked)
    assert found.reason.code in {"no-lock-file", "not-locked"}


@pytest.mark.parametrize("case", [it for it in CASES if it.behind[0]], ids=lambda it: it.command)
def test_a_lock_file_that_is_behind_its_manifest_does_not_lock(case: Case) -> None:
    found = lock(case.command, {**case.files, case.behind[0]: case.behind[1]}, case.environment)
    assert isinstance(found, Unlocked), found
    assert found.reason.code in {"lock-behind", "not-locked"}


@pytest.mark.parametrize(
    "command",
    [
        "npm install express",
        "npm install -g",
        "yarn install",
        "pnpm install",
        "bun install",
        "uv sync",
        "pdm install",
        "pipenv install",
        "bundle install",
        "cargo install --path .",
        "cargo install --locked ripgrep",
        "go install example.org/tool@latest",
        "dotnet restore",
        "dart pub get",
        "pip install flask==3.0.0",
        "pip install --require-hashes -r requirements.txt gunicorn",
        "conda create -n app python",
    ],
)
def test_a_command_that_does_not_bind_itself_is_not_locked(command: str) -> None:
    files: dict[str, str] = {}
    for it in CASES:
        files |= {name: text for name, text in it.files.items() if not name.startswith(".")}
    found = lock(command, files)
    assert isinstance(found, Unlocked), found
    assert found.reason.code == "not-locked"


@pytest.mark.parametrize(
    "command", ["npm run build", "pip list", "yarn build", "cargo fmt", "poetry run x", "curl x"]
)
def test_a_command_that_installs_nothing_knows_no_lock(command: str) -> None:
    assert lock(command, {}) is None


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.command)
@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00", "{}", "[]", "a = " + "[" * 5_000])
def test_any_text_in_place_of_a_lock_file_has_an_answer(case: Case, text: str) -> None:
    files = dict.fromkeys(case.files, text)
    assert isinstance(lock(case.command, files, case.environment), Locked | Unlocked)


@pytest.mark.parametrize(
    "command",
    [
        "npm install --prefix sub",
        "npm --prefix=sub ci",
        "yarn install --frozen-lockfile --cwd sub",
        "pnpm -C sub install --frozen-lockfile",
        "uv sync --locked --project sub",
        "uv --directory=sub sync --locked",
        "poetry install -C sub",
        "composer install -d sub",
        "composer install --working-dir=sub",
        "cargo build --locked --manifest-path sub/Cargo.toml",
        "go -C sub mod download",
        "gradle -p sub build",
        "bundle install --frozen --gemfile sub/Gemfile",
    ],
)
def test_the_project_is_the_one_that_the_command_names(command: str) -> None:
    own: dict[str, str] = {}
    for it in CASES:
        own |= {name: text for name, text in it.files.items() if not name.startswith(".")}
    found = lock(command, own)
    assert isinstance(found, Unlocked) or found == Locked(getattr(found, "file", ""), required=True)
    inside = lock(command, {f"sub/{name}": text for name, text in own.items()})
    assert isinstance(inside, Locked)
    assert not inside.required


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("npm ci", "package-lock.json"),
        ("pnpm install --frozen-lockfile", "pnpm-lock.yaml"),
        ("uv sync --frozen", "uv.lock"),
        ("uv sync --locked", "uv.lock"),
        ("pdm sync", "pdm.lock"),
        ("pipenv sync", "Pipfile.lock"),
        ("cargo build --locked", "Cargo.lock"),
        ("go mod download", "go.mod"),
        ("go build ./cmd/x", "go.sum"),
    ],
)
def test_a_command_that_fails_without_its_lock_file_is_locked_in_a_clone(command: str, file: str) -> None:
    assert lock(command, {}, {"GOLANG_VERSION": "1.22.1"}) == Locked(file, required=True)


@pytest.mark.parametrize(
    "command",
    [
        *("npm install", "yarn install --frozen-lockfile", "bun install --frozen-lockfile", "cargo build"),
        *("pipenv install --deploy", "pdm install --frozen-lockfile", "poetry install", "composer install"),
        *("go build -mod=mod .", "mvn package", "uv sync", "go build .", "go mod download"),
        *("yarn install --immutable", "pnpm install --frozen-lockfile --no-frozen-lockfile"),
        "cargo install --locked --path .",
    ],
)
def test_a_command_that_resolves_without_a_lock_file_is_not_locked_in_a_clone(command: str) -> None:
    assert isinstance(lock(command, {}), Unlocked)


def test_pnpm_in_ci_and_old_go_resolve_what_no_lock_file_names() -> None:
    assert isinstance(lock("pnpm install", {}, {"CI": "true"}), Unlocked)
    assert isinstance(lock("go build .", {}, {"GOLANG_VERSION": "1.15.2"}), Unlocked)
    assert lock("go build .", {}, {"GOLANG_VERSION": "1.16"}) == Locked("go.sum", required=True)


@pytest.mark.parametrize(
    "variable", ["YARN_ENABLE_IMMUTABLE_INSTALLS", "UV_FROZEN", "UV_LOCKED", "GO111MODULE"]
)
def test_a_variable_that_the_version_of_the_program_may_ignore_is_no_evidence(variable: str) -> None:
    for command in ("yarn install", "uv sync", "go build ."):
        assert isinstance(lock(command, {}, {variable: "1"}), Unlocked)


def test_yarn_fails_without_a_lock_file_where_it_is_known_to_be_yarn_2() -> None:
    files = {".yarnrc.yml": "nodeLinker: node-modules\n"}
    assert lock("yarn install --immutable", files) == Locked("yarn.lock", required=True)
    assert isinstance(lock("yarn install --immutable", {**files, "package.json": "{}"}), Unlocked)


def test_go_generate_runs_what_the_sources_name() -> None:
    assert lock("go generate ./...", {}, {"GOLANG_VERSION": "1.22"}) is None


def test_a_go_program_that_requires_no_module_reads_none() -> None:
    alone = {"go.mod": "module example.org/a\n\ngo 1.22\n"}
    assert lock("go build .", alone) == Locked("go.mod")
    assert isinstance(lock("go build .", alone, {"GOFLAGS": "-mod=mod"}), Unlocked)


def test_the_lock_file_of_a_crate_is_that_of_its_workspace() -> None:
    files = {"Cargo.toml": "[workspace]\nmembers = ['a']\n", "Cargo.lock": CARGO_LOCK, "a/Cargo.toml": CARGO}
    command = "cargo build --locked --manifest-path a/Cargo.toml"
    assert lock(command, files) == Locked("Cargo.lock")
    assert isinstance(lock(command, {**files, "Cargo.toml": CARGO}), Unlocked)
    assert isinstance(lock(command, {**files, "a/Cargo.toml": CARGO.replace("serde", "rand")}), Unlocked)


@pytest.mark.parametrize("command", ["npm install --no-package-lock", "npm i --package-lock=false"])
def test_a_lock_file_that_is_ignored_does_not_lock(command: str) -> None:
    files = {"package.json": PACKAGE_JSON, "package-lock.json": NPM_LOCK}
    assert isinstance(lock("npm install", files), Locked)
    assert isinstance(lock(command, files), Unlocked)
    assert isinstance(lock("npm install", {**files, ".npmrc": "package-lock = false\n"}), Unlocked)


def test_a_version_of_maven_may_be_a_property() -> None:
    pom = "<project><properties><a>%s</a></properties><version>${a}</version></project>"
    assert lock("mvn package", {"pom.xml": pom % "1.0"}) == Locked("pom.xml")
    for version in ("[2,)", "LATEST", "1.0-SNAPSHOT"):
        assert isinstance(lock("mvn package", {"pom.xml": pom % version}), Unlocked)
        command = f"mvn dependency:get -Dartifact=a:b:{version}"
        assert isinstance(lock(command, {"pom.xml": pom % "1.0"}), Unlocked)


@pytest.mark.parametrize(
    ("command", "file", "text"),
    [
        ("mvn package", "pom.xml", "<version>" + " " * 100_000),
        ("mvn package", "pom.xml", "<!--" * 200_000),
        ("mvn package", "pom.xml", "<properties>" * 80_000),
        ("go mod download", "go.mod", "require (\n" * 100_000),
        ("go mod download", "go.mod", "require (\n" + "a." * 100_000),
        ("bundle install --frozen", "Gemfile", "\n" * 200_000),
        ("bundle install --frozen", "Gemfile", "gem" + " " * 200_000),
        ("bundle install --frozen", "Gemfile.lock", "DEPENDENCIES\n" + "  a (\n" * 80_000),
        ("mix deps.get", "mix.lock", "\n" * 200_000),
        ("yarn install --frozen-lockfile", "yarn.lock", "a" * 200_000 + ":\n"),
        ("mix deps.get", "mix.exs", "def deps do\n" * 80_000),
        ("dotnet restore --locked-mode", "a.csproj", "<PackageReference " * 50_000),
    ],
)
def test_a_file_costs_no_more_than_its_length(command: str, file: str, text: str) -> None:
    there = ("go.sum", "mix.lock", "mix.exs", "Gemfile", "Gemfile.lock")
    files = {**dict.fromkeys(there, ""), "packages.lock.json": "{}", "package.json": "{}", file: text}
    started = process_time()
    lock(command, files)
    assert process_time() - started < 2


def test_requirements_in_other_files_count() -> None:
    files = {"requirements.txt": f"{HASHED}-r more/dev.txt\n", "more/dev.txt": "pytest\n"}
    found = lock("pip install -r requirements.txt", files)
    assert isinstance(found, Unlocked)
    assert "pytest has no --hash" in found.reason.what
    assert lock("pip install -r requirements.txt", {**files, "more/dev.txt": HASHED}) == Locked(
        "requirements.txt"
    )


def test_requirements_that_include_each_other_end() -> None:
    files = {"a.txt": "-r b.txt\n" + HASHED, "b.txt": "-r a.txt\n" + HASHED}
    assert lock("pip install -r a.txt", files) == Locked("a.txt")


def test_modules_of_a_maven_project_are_read() -> None:
    files = {"pom.xml": "<project><modules><module>core</module></modules></project>", "core/pom.xml": POM}
    assert lock("mvn verify", files) == Locked("pom.xml")
    files["core/pom.xml"] = POM.replace("33.0.0-jre", "LATEST")
    found = lock("mvn verify", files)
    assert isinstance(found, Unlocked)
    assert "core/pom.xml" in found.reason.what
