"""Command lines, environment files and channels of conda, and what is requested of a channel."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from time import process_time

import msgspec
import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, Resolution
from freshlayer.packages.conda.channels import Channels, Configuration, channels_of
from freshlayer.packages.conda.manager import CONDA
from freshlayer.packages.conda.records import Record, read_repodata, read_shard, read_shards
from freshlayer.packages.conda.specs import spec_of
from testing.conda_channel import CondaBuild, CondaChannel, repodata_of
from testing.named_packages import fetched, resolved

ENVIRONMENT = """\
name: science
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - numpy>=1.20,<2   # a comment
  - "bioconda::samtools=1.19"
  - pip
  - pip:
    - flask>=3
    - -r requirements.txt
"""


def commands(tmp_path: Path, *lines: str, files: Mapping[str, str] | None = None) -> list[PackageCommand]:
    for name, text in (files or {}).items():
        (tmp_path / name).write_text(text)
    text = "\n".join(["FROM base", "COPY . /app/", "WORKDIR /app", *lines]) + "\n"
    analysis = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    return [it for found in analysis.discovery.packages.values() for it in found]


def command(tmp_path: Path, line: str, **files: str) -> PackageCommand:
    (found,) = commands(
        tmp_path, f"RUN {line}", files={name.replace("_", "."): it for name, it in files.items()}
    )
    return found


@pytest.mark.parametrize(
    ("line", "words", "options"),
    [
        ("conda install -y numpy 'scipy>=1.10'", ["numpy", "scipy>=1.10"], []),
        (
            "mamba install -yn app -c conda-forge numpy",
            ["numpy"],
            [("name", "app"), ("channel", "conda-forge")],
        ),
        (
            "conda create -n app -c a,b --override-channels python=3.11",
            ["python=3.11"],
            [("create", ""), ("name", "app"), ("channel", "a"), ("channel", "b"), ("override-channels", "")],
        ),
        (
            "micromamba create -p /env --strict-channel-priority --platform linux-aarch64 xz",
            ["xz"],
            [
                ("create", ""),
                ("prefix", "/env"),
                ("channel-priority", "strict"),
                ("platform", "linux-aarch64"),
            ],
        ),
        ("conda update -y -n base conda", ["conda"], [("name", "base")]),
        ("conda install --file requirements.txt xz", ["xz", "zlib=1.2"], []),
    ],
)
def test_a_command_line(line: str, words: list[str], options: list[tuple[str, str]], tmp_path: Path) -> None:
    found = command(tmp_path, line, requirements_txt="# a list\nzlib=1.2\n\n")
    assert (found.manager, list(found.words), list(found.options)) == ("conda", words, options)


@pytest.mark.parametrize(
    "line",
    [
        "conda env create -f environment.yml",
        "conda env create --file=environment.yml",
        "mamba env create",
        "micromamba create -y -f environment.yml",
    ],
)
def test_an_environment_file_has_packages_of_conda_and_of_pip(line: str, tmp_path: Path) -> None:
    files = {"environment.yml": ENVIRONMENT, "requirements.txt": "attrs\n"}
    of_conda, of_pip = commands(tmp_path, f"RUN {line}", files=files)
    assert of_conda.words == ("python=3.11", "numpy>=1.20,<2", "bioconda::samtools=1.19", "pip")
    assert ("name", "science") in of_conda.options
    assert [value for name, value in of_conda.options if name == "channel"] == ["conda-forge", "nodefaults"]
    assert (of_pip.manager, of_pip.words) == ("pypi", ("flask>=3", "attrs"))
    assert ("python-version", "3.11") in of_pip.options


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("conda env create -f missing.yml", "no-manifest"),
        ("conda env create -f odd.yml", "requirements-not-stated"),
        ("conda install ./local.conda", "file-named"),
        ("conda install $(cat list)", "needs-command-output"),
    ],
)
def test_what_is_not_known_is_listed(line: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text("a: &x [1\n")
    text = f"FROM base\nCOPY . /app/\nWORKDIR /app\nRUN {line}\n"
    analysis = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read)
    assert code in {it.reason.code for it in analysis.discovery.not_watched}


def channels(line: str, tmp_path: Path, *before: str, base: str = "base", **files: str) -> Channels | None:
    every = commands(tmp_path, *before, f"RUN {line}", files=files)
    configuration = Configuration()
    for it in every:
        for text in it.files.values():
            configuration.read(text)
        if it.action is PackageAction.CONFIGURE:
            configuration.configure(it.options)
    found = channels_of(every[-1], configuration, base)
    return found if isinstance(found, Channels) else None


_MAIN, _R = "https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"
_FORGE = "https://conda.anaconda.org/conda-forge"


@pytest.mark.parametrize(
    ("line", "before", "base", "urls"),
    [
        ("conda install x", [], "continuumio/miniconda3", [_MAIN, _R]),
        ("conda install -c conda-forge x", [], "continuumio/miniconda3", [_FORGE, _MAIN, _R]),
        ("conda install -c conda-forge --override-channels x", [], "base", [_FORGE]),
        ("conda install x", [], "condaforge/miniforge3:latest", [_FORGE]),
        ("mamba install x", [], "base", [_FORGE]),
        ("conda install x", ["RUN conda config --add channels conda-forge"], "base", [_FORGE, _MAIN, _R]),
        (
            "conda config --append channels bioconda && conda install x",
            ["RUN conda config --add channels conda-forge --set channel_priority strict"],
            "base",
            [_FORGE, _MAIN, _R, "https://conda.anaconda.org/bioconda"],
        ),
        ("conda install x", ["ENV CONDA_CHANNELS=https://u:secret@c.example/t/tk-1/main"], "base", None),
        ("conda install -c ./here --override-channels x", [], "base", None),
        (
            "conda install -c https://c.example/get/main/linux-64/ --override-channels x",
            [],
            "base",
            ["https://c.example/get/main"],
        ),
    ],
)
def test_the_channels_of_a_command(
    line: str, before: list[str], base: str, urls: list[str] | None, tmp_path: Path
) -> None:
    found = channels(line, tmp_path, *before, base=base)
    if urls is None:
        assert found is None or all("secret" not in it and "tk-1" not in it for it in found.urls)
    else:
        assert found is not None
        assert list(found.urls) == urls


def test_a_configuration_file_counts(tmp_path: Path) -> None:
    (tmp_path / "condarc").write_text(
        "channels:\n  - own\n  - defaults\nchannel_priority: strict\nchannel_alias: https://c.example/conda\n"
        "default_channels:\n  - https://d.example/main\n"
    )
    found = channels("conda install x", tmp_path, "COPY condarc /root/.condarc")
    assert found is not None
    assert found.urls == ("https://c.example/conda/own", "https://d.example/main")
    assert found.priority == "strict"


@pytest.fixture(scope="module")
def channel() -> Iterator[CondaChannel]:
    with CondaChannel() as found:
        yield found


_PYTHONS = [CondaBuild("python", version) for version in ("3.10.14", "3.12.4")]
_LIBRARY = [
    CondaBuild("lib", "1.0", f"py{minor}_0", 0, (f"python >=3.{minor},<3.{minor + 1}",)) for minor in (10, 12)
]


def in_stage(tmp_path: Path, channel: CondaChannel, *lines: str) -> list[Resolution]:
    """What each instruction of a stage installs."""
    text = "\n".join(["FROM base", *lines]) + "\n"
    request = BuildRequest(("linux/amd64",))
    analysis = analyse(text.replace("URL", f"{channel.url}/main"), request, ContextFiles(tmp_path, None).read)
    (chain,) = analysis.package_chains
    runs = tuple(msgspec.structs.replace(run, policy=PackagePolicy.NAMED) for run in chain.runs)
    base = BaseImage("base", "linux/amd64", "sha256:0", ImageConfig())
    steps = CONDA.resolve(PackageChain(chain.base, runs), base)
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send({file: fetched(file) for file in wanted})
    except StopIteration as ended:
        found: Mapping[int, Resolution] = ended.value
        return [found[number] for number in sorted(found)]


def test_what_an_environment_has_already_decides(channel: CondaChannel, tmp_path: Path) -> None:
    channel.publish("main", [*_PYTHONS, *_LIBRARY])
    first, second, other = in_stage(
        tmp_path,
        channel,
        "RUN conda config --set channel_alias https://c.example && conda config --remove channels defaults",
        "RUN conda create -n app --override-channels -c URL python=3.10",
        "RUN conda install -n app --override-channels -c URL lib",
        "RUN conda create -n other --override-channels -c URL lib",
    )
    assert [it.version for it in first.packages] == ["3.10.14=0"]
    assert [it.version for it in second.packages] == ["1.0=py10_0"]
    assert [it.version for it in other.packages] == ["1.0=py12_0"]


def test_two_environments_of_one_instruction(channel: CondaChannel, tmp_path: Path) -> None:
    channel.publish("main", [*_PYTHONS, *_LIBRARY])
    line = "conda create --override-channels -c URL -n"
    (found,) = in_stage(tmp_path, channel, f"RUN {line} a python=3.10 && {line} b python=3.12")
    assert [it.version for it in found.packages] == ["3.10.14=0, 3.12.4=0"]


@pytest.mark.parametrize(("sharded", "zst"), [(True, True), (False, True), (False, False)])
def test_the_smallest_documents_that_a_channel_has(sharded: bool, zst: bool, channel: CondaChannel) -> None:  # noqa: FBT001 - cases
    others = [CondaBuild(f"other{number}", "1.0") for number in range(50)]
    url = channel.publish("main", [*_PYTHONS, *_LIBRARY, *others], sharded=sharded, zst=zst)
    channel.server.requests()
    found = resolved("conda", ["lib"], [("channel", url), ("override-channels", "")])
    assert [it.version for it in found.packages] == ["1.0=py12_0"]
    asked = [it.target.rpartition("/")[2] for it in channel.server.requests()]
    shards = [name for name in asked if name.endswith(".msgpack.zst") and "repodata" not in name]
    assert len(shards) == (2 if sharded else 0)
    assert ("repodata.json" in asked) is (not sharded and not zst)
    assert all(name.startswith("repodata") for name in asked if name not in shards)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["absent"], "package-not-found"),
        (["lib", "python=3.11"], "package-not-found"),
        (["a b=*<"], "package-word-unclear"),
    ],
)
def test_what_can_not_be_installed(words: list[str], code: str, channel: CondaChannel) -> None:
    url = channel.publish("main", [*_PYTHONS, *_LIBRARY])
    found = resolved("conda", words, [("channel", url), ("override-channels", "")])
    assert found.problem is not None
    assert found.problem.code == code


def test_a_channel_that_is_down_is_unreachable() -> None:
    with CondaChannel() as gone:
        pass
    found = resolved("conda", ["lib"], [("channel", f"{gone.url}/main"), ("override-channels", "")])
    assert found.unreachable


def test_a_channel_without_repodata_is_no_source(channel: CondaChannel) -> None:
    found = resolved("conda", ["lib"], [("channel", f"{channel.url}/nothing"), ("override-channels", "")])
    assert found.problem is not None
    assert (found.problem.code, found.unreachable) == ("package-source-unknown", False)


def test_repodata_is_read_one_record_at_a_time() -> None:
    """The memory that reading takes does not grow with the document."""
    builds = [
        CondaBuild(f"p{it % 50}", f"1.{it}", depends=(f"python >=3.{it}{' ' * 4000}",)) for it in range(2000)
    ]
    body = repodata_of("linux-64", builds)
    size, found = len(body), 0
    content, scratch = BytesIO(body), BytesIO()
    tracemalloc.start()
    for _, value in read_repodata(content, scratch):
        found += len(msgspec.msgpack.decode(value, type=list[Record]))
    peak = tracemalloc.get_traced_memory()[1] - len(scratch.getbuffer())
    tracemalloc.stop()
    assert found == len(builds)
    assert size > 8 << 20
    assert peak < 6 << 20


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"[]",
            b"<html>",
            b'{"packages":{"a":',
            b'{"packages":{"a":{}}',
            b'{"packages" 1}',
            b"\xff\xfe",
        ),
        *(b'{"packages":' + b"[" * 200_000, b'{"packages":{"a":"' + b"x" * 9_000_000, b" " * 300_000),
    ],
)
def test_what_is_no_repodata(body: bytes) -> None:
    started = process_time()
    with pytest.raises(ValueError, match=r"repodata|JSON"):
        dict(read_repodata(BytesIO(body), BytesIO()))
    assert process_time() - started < 2


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x91" * 100_000, msgspec.msgpack.encode([1]), b"{}"])
def test_what_is_no_shard(body: bytes) -> None:
    for read in (read_shard, read_shards):
        with pytest.raises(ValueError, match="no "):
            dict(read(BytesIO(body)))


def test_records_of_any_form_end_in_no_error() -> None:
    seed = random.Random(1)
    values: list[object] = [
        None,
        1,
        -1,
        1 << 80,
        "x",
        "",
        [],
        ["a", 1, None],
        {},
        {"a": 1},
        True,
        "\x1b[31m",
        "a" * 100_000,
    ]
    fields = (
        "version build build_number depends constrains sha256 md5 timestamp track_features subdir".split()
    )
    usual: dict[str, object] = {"name": "p", "version": "1"}
    records = {str(it): usual | {field: seed.choice(values) for field in fields} for it in range(300)}
    for value in dict(read_repodata(BytesIO(json.dumps({"packages": records}).encode()), BytesIO())).values():
        msgspec.msgpack.decode(value, type=list[Record])


def test_a_requirement_that_only_an_attacker_writes_takes_no_time() -> None:
    started = process_time()
    for piece in ("a[", "a >=", "a=1=", "a ,|", "a::", "a*", "a[version='", "a 1.", "a \t"):
        spec_of((piece * 50_000)[:200_000])
        spec_of((piece * 500)[:999])
    assert process_time() - started < 2
