"""Instructions → remote inputs, and what is not watched, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename

from freshlayer import reference
from freshlayer.discover.commands import of_script, of_words
from freshlayer.discover.found import Finding, Found, Missed
from freshlayer.dockerfile import Dockerfile, Environment, Instruction, Stage
from freshlayer.dockerfile.reach import sources_of
from freshlayer.dockerfile.scope import Unknown
from freshlayer.errors import ReferenceInvalidError
from freshlayer.model import NotWatched, Place, RemoteInput
from freshlayer.reference import Reference, shown
from freshlayer.shell import Lookup

_POSIX_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
_GIT = re.compile(r"(?i)^(?:git@|git://|ssh://)|^https?://[^#?]*\.git(?:#|$)")


@dataclass(frozen=True, slots=True)
class Discovery:
    """``by_instruction``: instruction number → what it reads. ``inputs``: the same by reference."""

    by_instruction: Mapping[int, tuple[Reference, ...]]
    inputs: tuple[RemoteInput, ...]
    not_watched: tuple[NotWatched, ...]


def discover(
    dockerfile: Dockerfile, stages: Iterable[Stage], environments: Mapping[int, Environment]
) -> Discovery:
    """Everything that the instructions of these stages read from elsewhere."""
    by_instruction: dict[int, dict[Reference, str]] = {}
    places: dict[Reference, list[Place]] = {}
    not_watched: list[NotWatched] = []
    for stage in stages:
        for instruction, via, finding in _of_stage(dockerfile, stage, environments):
            known = _known(finding)
            if isinstance(known, Missed):
                text = shown(known.text) or instruction.name
                not_watched.append(NotWatched(instruction.line, instruction.name, text, known.reason))
            elif known not in by_instruction.setdefault(instruction.number, {}):
                by_instruction[instruction.number][known] = via
                place = Place(instruction.line, instruction.name, stage.label, via)
                places.setdefault(known, []).append(place)
    inputs = tuple(RemoteInput(known, tuple(where)) for known, where in places.items())
    read = {number: tuple(found) for number, found in by_instruction.items()}
    return Discovery(read, inputs, tuple(dict.fromkeys(not_watched)))


def _known(finding: Finding) -> Reference | Missed:
    if isinstance(finding, Missed):
        return finding
    try:
        return reference.parse(finding.url)
    except ReferenceInvalidError as error:
        return Missed(finding.url, str(error))


def _of_stage(
    dockerfile: Dockerfile, stage: Stage, environments: Mapping[int, Environment]
) -> Iterator[tuple[Instruction, str, Finding]]:
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    for via, finding in _image(dockerfile, stage, environments[stage.start.number]):
        yield stage.start, via, finding
    for instruction in stage.instructions:
        environment = environments[instruction.number]
        if instruction.name == "SHELL":
            shell = instruction.words
        for name in sources_of(instruction.name, instruction.flags):
            if dockerfile.stage_named(name) is None:
                yield instruction, "--from", Missed(name, "the builder itself resolves image tags")
        for via, finding in _of_instruction(instruction, environment, shell, dockerfile.escape):
            yield instruction, via, finding


def _image(dockerfile: Dockerfile, stage: Stage, environment: Environment) -> Iterator[tuple[str, Finding]]:
    base = environment.expand(stage.base, dockerfile.escape)
    if isinstance(base, Unknown):
        yield "FROM", Missed(stage.base, base.reason)
    elif base != "scratch" and not _earlier(dockerfile, stage, base):
        yield "FROM", Missed(base, "the builder itself resolves image tags")


def _earlier(dockerfile: Dockerfile, stage: Stage, base: str) -> bool:
    return any(other.name == base.lower() for other in dockerfile.stages[: stage.number])


def _of_instruction(
    instruction: Instruction, environment: Environment, shell: tuple[str, ...], escape: str
) -> Iterator[tuple[str, Finding]]:
    match instruction.name:
        case "RUN":
            yield from _run(instruction, environment, shell, escape)
        case "ADD":
            yield from _add(instruction, environment, escape)
        case "ONBUILD" if re.search(r"://|\b(?:curl|wget)\b", instruction.text):
            yield "ONBUILD", Missed(instruction.text, "a trigger runs in the build of another image")


def _run(
    instruction: Instruction, environment: Environment, shell: tuple[str, ...], escape: str
) -> Iterator[tuple[str, Finding]]:
    lookup = _lookup(environment, escape)
    if instruction.exec_form:
        yield from of_words(list(instruction.words), lookup)
        return
    script = _script(instruction)
    if not shell or basename(shell[0]) not in _POSIX_SHELLS:
        if "://" in script:
            yield "RUN", Missed(script, f"its shell is {shown(' '.join(shell), 40)}")
    elif re.match(r"#!(?!.*\b(?:sh|bash|ash|dash|zsh|ksh)\b)", script):
        if "://" in script:
            yield "RUN", Missed(script.split("\n")[0], "the script is for another interpreter")
    else:
        yield from of_script(script, lookup)


def _script(instruction: Instruction) -> str:
    """What the shell reads: the joined lines; or the here-document where the RUN is nothing else."""
    documents = instruction.heredocs
    if len(documents) == 1 and re.fullmatch(r"<<-?\s*[\"']?[\w.-]+[\"']?", instruction.rest.strip()):
        content = documents[0].content
        return re.sub(r"(?m)^\t+", "", content) if documents[0].strip_tabs else content
    return "\n".join([instruction.rest, *(f"{doc.content}{doc.name}" for doc in documents)])


def _lookup(environment: Environment, escape: str) -> Lookup:
    def expand(text: str) -> str | None:
        value = environment.expand(text, escape)
        return value if isinstance(value, str) else None

    return Lookup(environment.known.get, environment.why, expand)


def _add(instruction: Instruction, environment: Environment, escape: str) -> Iterator[tuple[str, Finding]]:
    """ADD URL: every builder keys it on content already, so it is reported and never keyed."""
    for source in instruction.words[:-1]:
        value = environment.expand(source, escape)
        if isinstance(value, Unknown):
            yield "ADD", Missed(source, value.reason)
        elif _GIT.search(value):
            yield "ADD", Missed(value, "the builder itself asks for the commit")
        elif re.match(r"https?://", value):
            pinned = instruction.flag("checksum")
            yield "ADD", Missed(value, "its checksum is pinned") if pinned else Found(value)
