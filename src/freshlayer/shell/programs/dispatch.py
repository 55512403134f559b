"""One command after expansion: a function, a builtin, a computed program, or a call to note."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.conditions import test
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.parameters import not_computed
from freshlayer.shell.programs.architecture import ANSWERING, answer, decided
from freshlayer.shell.programs.builtins import BUILTINS, Builtin
from freshlayer.shell.programs.downloads import printed_body
from freshlayer.shell.programs.file_tools import WRITERS, apply, with_input
from freshlayer.shell.programs.filters import FILTERS, finds
from freshlayer.shell.programs.lines import INPUT, consume
from freshlayer.shell.programs.outputs import output_of, printed
from freshlayer.shell.programs.package_sources import PYTHON, SETTING, after_call, before_call
from freshlayer.shell.programs.printing import PRINTERS, printf_around
from freshlayer.shell.programs.script_files import executed, location, run_parts
from freshlayer.shell.programs.scripts import another_shell, evaluate, source
from freshlayer.shell.programs.wrapper_rows import first_names
from freshlayer.shell.programs.wrappers import (
    SHELLS,
    Wrapped,
    parallel_of,
    parallel_options,
    unwrapped,
    xargs_commands,
    xargs_options,
)
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, CommandResult, Status, together
from freshlayer.shell.values import (
    NOTHING,
    Hole,
    Text,
    Values,
    Why,
    alternatives,
    body_of,
    changed,
    concat,
    known,
    program_name,
    text_of,
    worst,
)

Fields = tuple[Text, ...]
_SILENT = frozenset(
    "umask trap ulimit shopt hash wait sleep mkdir rm rmdir chmod chown ln touch mv"
    " alias unalias type command getopts".split()
)
_KEPT_INDEXES = compiled(r"/var/cache(?:/\*?|/(?:apk|dnf|libdnf|yum|tdnf|zypp|\*).*)?|/etc/apk/cache.*")
"""A removal here decides which index a later command of apk takes."""
_CACHES = ("/var/cache", "/etc/apk/cache")
"""How each of those paths begins."""
_NO_FILES = frozenset({*FILTERS, *_SILENT, *SHELLS, "apt-get", "apt", "apk", "git", "tar", "make"})
"""Programs that are not looked for among the files of the build context."""
_OF_DISTRIBUTION = frozenset({"lsb_release", "rpm"})
_LOCATORS = frozenset({"pwd", "realpath", "readlink"})
_TESTS = frozenset("grep egrep fgrep command type hash which id getent cmp diff pgrep".split())
"""Programs whose exit status is a result, not an error."""

_SHOWING = frozenset({"cat", "head", "tail"})
"""Programs that print a file and do nothing else."""
_COMPUTED = frozenset({*ANSWERING, *_OF_DISTRIBUTION, *FILTERS, *_LOCATORS, *_SHOWING})
"""Programs whose output or end may be known from their words, from files and from their input."""

_OPEN, _PRESUMED = CommandResult(Status.OPEN), CommandResult(Status.PRESUMED)

_PASSING = frozenset({"cat", "tee"})
"""Filters that pass on their input."""

_FOUND = Hole(Why.IMAGE, Reason("needs-image-files", detail="its arguments are files of the image"), "{}")


def dispatch(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """Follow one command; note it where it is a program."""
    if not fields:
        return DONE
    first = fields[0]
    name = first[0] if len(first) == 1 else ""
    if type(name) is not str or "/" in name:
        name = program_name(fields)
    if name in first_names() and (command := unwrapped(fields)) is not None:
        fields, frame = command.fields, _around(command, frame)
        if not fields:
            return DONE
        name = program_name(fields)
    elif frame.functions and (function := known(first)) in frame.functions:
        # Only a command that no other one runs is that of a function.
        return _function(runner, function or "", fields, frame)
    handler = _BUILTINS.get(name)
    return _program(runner, name, fields, frame) if handler is None else handler(runner, fields, frame)


def _around(command: Wrapped, frame: Frame) -> Frame:
    """What a wrapped command sees."""
    if command.assignments or command.cleared:
        frame = frame.without_environment() if command.cleared else frame.copy()
        frame.variables.update(command.assignments)
        frame.exported |= command.assignments.keys()
    return frame


def _print(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``echo`` passes on what is not known; ``printf -v NAME`` prints into a variable."""
    name = program_name(fields)
    if not frame.heard and name != "printf":
        return DONE
    words = [known(field) for field in fields[1:]]
    if name == "printf" and words[:1] == ["-v"] and len(words) > 2:
        frame.set(words[1] or "", _printed(runner, name, fields[2:], words[2:]))
        return DONE
    if not frame.heard:
        return DONE
    if name == "echo" and None in words:
        parts = [part for field in fields[1:] for part in (" ", *field)][1:]
        return CommandResult(Status.TRUE, (text_of(*parts, "\n"),))
    return CommandResult(Status.TRUE, _printed(runner, name, fields, words))


def _printed(runner: Runner, name: str, fields: Fields, words: list[str | None]) -> Values:
    text = PRINTERS[name]([word or "" for word in words]) if None not in words else None
    if text is not None:
        return (text_of(text),)
    around = printf_around(fields[1:]) if name == "printf" else None
    if around is not None:
        return (around,)
    return (not_computed(printed(fields)),) if None not in words else (output_of(runner, fields),)


def _expr(runner: Runner, fields: Fields, _frame: Frame) -> CommandResult:
    from freshlayer.shell.programs.expr import expr  # noqa: PLC0415 - few scripts use it

    words = [known(field) for field in fields[1:]]
    text = expr([word or "" for word in words]) if None not in words else None
    if text is None:
        return CommandResult(Status.OPEN, (output_of(runner, fields),))
    return CommandResult(Status.FALSE if text in {"", "0"} else Status.TRUE, (text_of(text, "\n"),))


def _shell(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    found = another_shell(runner, fields, frame)
    return _external(runner, fields, frame) if found is None else found


def _find(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``find … -exec COMMAND ;`` runs it with names of files."""
    words = [known(field) for field in fields]
    for place, word in enumerate(words):
        if word in {"-exec", "-execdir", "-ok"}:
            end = next((n for n in range(place, len(words)) if words[n] in {";", "+"}), len(words))
            command = [(_FOUND,) if known(field) == "{}" else field for field in fields[place + 1 : end]]
            inside = frame.copy()
            inside.given = None
            runner.command(tuple(command), inside)
    return _external(runner, fields, frame)


def _function(runner: Runner, name: str, fields: Fields, frame: Frame) -> CommandResult:
    """Inlined: its own arguments, the caller's variables; a return ends only itself."""
    body = frame.functions[name]
    inside = frame.copy()
    inside.arguments = tuple((field,) for field in fields[1:])
    inside.hidden = {}
    runner.enter_function()
    with runner.runs.function(name):
        outcome = runner.run(body, inside)
    runner.leave_function()
    inside.land(End.RETURN)
    inside.reveal()
    inside.arguments, inside.hidden = frame.arguments, frame.hidden
    frame.join([inside])
    return outcome


def _external(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    return _program(runner, program_name(fields), fields, frame)


def _program(runner: Runner, name: str, fields: Fields, frame: Frame) -> CommandResult:
    if name not in _NO_FILES and name not in runner.fetchers:
        followed = executed(runner, fields, frame)
        if followed is not None:
            return followed
    if name in WRITERS:
        apply(runner, name, fields, frame)
    if name in _COMPUTED:
        computed = _of_files(runner, name, fields, frame) or _computed(runner, name, fields, frame)
        if computed is not None:
            return computed
    given = frame.given
    sets = name in SETTING or (name[:1] == "p" and name.startswith(PYTHON))
    if sets:
        before_call(runner, name, fields, frame)
    silent = name in _SILENT
    if not silent or (name == "rm" and _removes_index(fields)):
        runner.called(fields, frame)
    if sets:
        after_call(runner, name, fields)
    unheard = _OPEN if name in _TESTS else _PRESUMED
    if silent or not frame.heard:
        return unheard
    return CommandResult(unheard.status, (_output(runner, name, fields, None if frame.touched else given),))


def _quiet(_runner: Runner, _fields: Fields, _frame: Frame) -> CommandResult:
    """One of which nothing is noted."""
    return _PRESUMED


def _output(runner: Runner, name: str, fields: Fields, given: Values | None) -> Text:
    """What a program prints, which may be the whole answer of a server."""
    out = output_of(runner, fields, given)
    if name in runner.fetchers and (body := printed_body(runner, fields)):
        return tuple(replace(part, body=body) if isinstance(part, Hole) else part for part in out)
    return out


def _removes_index(fields: Fields) -> bool:
    for field in fields:
        first = field[0] if field else ""
        if isinstance(first, str) and first.startswith(_CACHES):
            path = known(field)
            if path is not None and _KEPT_INDEXES.fullmatch(path):
                return True
    return False


def _computed(runner: Runner, name: str, fields: Fields, frame: Frame) -> CommandResult | None:
    """What is known of the output or the end of one of _COMPUTED; None where that is nothing."""
    arguments = [word for field in fields[1:] if (word := known(field)) is not None]
    if len(arguments) < len(fields) - 1:
        return None
    text = answer([name, *arguments], runner.platform) if name in ANSWERING else None
    if text is None and name in _OF_DISTRIBUTION:
        from freshlayer.shell.programs import distribution  # noqa: PLC0415 - few scripts use it

        text = distribution.answer([name, *arguments], runner.runs.files)
    if text is not None:
        return CommandResult(Status.TRUE, (text_of(text, "\n"),))
    outcome = decided([name, *arguments], runner.platform) if name in ANSWERING else None
    if outcome is not None:
        return CommandResult(Status.TRUE if outcome else Status.FALSE)
    given = frame.given
    if name not in FILTERS or given is None:
        return None
    consume(frame)
    return _filtered(runner, fields, arguments, given)


def _of_files(runner: Runner, name: str, fields: Fields, frame: Frame) -> CommandResult | None:
    """A path that is known, and a filter of a file whose text is; None for any other program."""
    path = location(fields, frame) if name in _LOCATORS else None
    if path is not None:
        return CommandResult(Status.TRUE, (text_of(path, "\n"),))
    if name in _SHOWING and frame.given is None and not frame.heard:
        return CommandResult(Status.PRESUMED)
    if name in FILTERS and frame.given is None:
        words, given = with_input(runner, fields, frame)
        if given is not None:
            return _filtered(runner, words, [known(field) or "" for field in words[1:]], given)
    return None


def _filtered(runner: Runner, fields: Fields, arguments: list[str], given: Values) -> CommandResult:
    """An unknown input gives an output that is unknown for the same reason."""
    name = program_name(fields)
    found: list[Text] = []
    ends: list[Status] = []
    for text in given:
        plain = known(text)
        out = FILTERS[name](arguments, plain) if plain is not None else None
        hit = finds(name, arguments, plain) if plain is not None else None
        if hit is None:
            ends.append(Status.OPEN if name in _TESTS else Status.PRESUMED)
        else:
            ends.append(Status.TRUE if hit else Status.FALSE)
        if out is not None:
            found.append(text_of(out))
        else:
            hole = worst(text)
            kept = text if name in _PASSING and body_of(text) else changed((hole,) if hole else ())
            found.append(kept or output_of(runner, fields))
    return CommandResult(together(ends), alternatives(found))


def _xargs(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``… | xargs COMMAND``: the words of the input are arguments. ``-a FILE`` reads them from a file."""
    command, options = xargs_options(fields)
    given = None if options.file else frame.given
    outcomes: list[CommandResult] = []
    for text in given if given is not None else ((INPUT,),):
        for words in xargs_commands(command, options, text):
            inside = frame.copy()
            inside.given = None
            outcomes.append(runner.command(words, inside))
    if not options.file:
        consume(frame)
    out = NOTHING
    for outcome in outcomes:
        out = concat(out, outcome.out)
    return CommandResult(Status.PRESUMED, out)


def _parallel(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``parallel COMMAND ::: WORDS``, and over the lines of its input."""
    command, items = parallel_of(fields)
    given = (items,) if items is not None else frame.given if frame.given is not None else ((INPUT,),)
    for text in given:
        for words in xargs_commands(command, parallel_options(command), text):
            inside = frame.copy()
            inside.given = None
            runner.command(words, inside)
    return CommandResult(Status.PRESUMED, (output_of(runner, fields),))


def _nix_shell(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``nix-shell -p PACKAGES --run SCRIPT``: the packages are read, and the script runs."""
    words = [known(field) for field in fields]
    places = [place for place, word in enumerate(words[:-1]) if word in {"--run", "--command"}]
    for place in places[:1]:
        runner.command((("sh",), ("-c",), fields[place + 1]), frame.copy())
        fields = (*fields[:place], *fields[place + 2 :])
    return _external(runner, fields, frame)


_TESTING = ("[", "[[", "test")
IN_SHELL = BUILTINS.keys() | {*_TESTING, "echo", "printf", "eval", ".", "source"}
"""What no child process runs."""

_BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(_SILENT - WRITERS - _COMPUTED - _TESTS - SETTING, _quiet),
    **BUILTINS,
    **dict.fromkeys(_TESTING, test),
    "eval": evaluate,
    ".": source,
    "source": source,
    "expr": _expr,
    "find": _find,
    "run-parts": run_parts,
    "xargs": _xargs,
    "parallel": _parallel,
    "nix-shell": _nix_shell,
    **dict.fromkeys(PRINTERS, _print),
    **dict.fromkeys((*SHELLS, "su", "runuser"), _shell),
}
"""Name → what is done with its words."""
