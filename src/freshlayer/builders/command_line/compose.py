"""What the user typed after ``compose``: what it builds, and the words to build just that with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from freshlayer.builders.command_line.composition import CompositionCommand
from freshlayer.builders.command_line.options import is_on, last, parsed, unknown, unknown_option, values
from freshlayer.builders.command_line.pflag import Grammar, Option
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


class ComposeCommand(CompositionCommand, frozen=True, kw_only=True):
    """``globals``: the words before the name of the command.

    ``build_words``: the command that only builds, with its name. ``then``: what is left to run after it,
    where the user's command does more. ``dependencies``: those of the services are built too.
    """

    globals: tuple[str, ...] = ()
    project_directory: str = ""
    build_words: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    dependencies: bool = False
    build_args: tuple[str, ...] = ()


def read(words: Sequence[str]) -> ComposeCommand:
    """Read what matters here. Never fails: compose reports what is wrong with its words."""
    options, operands = parsed(words, _GLOBALS)
    plain = ComposeCommand(words=tuple(words))
    if not operands or _requests_no_build(options):
        return plain
    at = operands[0].start
    name, rest = operands[0].value, words[at + 1 :]
    given = ComposeCommand(
        words=tuple(words),
        globals=tuple(words[:at]),
        files=values(options, "file"),
        project_directory=last(options, "project-directory") or last(options, "workdir"),
        progress=last(options, "progress"),
        unclear=_not_understood(options) or _unreadable(options),
        unknown_options=unknown(options),
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


def behind(words: Sequence[str], name: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """The words before and behind a command of this name; None where the words are another command."""
    _, operands = parsed(words, _GLOBALS)
    if not operands or operands[0].value != name:
        return None
    at = operands[0].start
    return words[:at], words[at + 1 :]


def _build(given: ComposeCommand, rest: Sequence[str]) -> ComposeCommand:
    options, operands = parsed(rest, _BUILD)
    if _requests_no_build(options):
        return ComposeCommand(words=given.words)
    return replace(
        given,
        builds=True,
        build_words=("build", *rest),
        services=tuple(operand.value for operand in operands),
        dependencies=is_on(options, "with-dependencies"),
        build_args=values(options, "build-arg"),
        no_cache=is_on(options, "no-cache"),
        builder=last(options, "builder"),
        unclear=given.unclear or _not_understood(options),
        unknown_options=(*given.unknown_options, *unknown(options)),
    )


def _up(given: ComposeCommand, rest: Sequence[str]) -> ComposeCommand:
    """``up --build`` builds what it starts; then it starts what was built, as without the option."""
    options, operands = parsed(rest, _UP)
    if not is_on(options, "build") or is_on(options, "no-build") or _requests_no_build(options):
        return ComposeCommand(words=given.words)
    services = tuple(operand.value for operand in operands)
    dependencies = bool(services) and not is_on(options, "no-deps")
    quiet = ("--quiet",) if is_on(options, "quiet-build") else ()
    deeper = ("--with-dependencies",) if dependencies else ()
    return replace(
        given,
        builds=True,
        build_words=("build", *quiet, *deeper, *services),
        then=("up", *_without(rest, options, "build")),
        services=services,
        dependencies=dependencies,
        unclear=given.unclear or _not_understood(options),
        unknown_options=(*given.unknown_options, *unknown(options)),
    )


def _without(words: Sequence[str], options: Sequence[Option], name: str) -> list[str]:
    gone = {place for option in options if option.name == name for place in range(option.start, option.end)}
    return [word for place, word in enumerate(words) if place not in gone]


def _requests_no_build(options: Sequence[Option]) -> bool:
    return any(option.name in _NO_BUILD and option.is_on for option in options)


def _unwatched(name: str) -> Reason:
    return Reason("compose-command", detail=f"what compose {name} builds is not watched")


def _not_understood(options: Sequence[Option]) -> Reason | None:
    return unknown_option(unknown(options), "compose's option")


def _unreadable(options: Sequence[Option]) -> Reason | None:
    if "-" not in values(options, "file"):
        return None
    return Reason("file-not-watched", detail="a model from standard input is not watched")
