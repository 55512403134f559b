"""What a Dockerfile is to us."""

from collections.abc import Mapping
from sys import intern

from msgspec import Struct


class Heredoc(Struct, frozen=True, array_like=True):
    """One here-document of a RUN, COPY or ADD. ``content`` keeps its line ends."""

    name: str
    content: str
    strip_tabs: bool


class Instruction(Struct, frozen=True, gc=False, array_like=True):
    """One instruction.

    ``number`` counts all instructions of the file from 0. ``rest`` is what follows the keyword and the flags;
    ``split``: the words, empty where ``rest`` is the only one, as of most RUN. Lines count from 1.
    ``original``: the text, where it is not the name, a space and ``rest``.
    """

    number: int
    name: str
    flags: tuple[str, ...]
    split: tuple[str, ...]
    exec_form: bool
    heredocs: tuple[Heredoc, ...]
    original: str
    rest: str
    line: int
    end_line: int

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments as BuildKit splits them (ENV and LABEL: key, value, delimiter)."""
        return self.split or ((self.rest,) if self.rest else ())

    @property
    def text(self) -> str:
        """The whole instruction with its continuation lines joined."""
        return self.original or f"{self.name} {self.rest}"

    def flag(self, name: str) -> str:
        """The value of ``--name=value``; empty where it is not given."""
        if not self.flags:
            return ""
        prefix = f"--{name}="
        return next((flag[len(prefix) :] for flag in self.flags if flag.startswith(prefix)), "")


class Stage(Struct, frozen=True, array_like=True):
    """FROM and what follows it. ``base`` is as written (not expanded), ``name`` lower case, or empty.

    ``triggers``: those of the instructions that are ONBUILD; many stages may continue this one.
    """

    number: int
    name: str
    base: str
    start: Instruction
    instructions: tuple[Instruction, ...]
    triggers: tuple[Instruction, ...] = ()

    @property
    def label(self) -> str:
        """How a report calls the stage."""
        return self.name or intern(str(self.number))


class Dockerfile(Struct, frozen=True, array_like=True):
    """``arguments`` are the ARGs before the first FROM; ``escape`` is the escape character.

    ``named``: name → the numbers of the stages that have it, in order.
    """

    escape: str
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    named: Mapping[str, tuple[int, ...]]

    def stage_named(self, name: str) -> Stage | None:
        """The stage that a FROM, ``--from`` or ``--target`` means by a name or a number."""
        numbers = self.named.get(name.lower())
        if numbers:
            return self.stages[numbers[-1]]
        numbered = name.isdigit() and len(name) < 6 and int(name) < len(self.stages)
        return self.stages[int(name)] if numbered else None

    def stage_before(self, number: int, name: str) -> Stage | None:
        """The last stage of that name before another."""
        numbers = self.named.get(name.lower())
        if not numbers:
            return None
        from bisect import bisect_left  # noqa: PLC0415 - of a Dockerfile that is read

        place = bisect_left(numbers, number)
        return self.stages[numbers[place - 1]] if place else None


def is_trigger(instruction: Instruction) -> bool:
    """Whether an instruction comes from elsewhere."""
    return instruction.number < 0
