"""The repositories of R are those that R itself has after its profiles."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain, PackageRun
from freshlayer.packages.cran.manager import CRAN
from freshlayer.packages.cran.profiles import repositories
from testing.servers.needs import require

A, B, C = (f"https://{name}.example" for name in "abc")
_LOCAL = 'local({{\n  r <- getOption("repos")\n  {}\n  options(repos = r)\n}})\n'
PROFILES: Mapping[str, str] = {
    "one": f'options(repos = c(CRAN = "{A}"))',
    "text": f"options(repos='{A}')",
    "two": f'options(\n  repos = c(\n    CRAN = "{A}",\n    Own = "{B}"\n  ),\n  timeout = 60\n)',
    "last": f'options(repos = c(CRAN = "{A}"))\noptions(repos = c(CRAN = "{B}"))',
    "comment": f'options(repos = c(CRAN = "{A}"))\n# options(repos = c(CRAN = "{B}"))',
    "element": _LOCAL.format(f'r["CRAN"] <- "{A}"'),
    "elements": _LOCAL.format(f'r[["CRAN"]] <- "{A}"\n  r["Own"] = "{B}"'),
    "more": f'options(repos = c(CRAN = "{A}"))\noptions(repos = c(Own = "{B}", getOption("repos")))',
    "variable": f'repos <- c(CRAN = "{A}", Own = "{B}")\noptions(repos = repos)\nrm(repos)',
    "other": f'options(repos = c(CRAN = "{A}"), HTTPUserAgent = "x", browser = "{B}")',
    "quoted": f'options("repos" = c("CRAN" = "{A}"))',
    "unnamed": f'options(repos = c("{A}", "{B}"))',
}


def ours(at: Path, line: str, environment: str = "") -> set[str]:
    """The repositories whose lists are requested."""
    text = f"FROM base\n{environment}WORKDIR /app\nCOPY . .\nRUN {line}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery
    ((command,),) = found.packages.values()
    run = PackageRun(1, 1, (command,), PackagePolicy.NAMED)
    base = BaseImage("base", "linux/amd64", "sha256:0", ImageConfig())
    wanted = next(CRAN.resolve(PackageChain(("base", "linux/amd64"), (run,)), base))
    return {url.removesuffix("/src/contrib/PACKAGES.gz") for file in wanted for url in file.urls}


def by_r(at: Path, *options: str, **environment: str) -> set[str]:
    require("Rscript")
    code = 'cat(getOption("repos"), sep = "\\n")'
    done = subprocess.run(
        ["Rscript", *options, "-e", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=at,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(at / "home"),
            "R_PROFILE": str(at / "none"),
            **environment,
        },
    )
    return set(done.stdout.split())


def test_the_repositories_of_a_profile(tmp_path: Path) -> None:
    """One process of R for all: it sources each profile in turn, from the same start."""
    require("Rscript")
    lines = []
    for name, text in PROFILES.items():
        (tmp_path / name).write_text(text)
        lines.append(
            f'options(repos = character()); source("{name}"); cat("{name}", getOption("repos"), "\\n")'
        )
    (tmp_path / "all.R").write_text("\n".join(lines))
    done = subprocess.run(
        ["Rscript", "--vanilla", "all.R"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    theirs = {name: urls for name, *urls in map(str.split, done.stdout.splitlines())}
    assert {name: sorted(repositories([text])) for name, text in PROFILES.items()} == {
        name: sorted(urls) for name, urls in theirs.items()
    }


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({".Rprofile": A}, []),
        ({".Rprofile": A, "home/.Rprofile": B}, []),
        ({"home/.Rprofile": B}, []),
        ({".Rprofile": A, "site": B}, ["R_PROFILE"]),
        ({".Rprofile": A, "site": B}, ["R_PROFILE", "--no-init-file"]),
        ({".Rprofile": A, "user": C}, ["R_PROFILE_USER"]),
        ({".Rprofile": A, "user": C, "site": B}, ["R_PROFILE", "R_PROFILE_USER", "--no-site-file"]),
    ],
)
def test_the_profile_of_a_directory_comes_before_that_of_the_user(
    files: Mapping[str, str], options: list[str], tmp_path: Path
) -> None:
    for name, url in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f'options(repos = c(CRAN = "{url}"))\n')
    variables = {"R_PROFILE": "site", "R_PROFILE_USER": "user"}
    named = {name: value for name, value in variables.items() if name in options}
    flags = [it for it in options if it.startswith("--")]
    environment = "".join(f"ENV {name}=/app/{value}\n" for name, value in named.items())
    line = f"Rscript {' '.join(flags)} -e 'install.packages(\"plain\")'"
    found = ours(tmp_path, line, f"ENV HOME=/app/home\n{environment}")
    assert found == by_r(tmp_path, *flags, **{name: str(tmp_path / it) for name, it in named.items()})


def test_the_repositories_of_the_call_come_first(tmp_path: Path) -> None:
    (tmp_path / ".Rprofile").write_text(f'options(repos = c(CRAN = "{A}"))\n')
    assert ours(tmp_path, f"""R -e 'install.packages("plain", repos="{B}")'""") == {B}
    assert ours(tmp_path, """R --vanilla -e 'install.packages("plain")'""") == {"https://cloud.r-project.org"}


@pytest.mark.parametrize("piece", ["repos = c(", "repos = c('a',", "r['", "c((", "repos ", '"', "r$a = '"])
def test_a_profile_takes_no_time(piece: str) -> None:
    started = process_time()
    repositories([piece * 50_000])
    assert process_time() - started < 2
