"""What the user typed after ``compose``: what it builds, and the words to build just that with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.builders.command_line.pflag import Grammar, Operand, Option, items
from freshlayer.model.reasons import Reason

_GLOBALS = Grammar(
    frozenset(
        """
        ansi env-file file insecure-registry parallel profile progress project-directory project-name workdir
        """.split()
    ),
    frozenset("all-resources compatibility dry-run help no-ansi verbose version".split()),
    {"f": "file", "p": "project-name"},
    {"h": "help", "v": "version"},
    interspersed=False,
)
_BUILD = Grammar(
    frozenset("build-arg builder memory progress provenance sbom ssh".split()),
    frozenset(
        """
        check compress dry-run force-rm help no-cache no-rm parallel print pull push quiet with-dependencies
        """.split()
    ),
    {"m": "memory"},
    {"h": "help", "q": "quiet"},
)
_UP = Grammar(
    frozenset("attach exit-code-from no-attach pull scale timeout wait-timeout".split()),
    frozenset(
        """
        abort-on-container-exit abort-on-container-failure always-recreate-deps attach-dependencies build
        detach dry-run force-recreate help menu no-build no-color no-deps no-log-prefix no-recreate no-start
        quiet-build quiet-pull remove-orphans renew-anon-volumes timestamps wait watch yes
        """.split()
    ),
    {"t": "timeout"},
    {"d": "detach", "h": "help", "V": "renew-anon-volumes", "w": "watch", "y": "yes"},
)
_NO_BUILD = frozenset({"check", "dry-run", "help", "print", "version"})
_BUILD_TOO = frozenset({"create", "run"})


class ComposeCommand(Struct, frozen=True):
    """``words``: everything after ``compose``, untouched; ``globals``: those before the name of the command.

    ``build_words``: the command that only builds, with its name. ``then``: what is left to run after it,
    where the user's command does more. ``dependencies``: those of the services are built too.
    ``unclear``: why it is not known what is built. ``pull``: whether the base images of all are asked for.
    """

    words: tuple[str, ...]
    globals: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    project_directory: str = ""
    progress: str = ""
    builds: bool = False
    build_words: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    dependencies: bool = False
    build_args: tuple[str, ...] = ()
    unclear: Reason | None = None
    pull: bool = False
    builder: str = ""


def read(words: Sequence[str]) -> ComposeCommand:
    """Read what matters here. Never fails: what compose has to complain about is compose's."""
    options, operands = _parsed(words, _GLOBALS)
    plain = ComposeCommand(tuple(words))
    if not operands or _asks_for_no_build(options):
        return plain
    at = operands[0].start
    name, rest = operands[0].value, words[at + 1 :]
    given = ComposeCommand(
        tuple(words),
        globals=tuple(words[:at]),
        files=_values(options, "file"),
        project_directory=_last(options, "project-directory") or _last(options, "workdir"),
        progress=_last(options, "progress"),
        unclear=_unclear(options) or _unreadable(options),
    )
    match name:
        case "build":
            return _build(given, rest)
        case "up":
            return _up(given, rest)
        case _ if name in _BUILD_TOO and "--build" in rest:
            return replace(plain, unclear=_unwatched(name))
        case _:
            return plain


def _build(given: ComposeCommand, rest: Sequence[str]) -> ComposeCommand:
    options, operands = _parsed(rest, _BUILD)
    if _asks_for_no_build(options):
        return ComposeCommand(given.words)
    return replace(
        given,
        builds=True,
        build_words=("build", *rest),
        services=tuple(operand.value for operand in operands),
        dependencies=_is_on(options, "with-dependencies"),
        build_args=_values(options, "build-arg"),
        pull=_is_on(options, "pull"),
        builder=_last(options, "builder"),
        unclear=given.unclear or _unclear(options),
    )


def _up(given: ComposeCommand, rest: Sequence[str]) -> ComposeCommand:
    """``up --build`` builds what it starts; then it starts what was built, as without the option."""
    options, operands = _parsed(rest, _UP)
    if not _is_on(options, "build") or _is_on(options, "no-build") or _asks_for_no_build(options):
        return ComposeCommand(given.words)
    services = tuple(operand.value for operand in operands)
    dependencies = bool(services) and not _is_on(options, "no-deps")
    quiet = ("--quiet",) if _is_on(options, "quiet-build") else ()
    deeper = ("--with-dependencies",) if dependencies else ()
    return replace(
        given,
        builds=True,
        build_words=("build", *quiet, *deeper, *services),
        then=("up", *_without(rest, options, "build")),
        services=services,
        dependencies=dependencies,
        unclear=given.unclear or _unclear(options),
    )


def _without(words: Sequence[str], options: Sequence[Option], name: str) -> list[str]:
    gone = {place for option in options if option.name == name for place in range(option.start, option.end)}
    return [word for place, word in enumerate(words) if place not in gone]


def _parsed(words: Sequence[str], grammar: Grammar) -> tuple[list[Option], list[Operand]]:
    found = list(items(words, grammar))
    options = [item for item in found if isinstance(item, Option)]
    return options, [item for item in found if isinstance(item, Operand)]


def _values(options: Sequence[Option], name: str) -> tuple[str, ...]:
    return tuple(option.value or "" for option in options if option.name == name)


def _last(options: Sequence[Option], name: str) -> str:
    return next(iter(_values(options, name)[-1:]), "")


def _is_on(options: Sequence[Option], name: str) -> bool:
    return any(option.is_on for option in [it for it in options if it.name == name][-1:])


def _asks_for_no_build(options: Sequence[Option]) -> bool:
    return any(option.name in _NO_BUILD and option.is_on for option in options)


def _unwatched(name: str) -> Reason:
    return Reason("compose-command", detail=f"what compose {name} builds is not watched")


def _unclear(options: Sequence[Option]) -> Reason | None:
    unknown = [option.name for option in options if not option.known]
    if not unknown:
        return None
    detail = f"freshlayer does not know compose's option --{unknown[0]}"
    return Reason("option-unknown", detail=detail)


def _unreadable(options: Sequence[Option]) -> Reason | None:
    if "-" not in _values(options, "file"):
        return None
    return Reason("file-not-watched", detail="a model from standard input is not watched")
