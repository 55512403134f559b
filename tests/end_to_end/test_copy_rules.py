"""Where COPY and ADD put files: real builders are the oracle of the model."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import basename

import pytest
from msgspec import Struct

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.files.stages import StageFiles
from freshlayer.discover.files.trees import ContextTree
from freshlayer.dockerfile.parse import parse
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText
from testing.base_image import BASE
from testing.builders.base import build
from testing.builders.table import Builders

FILES = ("x.sh", "y.sh", "dir/x.sh", "dir/sub/z.sh", "dir/sub/x.sh", "dir2/w.sh", "d.d/a.sh", "other/x.txt")
ONE = (
    "x.sh",
    "./x.sh",
    "/x.sh",
    "dir/x.sh",
    "dir",
    "dir/",
    "dir/.",
    "./dir/sub",
    ".",
)
MANY = (
    "dir/sub/*.sh",
    "x.sh y.sh",
    "x.sh dir",
    "dir dir2",
    "*.sh",
    "d*",
    "dir*",
    "d*/x.sh",
    "dir/s*",
    "*/*.sh",
    "[x-y].sh",
    "?.sh",
)
TARGETS = ("/t", "/t/", "t", "t/", ".", "./", "/t/x.sh", "/t/u/v", "/t/.", "/usr/bin", "/usr/bin/")
DIRECTORIES = ("", "WORKDIR /w", "WORKDIR /w\nWORKDIR v", "RUN mkdir -p /t", "RUN mkdir -p /t/u")
ROWS = 36


class Row(Struct, frozen=True):
    """One stage."""

    before: str
    copy: str

    @property
    def text(self) -> str:
        return "\n".join(part for part in (self.before, self.copy) if part)


def rows(seed: int) -> Iterator[Row]:
    chosen = random.Random(seed)
    for _ in range(ROWS):
        several = chosen.random() < 0.5
        sources = chosen.choice(MANY if several else ONE)
        target = chosen.choice([it for it in TARGETS if it.endswith("/") or not several])
        yield Row(chosen.choice(DIRECTORIES), f"{chosen.choice(('COPY', 'ADD'))} {sources} {target}")


def dockerfile_of(every: list[Row], *, joined: bool) -> str:
    """``joined``: the last stage wants something of every other, or a builder would leave them out."""
    roots = "/t /w /usr/bin /x.sh /y.sh /dir /sub /z.sh /d.d /dir2"
    listing = f"find {roots} -type f 2>/dev/null | while read -r f; do "
    parts = []
    for number, row in enumerate(every):
        show = f'{listing} echo "ROW {number} $f $(head -n1 "$f")"; done; echo {number} > /n'
        parts.append(f"FROM {BASE} AS r{number}\n{row.text}\nRUN {show}\n")
    last = "".join(f"COPY --from=r{number} /n /{number}\n" for number in range(len(every) if joined else 0))
    return f"{''.join(parts)}FROM {BASE}\n{last}"


def modelled(row: Row, context: ContextFiles, paths: set[str]) -> dict[str, str]:
    """Path → the file of the context that is there, as the model has it."""
    dockerfile = parse(f"FROM {BASE}\n{row.text}\n")
    stages = StageFiles(dockerfile, ContextTree(context.read, Reason("script-not-in-context")))
    stages.begin(None)
    directory = "/"
    for instruction in dockerfile.stages[0].instructions:
        if instruction.name == "WORKDIR":
            directory = f"{directory}/{instruction.words[0]}" if instruction.words[0] == "v" else "/w"
        stages.before(instruction, lambda word: word, directory)
    found = {path: stages.files.find(path) for path in sorted(paths)}
    return {path: str(it.text[0][0]) for path, it in found.items() if isinstance(it, FileText)}


@pytest.mark.parametrize("name", ["classic", "buildkit"])
@pytest.mark.parametrize("seed", [1, 2])
def test_files_are_where_the_builder_puts_them(
    builders: Builders, project: Path, name: str, seed: int
) -> None:
    for path in FILES:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(path)
    every = list(rows(seed))
    # The classic builder builds every stage as it is, and each COPY takes it long.
    (project / "Dockerfile").write_text(dockerfile_of(every, joined=name == "buildkit"))
    options = ("--progress=plain",) if name == "buildkit" else ()
    ran = build(builders[name], project, "--no-cache", *options)
    real: dict[int, dict[str, str]] = {number: {} for number in range(ROWS)}
    for number, path, content in re.findall(r"ROW (\d+) (\S+) (\S+)", ran.stdout + ran.stderr):
        if content in FILES:
            real[int(number)][path] = content
    paths = {path for found in real.values() for path in found}
    assert len(paths) > ROWS / 2
    context = ContextFiles(project, project / "Dockerfile")
    for number, row in enumerate(every):
        found = modelled(row, context, paths)
        assert real[number].items() <= found.items(), row
        # Whether a target without a slash is a directory already, only the image knows.
        for path in found.keys() - real[number].keys():
            assert basename(path) == basename(found[path]) or path == "/t", (row, path)
            assert not row.copy.endswith(("/", ".")), (row, path)
