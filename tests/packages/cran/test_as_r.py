"""What R itself would install from a repository, call by call, is what we choose."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.model.packages import ChosenPackage, Resolution
from freshlayer.model.reasons import Reason
from freshlayer.packages.cran.manager import numbers, read_packages
from testing.cran_repository import CranRepository, RPackage
from testing.named_packages import line_of, resolved

_R = "4.2.2"

PACKAGES = {
    "plain": [RPackage("1.0"), RPackage("1.10"), RPackage("1.9.9"), RPackage("1.2-3")],
    "dashes": [RPackage("1.2-3"), RPackage("1.2.4"), RPackage("1.2")],
    "zeros": [RPackage("1.2"), RPackage("1.2.0")],
    "long": [RPackage("0.1-20240101"), RPackage("0.1-9999999"), RPackage("0.1")],
    "newR": [RPackage("1.0"), RPackage("2.0", "R (>= 99.0)")],
    "oldR": [RPackage("1.0"), RPackage("3.0", "R (< 3.0)"), RPackage("2.0", "methods, R (>= 2.10), stats")],
    "onlyNewR": [RPackage("1.0", "R (>= 4.99)")],
    "exactR": [RPackage("1.0", "R (>= 3.5)"), RPackage("1.1", "R (> 98.9-9)")],
    "windows": [RPackage("1.0", system="unix"), RPackage("2.0", system="windows")],
    "data.table": [RPackage("1.14.8"), RPackage("1.15.0")],
    "needs": [RPackage("1.0", imports="plain (>= 1.0), dashes")],
    "twice": [RPackage("2.0")],
}

OTHER = {
    "twice": [RPackage("3.0"), RPackage("1.0")],
    "plain": [RPackage("1.10", "R (>= 1)")],
    "mine": [RPackage("0.1")],
}

CASES = (
    'install.packages("plain", repos="REPO")',
    "install.packages('plain', repos='REPO')",
    'install.packages(c("plain", "dashes"), repos = "REPO")',
    'install.packages(pkgs = "zeros", repos = "REPO", dependencies = FALSE)',
    'options(repos = c(CRAN = "REPO")); install.packages("long")',
    'options(repos = "REPO")\ninstall.packages("newR")',
    'install.packages("oldR", , "REPO")',
    'install.packages("oldR", repos="REPO", Ncpus = 4L)',
    'install.packages("exactR", repos="REPO", quiet=TRUE)',
    'install.packages("windows", repos="REPO")',
    'install.packages("data.table", repos="REPO", lib=tempdir())',
    'pkgs <- c("data.table", "plain")\ninstall.packages(pkgs, repos="REPO")',
    'r = "REPO"; install.packages("plain", repos = r)',
    'install.packages("twice", repos=c("REPO", "OTHER"))',
    'install.packages("twice", repos=c(A="OTHER", B="REPO"))',
    'install.packages("plain", repos=c("REPO", "OTHER"))',
    'install.packages("plain", repos=c("OTHER", "REPO"))',
    'install.packages(c("mine", "twice"), repos=c("REPO", "OTHER"))',
    'install.packages("needs", repos="REPO", dependencies=TRUE)',
    'if (!require("newR", quietly = TRUE)) install.packages("newR", repos="REPO")',
    '# install.packages("long")\ninstall.packages("zeros", repos="REPO/")',
    'options(Ncpus=2, repos=c(CRAN="REPO")); for (p in 1) { install.packages("dashes", type = "source") }',
    'invisible(install.packages(c("zeros","long"), repos="REPO", INSTALL_opts = c("--no-docs", "--no-q")))',
    'install.packages("plain", repos="REPO"); install.packages("twice", repos="OTHER")',
)


@pytest.fixture(scope="module")
def repositories() -> Iterator[tuple[CranRepository, CranRepository]]:
    with CranRepository() as first, CranRepository() as second:
        first.publish(PACKAGES)
        second.publish(OTHER)
        yield first, second


@pytest.fixture(scope="module")
def taken(
    repositories: tuple[CranRepository, CranRepository], tmp_path_factory: pytest.TempPathFactory
) -> list[set[str]]:
    """What R requests for each case: names of archives. Each case has a directory of its own."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed, and scripts/setup can't install it here")
    script = tmp_path_factory.mktemp("r") / "cases.R"
    cases = [written(case, repositories, f"/{place}") for place, case in enumerate(CASES)]
    script.write_text("\n".join(f"try(suppressWarnings(local({{\n{case}\n}})))" for case in cases) + "\n")
    environment = {
        "HOME": str(script.parent),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "R_LIBS": str(script.parent),
    }
    subprocess.run(
        ["Rscript", "--vanilla", str(script)], check=True, capture_output=True, timeout=120, env=environment
    )
    found: dict[int, set[str]] = defaultdict(set)
    for repository in repositories:
        for request in repository.server.requests():
            match = re.fullmatch(r"/(\d+)//?src/contrib/(.+)\.tar\.gz", request.target)
            if match:
                found[int(match[1])].add(match[2])
    return [found[place] for place in range(len(CASES))]


def written(case: str, repositories: tuple[CranRepository, CranRepository], below: str = "") -> str:
    first, second = repositories
    return case.replace("REPO", f"{first.url}{below}").replace("OTHER", f"{second.url}{below}")


def chosen(code: str) -> list[ChosenPackage]:
    found = line_of("Rscript", "-e", code)
    every: list[ChosenPackage] = []
    for line in found.also:
        assert line.unknown is None
        resolution = resolved("cran", line.words, line.options, environment=[("R_VERSION", _R)])
        assert resolution.problem is None
        every += resolution.packages
    return every


@pytest.mark.parametrize("place", range(len(CASES)))
def test_the_version_is_the_one_that_r_takes(
    place: int, repositories: tuple[CranRepository, CranRepository], taken: list[set[str]]
) -> None:
    found = {f"{it.name}_{it.version}": it for it in chosen(written(CASES[place], repositories))}
    asked = {it for it in taken[place] if it.partition("_")[0] in {item.name for item in found.values()}}
    assert asked
    assert found.keys() == asked
    for item in found.values():
        every = [*PACKAGES.get(item.name, []), *OTHER.get(item.name, [])]
        assert item.digest in {f"md5:{it.digest(item.name)}" for it in every if it.version == item.version}


def of(url: str, *words: str, r: str = _R) -> Resolution:
    return resolved("cran", words, [("repos", url)], environment=[("R_VERSION", r)])


def test_a_package_that_needs_a_newer_r_is_not_there(
    repositories: tuple[CranRepository, CranRepository],
) -> None:
    url = repositories[0].url
    absent = [of(url, name).problem for name in ("onlyNewR", "absent")]
    assert [it.code for it in absent if it] == ["package-not-found", "package-not-found"]
    assert of(url, "onlyNewR", r="4.99.0").problem is None
    assert of(url, "onlyNewR", r="").problem is None


def test_a_repository_that_is_down_is_unreachable() -> None:
    with CranRepository() as gone:
        pass
    assert of(gone.url, "plain").unreachable


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("install.packages(readLines('x'))", "not-computed"),
        ("install.packages(paste0('a', 'b'), repos='https://c.example')", "not-computed"),
        ('install.packages("https://c.example/x.tar.gz", repos=NULL)', "packages-by-name"),
        ('BiocManager::install("limma")', "packages-by-name"),
        ('remotes::install_version("ggplot2", version = "3.4.0")', "exact-version"),
        ('remotes::install_version("ggplot2", ">= 3.4.0")', "package-word-unclear"),
        ('pak::pkg_install("ggplot2@3.4.0")', "exact-version"),
    ],
)
def test_what_is_no_open_package_of_a_repository_is_listed(code: str, what: str) -> None:
    (line,) = line_of("R", "-e", code).also
    reasons: list[Reason] = [line.unknown] if line.unknown else [it.reason for it in line.listed]
    assert [it.code for it in reasons] == [what]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('remotes::install_cran(c("aa", "bb"))', ("aa", "bb")),
        ('devtools::install_cran("aa")', ("aa",)),
        ('pak::pkg_install(c("aa", "cran::bb", "owner/repo"))', ("aa", "bb")),
        ('pak::pak("any::aa")', ("aa",)),
        ('remotes::install_version("aa")', ("aa",)),
    ],
)
def test_other_installers(code: str, words: tuple[str, ...]) -> None:
    (line,) = line_of("R", "-e", code).also
    assert (line.words, line.unknown) == (words, None)


def test_littler() -> None:
    line = line_of(
        "install2.r", "--error", "-n", "2", "-r", "https://c.example", "--skipinstalled", "aa", "bb"
    )
    assert (line.words, line.options) == (("aa", "bb"), (("repos", "https://c.example"),))


@pytest.mark.parametrize(
    ("files", "options", "url"),
    [
        ({"/usr/lib/R/etc/Rprofile.site": 'options(repos = c(CRAN = "REPO"))\n'}, [], "REPO"),
        (
            {"/usr/local/lib/R/etc/Rprofile.site": 'local({\n r["CRAN"] <- "REPO"\n options(repos=r)})'},
            [],
            "REPO",
        ),
        ({}, [("CRAN", "REPO")], "REPO"),
    ],
)
def test_the_repository_of_the_image_counts(
    files: dict[str, str],
    options: list[tuple[str, str]],
    url: str,
    repositories: tuple[CranRepository, CranRepository],
    tmp_path: Path,  # noqa: ARG001 - one directory a case
) -> None:
    assert url == "REPO"
    known = {path: written(text, repositories) for path, text in files.items()}
    named = [(name, written(value, repositories)) for name, value in options]
    found = resolved("cran", ["plain"], named, files=known)
    assert [it.version for it in found.packages] == ["1.10"]


_VERSIONS = st.lists(st.integers(0, 30), min_size=2, max_size=5).map(lambda parts: "-".join(map(str, parts)))


@given(_VERSIONS, _VERSIONS)
def test_dashes_are_dots_and_zeros_at_the_end_do_not_count(one: str, two: str) -> None:
    assert numbers(one) == numbers(f"{one}.0") < numbers(f"{one}.1")
    assert (numbers(one) < numbers(two)) is (numbers(one.replace("-", ".")) < numbers(two))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"Package: x\nVersion: 1\n", b" : \n\n::", b"a" * 200_000]
)
def test_what_is_no_list_of_packages(body: bytes) -> None:
    with pytest.raises(ValueError, match="no list"):
        dict(read_packages(BytesIO(body)))


def test_the_time_of_hostile_code_is_that_of_its_size() -> None:
    for piece in ("install.packages(", "c(" * 50, "options(repos=", "'", 'x <- c("a"', "repos "):
        line_of("R", "-e", 'install.packages("plain")\n' + (piece * 20_000)[:200_000])
