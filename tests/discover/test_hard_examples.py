"""The 25 hard examples of facts/parsing.md §4, shortened where the facts shorten them.

Each has the exact references that are found (base images left out) and, of what is not watched, the text and
the reason. The Dockerfiles are in ``hard_examples``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse

FOLDER = Path(__file__).parent / "hard_examples"


@dataclass(frozen=True)
class Example:
    """``missed``: text → a part of its reason. Packages by name are left out."""

    name: str
    found: set[str] = field(default_factory=set)
    missed: dict[str, str] = field(default_factory=dict)
    build_args: dict[str, str] = field(default_factory=dict)
    platform: str = "linux/amd64"


EXAMPLES = [
    Example(
        "01-export-from-an-answer",
        {"https://download.swift.org/development/centos7/latest-build.yml"},
        missed={
            f"https://download.swift.org/development/centos7/${{download}}/${{{name}}}": (
                "depends on the answer to curl -s https://download"
            )
            for name in ("download", "download_signature")
        },
    ),
    Example(
        "02-version-from-a-file",
        {"https://dl.k8s.io/release/stable.txt"},
        missed={
            "https://dl.k8s.io/release/": "depends on the answer to curl -L https://dl.k8s.io/release/stable.txt"
        },
    ),
    Example(
        "03-lookup-if-empty",
        {"https://raw.githubusercontent.com/kubernetes/kubernetes/master/.go-version"},
        missed={"https://go.dev/dl/go": "depends on the answer to curl"},
    ),
    Example(
        "03-lookup-if-empty",
        {"https://go.dev/dl/go1.25.linux-amd64.tar.gz"},
        build_args={"GO_VERSION": "1.25"},
    ),
    Example(
        "04-lookup-if-unset",
        {"http://services.sonarr.tv/v1/releases"},
        missed={
            "download?version=": "depends on the answer to curl -sX GET http://services.sonarr.tv/v1/releases"
        },
    ),
    Example(
        "04-lookup-if-unset",
        {"https://services.sonarr.tv/v1/update/main/download?version=4.0&os=linuxmusl"},
        build_args={"SONARR_VERSION": "4.0"},
    ),
    Example(
        "05-lookup-of-an-api",
        {"https://api.github.com/repos/coder/code-server/releases/latest"},
        missed={"https://github.com/coder/code-server/releases/download/v": "depends on the answer to curl"},
    ),
    Example(
        "06-lookup-among-packages",
        {"https://api.github.com/repos/rust-lang/rust/releases/latest"},
        missed={"https://static.rust-lang.org/dist/rust-": "depends on the answer to curl -fsX GET"},
    ),
    Example(
        "07-case-on-version-and-machine",
        {"https://api.github.com/repos/gohugoio/hugo/releases/latest"},
        missed={"https://github.com/gohugoio/hugo/releases/download/v": "depends on the answer to curl"},
    ),
    Example(
        "07-case-on-version-and-machine",
        {"https://github.com/gohugoio/hugo/releases/download/v0.1/hugo_0.1_Linux-64bit.tar.gz"},
        build_args={"VERSION": "0.1"},
    ),
    Example(
        "07-case-on-version-and-machine",
        {"https://github.com/gohugoio/hugo/releases/download/v0.1/hugo_0.1_Linux-ARM64.tar.gz"},
        build_args={"VERSION": "0.1"},
        platform="linux/arm64",
    ),
    Example(
        "08-lookup-test-assign",
        {"https://s3.amazonaws.com/rstudio-server/current.ver"},
        missed={"http://download2.rstudio.org/rstudio-server-": "depends on the answer to wget"},
    ),
    Example(
        "09-backquotes",
        {"https://api.github.com/repos/conwetlab/WMarket/releases/latest"},
        missed={
            "$(": "depends on the answer to curl https://api.github.com/repos/conwetlab/WMarket/releases/latest"
        },
    ),
    Example(
        "10-scraped-page",
        {"https://www.packer.io/downloads.html"},
        missed={"$(": "depends on the answer to curl -sk https://www.packer.io/downloads.html"},
    ),
    Example(
        "11-lookup-inside-a-url",
        {"https://storage.googleapis.com/kubernetes-release/release/stable.txt"},
        missed={
            "https://storage.googleapis.com/kubernetes-release/release/$(": "depends on the answer to curl -s"
        },
    ),
    Example(
        "12-mirror-by-redirect",
        {"http://mirror.ctan.org/"},
        missed={"/systems/texlive/tlnet/": "depends on the answer to wget -4 --quiet"},
    ),
    Example(
        "13-printf-template",
        {
            "https://github.com/tectonic-typesetting/tectonic/releases/download/tectonic%400.15.0/tectonic-0.15.0-x86_64-unknown-linux-gnu.tar.gz"
        },
    ),
    Example(
        "13-printf-template",
        {
            "https://github.com/tectonic-typesetting/tectonic/releases/download/tectonic%400.15.0/tectonic-0.15.0-aarch64-unknown-linux-musl.tar.gz"
        },
        platform="linux/arm64",
    ),
    Example(
        "14-array-and-rpm",
        {
            "https://corretto.aws/downloads/resources/25.0.0.36.1/java-25-amazon-corretto-25.0.0.36-1.amzn2023.1.x86_64.rpm",
            "https://corretto.aws/downloads/resources/25.0.0.36.1/java-25-amazon-corretto-headless-25.0.0.36-1.amzn2023.1.x86_64.rpm",
        },
    ),
    Example(
        "14-array-and-rpm",
        {
            "https://corretto.aws/downloads/resources/25.0.0.36.1/java-25-amazon-corretto-25.0.0.36-1.amzn2023.1.aarch64.rpm",
            "https://corretto.aws/downloads/resources/25.0.0.36.1/java-25-amazon-corretto-headless-25.0.0.36-1.amzn2023.1.aarch64.rpm",
        },
        platform="linux/arm64",
    ),
    Example(
        "15-case-and-context-file",
        set(),
        missed={"https://golang.org/dl/go$(awk": "needs the output of awk /^go/ { print $2 } go.mod"},
    ),
    Example(
        "16-output-of-a-condition",
        {"https://github.com/ninja-build/ninja/releases/download/v1.12.1/ninja-linux.zip"},
    ),
    Example(
        "16-output-of-a-condition",
        {"https://github.com/ninja-build/ninja/releases/download/v1.12.1/ninja-linux-aarch64.zip"},
        platform="linux/arm64",
    ),
    Example(
        "17-file-and-base-environment",
        set(),
        missed={
            "https://github.com/nginx/pkg-oss/archive/": "needs the environment of the base image",
            "apk add nginx-module-perl": "needs the output of egrep",
        },
    ),
    Example(
        "18-distribution-name",
        set(),
        missed={"https://download.docker.com/linux/$(": "needs the output of lsb_release -is"},
    ),
    Example(
        "19-program-of-the-image",
        set(),
        missed={"https://www.python.org/ftp/python/": "needs the output of python3.12 -c import sys"},
    ),
    Example(
        "20-three-levels",
        set(),
        missed={
            "microsoft.com/LATEST_RELEASE_": "needs the output of microsoft-edge --version",
            "https://msedgedriver.microsoft.com/$(wget": "depends on the answer to wget -O -",
        },
    ),
    Example(
        "20-three-levels",
        {"https://msedgedriver.microsoft.com/141.0/edgedriver_linux64.zip"},
        build_args={"EDGE_DRIVER_VERSION": "141.0"},
    ),
    Example(
        "21-script-of-the-context",
        set(),
        missed={
            "https://repo1.maven.org/maven2/io/prestosql/": "needs the output of ./get_presto_versions.sh",
            "get_presto_versions.sh": "freshlayer does not read this build context",
        },
    ),
    Example(
        "22-loop-fed-by-a-pipe",
        {
            "https://huggingface.co/rhasspy/piper-voices/resolve/main/en/en_US/amy/medium.onnx",
            "https://huggingface.co/rhasspy/piper-voices/resolve/main/en/en_US/amy/medium.onnx.json",
            "https://huggingface.co/rhasspy/piper-voices/resolve/main/zh/zh_CN/huayan/medium.onnx",
            "https://huggingface.co/rhasspy/piper-voices/resolve/main/zh/zh_CN/huayan/medium.onnx.json",
        },
    ),
    Example(
        "23-pipeline-as-condition",
        {
            "https://github.com/jwilder/dockerize/releases/download/v0.9/dockerize-linux-arm64.tar.gz",
            "https://github.com/jwilder/dockerize/releases/download/v0.9/dockerize-linux-x86_64.tar.gz",
        },
    ),
    Example("23-pipeline-that-is-known", {"https://github.com/jwilder/dockerize/d-linux-x86_64.tar.gz"}),
    Example(
        "24-variable-from-a-secret",
        {"https://repo1.maven.org/maven2/org/bytedeco/javacpp.jar"},
        missed={"${MAVEN_URL}/org/bytedeco/javacpp.jar": "MAVEN_URL: comes from a build secret"},
    ),
    Example(
        "25-sed-on-architecture",
        {"https://github.com/protocolbuffers/protobuf/releases/download/v31.0/protoc-31.0-linux-x86_64.zip"},
    ),
    Example(
        "25-sed-on-architecture",
        {
            "https://github.com/protocolbuffers/protobuf/releases/download/v31.0/protoc-31.0-linux-aarch_64.zip"
        },
        platform="linux/arm64",
    ),
    Example(
        "25-arm-that-exits",
        {
            "https://dl.google.com/go/go1.25.linux-amd64.tar.gz",
            "https://dl.google.com/go/go1.25.linux-amd64.tar.gz.asc",
        },
    ),
    Example(
        "25-arm-that-exits",
        {
            "https://dl.google.com/go/go1.25.linux-arm64.tar.gz",
            "https://dl.google.com/go/go1.25.linux-arm64.tar.gz.asc",
        },
        platform="linux/arm64",
    ),
    Example(
        "25-arm-that-exits",
        {
            "https://dl.google.com/go/go1.25.linux-armv6l.tar.gz",
            "https://dl.google.com/go/go1.25.linux-armv6l.tar.gz.asc",
        },
        platform="linux/arm/v7",
    ),
    Example(
        "25-arm-that-exits",
        {
            "https://dl.google.com/go/go1.25.linux-386.tar.gz",
            "https://dl.google.com/go/go1.25.linux-386.tar.gz.asc",
        },
        platform="linux/386",
    ),
    Example("25-arm-that-exits", set(), platform="linux/s390x"),
]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{item.name} {item.platform} {item.build_args or ''}" for item in EXAMPLES]
)
def test_a_hard_example_comes_out_right(example: Example) -> None:
    text = (FOLDER / f"{example.name}.Dockerfile").read_text("utf-8")
    question = BuildRequest(platforms=(example.platform,), build_args=example.build_args)
    discovery = analyse(text, question).discovery
    found = {item.reference.text for item in discovery.inputs if item.places[0].instruction != "FROM"}
    missed = [item for item in discovery.not_watched if item.reason.code != "packages-by-name"]
    assert found == example.found
    assert len(missed) == len(example.missed), missed
    for part, reason in example.missed.items():
        assert any(part in item.text and reason in str(item.reason) for item in missed), missed


def test_all_25_examples_are_here() -> None:
    assert {int(example.name[:2]) for example in EXAMPLES} == set(range(1, 26))
    assert {path.stem for path in FOLDER.iterdir()} == {example.name for example in EXAMPLES}
