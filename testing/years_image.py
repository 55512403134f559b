"""A base image for ``testing.apt_years``: Debian's minbase, whose sources are a repository of ours."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from testing.apt_years import IN_BASE, STABLE, SUITES, Line, Years
from testing.base_image import static_busybox
from testing.debian_root import debian_root_tar
from testing.stores.registry import MediaTypes, Registry

REPOSITORY = "years/base"
_STATUS = "var/lib/dpkg/status"

LINES = (
    Line("one", ("install", "--no-install-recommends", "alpha")),
    Line("two-a", ("install", "beta", "gamma")),
    Line("two-b", ("install", "delta"), after="two-a"),
    Line("three-b", ("install", "epsilon"), reader="three-a"),
    Line("four", ("upgrade",)),
)
MARKS = ("one", "two-a", "two-b", "three-a", "three-b", "four", "five")
"""Each RUN requests its mark, so that the log of that origin shows which ones ran."""

_DOCKERFILE = """\
FROM {base} AS one
RUN apt-get update && apt-get install -y --no-install-recommends alpha {mark}one
FROM {base} AS two
RUN apt-get update && apt-get install -y beta gamma {mark}two-a
RUN apt-get update && apt-get install -y delta {mark}two-b
FROM {base} AS three
RUN apt-get update {mark}three-a
RUN apt-get install -y epsilon {mark}three-b
FROM {base} AS four
RUN apt-get update && apt-get upgrade -y {mark}four
FROM {base} AS five
RUN wget -q -O /file {file} {mark}five
FROM {base}
{copies}"""


def dockerfile(base: str, marks: str, file: str) -> str:
    """A stage each, so that an instruction runs again for its own sake, and not for one before it."""
    mark = f"&& wget -q -O /dev/null {marks.rstrip('/')}/"
    copies = "".join(
        f"COPY --from={name} /etc/hostname /{name}\n" for name in ("one", "two", "three", "four", "five")
    )
    return _DOCKERFILE.format(base=base, mark=mark, file=file, copies=copies)


def runs(changed: set[str]) -> set[str]:
    """The marks of the instructions that run again where the packages of these lines changed."""
    found = set(changed) | {line.reader for line in LINES if line.name in changed and line.reader}
    return found | {"two-b"} if "two-a" in found else found


def status(years: Years) -> str:
    """Dpkg's status of the base: Debian's own packages, and two of the repository."""
    with tarfile.open(debian_root_tar()) as root:
        file = root.extractfile(f"./{_STATUS}")
        own = file.read().decode() if file else ""
    return own + "".join(years.control(name) for name in IN_BASE)


def push(registry: Registry, years: Years, origin: str) -> str:
    """Push the base; its reference."""
    sources = "".join(f"deb [trusted=yes] {origin} {suite} main\n" for suite in SUITES)
    texts = {"etc/apt/sources.list": sources, _STATUS: status(years), "etc/hostname": "years\n"}
    texts |= {f"var/lib/dpkg/info/{name}.list": "/.\n" for name in IN_BASE}
    busybox = static_busybox()
    if busybox is None:
        raise FileNotFoundError("no static busybox")
    files = {name: (text.encode(), 0o644) for name, text in texts.items()}
    files["usr/local/bin/wget"] = busybox.read_bytes(), 0o755
    layers = [debian_root_tar().read_bytes(), _layer(files)]
    config = {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]}
    registry.push_layers(REPOSITORY, STABLE, layers, config=config, media=MediaTypes.DOCKER)
    return f"{registry.host}/{REPOSITORY}:{STABLE}"


def _layer(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, (text, mode) in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), mode
            tar.addfile(member, io.BytesIO(text))
    return content.getvalue()


def write(directory: Path, base: str, marks: str, file: str) -> None:
    """The project that is built."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Dockerfile").write_text(dockerfile(base, marks, file), encoding="utf-8")
