"""Commands that execute or source a file of the image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from posixpath import basename, join

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell.files import FileText, NoText, absolute
from freshlayer.shell.frame import Frame
from freshlayer.shell.patterns import matches
from freshlayer.shell.programs.assignments_of_files import assignments
from freshlayer.shell.programs.builtins import options_of
from freshlayer.shell.programs.following import follow
from freshlayer.shell.programs.wrappers import SHELLS
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status
from freshlayer.shell.values import (
    Hole,
    Text,
    Values,
    Why,
    bodies_of,
    file_of,
    known,
    program_name,
    text_of,
    worst,
    written,
)

Fields = tuple[Text, ...]
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are looked for, unless the Dockerfile states more."""

_OTHERS = compiled(
    r"(?:python|pypy|perl|ruby|node|nodejs|php|pwsh|lua|julia|tclsh|expect|groovy)[\d.]*|[Rr]script|deno|bun|R"
)
_CODE = compiled(r"-[cem]|--(?:eval|command|version|help)|-m.*|-V|-v")
_SHEBANG = compiled(r"#![ \t]*(\S+)(?:[ \t]+([^\n]*))?")
_SCRIPT_NAME = compiled(r"\.(?:sh|bash|ash|zsh|ksh)$")
_SETTINGS = compiled(
    r"(?:^|/)(?:os-release|lsb-release|profile|environment|envvars|activate|env|\.?\w*env|\.\w*rc|\.\w*profile"
    r"|\w*bash\.?rc|(?:local_)?setup\.\w*sh|setvars\.sh|nvm\.sh|conda\.sh|cargo/env|sdkman-init\.sh|emsdk_env\.sh"
    r"|enable|asdf\.sh|bash_completion|functions)$|^/etc/(?:default|profile\.d|sysconfig)/|-release$|\.env$"
)
"""Files that set variables, by convention: nothing is read from the network there."""
_URL = compiled(r"https?://[^\s'\"`|&;<>(){}\\]+")
_MOST_URLS = 3
_BINARY_WITHIN = 8_000
_RUN_PARTS_NAME = compiled(r"[A-Za-z0-9_-]+")
_WRAPPERS = frozenset({"gradlew", "mvnw"})
_STDIN = frozenset({"/dev/stdin", "/proc/self/fd/0", "/dev/fd/0"})
_DOWNLOADED = Reason("script-downloaded")
_HOMES = ("~", "${HOME}", "$HOME")


def interpreted(runner: Runner, fields: Fields, frame: Frame) -> CommandResult | None:
    """``sh -ex FILE ARGUMENTS``; None where no file is known to be followed."""
    place = _operand(fields)
    if place is None:
        return None
    found = _find(runner, fields[place], frame)
    if isinstance(found, FileText):
        _called(runner, fields[place:], frame)
        return _child(runner, found, fields[place:], frame, [known(field) for field in fields[1:place]])
    _miss(runner, fields[place], found)
    return None


def executed(runner: Runner, fields: Fields, frame: Frame) -> CommandResult | None:
    """A file that is a command, by its path or along PATH; None where it is a program like another."""
    word = known(fields[0])
    if word and _is_other(word.rpartition("/")[2]):
        _other(runner, fields, frame)
        return None
    if word is not None and "/" not in word:
        if word in runner.runs.common or runner.runs.files.is_empty:
            return None
        found, path = _along_path(runner, word, frame)
    else:
        found, path = _find(runner, fields[0], frame), written(fields[0])
    if isinstance(found, FileText):
        _called(runner, fields, frame)
        return _by_shebang(runner, found, (text_of(path), *fields[1:]), frame)
    if isinstance(found, NoText) or _SCRIPT_NAME.search(path):
        _miss(runner, fields[0], found)
    return None


@lru_cache(maxsize=256)
def _is_other(name: str) -> bool:
    """Whether a program is the interpreter of another language."""
    return _OTHERS.fullmatch(name) is not None


def _called(runner: Runner, fields: Fields, frame: Frame) -> None:
    """A wrapper of a build tool is a program too: what it ends in, java with a class, is not known as one."""
    if basename(known(fields[0]) or "") in _WRAPPERS:
        runner.called(fields, frame)


def sourced(runner: Runner, fields: Fields, frame: Frame) -> CommandResult | None:
    """``. FILE ARGUMENTS``, in the frame itself; None where the file is not known."""
    if _assigns(runner, fields[1], frame):
        return CommandResult(Status.TRUE)
    found = _find(runner, fields[1], frame)
    if found is None and "/" not in written(fields[1]):
        found, _ = _along_path(runner, written(fields[1]), frame)
    if not isinstance(found, FileText):
        if isinstance(found, NoText) or not _SETTINGS.search(written(fields[1])):
            _miss(runner, fields[1], found)
        return None
    arguments, source = frame.arguments, frame.arrays.get("BASH_SOURCE")
    if len(fields) > 2:
        frame.arguments = tuple((field,) for field in fields[2:])
    frame.arrays["BASH_SOURCE"] = {"0": (fields[1],)}
    outcome = follow(runner, found, frame)
    frame.arguments = arguments
    frame.arrays.pop("BASH_SOURCE", None)
    if source is not None:
        frame.arrays["BASH_SOURCE"] = source
    return outcome


def _assigns(runner: Runner, field: Text, frame: Frame) -> bool:
    """``. /etc/os-release``: of a file of the base image assignments count, and nothing in it runs."""
    path = path_of(field, frame)
    found = runner.runs.files.find(path) if path else None
    text = known(found.text[0]) if isinstance(found, FileText) and len(found.text) == 1 else None
    if not isinstance(found, FileText) or not found.of_base or text is None:
        return False
    values = assignments(text)
    for name, value in (values or {}).items():
        frame.set(name, (text_of(value),))
    return values is not None


def sourced_download(runner: Runner, source: str, frame: Frame) -> CommandResult:
    """``eval "$(curl URL)"``: the answer is followed in the frame itself."""
    found = runner.runs.download(source)
    if isinstance(found, FileText):
        return follow(runner, found, frame)
    runner.runs.miss(found.name, found.reason)
    frame.anything = Hole(Why.IMAGE, found.reason, found.name)
    return CommandResult(Status.PRESUMED)


def run_parts(runner: Runner, fields: Fields, frame: Frame) -> CommandResult:
    """``run-parts DIRECTORY``: each file whose name has neither dot nor blank, in order."""
    words = [word for word in map(known, fields[1:]) if word]
    if not words or words[-1].startswith("-"):
        return CommandResult(Status.PRESUMED)
    any_name = any(word.startswith("--regex") for word in words)
    directory = absolute(words[-1], frame.directory)
    for name in sorted(runner.runs.files.names(directory)):
        if any_name or _RUN_PARTS_NAME.fullmatch(name):
            path = text_of(join(directory, name))
            found = _find(runner, path, frame)
            if isinstance(found, FileText):
                _by_shebang(runner, found, (path,), frame)
    return CommandResult(Status.PRESUMED)


def listed(runner: Runner, pattern: str, frame: Frame) -> list[str]:
    """The paths that a pattern means, as far as they are known: a pattern in its last part alone."""
    head, slash, last = pattern.rpartition("/")
    if not re.search(r"[*?\[]", last) or re.search(r"[*?\[]", head):
        return []
    names = runner.runs.files.names(absolute(head or ("/" if slash else "."), frame.directory))
    hits = [name for name in sorted(names) if matches(last, name) and not name.startswith(".")]
    return [f"{head}{slash}{name}" for name in hits]


def location(fields: Fields, frame: Frame) -> str | None:
    """What ``pwd``, ``realpath FILE`` and ``readlink -f FILE`` print; None where it is not known."""
    name = program_name(fields)
    path = frame.directory if name == "pwd" else None
    if name in {"realpath", "readlink"} and len(fields) > 1 and (name == "realpath" or len(fields) > 2):
        path = path_of(fields[-1], frame)
    return None if path is None or path.startswith("~") or "$" in path else path


def path_of(field: Text, frame: Frame) -> str | None:
    """The absolute path that a word means. None where it is not known."""
    text = known(field)
    if text is None:
        text = written(field)
        if not text.startswith(_HOMES) or sum(isinstance(part, Hole) for part in field) > 1:
            return None
    home = next((home for home in _HOMES if text == home or text.startswith(f"{home}/")), None)
    text = f"{frame.home_directory}{text[len(home) :]}" if home else text
    directory = frame.directory
    directory = f"{frame.home_directory}{directory[1:]}" if directory.startswith("~") else directory
    return absolute(text, directory) if text else None


def _find(runner: Runner, field: Text, frame: Frame) -> FileText | NoText | None:
    """A file by its path; ``<(curl URL)`` and ``/dev/stdin`` are files too."""
    source = file_of(field)
    if known(field) in _STDIN and (sources := bodies_of(frame.given or ())):
        source = sources[0]
    if source:
        return runner.runs.download(source)
    path = path_of(field, frame)
    return runner.runs.read(runner.runs.files.find(path)) if path else None


def as_input(runner: Runner, given: Values, fields: Fields, frame: Frame) -> CommandResult | None:
    """``curl URL | sh -s -- ARGUMENTS``: the answer as a script. ``fields``: ``$0`` and arguments.

    None where it can't be followed: what is not the answer of a server is not reported here.
    """
    hole = next((hole for text in given if (hole := worst(text)) is not None), None)
    if hole is None or hole.why is not Why.ANSWER:
        return None
    sources = bodies_of(given)
    if not sources:
        runner.runs.miss(shown(hole.text, 80), _DOWNLOADED)
    inside = frame.copy()
    inside.given = None
    outcome: CommandResult | None = None
    for found in map(runner.runs.download, sources):
        if isinstance(found, FileText):
            outcome = _child(runner, found, fields, inside, ())
        else:
            runner.runs.miss(found.name, found.reason)
    return outcome


def _along_path(runner: Runner, name: str, frame: Frame) -> tuple[FileText | NoText | None, str]:
    files = runner.runs.files
    for directory in files.having(name, _directories(runner, frame)):
        path = join(directory, name)
        found = files.find(path)
        if found is not None:
            return runner.runs.read(found), path
    return None, name


def _directories(runner: Runner, frame: Frame) -> Sequence[str]:
    """Of PATH as the script sets it: what is not known of it is what it was before."""
    if "PATH" not in frame.variables:
        return runner.runs.search
    found: list[str] = []
    for text in frame.variables["PATH"]:
        for part in text:
            found += [*runner.runs.search] if isinstance(part, Hole) else part.split(":")
    return [directory for directory in dict.fromkeys(found) if directory.startswith("/")]


def _by_shebang(runner: Runner, found: FileText, fields: Fields, frame: Frame) -> CommandResult | None:
    """Follow a file that the kernel executes; None where its interpreter is not a shell."""
    first = found.text[0][0] if found.text and found.text[0] else ""
    text = first if isinstance(first, str) else ""
    if "\0" in text[:_BINARY_WITHIN]:
        runner.runs.miss(found.name, Reason("script-is-binary"))
        return None
    interpreter, options = interpreter_of(text)
    if interpreter not in {"", *SHELLS}:
        runner.runs.miss(found.name, _other_interpreter(interpreter, text))
        return None
    return _child(runner, found, fields, frame, options)


def _child(
    runner: Runner, found: FileText, fields: Fields, frame: Frame, options: Sequence[str | None]
) -> CommandResult:
    inside = frame.child((fields[0],), tuple((field,) for field in fields[1:]))
    inside.options, _, _ = options_of(list(options))
    inside.certain = frame.certain
    inside.arrays["BASH_SOURCE"] = {"0": (fields[0],)}
    return follow(runner, found, inside)


def _other(runner: Runner, fields: Fields, frame: Frame) -> None:
    """``python FILE``: a script that is not read, where the file is known; ``curl URL | python``."""
    given = frame.given or ()
    for field in fields[1:]:
        word = known(field)
        if word is not None and _CODE.fullmatch(word):
            return
        if source := file_of(field):
            given = ((Hole(Why.ANSWER, _DOWNLOADED, source, source),),)
            break
        if word is None or not word.startswith("-"):
            path = path_of(field, frame)
            found = runner.runs.files.find(path) if path else None
            if isinstance(found, FileText):
                text = "".join(part for part in found.text[0] if isinstance(part, str))
                reason = _other_interpreter(program_name(fields), text)
                runner.runs.miss(found.name, reason)
            elif found is not None:
                _miss(runner, field, found)
            return
    for source in bodies_of(given):
        runner.runs.miss(source, _other_interpreter(program_name(fields), ""))


def _miss(runner: Runner, field: Text, found: NoText | None) -> None:
    if found is None:
        runner.runs.miss(shown(written(field), 80), Reason("script-of-image"))
    else:
        runner.runs.miss(found.name, found.reason)


def interpreter_of(text: str) -> tuple[str, list[str]]:
    """The program that a script's first line names, without its directory, and its options."""
    match = _SHEBANG.match(text)
    if not match:
        return "", []
    program, words = basename(match[1]), (match[2] or "").split()
    if program == "env":
        operands = [word for word in words if not word.startswith("-") and "=" not in word]
        program = basename(operands[0]) if operands else ""
    if program == "busybox":
        program = words[0] if words else "sh"
    return program, [word for word in words if re.match(r"[-+]\w", word) and word != "-S"]


def _other_interpreter(interpreter: str, text: str) -> Reason:
    urls = list(dict.fromkeys(match[0].rstrip(".,") for match in _URL.finditer(text)))[:_MOST_URLS]
    detail = f"it is a script for {shown(interpreter, 40)}, which freshlayer does not read"
    return Reason("other-interpreter", detail=detail, hint=f"it names {', '.join(urls)}" if urls else "")


def _operand(fields: Fields) -> int | None:
    """Where the file is among the words of a shell's command line; None where there is none."""
    place = 1
    while place < len(fields):
        word = known(fields[place])
        if word is None or not re.match(r"[-+].", word):
            return place if word != "-" else None
        if word in {"-s", "-c"} or re.fullmatch(r"-[a-z]*[cs][a-z]*", word):
            return None
        takes_value = re.fullmatch(r"[-+][a-z]*[oO]|--(?:rcfile|init-file)", word)
        place += 2 if takes_value else 1
    return None
