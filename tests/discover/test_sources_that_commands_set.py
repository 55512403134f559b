"""A command that sets a package source counts for later installs, or these state that it is not known."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand

M = "https://m.example/x"
_NUGET = "https://api.nuget.org/v3/index.json"
_GEMFILE = 'source "https://rubygems.org"\ngem "a"\ngem "b", group: :test\n'


def last(tmp_path: Path, lines: list[str], files: Mapping[str, str] | None = None) -> PackageCommand:
    """The last command that installs something."""
    for name, text in (files or {}).items():
        (tmp_path / name).write_text(text)
    text = "".join(f"RUN {line}\n" for line in lines)
    read = ContextFiles(tmp_path, None).read
    found = analyse(f"FROM base\nWORKDIR /app\nCOPY . .\n{text}", BuildRequest(("linux/amd64",)), read)
    return [it for every in found.discovery.packages.values() for it in every][-1]


@pytest.mark.parametrize(
    ("lines", "sources"),
    [
        ([f"dotnet nuget add source {M} -n mine", "dotnet tool install -g t"], [_NUGET, M]),
        ([f"dotnet nuget add source --name mine {M} && dotnet tool install -g t"], [_NUGET, M]),
        (
            [
                "dotnet nuget disable source nuget.org",
                f"dotnet nuget add source {M}",
                "dotnet tool install -g t",
            ],
            [M],
        ),
        (
            [
                "dotnet nuget remove source nuget.org",
                f"dotnet nuget add source {M}",
                "dotnet tool install -g t",
            ],
            [M],
        ),
        ([f"dotnet nuget update source nuget.org --source {M}", "dotnet tool install -g t"], [M]),
        (
            [
                "dotnet nuget disable source nuget.org && dotnet nuget enable source nuget.org",
                "dotnet tool install -g t",
            ],
            [_NUGET],
        ),
        ([f"nuget sources Add -Name mine -Source {M}", "nuget install t"], [_NUGET, M]),
    ],
)
def test_sources_of_nuget(tmp_path: Path, lines: list[str], sources: list[str]) -> None:
    assert [value for name, value in last(tmp_path, lines).options if name == "source"] == sources


@pytest.mark.parametrize(
    ("lines", "sources"),
    [
        ([f"gem sources --add {M}", "gem install a"], ["https://rubygems.org/", f"{M}/"]),
        ([f"gem sources -a {M} -r https://rubygems.org/ && gem install a"], [f"{M}/"]),
        ([f"gem sources --remove=https://rubygems.org --add={M}/", "gem install a"], [f"{M}/"]),
    ],
)
def test_sources_of_gem(tmp_path: Path, lines: list[str], sources: list[str]) -> None:
    listed = "".join(f"- {it}\n" for it in sources)
    assert last(tmp_path, lines).files == {"/root/.gemrc": f":sources:\n{listed}"}


def test_the_proxy_of_go_is_the_one_that_go_prints(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not installed, and scripts/setup can't install it here")
    words = ["env", "-w", f"GOPROXY={M}|direct", "GOPRIVATE=a.example"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run(["go", *words], check=True, env=environment, timeout=60)
    expected = (tmp_path / ".config/go/env").read_text()
    found = last(tmp_path, ["go " + " ".join(words).replace("|", "\\|"), "go install b.example/x@latest"])
    assert sorted(found.files["/root/.config/go/env"].split()) == sorted(expected.split())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bundle config set --local without test", ("a",)),
        ("bundle config set without 'test other'", ("a",)),
        ("bundle config --global without test", ("a",)),
        ("bundle config set without test && bundle config set without none", ("a", "b")),
        ("bundle config set without test && bundle config unset without", ("a", "b")),
        ("bundle config set without test && bundle config --delete without", ("a", "b")),
        ("bundle config set without none && bundle config set --local without test", ("a",)),
        ("bundle config set without test && bundle config set with test", ("a", "b")),
        ("bundle config set jobs 4", ("a", "b")),
        ("bundle config list", ("a", "b")),
    ],
)
def test_groups_that_bundler_leaves_out(tmp_path: Path, line: str, words: tuple[str, ...]) -> None:
    assert last(tmp_path, [line, "bundle install"], {"Gemfile": _GEMFILE}).words == words


@pytest.mark.parametrize(
    "line",
    [
        'if [ -n "$X" ]; then bundle config set without test; fi',
        "bundle config set without $(cat groups)",
        "bundle config set without none && bundle config --global without test",
    ],
)
def test_groups_that_are_not_known_are_stated(tmp_path: Path, line: str) -> None:
    unknown = last(tmp_path, [line, "bundle install"], {"Gemfile": _GEMFILE}).unknown
    assert unknown is not None
    assert unknown.code == "requirements-not-stated"


def test_groups_that_a_setting_of_the_project_and_a_command_leave_out_differ(tmp_path: Path) -> None:
    (tmp_path / ".bundle").mkdir()
    files = {"Gemfile": _GEMFILE, ".bundle/config": '---\nBUNDLE_WITHOUT: "test"\n'}
    assert last(tmp_path, ["bundle install"], files).words == ("a",)
    assert last(tmp_path, ["bundle config unset without", "bundle install"], files).unknown is not None


@pytest.mark.parametrize(
    ("line", "is_locked"),
    [
        ("bundle config set frozen true", True),
        ("bundle config set --local deployment 'true'", True),
        ("bundle config frozen 1", True),
        ("bundle config set frozen false && bundle config set frozen true", True),
        ("bundle config set frozen true && bundle config set frozen false", False),
        ("bundle config set frozen true && bundle config unset frozen", False),
        ("bundle config set frozen true && bundle config --delete frozen", False),
        ("bundle config set deployment true && bundle config set deployment false", False),
        ("bundle config set deployment true && bundle config set frozen false", False),
        ("bundle config set --local frozen false && bundle config set --global frozen true", False),
        ('if [ -n "$X" ]; then bundle config set frozen true; fi', False),
        ('[ -z "$X" ] || bundle config set frozen true', False),
        ('bundle config set frozen true && if [ -n "$X" ]; then bundle config set frozen false; fi', False),
        ("bundle config set frozen $(cat frozen)", False),
    ],
)
def test_a_lock_file_is_kept_where_the_last_setting_says_so(
    tmp_path: Path, line: str, *, is_locked: bool
) -> None:
    lock = "GEM\n  specs:\n    a (1.0)\n    b (1.0)\n\nDEPENDENCIES\n  a\n  b\n"
    for name, text in {"Gemfile": _GEMFILE, "Gemfile.lock": lock}.items():
        (tmp_path / name).write_text(text)
    for lines in (f"RUN {line}\nRUN bundle install\n", f"RUN {line}; bundle install\n"):
        read = ContextFiles(tmp_path, None).read
        found = analyse(f"FROM base\nWORKDIR /app\nCOPY . .\n{lines}", BuildRequest(("linux/amd64",)), read)
        codes = [it.reason.code for it in found.discovery.not_watched if "install" in it.text]
        assert codes == (["locked-by-file"] if is_locked else [])
        assert bool(found.discovery.packages) is not is_locked


@pytest.mark.parametrize(
    ("lines", "files"),
    [
        ([f"bundle config set mirror.https://rubygems.org {M}", "bundle install"], {"Gemfile": _GEMFILE}),
        ([f"composer config -g repositories.mine composer {M}", "composer global require a/b"], {}),
        ([f"composer config -g repo.packagist composer {M} && composer global require a/b"], {}),
        (
            [f"composer config repositories.mine vcs {M}", "composer require a/b"],
            {"composer.json": '{"name": "a/a"}'},
        ),
    ],
)
def test_a_source_that_is_not_computed_is_stated(
    tmp_path: Path, lines: list[str], files: Mapping[str, str]
) -> None:
    unknown = last(tmp_path, lines, files).unknown
    assert unknown is not None
    assert unknown.code == "package-source-unknown"


def test_a_repository_of_composers_own_settings_is_stated(tmp_path: Path) -> None:
    text = (
        "RUN echo '{\"repositories\": {}}' > /root/.composer/config.json\nRUN composer global require a/b\n"
    )
    found = analyse(f"FROM base\n{text}", BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    (commands,) = found.discovery.packages.values()
    assert commands[0].unknown is not None


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("micromamba config append channels mine", ("append", "channels mine")),
        ("micromamba config prepend channels mine", ("prepend", "channels mine")),
        ("micromamba config set channel_priority strict", ("set", "channel_priority strict")),
        ("conda config --add channels mine", ("add", "channels mine")),
    ],
)
def test_channels_of_conda(tmp_path: Path, line: str, option: tuple[str, str]) -> None:
    assert last(tmp_path, [line]).options == (option,)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([f"npm c set registry={M}", "npm i a"], f"registry={M}\n"),
        (
            [f"npm config set registry {M}", "npm config delete registry", "npm i a"],
            "",
        ),
        ([f"npm login --scope=@a --registry={M}", "npm i @a/b"], f"@a:registry={M}\n"),
        ([f"npm adduser --registry {M} --scope @a && npm i @a/b"], f"@a:registry={M}\n"),
    ],
)
def test_registries_of_npm(tmp_path: Path, lines: list[str], text: str) -> None:
    assert last(tmp_path, lines).files == {"/root/.npmrc": text}


def test_the_registry_of_yarn_from_version_2_on(tmp_path: Path) -> None:
    lines = [f"yarn config set npmRegistryServer {M}", "yarn add a"]
    assert dict(last(tmp_path, lines).options) == {"registry": M, "berry": ""}


def test_a_credential_is_in_no_file(tmp_path: Path) -> None:
    url = "https://user:s3cr3tpw@m.example/x"
    for line in (f"gem sources -a {url}", f"go env -w GOPROXY={url}", f"dotnet nuget add source {url}"):
        program = line.split()[0]
        word = {"go": "go install a.example/b@latest", "gem": "gem install a"}.get(
            program, "dotnet tool install t"
        )
        assert "s3cr3tpw" not in repr(last(tmp_path, [line, word]))


def test_the_registry_of_a_scope_of_yarn(tmp_path: Path) -> None:
    lines = [f"yarn config set npmScopes.{it}.npmRegistryServer {M}/{it}" for it in ("a", "b")]
    found = last(tmp_path, [*lines, f"yarn config set npmRegistryServer {M}", "yarn add @a/b"])
    known = {"registry": M, "@a:registry": f"{M}/a", "@b:registry": f"{M}/b", "berry": ""}
    assert dict(found.options) == known


def test_an_index_of_pip_in_its_other_spelling(tmp_path: Path) -> None:
    found = last(tmp_path, [f"pip config set global.index_url {M}", "pip install a"])
    assert found.files == {"/root/.config/pip/pip.conf": f"[global]\nindex-url = {M}\n"}


def test_a_source_of_gem_needs_nothing_else(tmp_path: Path) -> None:
    text = f"FROM base\nRUN gem sources -a {M} && gem install a\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    assert all(it.accepted for it in found.discovery.not_watched)


@pytest.mark.parametrize(
    "line", ["npm i ./x.tgz", "npm i -g x.tgz", "yarn add file:./x.tgz", "pnpm add ../x.tar.gz"]
)
def test_a_package_file_of_the_context_is_listed(tmp_path: Path, line: str) -> None:
    read = ContextFiles(tmp_path, None).read
    found = analyse(f"FROM base\nRUN {line}\n", BuildRequest(("linux/amd64",)), read).discovery
    assert {it.reason.code for it in found.not_watched} == {"file-named", "dependencies-not-followed"}
    assert not found.packages
