"""What the user typed after ``build``: read as the builder reads it (spf13/pflag), kept as typed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from freshlayer.builders.command_line.families import DOCKER, Family, NoContext
from freshlayer.builders.command_line.pflag import Operand, Option, items
from freshlayer.docker_client.build_args import build_args
from freshlayer.files.bounded_read import read_file
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_LARGEST = 16 * 1024 * 1024


class BuildCommand(Struct, frozen=True):
    """``words``: everything after ``build``, untouched. ``unclear``: why it is not known what is built.

    ``never_pulls``: whether the words forbid to pull images. ``builder``: which of buildx's is named;
    ``load``: whether its result becomes a local image. ``tags``: those that the local images get.
    ``metadata_file``: where the builder writes what it states of the build.
    """

    words: tuple[str, ...]
    context: str
    file: str | None = None
    target: str = ""
    platforms: tuple[str, ...] = ()
    network: str = ""
    progress: str = ""
    quiet: bool = False
    no_cache: bool = False
    no_cache_stages: tuple[str, ...] = ()
    never_pulls: bool = False
    builder: str = ""
    load: bool = False
    tags: tuple[str, ...] = ()
    metadata_file: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    unclear: Reason | None = None
    unknown_options: tuple[str, ...] = ()
    is_help: bool = False
    _file: Option | None = None
    _context: int = -1

    def with_file(self, path: str, *, context: str | None = None) -> list[str]:
        """The words with another Dockerfile, and with another context where one is given.

        The last ``--file`` wins, so that one is replaced in place; without one ours comes first. A
        context that was left out is named: it must not follow the Dockerfile to another directory.
        """
        words = list(self.words)
        if context is not None:
            words[self._context] = context
        elif self._context < 0:
            words.append(self.context)
        if self._file is None:
            return ["--file", path, *words]
        before = [f"-{self._file.before}"] if self._file.before else []
        words[self._file.start : self._file.end] = [*before, "--file", path]
        return words


def read(words: list[str], environ: Mapping[str, str], family: Family = DOCKER) -> BuildCommand:
    """Read the few options that matter here. Never fails: the builder has its own complaints to make."""
    found = list(items(words, family.grammar))
    options = [item for item in found if isinstance(item, Option)]
    operands = [item for item in found if isinstance(item, Operand)]
    last = {option.name: option for option in options}
    context = operands[0].value if operands else _left_out(_value(last, "file"), family)
    given = [*_lines(_values(options, "build-arg-file")), *_values(options, "build-arg")]
    return BuildCommand(
        words=tuple(words),
        context=context,
        file=last["file"].value if "file" in last else None,
        target=_value(last, "target"),
        platforms=_platforms(options, last),
        network=_value(last, "network"),
        progress=_value(last, "progress"),
        quiet=_switched(last, "quiet"),
        no_cache=_switched(last, "no-cache"),
        no_cache_stages=_listed(options, "no-cache-filter"),
        never_pulls=_switched(last, "pull-never") or _value(last, "pull") == "never",
        builder=_value(last, "builder"),
        load=_switched(last, "load"),
        tags=_tags(options),
        metadata_file=_value(last, "metadata-file"),
        build_args=build_args(given, environ),
        contexts=_pairs(_values(options, "build-context")),
        unclear=_unclear(options, operands, context, family),
        unknown_options=tuple(option.name for option in options if not option.known),
        is_help=_switched(last, "help"),
        _file=last.get("file"),
        _context=operands[0].start if operands else -1,
    )


def _left_out(file: str, family: Family) -> str:
    """The context that a command without one means; empty where it means none."""
    match family.no_context:
        case NoContext.WORKING_DIRECTORY:
            return "."
        case NoContext.DIRECTORY_OF_FILE if file:
            return os.path.dirname(file) or "."
        case _:
            return ""


def _platforms(options: list[Option], last: Mapping[str, Option]) -> tuple[str, ...]:
    """``--platform``, several of them with commas; or by its parts, as buildah knows them too."""
    named = _listed(options, "platform")
    if not named and _value(last, "arch"):
        parts = (_value(last, "os") or "linux", _value(last, "arch"), _value(last, "variant"))
        return ("/".join(part for part in parts if part),)
    return named


def _listed(options: list[Option], name: str) -> tuple[str, ...]:
    """Every value of an option that may come several times, and hold several with commas."""
    items = (item.strip() for value in _values(options, name) for item in value.split(","))
    return tuple(item for item in items if item)


def _tags(options: list[Option]) -> tuple[str, ...]:
    """None where the result goes somewhere else than to the images of the engine."""
    outputs = [value.lower() for value in _values(options, "output")]
    elsewhere = any("type=docker" not in value and "type=image" not in value for value in outputs)
    return () if elsewhere else tuple(dict.fromkeys(_values(options, "tag")))


def _lines(paths: list[str]) -> Iterator[str]:
    """Build args out of files, one a line. What can't be read is for the builder to complain about."""
    for path in paths:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            lines = read_file(path, _LARGEST).decode("utf-8").splitlines()
            yield from (line for line in lines if line and not line.startswith("#"))


def _values(options: list[Option], name: str) -> list[str]:
    return [option.value for option in options if option.name == name and option.value is not None]


def _pairs(given: list[str]) -> dict[str, str]:
    """``NAME=SOURCE`` of named build contexts."""
    pairs = (item.partition("=") for item in given)
    return {name: source for name, equals, source in pairs if equals}


def _value(last: Mapping[str, Option], name: str) -> str:
    return (last[name].value or "") if name in last else ""


def _switched(last: Mapping[str, Option], name: str) -> bool:
    return name in last and last[name].is_on


def _unclear(options: list[Option], operands: list[Operand], context: str, family: Family) -> Reason | None:
    other = [option.name for option in options if option.name in family.not_building]
    if other:
        return Reason("builds-nothing", f"--{other[0]}")
    unknown = [option.name for option in options if not option.known]
    if len(operands) == 1 or (context and not operands):
        return _unclear_files(_values(options, "file")) if family.joins_files else None
    if unknown:
        detail = f"freshlayer does not know the option --{unknown[0]}"
        return Reason("option-unknown", detail=detail)
    return Reason("several-contexts") if operands else Reason("no-context")


def _unclear_files(files: list[str]) -> Reason | None:
    if len(files) > 1:
        return Reason("several-dockerfiles")
    if files and files[0].endswith(".in"):
        return Reason("preprocessed", shown(files[0]), "the C preprocessor runs on it first")
    return None
