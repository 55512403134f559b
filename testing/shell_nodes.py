"""Nodes of shell scripts, so that two ways of reading a script can be compared."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.shell.syntax.nodes import (
    AndOr,
    Arm,
    Case,
    Command,
    Condition,
    For,
    If,
    Literal,
    Not,
    Part,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    While,
    Word,
)


def joined(statement: Statement) -> Statement:
    """The statement with one literal for several that touch: the grammar makes several of some words."""
    match statement:
        case AndOr(left=left, operator=operator, right=right):
            return AndOr(joined(left), operator, joined(right))
        case Sequence(statements=inner, own=own):
            return Sequence(tuple(map(joined, inner)), own)
        case Pipeline(parts=parts):
            return Pipeline(tuple(map(joined, parts)))
        case Not(statement=inner):
            return Not(joined(inner))
        case Redirected(statement=inner, output=output):
            return replace(statement, statement=joined(inner), output=joined_word(output) if output else None)
        case Command(all_words=words, assignments=assignments):
            values = tuple(replace(item, value=joined_word(item.value)) for item in assignments)
            return replace(statement, words=_joined_words(words), assignments=values, fields=())
        case _:
            return _joined_compound(statement)


def _joined_compound(statement: Statement) -> Statement:
    match statement:
        case If(branches=branches, otherwise=otherwise):
            both = tuple((joined(test), joined(body)) for test, body in branches)
            return If(both, joined(otherwise) if otherwise else None)
        case Case(subject=subject, arms=arms):
            read = tuple(Arm(_joined_words(arm.patterns), joined(arm.body), arm.ending) for arm in arms)
            return replace(statement, subject=joined_word(subject), arms=read)
        case For(words=words, body=body):
            return replace(statement, words=_joined_words(words), body=joined(body))
        case While(condition=condition, body=body):
            return replace(statement, condition=joined(condition), body=joined(body))
        case Condition(words=words):
            return replace(statement, words=_joined_words(words))
        case _:
            return statement


def _joined_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(map(joined_word, words))


def joined_word(word: Word) -> Word:
    """Bare literals that touch are one."""
    parts: list[Part] = []
    for part in word:
        last = parts[-1] if parts else None
        if isinstance(part, Literal) and isinstance(last, Literal) and not part.quoted and not last.quoted:
            parts[-1] = Literal(last.text + part.text)
        else:
            parts.append(part)
    return tuple(parts)
