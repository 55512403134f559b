"""Scripts of PowerShell and command lines of cmd → what they read from the network."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from freshlayer.discover.commands import SYNTAXES, of_calls
from freshlayer.discover.programs.table import names
from freshlayer.discover.syntaxes.found import Finding, Missed
from freshlayer.discover.syntaxes.repositories import REPOSITORIES
from freshlayer.discover.windows_shells import WINDOWS_SHELLS, interpreter_of, name_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell import Hole, Surroundings, Text, known, written
from freshlayer.shell.cmd import programs
from freshlayer.shell.command_line import divided
from freshlayer.shell.placeholders import Placeholders
from freshlayer.shell.status import Call
from freshlayer.shell.values import text_of

_DEEPEST = 4
_LONGEST_SCRIPT = 64 * 1024
_URL = compiled(r"(?i)(?:https?|ftps?)://[^\s'\"`|<>;(){},]+")
_ESCAPED_QUOTE = compiled(r"(?<![^\s(=,+{;])\\\"")
"""Where a string starts so, the author knows that Windows divides the command line and takes quotes away."""

_COMMENT = compiled(r"(?m)(?<!\S)#.*")
_VALUED = tuple(
    "executionpolicy ep inputformat outputformat version windowstyle workingdirectory wd settingsfile"
    " configurationname psconsolefile custompipename configurationfile".split()
)
_NOT_FOLLOWED = Reason("script-not-followed")
_FILE = Reason("script-not-followed", detail="freshlayer does not read script files of Windows")

Findings = Iterator[tuple[str, Finding]]


def of_windows_shell(shell_words: tuple[str, ...], script: str, surroundings: Surroundings) -> Findings:
    """A RUN in shell form whose SHELL is one of ``WINDOWS_SHELLS``."""
    name = interpreter_of(shell_words[0])
    if name == "cmd":
        yield from _of_cmd(script, surroundings, 0)
        return
    if _ESCAPED_QUOTE.search(script):
        script = " ".join(divided(script))
    words = tuple((word,) if word else () for word in (*shell_words, script))
    yield from _of_powershell_words(name, words[1:], (), surroundings, 0)


def of_windows_call(call: Call, surroundings: Surroundings, depth: int = 0) -> Findings:
    """A program that is one of ``WINDOWS_SHELLS``, with its arguments."""
    name = interpreter_of(name_of(call))
    if depth > _DEEPEST:
        yield "script", Missed(name, Reason("limit-reached", detail="scripts call each other too deep"))
    elif name == "cmd":
        holes = Placeholders()
        words = [holes.spelled(word) for word in call.words[1:]]
        kept = [word for word in words if not re.fullmatch(r"(?i)/[a-z](?::\w+)?", word)]
        yield from _of_cmd(" ".join(kept), surroundings, depth + 1, holes)
    else:
        given = call.given[0] if len(call.given) == 1 else ()
        yield from _of_powershell_words(name, call.words[1:], given, surroundings, depth + 1)


def _of_powershell_words(
    name: str, words: tuple[Text, ...], given: Text, surroundings: Surroundings, depth: int
) -> Findings:
    """``powershell``'s own options, up to the script."""
    waiting = list(words)
    while waiting:
        word = known(waiting[0])
        option = re.fullmatch(r"[-/]([A-Za-z]+)", word) if word is not None else None
        if option is None:
            break
        waiting.pop(0)
        spelled = option[1].lower()
        if _is(spelled, "command", 1) or spelled in {"commandwithargs", "cwa"}:
            yield from _of_text(name, waiting, given, surroundings, depth)
            return
        if _is(spelled, "encodedcommand", 1) or spelled in {"ec", "enc"}:
            yield from _of_encoded(name, waiting, surroundings, depth)
            return
        if _is(spelled, "file", 1):
            yield from _of_file(waiting)
            return
        if any(one.startswith(spelled) for one in _VALUED) and len(spelled) > 1:
            waiting = waiting[1:]
    if waiting and (name != "powershell" and len(waiting) == 1 and _is_file(waiting[0])):
        yield from _of_file(waiting)
    elif waiting or given:
        yield from _of_text(name, waiting, given, surroundings, depth)


def _is(spelled: str, name: str, least: int) -> bool:
    return len(spelled) >= least and name.startswith(spelled)


def _is_file(word: Text) -> bool:
    return (known(word) or "").lower().endswith(".ps1")


def _of_file(words: list[Text]) -> Findings:
    if words:
        yield "powershell", Missed(shown(written(words[0])), _FILE)
        for word in words[1:]:
            for match in _URL.finditer(written(word)):
                yield "powershell", Missed(match[0], _FILE)


def _of_encoded(name: str, words: list[Text], surroundings: Surroundings, depth: int) -> Findings:
    encoded = known(words[0]) if words else None
    try:
        script = base64.b64decode(encoded or "", validate=True).decode("utf-16-le") if encoded else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        script = None
    if script is None:
        text = shown(written(words[0]), 40) if words else name
        yield "powershell", Missed(text, Reason("script-not-followed", detail="its encoding is not read"))
    else:
        yield from _of_script(name, script, Placeholders(), surroundings, depth)


def _of_text(name: str, words: list[Text], given: Text, surroundings: Surroundings, depth: int) -> Findings:
    """``-Command``: its words with blanks between them; ``-`` reads standard input."""
    holes = Placeholders()
    script = " ".join(holes.spelled(word) for word in words)
    if script.strip() in {"-", ""}:
        script = holes.spelled(given)
    yield from _of_script(name, script, holes, surroundings, depth)


def _of_script(
    name: str, script: str, holes: Placeholders, surroundings: Surroundings, depth: int
) -> Findings:
    if len(script) > _LONGEST_SCRIPT:
        yield "script", Missed(shown(script[:60]), Reason("script-too-long"))
        return
    from freshlayer.discover.syntaxes.powershell import VIA, cmdlet  # noqa: PLC0415 - loads the grammar
    from freshlayer.shell.powershell import Cmdlet, follow  # noqa: PLC0415

    followed = follow(script, surroundings, windows=name == "powershell")
    calls: list[Call] = []
    seen: list[str] = []
    for event in followed.events:
        if isinstance(event, Cmdlet):
            for finding in cmdlet(event, lambda text: _resolved(text, holes)):
                seen.append(finding.text)
                yield VIA, finding
        else:
            calls.append(replace(event, words=tuple(_resolved(word, holes) for word in event.words)))
    for via, finding in of_programs(calls, surroundings, depth):
        seen.append(finding.text)
        yield via, finding
    if not followed.whole:
        yield from _not_followed(script, holes, seen)


def _resolved(text: Text, holes: Placeholders) -> Text:
    parts: list[str | Hole] = []
    for part in text:
        parts += holes.read(part) if isinstance(part, str) else (part,)
    return text_of(*parts)


def _not_followed(script: str, holes: Placeholders, seen: list[str]) -> Findings:
    """A script that is not read whole: each URL in it of which nothing is reported; without one, itself."""
    text = _COMMENT.sub("", script)
    urls = [match[0].rstrip(".") for match in _URL.finditer(text)]
    for url in urls:
        if not any(url in one or one in url for one in seen):
            yield "powershell", Missed(written(holes.read(url)), _NOT_FOLLOWED)
    if not urls and not seen:
        yield "powershell", Missed(shown(written(holes.read(" ".join(text.split())[:60]))), _NOT_FOLLOWED)


def _of_cmd(line: str, surroundings: Surroundings, depth: int, holes: Placeholders | None = None) -> Findings:
    found = programs(line, surroundings.value, surroundings.directory)
    known_holes = holes or Placeholders()
    calls: list[Call] = []
    environments: list[Mapping[str, str]] = []
    for program in found.programs:
        words = tuple(_resolved(word, known_holes) for word in program.words)
        calls.append(Call(words, directory=program.directory))
        environments.append(dict(program.environment))
    yield from of_programs(calls, surroundings, depth, environments)
    if not found.whole:
        yield "script", Missed(shown(written(known_holes.read(line[:60]))), Reason("limit-reached"))


def of_programs(
    calls: list[Call],
    surroundings: Surroundings,
    depth: int,
    environments: list[Mapping[str, str]] | None = None,
) -> Findings:
    """Programs by the names that the tables have; interpreters are followed."""
    plain: list[Call] = []
    for number, call in enumerate(calls):
        name = name_of(call)
        if interpreter_of(name) in WINDOWS_SHELLS:
            around = _with(surroundings, environments[number] if environments else {})
            yield from of_windows_call(call, around, depth)
        elif _is_script(name):
            yield from _of_file([(name,), *call.words[1:]])
        elif name:
            plain.append(replace(call, words=((_table_name(name),), *call.words[1:])))
        else:
            plain.append(call)
    yield from of_calls(tuple(plain))


def _is_script(name: str) -> bool:
    """A file of PowerShell, or a batch file that is not a known program: what it runs is not read."""
    ending = re.search(r"(?i)\.(?:ps1|bat|cmd)\Z", name)
    return bool(ending) and (
        ending is None or ending[0].lower() == ".ps1" or not _is_known(_table_name(name))
    )


def _is_known(name: str) -> bool:
    return name in SYNTAXES or name in REPOSITORIES or name in names()


def _table_name(name: str) -> str:
    """A program as the tables of programs spell it, where they have it; else as it is written."""
    base = name.replace("\\", "/").rpartition("/")[2]
    bare = re.sub(r"(?i)\.(?:exe|cmd|bat|com)\Z", "", base)
    for spelled in (bare, bare.lower()):
        if _is_known(spelled):
            return spelled
    return bare.lower() if bare != base or "\\" in name else name


def _with(surroundings: Surroundings, environment: Mapping[str, str]) -> Surroundings:
    """The surroundings with what ``set`` has set."""
    if not environment:
        return surroundings

    def value(name: str) -> str | Hole:
        found = environment.get(name.upper())
        return surroundings.value(name) if found is None else found

    return replace(surroundings, value=value)
