"""Text → Dockerfile, by a port of BuildKit's own parser behind our own types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from sys import intern

from msgspec.structs import replace

from freshlayer.dockerfile.continuations import Unfolded, unfolded
from freshlayer.dockerfile.library import (
    DockerfileAst,
    DockerfileInstruction,
    DockerfileSyntaxError,
    parse_dockerfile_ast,
)
from freshlayer.dockerfile.model import Dockerfile, Heredoc, Instruction, Stage
from freshlayer.dockerfile.syntax import directive
from freshlayer.errors import DockerfileError
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script

_KEYWORDS = (
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)
_UNKNOWN = compiled(r"unknown instruction: (.*)", re.DOTALL)
_FROM_WORDS = 3
_WIDE_MARKS = ("\udcff\udcfe", "\udcfe\udcff", "\0\0\udcfe\udcff")


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises DockerfileError, with the line, for whatever the builder would refuse to parse.
    """
    if _is_wide(text):
        raise DockerfileError("the file is UTF-16 or UTF-32, and builders read UTF-8 (save it as UTF-8)", 1)
    long = unfolded(text, directive(text, "escape") or "\\")
    try:
        tree = _tree(long)
    except DockerfileError:
        without = _without_onbuild_documents(long.text)
        if without == long.text:
            raise
        tree = _tree(replace(long, text=without))
    instructions = _with_read(long, tree.instructions) if tree.instructions else long.plain
    if not instructions:
        raise DockerfileError("the Dockerfile holds no instruction")
    first = next((i.number for i in instructions if i.name == "FROM"), len(instructions))
    for early in instructions[:first]:
        if early.name != "ARG":
            raise DockerfileError(f"{early.name} is before the first FROM", early.line)
    if first == len(instructions):
        raise DockerfileError("the Dockerfile has no FROM")
    stages = _stages(instructions[first:])
    return Dockerfile(tree.escape_token, instructions[:first], stages, _named(stages))


def _is_wide(text: str) -> bool:
    """Whether the bytes, each read by itself, are UTF-16 or UTF-32, as PowerShell 5 writes them.

    Without a mark the first character shows it: of ASCII all but one of its two or four bytes are zero.
    A zero byte further on is a byte of the file.
    """
    return text.startswith(_WIDE_MARKS) or "\0" in text[:2]


def _tree(long: Unfolded) -> DockerfileAst:
    if long.all_plain:
        return DockerfileAst([], "\\")
    try:
        return parse_dockerfile_ast(long.text)
    except DockerfileSyntaxError as error:
        raise _located(error, long.starts) from None
    except (ValueError, RecursionError) as error:
        raise DockerfileError(f"can't be parsed: {masked_script(str(error))}") from None


def _without_onbuild_documents(text: str) -> str:
    """The library takes an ONBUILD trigger's here-document for instructions: comments replace it."""
    lines = text.split("\n")
    waiting: list[str] = []
    for number, line in enumerate(lines):
        if waiting:
            lines[number] = "#"
            if line.rstrip("\r").lstrip("\t") == waiting[0]:
                waiting.pop(0)
        elif re.match(r"(?i)\s*ONBUILD\s+(?:RUN|COPY|ADD)\s", line):
            waiting = re.findall(r"<<-?\s*[\"']?([\w.-]+)[\"']?", line)
    return "\n".join(lines)


def _with_read(long: Unfolded, items: list[DockerfileInstruction]) -> tuple[Instruction, ...]:
    """The plain instructions, and what the library has read."""
    found = [*long.plain]
    for item in items:
        start, end = item.start_line, item.end_line
        found.append(_instruction(item, long.starts.get(start, start), long.ends.get(end, end)))
    found.sort(key=attrgetter("line"))
    return tuple([replace(it, number=number) for number, it in enumerate(found)])


def _instruction(item: DockerfileInstruction, line: int, end: int) -> Instruction:
    name = intern(item.name)
    args, documents = item.args, item.heredocs
    rest = args[0] if name == "RUN" and not item.json and args else ""
    return Instruction(
        0,
        name,
        tuple(item.flags),
        () if rest and len(args) == 1 else tuple(args),
        item.json,
        tuple([Heredoc(it.name, it.content, it.chomp) for it in documents]) if documents else (),
        "" if item.original == f"{name} {rest}" else item.original,
        rest,
        line,
        line if end == line else end,
    )


def _stages(instructions: tuple[Instruction, ...]) -> tuple[Stage, ...]:
    starts = [place for place, item in enumerate(instructions) if item.name == "FROM"]
    ends = [*starts[1:], len(instructions)]
    return tuple(
        _stage(number, instructions[start:end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def _named(stages: tuple[Stage, ...]) -> dict[str, tuple[int, ...]]:
    numbers: dict[str, list[int]] = {}
    for stage in stages:
        if stage.name:
            numbers.setdefault(stage.name, []).append(stage.number)
    return {name: tuple(found) for name, found in numbers.items()}


def _stage(number: int, instructions: tuple[Instruction, ...]) -> Stage:
    start = instructions[0]
    if not start.words:
        raise DockerfileError("FROM names no image", start.line)
    named = len(start.words) >= _FROM_WORDS and start.words[1].upper() == "AS"
    name = start.words[2].lower() if named else ""
    triggers = tuple(it for it in instructions[1:] if it.name == "ONBUILD")
    return Stage(number, name, start.words[0], start, instructions[1:], triggers)


def _located(error: DockerfileSyntaxError, starts: Mapping[int, int]) -> DockerfileError:
    line = starts.get(error.line or 0, error.line or 0)
    message = re.sub(r"^Dockerfile parse error(?: on line \d+)?: ", "", str(error))
    unknown = _UNKNOWN.fullmatch(message)
    if unknown:
        word = masked_script("".join(c for c in unknown[1] if c.isprintable()))[:40]
        import difflib  # noqa: PLC0415 - a quarter of the parser, for an error alone

        near = difflib.get_close_matches(word.upper(), _KEYWORDS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        message = f"unknown instruction {word!r}{hint}"
    else:
        message = masked_script(message)
    return DockerfileError(message, line)
