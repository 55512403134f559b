"""Our own shell nodes, so that nothing beyond ``shell.parse`` sees the parser's library."""

from __future__ import annotations

from msgspec import Struct


class Literal(Struct, frozen=True):
    """Text after quote removal. ``quoted`` text is never split into words."""

    text: str
    quoted: bool = False


class Parameter(Struct, frozen=True):
    """``$name``, ``${name}``, ``${name<operator><operand>}``; ``index`` of ``${name[index]}``.

    ``operator`` is ``length`` for ``${#name}``, ``named`` for ``${!name}``; ``operand`` and ``index`` are as
    written, to be read where they are needed; ``text`` is the whole expansion as written.
    ``indirect``: of the variable that ``name`` holds the name of, ``${!name<operator><operand>}``.
    """

    name: str
    text: str
    quoted: bool = False
    operator: str = ""
    operand: str = ""
    index: str = ""
    indirect: bool = False


class Substitution(Struct, frozen=True):
    """``$(…)`` or backquotes. ``script`` is its content, parsed where its output is needed."""

    script: str
    text: str
    quoted: bool = False


class Arithmetic(Struct, frozen=True):
    """``$((…))``: an expression, as written."""

    expression: str
    text: str
    quoted: bool = False


class Opaque(Struct, frozen=True):
    """Something whose value is not computed: an odd quoting, a process substitution's file.

    ``script`` is what runs in a process substitution. ``limit``: the limit that it reached, as a clause.
    """

    text: str
    quoted: bool = False
    script: str = ""
    limit: str = ""


Part = Literal | Parameter | Substitution | Arithmetic | Opaque
Word = tuple[Part, ...]


class Assignment(Struct, frozen=True):
    """``name=value``, ``name[index]=value``; a tuple of words is an array; ``appends`` for ``+=``."""

    name: str
    value: Word
    array: tuple[Word, ...] | None = None
    appends: bool = False
    index: str = ""


class Command(Struct, frozen=True):
    """A simple command: assignments before it, or those of ``export``, ``local`` and their like.

    ``row``: its first line in the text that the parser has read, from 0.
    ``fields``: in place of ``words``, those of a command without quotes and expansions, each a single string.
    """

    words: tuple[Word, ...]
    text: str
    assignments: tuple[Assignment, ...] = ()
    declares: bool = False
    row: int = 0
    fields: tuple[tuple[str], ...] = ()

    @property
    def all_words(self) -> tuple[Word, ...]:
        """Its words, in whichever form it has them."""
        return self.words or tuple([(Literal(text),) for (text,) in self.fields])


class Redirected(Struct, frozen=True):
    """A statement with redirections. ``given`` is what they put on its standard input.

    ``writes``: its output goes to a file, so that it does not reach a substitution or a pipe. ``output``:
    that file, where it is one; ``appends``: with ``>>``.
    """

    statement: Statement
    given: Word | None
    writes: bool
    output: Word | None = None
    appends: bool = False


class Condition(Struct, frozen=True):
    """``[ … ]`` or ``[[ … ]]``: operators are literals between the words."""

    words: tuple[Word, ...]
    double: bool
    row: int = 0


class Pipeline(Struct, frozen=True):
    """Statements whose output feeds the next one."""

    parts: tuple[Statement, ...]


class AndOr(Struct, frozen=True):
    """``left && right`` or ``left || right``."""

    left: Statement
    operator: str
    right: Statement


class Sequence(Struct, frozen=True):
    """Statements one after another. ``own`` environment: a subshell."""

    statements: tuple[Statement, ...]
    own: bool = False


class Not(Struct, frozen=True):
    """``! statement``."""

    statement: Statement


class If(Struct, frozen=True):
    """(condition, body) in order, and the body of ``else``."""

    branches: tuple[tuple[Statement, Statement], ...]
    otherwise: Statement | None


class Arm(Struct, frozen=True):
    """One arm of a case. ``ending``: ``;;``, ``;&`` (the next body too) or ``;;&`` (the next tests too)."""

    patterns: tuple[Word, ...]
    body: Statement
    ending: str = ";;"


class Case(Struct, frozen=True):
    """``case subject in …``."""

    subject: Word
    arms: tuple[Arm, ...]
    row: int = 0


class For(Struct, frozen=True):
    """``for name in words``; without words, the positional parameters."""

    name: str
    words: tuple[Word, ...]
    body: Statement
    row: int = 0


class While(Struct, frozen=True):
    """``while``, or ``until``."""

    condition: Statement
    body: Statement
    until: bool = False


class CountedFor(Struct, frozen=True):
    """``for ((start; condition; step))``: three expressions, as written."""

    start: str
    condition: str
    step: str
    body: Statement


class Compute(Struct, frozen=True):
    """``((expression))``."""

    expression: str


class Function(Struct, frozen=True):
    """A definition; it is read where it is called."""

    name: str
    body: Statement


Statement = (
    Command
    | Redirected
    | Condition
    | Compute
    | Pipeline
    | AndOr
    | Sequence
    | Not
    | If
    | Case
    | For
    | While
    | CountedFor
    | Function
)


class Script(Struct, frozen=True):
    """``whole`` is False where the parser met something that it does not know.

    ``lines``: of each row of the nodes, its line in the script, from 1; empty where they are the same.
    """

    body: Statement
    whole: bool
    lines: tuple[int, ...] = ()
