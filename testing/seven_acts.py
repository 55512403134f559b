"""The scenario that this project was born from: one origin, one file, one Dockerfile, seven acts.

What ran is read from the origin's request log and from the image's id, never from a builder's text. The
Dockerfile's instructions each ask the origin for a path of their own, so that the log tells which ones ran.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testing.base_image import BASE
from testing.command import FRESHLAYER, chosen, freshlayer
from testing.origins import Origin, by_builds

FIRST_TAG = '"{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8555}}"'
SECOND_TAG = '"{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8333}}"'

_DOCKERFILE = """\
FROM {base} AS other
RUN wget -q -O /other "{site}marker-other"

FROM {base}
RUN wget -q -O /before "{site}marker-before"
{flag}RUN wget -q -O docker {url}
RUN wget -q -O /after "{site}marker-after"
COPY --from=other /other /other
"""
_FLAG = "ADD docker.etag /tmp/docker.etag\nRUN cat /tmp/docker.etag\n"


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what was done, what was seen, and whether that is as it has to be."""

    number: int
    title: str
    expected: str
    seen: str
    output: str = ""

    @property
    def holds(self) -> bool:
        return self.expected == self.seen


@dataclass(slots=True)
class Stage:
    """Where the acts are played. ``markers`` is a second origin, for the instructions around the download.

    ``command``: what a user types to build; ``to_cache``: and adds to have instructions cached at all.
    ``forked``: one process has loaded freshlayer for all commands, which saves time.
    """

    directory: Path
    origin: Origin
    markers: Origin
    environment: Mapping[str, str]
    tag: str
    by_flag: bool
    image_id: Callable[[str], str]
    command: tuple[str, ...] = ("docker", "build")
    to_cache: tuple[str, ...] = ()
    forked: bool = False
    _downloads: int = 0
    _marks: int = 0
    _image: str = ""
    _output: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Write the Dockerfile."""
        flag = _FLAG if self.by_flag else ""
        text = _DOCKERFILE.format(base=BASE, flag=flag, url=self.origin.url, site=self.markers.url)
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "Dockerfile").write_text(text, encoding="utf-8")

    def build(self) -> str:
        """Build in this way; what was downloaded, which other instructions ran, and how the image is."""
        words = ["--network=host", "-t", self.tag, str(self.directory)]
        state = str(self.directory.parent / "state.sqlite3")
        options = ["--state", state, *chosen(self.command[0])]
        self._output.clear()
        if self.by_flag:
            self._freshlayer([*options, "flag", self.origin.url, "-o", str(self.directory / "docker.etag")])
            code = self._run([*self.command, *self.to_cache, *words])
        else:
            code = self._freshlayer([*options, "build", *words])
        return f"exit {code}; {self._ran()}; {self._same_image()}"

    @property
    def output(self) -> str:
        return "".join(self._output)

    def _freshlayer(self, words: list[str]) -> int:
        if not self.forked:
            return self._run([*FRESHLAYER, *words])
        ended = freshlayer(words, self.environment, self.directory)
        self._output.append(ended.out + ended.err)
        return ended.code

    def _run(self, argv: list[str]) -> int:
        done = subprocess.run(
            argv,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._output.append(done.stdout)
        return done.returncode

    def _ran(self) -> str:
        """GETs of a body by wget; freshlayer's own requests carry its name."""
        downloads = [r for r in by_builds(self.origin.requests()) if r.method == "GET"]
        marks = [r for r in by_builds(self.markers.requests()) if r.method == "GET"]
        new_downloads, new_marks = downloads[self._downloads :], marks[self._marks :]
        self._downloads, self._marks = len(downloads), len(marks)
        names = sorted(
            [r.path.rpartition("marker-")[2] for r in new_marks] + ["download"] * len(new_downloads)
        )
        return "ran " + (", ".join(names) or "nothing")

    def _same_image(self) -> str:
        before, self._image = self._image, self.image_id(self.tag)
        return "same image" if before == self._image else "new image"


_CACHED = "exit 0; ran nothing; same image"


def play(stage: Stage) -> Iterator[Act]:
    """The seven acts, one by one."""
    stage.prepare()
    first = "exit 0; ran after, before, download, other; new image"
    yield Act(1, "first build: the file is downloaded", first, stage.build(), stage.output)
    yield Act(2, "build again: everything is cached", _CACHED, stage.build(), stage.output)
    stage.origin.set_tag(SECOND_TAG)
    third = "exit 0; ran after, download; new image"
    title = "the origin's tag changes: the download and what follows it run again, nothing else"
    yield Act(3, title, third, stage.build(), stage.output)
    yield Act(4, "build again: everything is cached", _CACHED, stage.build(), stage.output)
    stage.origin.down()
    yield _while_down(stage)
    stage.origin.up()
    yield Act(6, "the origin is back, unchanged: everything is cached", _CACHED, stage.build(), stage.output)
    yield _touched(stage)


def _while_down(stage: Stage) -> Act:
    """The warning has to name the URL and the reason."""
    seen = stage.build()
    said = [line for line in stage.output.splitlines() if stage.origin.url in line and "refused" in line]
    title = "the origin is down: the build succeeds from the cache, with a warning"
    return Act(5, title, f"{_CACHED}; warned", f"{seen}; {'warned' if said else 'silent'}", stage.output)


def _touched(stage: Stage) -> Act:
    if stage.by_flag:
        # As ``touch -t 200001010000.00 docker.etag`` does.
        os.utime(stage.directory / "docker.etag", (946684800, 946684800))
        return Act(7, "the flag file's mtime is moved: still cached", _CACHED, stage.build(), stage.output)
    stage.origin.touch("Sat, 01 Jan 2000 00:00:00 GMT")
    title = "Last-Modified is moved under the same tag: still cached"
    return Act(7, title, _CACHED, stage.build(), stage.output)


def flag_file_alone(directory: Path, origin: Origin) -> Iterator[Act]:
    """What the acts do to the flag file, where no builder is at hand."""
    flag = directory / "docker.etag"

    def changed() -> str:
        before = flag.read_bytes() if flag.exists() else b""
        state = str(directory / "state.sqlite3")
        argv = [*FRESHLAYER, "--state", state, "flag", origin.url, "-o", str(flag)]
        code = subprocess.run(argv, capture_output=True, check=False).returncode
        return f"exit {code}; {'new' if flag.read_bytes() != before else 'same'} content"

    yield Act(1, "first: the flag file is written", "exit 0; new content", changed())
    yield Act(2, "again: it stays as it is", "exit 0; same content", changed())
    origin.set_tag(SECOND_TAG)
    yield Act(3, "the origin's tag changes: it changes", "exit 0; new content", changed())
    yield Act(4, "again: it stays as it is", "exit 0; same content", changed())
    origin.down()
    yield Act(5, "the origin is down: its line is kept", "exit 0; same content", changed())
    origin.up()
    yield Act(6, "the origin is back: it stays as it is", "exit 0; same content", changed())
    origin.touch("Sat, 01 Jan 2000 00:00:00 GMT")
    yield Act(7, "Last-Modified is moved: it stays as it is", "exit 0; same content", changed())
