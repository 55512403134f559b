"""Our own shell nodes, so that nothing beyond ``shell.parse`` sees the parser's library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as it stands after quote removal. ``quoted`` text is never split into words."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name``, ``${name}``, ``${name<operator><operand>}``; ``index`` of ``${name[index]}``.

    ``operator`` is ``length`` for ``${#name}``, ``named`` for ``${!name}``; ``operand`` and ``index`` are as
    written, to be read where they are needed; ``text`` is the whole expansion as written.
    """

    name: str
    text: str
    quoted: bool = False
    operator: str = ""
    operand: str = ""
    index: str = ""


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(…)`` or backquotes. ``script`` is what stands inside, to be parsed where its output is needed."""

    script: str
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose value is not computed: arithmetic, an odd quoting, a process substitution's file.

    ``script`` is what runs in a process substitution.
    """

    text: str
    quoted: bool = False
    script: str = ""


Part = Literal | Parameter | Substitution | Opaque
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name[index]=value``; a tuple of words is an array; ``appends`` for ``+=``."""

    name: str
    value: Word
    array: tuple[Word, ...] | None = None
    appends: bool = False
    index: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: assignments before it, or those of ``export``, ``local`` and their like."""

    words: tuple[Word, ...]
    text: str
    assignments: tuple[Assignment, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Redirected:
    """A statement with redirections. ``given`` is what they put on its standard input.

    ``writes``: its output goes to a file, so that it does not reach a substitution or a pipe.
    """

    statement: Statement
    given: Word | None
    writes: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """``[ … ]`` or ``[[ … ]]``: operators stand as literals between the words."""

    words: tuple[Word, ...]
    double: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Statements whose output feeds the next one."""

    parts: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class AndOr:
    """``left && right`` or ``left || right``."""

    left: Statement
    operator: str
    right: Statement


@dataclass(frozen=True, slots=True)
class Sequence:
    """Statements one after another. ``own`` environment: a subshell."""

    statements: tuple[Statement, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """``! statement``."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class If:
    """(condition, body) in order, and what stands behind ``else``."""

    branches: tuple[tuple[Statement, Statement], ...]
    otherwise: Statement | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a case. ``ending``: ``;;``, ``;&`` (the next body too) or ``;;&`` (the next tests too)."""

    patterns: tuple[Word, ...]
    body: Statement
    ending: str = ";;"


@dataclass(frozen=True, slots=True)
class Case:
    """``case subject in …``."""

    subject: Word
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; no words stand for the positional parameters."""

    name: str
    words: tuple[Word, ...]
    body: Statement


@dataclass(frozen=True, slots=True)
class While:
    """``while``, or ``until``."""

    condition: Statement
    body: Statement
    until: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A definition; it is read where it is called."""

    name: str
    body: Statement


Statement = (
    Command | Redirected | Condition | Pipeline | AndOr | Sequence | Not | If | Case | For | While | Function
)


@dataclass(frozen=True, slots=True)
class Script:
    """``whole`` is False where the parser met something that it does not know."""

    body: Statement
    whole: bool
