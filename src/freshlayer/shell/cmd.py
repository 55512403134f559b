"""A command line of cmd → the programs that it runs, with their words. Pure: nothing is ever run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.command_line import divided, moved
from freshlayer.shell.placeholders import Placeholders
from freshlayer.shell.values import Hole, Text, Why

_LONGEST = 64 * 1024
_MOST_COMMANDS = 500
_DEEPEST = 8
_VARIABLE = compiled(r"%([A-Za-z_][\w()#.-]*)(?::~(-?\d+)(?:,(-?\d+))?|:([^=%\n]+)=([^%\n]*))?%")
_DELAYED = compiled(r"!([A-Za-z_]\w*)!")
_REDIRECTION = compiled(r"[0-9]?(?:>>?|<)[ \t]*(?:&[0-9]|\"[^\"]*\"|[^\s\"&|<>()]+)?")
_PREFIX = compiled(r"(?i)[ \t@]*(?:(?:else|call)(?=[ \t(@])[ \t]*)*")
_IF = compiled(
    r"(?i)if[ \t]+(?:/i[ \t]+)?(?:not[ \t]+)?(?:(?:exist|defined|errorlevel|cmdextversion)[ \t]+"
    r"(?:\"[^\"]*\"|\S+)|(?:\"[^\"]*\"|[^\s=\"]+)[ \t]*(?:==|[ \t](?:equ|neq|lss|leq|gtr|geq)[ \t])[ \t]*"
    r"(?:\"[^\"]*\"|[^\s(]+))[ \t]*"
)
_FOR = compiled(r"(?i)for[ \t]+(/[a-z][^%]*)?%%?([a-z])[ \t]+in[ \t]*\(([^)]*)\)[ \t]*do[ \t]*")
_SET = compiled(r"(?i)set[ \t]+(?:\"([^=\"]+)=(.*?)\"[ \t]*|([^=/\"\s][^=\"]*)=(.*))", re.DOTALL)
_NESTED = compiled(r"(?i)(?:\"?(?:[a-z]:)?[\w\\/]*\\)?cmd(?:\.exe)?\"?((?:[ \t]+/[a-z](?::\w+)?)*)[ \t]*")
_CHANGES_DIRECTORY = compiled(r"(?i)(?:cd|chdir|pushd)[ \t]+(?:/d[ \t]+)?(\"[^\"]+\"|[^\s\"]+)")
_SILENT = compiled(
    r"(?i)(?:echo|rem|cd|chdir|md|mkdir|rd|rmdir|del|erase|exit|title|type|dir|popd|pushd|setlocal|endlocal)\b|::"
)

Value = Callable[[str], str | Hole]
"""The environment at the start: a name's value, or why it is not known."""


class Program(Struct, frozen=True):
    """A program that a line runs. ``line`` is what follows its name, as written.

    ``environment``: what ``set`` has set before it.
    """

    words: tuple[Text, ...]
    environment: tuple[tuple[str, str], ...] = ()
    directory: str = "/"


class Programs(Struct, frozen=True):
    """The programs in order. ``whole``: False where the line is too long or too deep."""

    programs: tuple[Program, ...]
    whole: bool


def programs(line: str, value: Value, directory: str = "/") -> Programs:
    """What ``cmd /S /C line`` runs, started in a directory. Never fails."""
    reader = _Reader(value, directory)
    if len(line) > _LONGEST:
        return Programs((), whole=False)
    reader.line(reader.expanded(line), 0)
    return Programs(tuple(dict.fromkeys(reader.found)), reader.whole)


class _Reader:
    """``found`` grows by what runs; ``whole``: False where something was left out."""

    def __init__(self, value: Value, directory: str) -> None:
        self._directory = directory
        self.found: list[Program] = []
        self.whole = True
        self._value = value
        self._holes = Placeholders()
        self._set: dict[str, str] = {}

    def expanded(self, line: str) -> str:
        """``%NAME%`` is replaced before anything of the line runs; one that has no value stays as it is."""
        return _VARIABLE.sub(self._variable, line)

    def _variable(self, match: re.Match[str]) -> str:
        found = self._named(match[1])
        if isinstance(found, Hole):
            return self._holes.spelled((found,))
        if match[2] is not None:
            start, length = int(match[2]), int(match[3]) if match[3] is not None else None
            rest = found[start:] if start >= 0 or -start <= len(found) else found
            return rest if length is None else rest[:length]
        if match[4] is not None:
            return re.sub(re.escape(match[4]), lambda _: match[5], found, flags=re.IGNORECASE)
        return found

    def _named(self, name: str) -> str | Hole:
        spelled = dict.fromkeys((name, name.upper(), name.lower()))
        found = [self._value(one) for one in spelled]
        known = next((one for one in found if isinstance(one, str)), None)
        if known is not None:
            return known
        hole = next((one for one in found if isinstance(one, Hole) and one.why is not Why.BASE), found[0])
        return Hole(hole.why, hole.reason, f"%{name}%") if isinstance(hole, Hole) else hole

    def line(self, text: str, depth: int) -> None:
        """A line whose variables are replaced."""
        if depth > _DEEPEST:
            self.whole = False
            return
        for command in _commands(text):
            if len(self.found) >= _MOST_COMMANDS:
                self.whole = False
                return
            self._command(command, depth)

    def _command(self, command: str, depth: int) -> None:
        prefix = _PREFIX.match(command)
        command = command[prefix.end() if prefix else 0 :]
        condition, loop, nested = _IF.match(command), _FOR.match(command), _NESTED.match(command)
        if condition:
            self.line(command[condition.end() :], depth + 1)
        elif loop:
            self._loop(loop, command[loop.end() :], depth)
        elif assigned := _SET.fullmatch(command):
            self._set[(assigned[1] or assigned[3]).strip().upper()] = assigned[2] or assigned[4] or ""
        elif nested and nested[1]:
            self._nested(nested, command[nested.end() :], depth)
        elif changed := _CHANGES_DIRECTORY.fullmatch(command.strip()):
            self._directory = moved(self._directory, changed[1].strip('"'))
        elif command.strip() and not _SILENT.match(command):
            self._program(command)

    def _nested(self, match: re.Match[str], line: str, depth: int) -> None:
        """``cmd /c "line"``: the outer quotes are taken away."""
        line = line.strip()
        if line.startswith('"') and line.endswith('"') and len(line) > 1:
            line = line[1:-1]
        if re.search(r"(?i)/[cksr]\b", match[1]):
            self.line(self._delayed(line) if "/v" in match[1].lower() else line, depth + 1)

    def _delayed(self, line: str) -> str:
        """``!NAME!`` under ``/V:ON``: the sets of the line itself are made out as they run."""
        for command in _commands(line):
            assigned = _SET.fullmatch(command.strip())
            if assigned:
                self._set[(assigned[1] or assigned[3]).strip().upper()] = assigned[2] or assigned[4] or ""
        return _DELAYED.sub(lambda match: self._set.get(match[1].upper(), match[0]), line)

    def _loop(self, loop: re.Match[str], body: str, depth: int) -> None:
        """``for %i in (a b) do …``; what ``/f`` reads is not known."""
        items = divided(loop[3].replace(",", " ").replace(";", " "))
        if loop[1] and loop[1].lower().startswith("/l"):
            items = _counted(loop[3])
        elif (loop[1] and not loop[1].lower().startswith(("/d", "/r"))) or any(
            set("*?") & set(i) for i in items
        ):
            reason = Reason("needs-command-output", detail="a loop of cmd reads it")
            items = [self._holes.spelled((Hole(Why.OTHER, reason, f"%{loop[2]}"),))]
        for item in items[:_MOST_COMMANDS]:
            pieces = re.split(rf"%%?(?:~[a-z]*)?{loop[2]}(?![A-Za-z0-9_]*%)", body)
            self.line(item.join(pieces), depth + 1)

    def _program(self, command: str) -> None:
        words = divided(_unescaped(_without_redirections(command)))
        if words and words[0].lower() in {"start", "start.exe"}:
            words = _started(words[1:])
        if words:
            known = tuple((name, value) for name, value in self._set.items())
            found = tuple(self._holes.read(word) for word in words)
            self.found.append(Program(found, known, self._directory))


def _commands(line: str) -> Iterator[str]:
    """The commands between ``&``, ``&&``, ``|``, ``||``, line ends and parentheses, as written."""
    start = at = depth = 0
    inside = False
    while at < len(line):
        character = line[at]
        if character == "^" and not inside:
            at += 2
            continue
        if character == '"':
            inside = not inside
        opens = character == "(" and (not line[start:at].strip(" \t@") or _opens_block(line[start:at]))
        merges = character == "&" and at > 0 and line[at - 1] in "<>"
        if not inside and not merges and (opens or character in "&|\n" or (character == ")" and depth)):
            yield line[start:at]
            start = at + 1
            depth += opens - (character == ")")
        at += 1
    yield line[start:]


def _opens_block(before: str) -> bool:
    """``if … (`` and ``else (``: what is in parentheses is a command like the ones around it."""
    return bool(_IF.fullmatch(before.lstrip(" \t@")) or re.fullmatch(r"(?i)[ \t]*else[ \t]*", before))


def _without_redirections(command: str) -> str:
    parts: list[str] = []
    at = 0
    inside = False
    while at < len(command):
        match = None if inside else _REDIRECTION.match(command, at)
        if match and (at == 0 or not command[at].isdigit() or command[at - 1] in " \t"):
            at = match.end()
            continue
        if command[at] == "^" and not inside:
            parts.append(command[at : at + 2])
            at += 2
            continue
        inside ^= command[at] == '"'
        parts.append(command[at])
        at += 1
    return "".join(parts)


def _unescaped(command: str) -> str:
    """``^x`` outside of quotes is ``x``."""
    return re.sub(r'("[^"]*")|\^(.)', lambda match: match[1] or match[2], command, flags=re.DOTALL)


def _counted(text: str) -> list[str]:
    match = re.fullmatch(r"\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*", text)
    if not match or int(match[2]) == 0:
        return []
    first, step, last = (int(part) for part in match.groups())
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return [str(number) for number in numbers[: _MOST_COMMANDS + 1]]


def _started(words: list[str]) -> list[str]:
    """``start /wait "title" program …``."""
    while words and (words[0].startswith("/") or words[0] == ""):
        words = words[1:]
    return words
