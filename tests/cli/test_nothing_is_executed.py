"""``check`` of the install lines of managers: none of them is started, and only metadata is requested."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from freshlayer.packages import WITHOUT_CONTENTS
from testing.cargo_registry import CargoRegistry, Crate
from testing.command import FRESHLAYER
from testing.composer_repository import ComposerPackage, ComposerRepository
from testing.conda_channel import CondaBuild, CondaChannel
from testing.cran_repository import CranRepository, RPackage
from testing.gem_source import Gem, GemSource
from testing.go_proxy import GoModule, GoProxy
from testing.logging_server import LoggingServer
from testing.maven_metadata import Artifact, MavenMetadata
from testing.npm_registry import NpmRegistry, Package, Published
from testing.nuget_source import NugetSource
from testing.python_index import PythonIndex, Wheel
from testing.tool_channels import ToolChannels

PROGRAMS = (
    *(
        "pip",
        "pip3",
        "python",
        "python3",
        "uv",
        "pipx",
        "npm",
        "node",
        "yarn",
        "pnpm",
        "gem",
        "ruby",
        "bundle",
    ),
    *(
        "cargo",
        "rustc",
        "rustup",
        "go",
        "composer",
        "php",
        "conda",
        "mvn",
        "java",
        "dotnet",
        "nuget",
        "R",
        "Rscript",
    ),
    *("mamba", "micromamba", "nvm", "sh", "bash", "git", "curl", "wget"),
)
_SENTINEL = '#!/bin/sh\necho "$0 $*" >> {log}\nexit 1\n'
METADATA = {
    "pypi": r"/simple/flask/",
    "npm": r"/serve(?:/latest)?",
    "gem": r"/info/rake",
    "cargo": r"/index/(?:config\.json|ri/pg/ripgrep)",
    "maven": r"/g/x/lib/(?:1-SNAPSHOT/)?maven-metadata\.xml",
    "nuget": r"/(?:v3|flat/serilog)/index\.json",
    "cran": r"/src/contrib/PACKAGES\.gz",
    "go": r"/c\.example/tool/@(?:latest|v/list|v/v1\.0\.0\.mod)",
    "composer": r"/packages\.json|/p2/acme/lib(?:~dev)?\.json",
    "conda": r"/main/(?:linux-64|noarch)/(?:repodata_shards|shards/[0-9a-f]{64})\.msgpack\.zst",
    "tools": r"/index\.json|/dist/channel-rust-stable\.toml\.sha256",
}
"""Manager → what may be requested of its origin, whole paths."""


@pytest.fixture
def origins() -> Iterator[Mapping[str, tuple[LoggingServer, str]]]:
    """Manager → the log of its origin, and its address."""
    with ExitStack() as stack:
        index = stack.enter_context(PythonIndex())
        npm = stack.enter_context(NpmRegistry())
        gems = stack.enter_context(GemSource())
        crates = stack.enter_context(CargoRegistry())
        maven = stack.enter_context(MavenMetadata())
        nuget = stack.enter_context(NugetSource())
        cran = stack.enter_context(CranRepository())
        modules = stack.enter_context(GoProxy())
        vendor = stack.enter_context(ComposerRepository())
        channel = stack.enter_context(CondaChannel())
        tools = stack.enter_context(ToolChannels())
        index.publish("flask", [Wheel("flask-1.0-py3-none-any.whl")])
        npm.publish("serve", Package([Published("1.0.0")]))
        gems.publish("rake", Gem("1.0"))
        crates.publish("ripgrep", Crate("1.0.0"))
        maven.publish("lib", Artifact(snapshots={"1-SNAPSHOT": "20240101.000000-1"}))
        nuget.publish("Serilog", "1.0.0")
        modules.publish("c.example/tool", GoModule(["v1.0.0"]))
        vendor.publish("acme/lib", ComposerPackage("1.0.0"))
        channel.publish("main", [CondaBuild("xz", "5.4", depends=("libz",)), CondaBuild("libz", "1.3")])
        cran.publish({"shiny": [RPackage("1.0")]})
        yield {
            "pypi": (index.server, index.url),
            "npm": (npm.server, npm.url),
            "gem": (gems.server, gems.url),
            "cargo": (crates.server, crates.index),
            "maven": (maven.server, maven.url),
            "nuget": (nuget.server, nuget.url),
            "cran": (cran.server, cran.url),
            "go": (modules.server, modules.url),
            "composer": (vendor.server, vendor.url),
            "conda": (channel.server, f"{channel.url}/main"),
            "tools": (tools.server, tools.url),
        }


def write_context(context: Path, origins: Mapping[str, tuple[LoggingServer, str]]) -> None:
    url = {manager: address for manager, (_, address) in origins.items()}
    hook = "raise SystemExit"
    repositories = [{"type": "composer", "url": url["composer"]}, {"packagist.org": False}]
    files = {
        "setup.py": hook,
        "package.json": '{"scripts": {"preinstall": "exit 1"}, "dependencies": {"serve": "^1"}}',
        "requirements.txt": "flask>=1\n",
        "install.R": 'install.packages("shiny")\n',
        "composer.json": json.dumps({"require": {"acme/lib": "^1"}, "repositories": repositories}),
        "environment.yml": f"channels: [{url['conda']}, nodefaults]\ndependencies: [xz, {{pip: [flask]}}]\n",
        "pom.xml": "<project><dependencies><dependency><groupId>g.x</groupId><artifactId>lib</artifactId>"
        "<version>1-SNAPSHOT</version></dependency></dependencies><repositories><repository><id>r</id>"
        f"<url>{url['maven']}</url></repository></repositories></project>",
    }
    lines = [
        "FROM scratch",
        f"ENV PIP_INDEX_URL={url['pypi']} npm_config_registry={url['npm']} CRAN={url['cran']}",
        f"ENV NVM_NODEJS_ORG_MIRROR={url['tools']} RUSTUP_DIST_SERVER={url['tools']}",
        "COPY . .",
        "RUN pip install -r requirements.txt && uv pip install flask && pipx install flask",
        "RUN npm install --no-package-lock && yarn add serve && pnpm add serve && npm install -g serve",
        f"RUN gem install rake --clear-sources --source {url['gem']}",
        f"RUN cargo install --index {url['cargo']} ripgrep",
        "RUN mvn -B package",
        f"RUN GOPROXY={url['go']} go install c.example/tool@latest",
        "RUN composer install --no-scripts",
        "RUN conda config --remove channels defaults && conda env create -f environment.yml",
        f"RUN micromamba install --override-channels -c {url['conda']} xz",
        f"RUN dotnet tool install -g Serilog --source {url['nuget']}",
        "RUN Rscript install.R && R -e 'install.packages(\"shiny\")' && install2.r shiny",
        "RUN rustup toolchain install stable && nvm install --lts",
    ]
    for name, text in files.items():
        (context / name).write_text(text)
    (context / "Dockerfile").write_text("\n".join(lines) + "\n")


def test_check_starts_no_program_and_requests_metadata_alone(
    tmp_path: Path, origins: Mapping[str, tuple[LoggingServer, str]]
) -> None:
    context, programs, log = tmp_path / "context", tmp_path / "bin", tmp_path / "started"
    context.mkdir()
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(_SENTINEL.format(log=log))
        (programs / name).chmod(0o755)
    write_context(context, origins)
    trace = tmp_path / "trace"
    strace = shutil.which("strace")
    watched = (strace, "-f", "-qq", "-e", "trace=execve", "-o", str(trace)) if strace else ()
    argv = [*watched, *FRESHLAYER, "--state", str(tmp_path / "state"), "check", "--json", str(context)]
    environment = {"PATH": str(programs), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert not log.exists(), log.read_text()
    if strace and trace.exists():
        started = re.findall(r'execve\("([^"]+)".*= 0$', trace.read_text(), re.MULTILINE)
        assert started == [sys.executable]
    for manager, (server, _) in origins.items():
        asked = [it.target for it in server.requests()]
        assert asked, f"{manager}: {done.stdout}"
        assert [it for it in asked if not re.fullmatch(METADATA[manager], it)] == []


def test_every_manager_of_a_language_is_watched() -> None:
    """A manager without an origin here is one that this test does not see."""
    assert METADATA.keys() == WITHOUT_CONTENTS
