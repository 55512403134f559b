"""Commands that run another command: ``sudo``, ``env X=1``, ``timeout 60`` and their like; xargs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.shell.programs.wrapper_rows import Wrapper, wrapper_of
from freshlayer.shell.values import UNSET, Hole, Text, Values, known, program_name, text_of, written

SHELLS = ("sh", "bash", "ash", "dash", "zsh", "ksh")


class Wrapped(Struct, frozen=True):
    """The command inside. ``assignments``: by ``env`` and ``sudo``; ``cleared``: no other name is set."""

    fields: tuple[Text, ...]
    assignments: dict[str, Values]
    cleared: bool = False


def unwrapped(fields: tuple[Text, ...]) -> Wrapped | None:
    """The wrapped command; None where the command, of a program of ``first_names``, wraps none."""
    assignments: dict[str, Values] = {}
    cleared = wrapped = False
    while fields:
        name = program_name(fields)
        row, size = wrapper_of(name, (known(fields[1]) or "") if len(fields) > 1 else "")
        if row is None or not _wraps(name, fields):
            break
        wrapped = True
        fields = fields[size:]
        options: list[tuple[str, tuple[Text, ...]]] = []
        rest = _behind_options(fields, row, options)
        for first, behind in options:
            if not first.startswith("-"):
                variable, _, value = first.partition("=")
                assignments[variable] = (text_of(value, *behind[0][1:]),)
            cleared = cleared or (name == "env" and first in {"-i", "-", "--ignore-environment"})
            if name == "env" and (removed := _removed(first, behind[1:2])):
                assignments[removed] = (UNSET,)
        fields = _script_of(row, options, rest) or rest
    return Wrapped(fields, assignments, cleared) if wrapped else None


def _wraps(name: str, fields: tuple[Text, ...]) -> bool:
    words = [known(field) for field in fields[1:]]
    if name == "command":
        return not words or words[0] not in {"-v", "-V"}
    # Without -u it is another su, which runs a shell.
    return name != "runuser" or any(re.match(r"-u|--user", word or "") for word in words)


def _behind_options(
    fields: tuple[Text, ...], row: Wrapper, options: list[tuple[str, tuple[Text, ...]]]
) -> tuple[Text, ...]:
    """The words behind the wrapper's options, assignments and operands; ``options`` gets the first two."""
    operands = row.operands
    while fields and isinstance(first := (fields[0] or ("",))[0], str):
        if re.match(r"-|\w+=", first):
            options.append((first, fields))
            if first == "--":
                # Operands may still follow: ``chroot -- /root COMMAND``.
                return _behind_operand(fields[1:], operands)
            fields = fields[2 if row.takes(first) else 1 :]
        elif operands is not None and operands.fullmatch(written(fields[0])):
            fields, operands = fields[1:], None if operands.pattern != r"\d+" else operands
        else:
            return fields
    return _behind_operand(fields, operands) if fields else fields


def _behind_operand(fields: tuple[Text, ...], operands: re.Pattern[str] | None) -> tuple[Text, ...]:
    """Without an operand whose value is not known, or that is behind ``--``."""
    matches = bool(fields) and operands is not None and operands.fullmatch(written(fields[0]))
    return fields[1:] if matches else fields


def _script_of(
    row: Wrapper, options: list[tuple[str, tuple[Text, ...]]], rest: tuple[Text, ...]
) -> tuple[Text, ...]:
    """``flock FILE -c SCRIPT``, ``scl enable NAME… SCRIPT``: a shell that runs it, where there is one."""
    for option, behind in options:
        name, equals, value = option.partition("=")
        if row.is_script(name) and (equals or len(behind) > 1):
            script = text_of(value, *behind[0][1:]) if equals else behind[1]
            return (("sh",), ("-c",), script)
    words = [known(field) for field in rest]
    if not row.ends_in_script:
        return ()
    return rest[words.index("--") + 1 :] if "--" in words else (("sh",), ("-c",), *rest[-1:])


def _removed(option: str, behind: tuple[Text, ...]) -> str:
    """The name of ``-u NAME``, ``-uNAME`` and ``--unset=NAME``."""
    if option == "-u":
        return (known(behind[0]) or "") if behind else ""
    match = re.match(r"(?:--unset=|-u)(.+)", option)
    return match[1] if match else ""


class Xargs(Struct, frozen=True):
    """``-I MARK``, ``-n AT_MOST`` (0: all), ``-d`` or ``-0``, ``-a FILE``."""

    mark: str = ""
    at_most: int = 0
    delimiter: str = ""
    file: str = ""


def xargs_options(fields: tuple[Text, ...]) -> tuple[tuple[Text, ...], Xargs]:
    """The command that xargs runs, and how."""
    options = Xargs()
    rest = list(fields[1:])
    while rest and (word := known(rest[0]) or "").startswith("-"):
        rest.pop(0)
        match = re.fullmatch(
            r"-([InPLdEsa])(.*)|--(?:replace|max-args|delimiter|arg-file)=(.*)|-i(.*)", word, re.DOTALL
        )
        if not match:
            options = replace(options, delimiter="\0") if word in {"-0", "--null"} else options
            continue
        value = match[2] or match[3] or match[4] or ""
        if match[1] and not value and rest:
            value = known(rest.pop(0)) or ""
        if match[1] == "I" or word.startswith(("-i", "--r")):
            options = replace(options, mark=value or "{}")
        elif match[1] in {"n", "L"} or word.startswith("--m"):
            options = replace(options, at_most=int(value) if value.isdecimal() else 0)
        elif match[1] == "a" or word.startswith("--a"):
            options = replace(options, file=value)
        elif match[1] == "d" or word.startswith("--d"):
            options = replace(options, delimiter={"\\n": "\n", "\\0": "\0"}.get(value, value))
    return tuple(rest) or (("echo",),), options


def xargs_commands(command: tuple[Text, ...], options: Xargs, given: Text) -> Iterator[tuple[Text, ...]]:
    """The commands for one input."""
    items = _items(given, options)
    if options.mark:
        for item in items:
            yield tuple(_marked(word, options.mark, item) for word in command)
        return
    size = options.at_most or max(1, len(items))
    for start in range(0, max(1, len(items)), size):
        yield (*command, *items[start : start + size])


_PARALLEL = frozenset(
    "-j --jobs -P --max-procs -N -n --max-args -d --delimiter -C --colsep --delay --timeout --retries"
    " --joblog --tmpdir --halt --load --memfree --results --tagstring --env -S --sshlogin -a".split()
)


def parallel_of(fields: tuple[Text, ...]) -> tuple[tuple[Text, ...], Text | None]:
    """The command that GNU parallel runs, and the words behind ``:::``, a line each."""
    rest = list(fields[1:])
    while rest and (word := known(rest[0]) or "").startswith("-"):
        del rest[: 2 if word in _PARALLEL else 1]
    words = [known(field) for field in rest]
    marks = [place for place, word in enumerate(words) if word in {":::", ":::+"}]
    items: Text | None = None
    if marks:
        end = marks[1] if len(marks) > 1 else len(rest)
        items = text_of(*(part for field in rest[marks[0] + 1 : end] for part in (*field, "\n")))
        rest = rest[: marks[0]]
    if not rest:
        return (("sh",), ("-c",), ("{}",)), items
    spaced = len(rest) == 1 and " " in (known(rest[0]) or "")
    return (("sh",), ("-c",), rest[0]) if spaced else tuple(rest), items


def parallel_options(command: tuple[Text, ...]) -> Xargs:
    """One line for each command, at its ``{}``; ``sh -c`` gets it at the end of its script."""
    marked = any("{}" in (known(word) or "") for word in command)
    return Xargs(mark="{}" if marked else "", at_most=1, delimiter="\n")


def _items(given: Text, options: Xargs) -> list[Text]:
    text = known(given)
    if text is None:
        return [given]
    if options.delimiter:
        return [text_of(item) for item in text.removesuffix("\n").split(options.delimiter)]
    lines = [line.strip() for line in text.split("\n")] if options.mark else text.split()
    return [text_of(item) for item in lines if item]


def _marked(word: Text, mark: str, item: Text) -> Text:
    parts: list[str | Hole] = []
    for part in word:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        first, *others = part.split(mark)
        parts.append(first)
        for other in others:
            parts += [*item, other]
    return text_of(*parts)
