"""What a perfect cache would run: an instruction whose whole past was never seen before, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from testing.histories.project import (
    TOOLS,
    Arg,
    Comment,
    CopyFile,
    CopyFrom,
    Fetch,
    Input,
    Kind,
    Plain,
    Project,
    Sites,
    Stage,
)
from testing.histories.rules import Rules


class Oracle:
    """Remembers every past that was built."""

    def __init__(self, sites: Sites, rules: Rules) -> None:
        self._sites = sites
        self._rules = rules
        self._built: set[str] = set()

    def build(self, project: Project, contents: Mapping[Input, str]) -> list[int]:
        """The numbers of the RUNs that have to run, sorted. The build is taken to succeed."""
        ran: list[int] = []
        ends: dict[str, str] = {TOOLS: "tools"}
        outputs: dict[tuple[str, int], str] = {}
        for stage in _needed(project, every_earlier=self._rules.every_earlier):
            past, args = ends[stage.base], dict[str, str]()
            for instruction in stage.instructions:
                match instruction:
                    case Arg(name):
                        args[name] = project.args[name]
                        if self._rules.arg_is_a_step:
                            past = _digest(past, "arg", name)
                    case CopyFile(name):
                        past = _digest(past, "file", name, project.files[name])
                    case CopyFrom(source, number):
                        past = _digest(past, "from", source, number, outputs[source, number])
                    case Plain(number):
                        past = _digest(past, "plain", number, args)
                        self._run(past, number, ran)
                    case Fetch(number, inputs, style):
                        seen = [[self._sites.url(item), contents[item]] for item in inputs]
                        past = _digest(past, "fetch", number, style, args, seen)
                        self._run(past, number, ran)
                        outputs[stage.name, number] = _output(inputs, contents)
                    case Comment():
                        pass
            ends[stage.name] = past
        return sorted(ran)

    def _run(self, past: str, number: int, ran: list[int]) -> None:
        if past not in self._built:
            self._built.add(past)
            ran.append(number)


def _output(inputs: tuple[Input, ...], contents: Mapping[Input, str]) -> str:
    """What a Fetch leaves; a branch leaves nothing of itself."""
    return "".join(contents[item] for item in inputs if item.kind is not Kind.GIT)


def _needed(project: Project, *, every_earlier: bool) -> Iterator[Stage]:
    """The stages that a build of the target goes through, in the order of the file."""
    names = [stage.name for stage in project.stages]
    if every_earlier:
        yield from project.stages[: names.index(project.target) + 1]
        return
    wanted, open_ = set[str](), [project.target]
    while open_:
        name = open_.pop()
        if name != TOOLS and name not in wanted:
            wanted.add(name)
            stage = project.stage(name)
            sources = [item.stage for item in stage.instructions if isinstance(item, CopyFrom)]
            open_ += [stage.base, *sources]
    yield from (stage for stage in project.stages if stage.name in wanted)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
