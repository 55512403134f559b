"""What the user typed after ``bake``: the few options that matter here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from freshlayer.builders.command_line.composition import CompositionCommand
from freshlayer.builders.command_line.options import is_on, last, parsed, unknown, unknown_option, values
from freshlayer.builders.command_line.pflag import Grammar, Operand, Option
from freshlayer.model.reasons import Reason
from freshlayer.reference import is_remote_context

_GRAMMAR = Grammar(
    frozenset("allow builder call file list metadata-file progress provenance sbom set".split()),
    frozenset("check debug help load no-cache print pull push".split()),
    {"f": "file"},
    {"D": "debug", "h": "help"},
)
_NO_BUILD = frozenset({"call", "check", "help", "list", "print"})


class BakeCommand(CompositionCommand, frozen=True, kw_only=True):
    """``readable``: where bake may read, besides the working directory (``--allow=fs.read=…``)."""

    readable: tuple[str, ...] = ()


def read(words: Sequence[str]) -> BakeCommand:
    """Read what matters here. Never fails: bake reports what is wrong with its words."""
    options, operands = parsed(words, _GRAMMAR)
    return BakeCommand(
        words=tuple(words),
        files=values(options, "file"),
        builds=not any(_prevents_build(option) for option in options),
        progress=last(options, "progress"),
        no_cache=is_on(options, "no-cache"),
        readable=tuple(_readable(options)),
        unclear=_unclear(words, options, operands),
        builder=last(options, "builder"),
        metadata_file=last(options, "metadata-file"),
        unknown_options=unknown(options),
    )


def _readable(options: Sequence[Option]) -> Iterator[str]:
    for value in values(options, "allow"):
        kind, equals, path = value.partition("=")
        if equals and kind in {"fs", "fs.read"}:
            yield path


def _prevents_build(option: Option) -> bool:
    return option.name in _NO_BUILD and option.is_on and option.value != "build"


def _unclear(words: Sequence[str], options: Sequence[Option], operands: Sequence[Operand]) -> Reason | None:
    if found := unknown_option(unknown(options), "bake's option"):
        return found
    if "-" in values(options, "file"):
        return Reason("file-not-watched", detail="a bake file from standard input is not watched")
    if any(is_remote_context(operand.value) for operand in operands):
        return Reason("file-not-watched", detail="bake files from other hosts are not watched")
    return Reason("bake-words") if "--" in words else None
