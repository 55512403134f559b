"""Our own nodes of a PowerShell script, so that nothing beyond ``parse`` sees the parser's library."""

from __future__ import annotations

from msgspec import Struct


class String(Struct, frozen=True):
    """The inside of a string. ``expands``: ``$name``, ``$(…)`` and backticks count in it."""

    text: str
    expands: bool


class Constant(Struct, frozen=True):
    """A number."""

    value: int | float


class Variable(Struct, frozen=True):
    """``$name``, with its scope as written: ``env:PATH``, ``script:x``. ``splat``: ``@name``."""

    name: str
    splat: bool = False


class TypeName(Struct, frozen=True):
    """``[Net.WebClient]``: the name without brackets, in small letters, without ``system.``."""

    name: str


class Unary(Struct, frozen=True):
    """An operator before its operand, in small letters: ``-not``, ``-join``, ``,``."""

    operator: str
    operand: Expression


class Binary(Struct, frozen=True):
    """An operator between its operands, in small letters without ``c`` and ``i``: ``-replace``, ``+``."""

    left: Expression
    operator: str
    right: Expression
    exact: bool = False


class Step(Struct, frozen=True):
    """``$x++`` or ``$x--``: what is added."""

    target: Expression
    by: int


class ArrayOf(Struct, frozen=True):
    """``a, b``."""

    items: tuple[Expression, ...]


class Cast(Struct, frozen=True):
    """``[type]operand``."""

    type: str
    operand: Expression


class Member(Struct, frozen=True):
    """``target.name`` or ``[type]::name``; the name in small letters, empty where it is computed."""

    target: Expression
    name: str


class Invocation(Struct, frozen=True):
    """``target.name(arguments)``, ``[type]::name(arguments)``; the name in small letters."""

    target: Expression
    name: str
    arguments: tuple[Expression, ...]


class Index(Struct, frozen=True):
    """``target[index]``."""

    target: Expression
    index: Expression


class Hash(Struct, frozen=True):
    """``@{ key = value }``, in order."""

    entries: tuple[tuple[Expression, Statement], ...]


class Inner(Struct, frozen=True):
    """``(…)``, ``$(…)``, ``@(…)``: what its statements output. ``array``: always as an array."""

    body: Block
    array: bool


class ScriptBlock(Struct, frozen=True):
    """``{ … }`` as a value."""

    block: Block


class Opaque(Struct, frozen=True):
    """An expression that is not computed."""

    text: str


Expression = (
    String
    | Constant
    | Variable
    | TypeName
    | Unary
    | Binary
    | Step
    | ArrayOf
    | Cast
    | Member
    | Invocation
    | Index
    | Hash
    | Inner
    | ScriptBlock
    | Opaque
)


class Option(Struct, frozen=True):
    """``-Name`` among the words of a command; ``joined``: its value follows a colon."""

    name: str
    joined: bool = False


class Command(Struct, frozen=True):
    """A command with its words. ``sourced``: called with the dot, in the scope of the caller."""

    name: Expression
    words: tuple[Expression | Option, ...]
    text: str
    sourced: bool = False


class Pipeline(Struct, frozen=True):
    """Commands and expressions whose output feeds the next one."""

    parts: tuple[Command | Expression, ...]


class Chain(Struct, frozen=True):
    """Pipelines between ``&&`` and ``||``: (operator before it, pipeline); the first operator is empty."""

    parts: tuple[tuple[str, Statement], ...]


class Assignment(Struct, frozen=True):
    """``target = value``; ``operator`` may be ``+=`` and its like."""

    target: Expression
    operator: str
    value: Statement


class If(Struct, frozen=True):
    """(condition, body) in order, and the body of ``else``."""

    branches: tuple[tuple[Statement, Block], ...]
    otherwise: Block | None


class Switch(Struct, frozen=True):
    """``switch (subject)``: (pattern, body), None for ``default``. ``options``: ``-regex``, ``-wildcard``."""

    subject: Statement
    clauses: tuple[tuple[Expression | None, Block], ...]
    options: frozenset[str]


class ForEach(Struct, frozen=True):
    """``foreach ($name in items)``."""

    name: str
    items: Statement
    body: Block


class Loop(Struct, frozen=True):
    """``for``, ``while``, ``do``. ``first``: the body runs before the condition is looked at."""

    start: Statement | None
    condition: Statement | None
    after: Statement | None
    body: Block
    until: bool = False
    first: bool = False


class Try(Struct, frozen=True):
    """``try``, its handlers, ``finally``."""

    body: Block
    handlers: tuple[Block, ...]
    last: Block | None


class Function(Struct, frozen=True):
    """A definition; it is followed where it is called."""

    name: str
    block: Block


class Flow(Struct, frozen=True):
    """``exit``, ``return``, ``throw``, ``break`` or ``continue``."""

    kind: str
    value: Statement | None


class Block(Struct, frozen=True):
    """Statements in order. ``parameters``: (name, default) of ``param``."""

    statements: tuple[Statement, ...]
    parameters: tuple[tuple[str, Expression | None], ...] = ()


Statement = Pipeline | Chain | Assignment | If | Switch | ForEach | Loop | Try | Function | Flow | Block


class Script(Struct, frozen=True):
    """``whole`` is False where the parser met something that it does not know."""

    body: Block
    whole: bool
