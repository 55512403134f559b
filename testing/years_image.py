"""A base image for ``testing.apt_years``, Debian's minbase, and a Dockerfile with several worlds."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

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
MARKS: Mapping[str, tuple[str, ...]] = {
    "one": ("one",),
    "two-a": ("two-a",),
    "two-b": ("two-a", "two-b"),
    "three-a": ("three-b",),
    "three-b": ("three-b",),
    "four": ("four",),
}
"""Mark → the lines whose packages decide what the RUN makes: its own, and of those before it.

Each RUN requests its mark, so that the log of that origin shows which ones ran.
"""

_WORLD = """\
FROM {base} AS {world}
COPY {world}.list /etc/apt/sources.list
FROM {world} AS {world}-one
RUN apt-get update && apt-get install -y --no-install-recommends alpha {mark}one
FROM {world} AS {world}-two
RUN apt-get update && apt-get install -y beta gamma {mark}two-a
RUN apt-get update && apt-get install -y delta {mark}two-b
FROM {world} AS {world}-three
RUN apt-get update {mark}three-a
RUN apt-get install -y epsilon {mark}three-b
FROM {world} AS {world}-four
RUN apt-get update && apt-get upgrade -y {mark}four
"""
_LAST = """\
FROM {base} AS five
RUN wget -q -O /file {file} {mark}five
FROM {base}
{copies}"""
_STAGES = ("one", "two", "three", "four")
FIVE = "five"


def dockerfile(base: str, worlds: Sequence[str], marks: str, file: str) -> str:
    """A stage each, so that an instruction runs again for its own sake, and not for one before it."""
    mark = f"&& wget -q -O /dev/null {marks.rstrip('/')}/"
    stages = [*(f"{world}-{name}" for world in worlds for name in _STAGES), FIVE]
    copies = "".join(f"COPY --from={name} /etc/hostname /{name}\n" for name in stages)
    own = [_WORLD.format(base=base, world=world, mark=f"{mark}{world}-") for world in worlds]
    return "".join([*own, _LAST.format(base=base, file=file, mark=mark, copies=copies)])


def stale_marks(lines: Sequence[str], instructions: Iterable[Mapping[str, Any]]) -> set[str]:
    """The marks of the RUNs that ``check --json`` states to be stale. ``lines``: of the Dockerfile."""
    stale = [lines[it["line"] - 1] for it in instructions if it["state"] == "stale"]
    return {line.rpartition("/")[2] for line in stale if line.startswith("RUN")}


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


def push(registry: Registry, years: Years) -> str:
    """Push the base; its reference."""
    texts = {"etc/apt/sources.list": "", _STATUS: status(years), "etc/hostname": "years\n"}
    texts |= {f"var/lib/dpkg/info/{name}.list": "/.\n" for name in IN_BASE}
    # As in the images of Debian.
    texts["etc/dpkg/dpkg.cfg.d/docker-apt-speedup"] = "force-unsafe-io\n"
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


def write(directory: Path, text: str, worlds: Sequence[str], origin: str) -> None:
    """The project that is built: the Dockerfile, and the package sources of each world."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Dockerfile").write_text(text, encoding="utf-8")
    for world in worlds:
        listed = "".join(f"deb [trusted=yes] {origin}/{world} {suite} main\n" for suite in SUITES)
        (directory / f"{world}.list").write_text(listed, encoding="utf-8")
