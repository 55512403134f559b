"""A Dockerfile as a value: small enough to reason about, rich enough to go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from testing.base_image import BASE

TOOLS = "tools"


class Kind(StrEnum):
    """What is read: a file by HTTP with a tag or with a date alone, a file by FTP, a branch of git."""

    TAGGED = "tagged"
    DATED = "dated"
    FTP = "ftp"
    GIT = "git"


class Style(StrEnum):
    """How a script names its files."""

    PLAIN = "plain"
    VARIABLE = "variable"
    LOOP = "loop"
    EXEC = "exec"


@dataclass(frozen=True, slots=True)
class Input:
    """A remote input; its name is the file's, or the branch's."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """A RUN that reads remote inputs, leaves them in `/out-NUMBER`, and reports that it ran."""

    number: int
    inputs: tuple[Input, ...]
    style: Style


@dataclass(frozen=True, slots=True)
class Plain:
    """A RUN that reads nothing from elsewhere, and reports that it ran."""

    number: int


@dataclass(frozen=True, slots=True)
class CopyFile:
    """COPY of a file of the build context."""

    name: str


@dataclass(frozen=True, slots=True)
class CopyFrom:
    """COPY of what a Fetch left in an earlier stage."""

    stage: str
    number: int


@dataclass(frozen=True, slots=True)
class Arg:
    """A build arg, of whose value every RUN after it in its stage depends."""

    name: str


@dataclass(frozen=True, slots=True)
class Comment:
    """Nothing at all."""

    text: str


Instruction = Fetch | Plain | CopyFile | CopyFrom | Arg | Comment


@dataclass(frozen=True, slots=True)
class Stage:
    """`base` is TOOLS or the name of an earlier stage."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """What a user has: a Dockerfile, a target, build args and files."""

    stages: tuple[Stage, ...]
    target: str
    args: Mapping[str, str]
    files: Mapping[str, str]

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def with_stage(self, changed: Stage) -> Project:
        """The same with a stage of this name as it is now."""
        stages = tuple(changed if stage.name == changed.name else stage for stage in self.stages)
        return replace(self, stages=stages)

    def inputs(self) -> tuple[Input, ...]:
        """Each remote input once."""
        found = (
            item
            for stage in self.stages
            for instruction in stage.instructions
            if isinstance(instruction, Fetch)
            for item in instruction.inputs
        )
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Sites:
    """Where each kind is: a URL with a slash at its end; of git, the repository's."""

    urls: Mapping[Kind, str]

    def url(self, item: Input) -> str:
        if item.kind is Kind.GIT:
            return f"git+{self.urls[item.kind]}#refs/heads/{item.name}"
        return self.urls[item.kind] + item.name


def dockerfile(project: Project, sites: Sites) -> str:
    """The text that a builder reads. The tools are copied first: `ran` reports to the origin that counts."""
    lines = [f"FROM {BASE} AS {TOOLS}", "COPY tools/ /usr/local/bin/"]
    for stage in project.stages:
        lines.append(f"FROM {stage.base} AS {stage.name}")
        for instruction in stage.instructions:
            lines += _lines(instruction, sites)
    return "\n".join(lines) + "\n"


def _lines(instruction: Instruction, sites: Sites) -> Iterator[str]:
    match instruction:
        case Fetch():
            yield from _fetch(instruction, sites)
        case Plain(number):
            yield f"RUN echo {number} >/plain-{number} && ran {number}"
        case CopyFile(name):
            yield f"COPY {name} /{name}"
        case CopyFrom(stage, number):
            yield f"COPY --from={stage} /out-{number} /from-{stage}-{number}"
        case Arg(name):
            yield f"ARG {name}"
        case Comment(text):
            yield f"# {text}"


def _fetch(fetch: Fetch, sites: Sites) -> Iterator[str]:
    """What the base image has no tool for is named by a comment."""
    read = [item for item in fetch.inputs if item.kind is not Kind.GIT]
    watched = [item for item in fetch.inputs if item.kind is Kind.GIT]
    yield from (f"# freshlayer: watch {sites.url(item)}" for item in watched)
    script = [f"echo fetched >/out-{fetch.number}", *_downloads(fetch, read, sites), f"ran {fetch.number}"]
    text = " && ".join(script)
    yield "RUN " + (json.dumps(["sh", "-c", text]) if fetch.style is Style.EXEC else text)


def _downloads(fetch: Fetch, read: list[Input], sites: Sites) -> Iterator[str]:
    out = f">>/out-{fetch.number}"
    if fetch.style is Style.LOOP and len({item.kind for item in read}) == 1:
        names = " ".join(item.name for item in read)
        yield f"for name in {names}; do wget -q -O - {sites.urls[read[0].kind]}$name {out} || exit 1; done"
        return
    for item in read:
        if fetch.style is Style.VARIABLE:
            yield f'site={sites.urls[item.kind]} && wget -q -O - "${{site}}{item.name}" {out}'
        else:
            yield f"wget -q -O - {sites.url(item)} {out}"
