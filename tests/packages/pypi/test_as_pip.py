"""What pip itself would install from an index, requirement by requirement, is what we choose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pytest
from msgspec import Struct

from freshlayer.model.base_image import BaseContents, BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.pypi.pages import read_page
from freshlayer.packages.pypi.resolver import Pypi
from testing.python_index import PythonIndex, Wheel

PLATFORM = "manylinux_2_17_x86_64"


class Case(Struct, frozen=True):
    """A requirement of a project that has these files. ``options``: of the command for this project alone."""

    requirement: str
    files: tuple[Wheel, ...]

    @property
    def project(self) -> str:
        return re.split(r"[^\w.-]", self.requirement, maxsplit=1)[0]


def pure(project: str, *versions: str) -> tuple[Wheel, ...]:
    return tuple(Wheel(f"{project}-{version}-py3-none-any.whl") for version in versions)


def built(project: str, version: str, tags: str, python: str = "") -> Wheel:
    return Wheel(f"{project}-{version}-{tags}.whl", python)


CASES = [
    Case("newest", pure("newest", "1.0", "1.10", "1.9")),
    Case("stable", pure("stable", "1.0", "2.0a1", "1.1.dev3", "2.0rc2")),
    Case("early", pure("early", "0.1a1", "0.1b2")),
    Case("asked>=2.0a0", pure("asked", "1.0", "2.0a1")),
    Case("exact==1.0", pure("exact", "1.0", "2.0")),
    Case("family==1.*", pure("family", "1.0", "1.4.2", "2.0")),
    Case("compatible~=1.4.2", pure("compatible", "1.4.2", "1.4.9", "1.5", "2.0")),
    Case("compatible2~=1.4", pure("compatible2", "1.4.2", "1.5", "2.0")),
    Case("without!=2.0", pure("without", "1.0", "2.0")),
    Case("range>=1,<3,!=2.5", pure("range", "0.9", "2.4", "2.5", "3.0")),
    Case("epoch", pure("epoch", "2024.1", "1!0.1")),
    Case("local", pure("local", "1.0", "1.0+cpu.2")),
    Case("local_exact==1.0", pure("local_exact", "1.0", "1.0+cpu.2", "1.1")),
    Case("post", pure("post", "1.0", "1.0.post2")),
    Case("post_exact==1.0", pure("post_exact", "1.0", "1.0.post2")),
    Case("greater>1.0", pure("greater", "1.0", "1.0.post2", "1.1")),
    Case("arbitrary===1.0", pure("arbitrary", "1.0", "1.1")),
    Case("Dotted.Name_x", pure("dotted_name_x", "1.0", "1.1")),
    Case("with-extra[more,other]>=1", pure("with_extra", "1.0", "1.2")),
    Case('marked>=1; python_version < "3.12"', pure("marked", "1.0", "1.1")),
    Case('machine; platform_machine == "x86_64" or sys_platform == "win32"', pure("machine", "1.0")),
    Case("yanked", (*pure("yanked", "1.0"), Wheel("yanked-1.1-py3-none-any.whl", yanked="broken"))),
    Case("pinned_yanked==1.1", (Wheel("pinned_yanked-1.1-py3-none-any.whl", yanked=""),)),
    Case(
        "later_python", (built("later_python", "2.0", "py3-none-any", ">=3.13"), *pure("later_python", "1.0"))
    ),
    Case(
        "python_range",
        (built("python_range", "2.0", "py3-none-any", ">=3.8,<3.11"), *pure("python_range", "1.5")),
    ),
    Case(
        "native",
        (
            built("native", "1.0", f"cp311-cp311-{PLATFORM}"),
            built("native", "1.1", f"cp312-cp312-{PLATFORM}"),
        ),
    ),
    Case(
        "other_machine",
        (built("other_machine", "1.1", "cp311-cp311-manylinux_2_17_aarch64"), *pure("other_machine", "1.0")),
    ),
    Case("stable_abi", (built("stable_abi", "1.0", f"cp37-abi3-{PLATFORM}"),)),
    Case("both", (built("both", "1.0", "py3-none-any"), built("both", "1.0", f"cp311-cp311-{PLATFORM}"))),
    Case(
        "builds",
        (
            built("builds", "1.0-1", "py3-none-any"),
            built("builds", "1.0-3", "py3-none-any"),
            built("builds", "1.0-20", "py3-none-any"),
        ),
    ),
    Case("many_tags", (built("many_tags", "1.0", "py2.py3-none-any"), *pure("many_tags", "0.9"))),
    Case("python2", (built("python2", "2.0", "py2-none-any"), *pure("python2", "1.0"))),
    Case("windows", (built("windows", "2.0", "cp311-cp311-win_amd64"), *pure("windows", "1.0"))),
    Case("not_a_version", (*pure("not_a_version", "1.0"), Wheel("not_a_version-latest-py3-none-any.whl"))),
]


@pytest.fixture(scope="module", params=["json", "html"])
def index(request: pytest.FixtureRequest) -> Iterator[PythonIndex]:
    with PythonIndex(html=request.param == "html") as found:
        for case in CASES:
            found.publish(case.project, case.files)
        yield found


class Parsed(Struct, frozen=True):
    digest: str
    values: Mapping[str, bytes]

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def open(self, key: str) -> BinaryIO:
        raise KeyError(key)


def resolved(index: PythonIndex, *words: str, **options: str) -> Resolution:
    """Our own answer, with pages that were fetched as they are."""
    command = PackageCommand(
        "pypi",
        "pip",
        PackageAction.INSTALL,
        words,
        (("index-url", index.url), *((name.replace("_", "-"), value) for name, value in options.items())),
    )
    base = BaseImage(
        "python", "linux/amd64", "sha256:0", ImageConfig((("PYTHON_VERSION", "3.11.9"),)), BaseContents()
    )
    chain = PackageChain(("python", "linux/amd64"), (PackageRun(1, 1, (command,), PackagePolicy.NAMED),))
    steps = Pypi().resolve(chain, base)
    try:
        wanted = next(steps)
        steps.send({file: fetched(file) for file in wanted})
    except StopIteration as ended:
        found = ended.value.get(1, Resolution())
        assert isinstance(found, Resolution)
        return found
    raise AssertionError("more than one round")


def fetched(file: IndexFile) -> Parsed | Reason:
    from io import BytesIO
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(file.urls[0], headers={"Accept": file.accept})) as answer:
            return Parsed("", dict(read_page(BytesIO(answer.read()))))
    except HTTPError:
        return Reason("http-not-found")


@pytest.fixture(scope="module")
def by_pip(index: PythonIndex, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Project → version and digest of what pip would install."""
    folder = tmp_path_factory.mktemp("pip")
    words = [case.requirement for case in CASES]
    (folder / "requirements.txt").write_text("\n".join(words))
    return pip(index, folder, "-r", str(folder / "requirements.txt"))


def pip(index: PythonIndex, folder: Path, *words: str) -> dict[str, tuple[str, str]]:
    argv = [
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
    ]
    argv += ["--quiet", "--no-cache-dir", "--disable-pip-version-check", "--index-url", index.url]
    argv += ["--python-version", "3.11.9", "--platform", PLATFORM, "--only-binary=:all:"]
    argv += ["--target", str(folder / "target"), "--report", str(folder / "report.json"), *words]
    ended = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    report = json.loads((folder / "report.json").read_text())
    return {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): (
            item["metadata"]["version"],
            f"sha256:{item['download_info']['archive_info']['hashes']['sha256']}",
        )
        for item in report["install"]
    }


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.requirement)
def test_the_file_is_the_one_that_pip_takes(
    case: Case, index: PythonIndex, by_pip: dict[str, tuple[str, str]]
) -> None:
    found = resolved(index, case.requirement)
    assert found.problem is None
    (package,) = found.packages
    assert (package.version, package.digest) == by_pip[package.name]
    assert package.purl == f"pkg:pypi/{package.name}"


def test_pre_releases_are_taken_where_the_command_takes_them(index: PythonIndex, tmp_path: Path) -> None:
    expected = pip(index, tmp_path, "--pre", "stable")["stable"]
    (package,) = resolved(index, "stable", pre="").packages
    assert (package.version, package.digest) == expected
    assert package.version == "2.0rc2"


def test_a_constraint_bounds_the_version(index: PythonIndex, tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("range<2\nnewest<1.10\n")
    expected = pip(index, tmp_path, "-c", str(tmp_path / "constraints.txt"), "newest")["newest"]
    (package,) = resolved(index, "newest", constraint="newest<1.10").packages
    assert (package.version, package.digest) == expected


def test_two_indexes_are_one(index: PythonIndex, tmp_path: Path) -> None:
    with PythonIndex() as other:
        other.publish("newest", pure("newest", "3.0"))
        expected = pip(index, tmp_path, "--extra-index-url", other.url, "newest", "stable")
        found = resolved(index, "newest", "stable", extra_index_url=other.url)
        assert {it.name: (it.version, it.digest) for it in found.packages} == expected


def test_a_marker_that_does_not_hold_leaves_a_package_out(index: PythonIndex) -> None:
    assert resolved(index, 'newest; python_version < "3"').packages == ()


@pytest.mark.parametrize("word", ["absent", "newest>7"])
def test_a_package_that_is_not_there_is_a_problem(index: PythonIndex, word: str) -> None:
    found = resolved(index, word)
    assert found.problem is not None
    assert not found.unreachable
    assert found.packages == ()


@pytest.mark.parametrize(
    "word", ["./local", "git+https://e.example/x.git", "x @ https://e.example/x.whl", "a.whl"]
)
def test_what_comes_from_elsewhere_is_no_package_of_the_index(index: PythonIndex, word: str) -> None:
    assert resolved(index, word) == Resolution()
