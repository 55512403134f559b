"""What a Dockerfile is to us."""

from __future__ import annotations

from msgspec import Struct


class Heredoc(Struct, frozen=True):
    """One here-document of a RUN, COPY or ADD. ``content`` keeps its line ends."""

    name: str
    content: str
    strip_tabs: bool


class Instruction(Struct, frozen=True):
    """One instruction.

    ``number`` counts all instructions of the file from 0. ``text`` is the whole instruction with its
    continuation lines joined; ``rest`` is what follows the keyword and the flags; ``words`` are the
    arguments as BuildKit splits them (ENV and LABEL: key, value, delimiter). Lines count from 1.
    """

    number: int
    name: str
    flags: tuple[str, ...]
    words: tuple[str, ...]
    exec_form: bool
    heredocs: tuple[Heredoc, ...]
    text: str
    rest: str
    line: int
    end_line: int

    def flag(self, name: str) -> str:
        """The value of ``--name=value``; empty where it is not given."""
        prefix = f"--{name}="
        return next((flag[len(prefix) :] for flag in self.flags if flag.startswith(prefix)), "")


class Stage(Struct, frozen=True):
    """FROM and what follows it. ``base`` is as written (not expanded), ``name`` lower case, or empty."""

    number: int
    name: str
    base: str
    start: Instruction
    instructions: tuple[Instruction, ...]

    @property
    def label(self) -> str:
        """How a report calls the stage."""
        return self.name or str(self.number)


class Dockerfile(Struct, frozen=True):
    """``arguments`` are the ARGs before the first FROM; ``escape`` is the escape character."""

    escape: str
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    def stage_named(self, name: str) -> Stage | None:
        """The stage that a FROM, ``--from`` or ``--target`` means by a name or a number."""
        named = [stage for stage in self.stages if stage.name and stage.name == name.lower()]
        if named:
            return named[-1]
        numbered = name.isdigit() and len(name) < 6 and int(name) < len(self.stages)
        return self.stages[int(name)] if numbered else None
