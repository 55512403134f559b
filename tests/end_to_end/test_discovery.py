"""What a build requests is what was found: the script is read as the shell reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.command import Freshlayer
from testing.git_daemon import GitDaemon
from testing.origins import DirectoryOrigin, by_builds

DOCKERFILE = """\
FROM BASE AS tools
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
ARG TARGETARCH=amd64
ARG VERSIONS="1 2"
RUN names=(left "right-${VERSIONS%% *}") \\
 && for name in "${names[@]}"; do wget -q -O "/$name" "URLarray/${name}.txt"; done
RUN case "$TARGETARCH" in \\
      amd64) arch=x86_64; file="intel-${arch}" ;; \\
      arm64) arch=aarch64; file="arm-${arch}" ;; \\
      *) echo "what is $TARGETARCH?" >&2; exit 1 ;; \\
    esac; \\
    wget -q -O /case "URLcase/$file" && [ "$(uname -m)" = x86_64 ] && wget -q -O /uname URLuname

FROM BASE AS unused
RUN wget -q -O /never URLnever

FROM BASE
ARG VERSIONS="1 2"
RUN set -e; for v in $VERSIONS; do wget -q -O /loop$v URLloop/$v; done
RUN latest=$(wget -q -O - URLlatest.txt) && wget -q -O /release "URLrelease/${latest}.tgz"
RUN get() { wget -q -O "/$1" "URLfunction/$1"; }; get one; \\
    echo two,three | tr ',' '\\n' | while read -r n; do get "$n"; done
RUN if [ -n "${MISSING:-}" ]; then wget -q -O /m URLmissing; else wget -q -O /m URLpresent; fi
COPY --from=tools /left /left
"""
FILES = """
array/left.txt array/right-1.txt case/intel-x86_64 uname never loop/1 loop/2 latest.txt release/7.tgz
function/one function/two function/three missing present
""".split()


@pytest.fixture
def freshlayer(freshlayer: Freshlayer) -> Freshlayer:
    """buildah and podman heed SHELL in docker's format alone."""
    return freshlayer.but(BUILDAH_FORMAT="docker")


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "latest.txt").write_text("7\n")
    return folder


@pytest.fixture
def origin(tmp_path: Path, served: Path) -> Iterator[DirectoryOrigin]:
    with DirectoryOrigin(tmp_path, served) as started:
        yield started


def requested(origin: DirectoryOrigin) -> list[str]:
    """What builds fetched: freshlayer's own requests carry its name."""
    seen = by_builds(origin.requests())
    return sorted(r.path.lstrip("/") for r in seen if r.method == "GET")


def test_the_urls_that_a_build_requests_are_those_that_were_found(
    freshlayer: Freshlayer, builder: Builder, origin: DirectoryOrigin, project: Path
) -> None:
    (project / "Dockerfile").write_text(DOCKERFILE.replace("BASE", BASE).replace("URL", origin.url))
    report = freshlayer("check", "--json", ".").document
    found = sorted(item["reference"].removeprefix(origin.url) for item in report["inputs"])
    assert len(report["covered"]) == 1
    assert freshlayer.build(".").code == 0
    assert requested(origin) == sorted([*found, "release/7.tgz"])
    assert ("never" in found) is (builder.name == "classic")
    assert "missing" not in found


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        ("array/right-1.txt", ["array/left.txt", "array/right-1.txt", "case/intel-x86_64", "uname"]),
        ("case/intel-x86_64", ["case/intel-x86_64", "uname"]),
        ("present", ["present"]),
        ("function/three", ["function/one", "function/three", "function/two", "present"]),
    ],
)
def test_only_the_instruction_whose_url_changed_and_what_follows_it_run_again(
    freshlayer: Freshlayer,
    origin: DirectoryOrigin,
    project: Path,
    served: Path,
    changed: str,
    runs: list[str],
) -> None:
    (project / "Dockerfile").write_text(DOCKERFILE.replace("BASE", BASE).replace("URL", origin.url))
    assert freshlayer.build(".").code == 0
    before = len(requested(origin))
    (served / changed).write_text("another content")
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    seen = by_builds(origin.requests())
    assert sorted(r.path.lstrip("/") for r in seen[before:]) == runs


def test_a_lookup_that_answers_anew_runs_its_download_again(
    freshlayer: Freshlayer, origin: DirectoryOrigin, project: Path, served: Path
) -> None:
    (project / "Dockerfile").write_text(DOCKERFILE.replace("BASE", BASE).replace("URL", origin.url))
    assert freshlayer.build(".").code == 0
    (served / "release" / "8.tgz").write_text("eight")
    (served / "latest.txt").write_text("8\n")
    assert freshlayer.build(".").code == 0
    assert "release/8.tgz" in requested(origin)


def test_a_repository_that_gets_a_commit_runs_its_instruction_again(
    freshlayer: Freshlayer, origin: DirectoryOrigin, project: Path, tmp_path: Path
) -> None:
    """The base image has no git: a comment names the repository."""
    with GitDaemon(tmp_path / "git") as repository:
        (project / "Dockerfile").write_text(
            f"FROM {BASE}\nRUN wget -q -O /before {origin.url}uname\n"
            f"# freshlayer: watch git+{repository.url}#main\nRUN wget -q -O /after {origin.url}present\n"
        )
        assert freshlayer.build(".").code == 0
        assert freshlayer.build(".").code == 0
        repository.git("branch", "elsewhere")
        assert freshlayer.build(".").code == 0
        assert requested(origin) == ["present", "uname"]
        repository.commit("second")
        told = freshlayer.build(".")
        assert "was commit:" in told.err
        assert requested(origin) == ["present", "present", "uname"]
