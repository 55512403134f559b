"""What a perfect cache would run: an instruction whose whole past was never seen before, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class _State:
    """Where a stage has come to: all that was done, and the files that this left."""

    past: str
    files: Mapping[str, str]

    def then(self, *step: object) -> _State:
        """The same files after a step that writes none."""
        return replace(self, past=_digest(self.past, *step))

    def with_file(self, path: str, content: str) -> _State:
        return replace(self, files={**self.files, path: content})


class Oracle:
    """Remembers every past that was built."""

    def __init__(self, sites: Sites, rules: Rules) -> None:
        self._sites = sites
        self._rules = rules
        # What is known, by the past that it follows from or by the bytes; the state that it led to.
        self._built: dict[str, _State] = {}

    def build(self, project: Project, contents: Mapping[Input, str]) -> list[int]:
        """The numbers of the RUNs that have to run, sorted. The build is taken to succeed."""
        ran: list[int] = []
        ends = {TOOLS: _State("tools", {})}
        outputs: dict[tuple[str, int], str] = {}
        for stage in _needed(project, every_earlier=self._rules.every_earlier):
            state, args = ends[stage.base], dict[str, str]()
            for instruction in stage.instructions:
                match instruction:
                    case Arg(name):
                        args[name] = project.args[name]
                        if self._rules.arg_is_a_step:
                            state = state.then("arg", name)
                    case CopyFile(name):
                        content = project.files[name]
                        state = state.then("file", name, content).with_file(name, content)
                    case CopyFrom(source, number):
                        content = outputs[source, number]
                        state = state.then("from", source, number, content)
                        state = state.with_file(f"from-{source}-{number}", content)
                    case Plain(number):
                        state = self._run(state, ("plain", number, args), number, ran)
                    case Fetch(number, inputs, style):
                        seen = [[self._sites.url(item), contents[item]] for item in inputs]
                        step = ("fetch", number, style, args, seen)
                        state = self._run(state, step, number, ran, by_bytes=self._rules.secret_sees_bytes)
                        outputs[stage.name, number] = _output(inputs, contents)
                    case Comment():
                        pass
            ends[stage.name] = state
        return sorted(ran)

    def _run(
        self, state: _State, step: tuple[object, ...], number: int, ran: list[int], *, by_bytes: bool = False
    ) -> _State:
        after = state.then(*step)
        known = [after.past]
        if by_bytes:
            known.append(_digest("bytes", state.files, *step))
        found = next((self._built[key] for key in known if key in self._built), None)
        if found is None:
            ran.append(number)
            # Each run leaves bytes of its own.
            found = after.with_file(f".ran-{number}", after.past)
        for key in known:
            self._built.setdefault(key, found)
        return found


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
