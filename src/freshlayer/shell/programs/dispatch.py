"""What programs and builtins do to values: what is understood is computed, the rest is recorded as a call."""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import basename

from freshlayer.masking import masked_words
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell.expand import not_computed
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.programs import test as conditions
from freshlayer.shell.programs.filters import FILTERS, finds
from freshlayer.shell.programs.printing import PRINTERS
from freshlayer.shell.programs.uname import answer
from freshlayer.shell.programs.wrappers import SHELLS, unwrapped, xargs_commands, xargs_options
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, CommandResult, Status, together
from freshlayer.shell.values import (
    BLANKS,
    NOTHING,
    Hole,
    Text,
    Values,
    Why,
    alternatives,
    concat,
    known,
    number,
    separator,
    split,
    text_of,
    worst,
    written,
)

Fields = tuple[Text, ...]
_ENDS = {"exit": End.EXIT, "return": End.RETURN, "break": End.BREAK, "continue": End.CONTINUE}
_LONGEST_SHOWN = 80
_MOST_PRINTED = 20
_SILENT = frozenset(
    "umask trap ulimit shopt hash wait sleep mkdir rm rmdir chmod chown ln touch mv"
    " alias unalias type command getopts".split()
)
_TESTS = frozenset("grep egrep fgrep command type hash which id getent cmp diff pgrep".split())
"""Programs whose exit status is a result, not an error."""

_INPUT = Hole(
    Why.IMAGE, Reason("needs-command-output", detail="its arguments are read from standard input"), "…"
)
_FOUND = Hole(Why.IMAGE, Reason("needs-image-files", detail="its arguments are files of the image"), "{}")
_MAKES_NAMES = {"export", "declare", "local", "typeset", "readonly"}
LOCAL = frozenset({"local", "declare", "typeset"})
"""What makes a name that ends with its function."""


class Programs:
    """One command after expansion, in a frame."""

    def __init__(self, runner: Runner, platform: str, fetchers: frozenset[str]) -> None:
        self._runner = runner
        self._platform = platform
        self._fetchers = fetchers
        self._builtins: dict[str, Callable[[Fields, Frame, Values | None], CommandResult]] = {
            ":": self._true,
            "true": self._true,
            "false": self._false,
            "exit": self._exit,
            "return": self._exit,
            "break": self._exit,
            "continue": self._exit,
            "[": self._test,
            "[[": self._test,
            "test": self._test,
            "set": self._set,
            "shift": self._shift,
            "unset": self._unset,
            "read": self._read,
            **dict.fromkeys(("cd", "pushd", "popd"), self._enter),
            **dict.fromkeys(("mapfile", "readarray"), self._map_file),
            "eval": self._eval,
            ".": self._source,
            "source": self._source,
            "find": self._find,
            "xargs": self._xargs,
            **dict.fromkeys(PRINTERS, self._print),
            **dict.fromkeys(_MAKES_NAMES, self._export),
            **dict.fromkeys((*SHELLS, "su", "runuser"), self._shell),
        }

    def run(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """Follow one command; note it where it is a program."""
        fields, assignments = unwrapped(fields)
        if not fields:
            return DONE
        name = known(fields[0])
        if assignments:
            frame = frame.copy()
            frame.variables.update(assignments)
        self._runner.at = frame
        if name is None:
            return self._external(fields, given)
        if name in frame.functions:
            return self._function(name, fields, frame, given)
        name = basename(name)
        if name in self._builtins:
            return self._builtins[name](fields, frame, given)
        return self._external(fields, given)

    def lines(self, given: Values | None) -> Values | None:
        """The lines of a known input; None where it has holes or alternatives."""
        if (
            given is None
            or len(given) != 1
            or any(isinstance(p, Hole) and p.why is not Why.ARGUMENT for p in given[0])
        ):
            return None
        lines: list[list[str | Hole]] = [[]]
        for part in given[0]:
            if isinstance(part, Hole):
                lines[-1].append(part)
                continue
            first, *others = part.split("\n")
            lines[-1].append(first)
            lines += [[other] for other in others]
        found = [text_of(*line) for line in lines]
        return tuple(found[:-1] if found and not found[-1] else found)

    def _true(self, _fields: Fields, _frame: Frame, _given: Values | None) -> CommandResult:
        return DONE

    def _false(self, _fields: Fields, _frame: Frame, _given: Values | None) -> CommandResult:
        return CommandResult(Status.FALSE)

    def _exit(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        frame.ended = _ENDS[known(fields[0]) or ""]
        code = number(known(fields[1])) if len(fields) > 1 and frame.ended > End.BREAK else 0
        if code is None:
            return CommandResult(Status.OPEN)
        return DONE if code == 0 else CommandResult(Status.FALSE)

    def _enter(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        """``cd DIR``; without one it is ``~``, and for popd what was before."""
        operands = [field for field in fields[1:] if not re.match(r"-.|\+", known(field) or "")]
        home = "~" if known(fields[0]) == "cd" else "-"
        frame.enter(operands[0] if operands else (home,))
        return CommandResult(Status.PRESUMED)

    def _print(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        """``echo`` passes on what is not known; ``printf -v NAME`` prints into a variable."""
        name, words = basename(known(fields[0]) or ""), [known(field) for field in fields[1:]]
        if name == "printf" and words[:1] == ["-v"] and len(words) > 2:
            frame.set(words[1] or "", self._printed(name, fields[2:], words[2:]))
            return DONE
        if name == "echo" and None in words:
            parts = [part for field in fields[1:] for part in (" ", *field)][1:]
            return CommandResult(Status.TRUE, (text_of(*parts, "\n"),))
        return CommandResult(Status.TRUE, self._printed(name, fields, words))

    def _printed(self, name: str, fields: Fields, words: list[str | None]) -> Values:
        printed = PRINTERS[name]([word or "" for word in words]) if None not in words else None
        if printed is not None:
            return (text_of(printed),)
        return (not_computed(_printed(fields)),) if None not in words else (self._hole(fields),)

    def _test(self, fields: Fields, _frame: Frame, _given: Values | None) -> CommandResult:
        words = list(fields[1:])
        if words and known(words[-1]) in {"]", "]]"}:
            words = words[:-1]
        decided = conditions.decide(words, double=known(fields[0]) == "[[")
        return CommandResult(Status.OPEN if decided is None else Status.TRUE if decided else Status.FALSE)

    def _set(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        words = [known(field) for field in fields]
        if "--" in words:
            frame.arguments = tuple((field,) for field in fields[words.index("--") + 1 :])
        return DONE

    def _shift(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        count = number(known(fields[1])) if len(fields) > 1 else 1
        frame.arguments = frame.arguments[1 if count is None else count :]
        return DONE

    def _unset(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        for field in fields[1:]:
            name = known(field)
            if name:
                frame.variables[name] = NOTHING
                frame.arrays.pop(name, None)
        return DONE

    def _read(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """The first line of a known input, divided among the names."""
        lines = self.lines(given)
        line = lines[0] if lines else (_unread(given),)
        names = [name for name in map(known, fields[1:]) if name is not None]
        if any(re.match(r"-\w*a", name) for name in names):
            found = [field.text for field in split(line, frame.separators, quoted=False) if field.text]
            frame.set_array(names[-1], found, appends=False)
        else:
            _divide(line, [name for name in names if not name.startswith("-")], frame)
        return CommandResult(Status.PRESUMED)

    def _map_file(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """``mapfile -t NAME``."""
        lines = self.lines(given)
        name = known(fields[-1]) or ""
        frame.set_array(name, list(lines) if lines is not None else [(_unread(given),)], appends=False)
        return CommandResult(Status.PRESUMED)

    def _eval(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        text = " ".join(written(field) for field in fields[1:])
        holes = [hole for field in fields if (hole := worst(field)) is not None]
        if not holes:
            return self._runner.script(text, frame, given)
        if all(hole.why < Why.IMAGE for hole in holes):
            self._runner.called(fields)
        frame.anything = self._hole(fields)[0]  # type: ignore[assignment]
        return CommandResult(Status.PRESUMED)

    def _source(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        file = shown(written(fields[1]), _LONGEST_SHOWN) if len(fields) > 1 else "a file"
        frame.anything = Hole(
            Why.IMAGE, Reason("needs-image-files", detail=f"may be set by {file} of the image"), file
        )
        return CommandResult(Status.PRESUMED)

    def _export(self, fields: Fields, frame: Frame, _given: Values | None) -> CommandResult:
        """``export $(…)`` sets unknown names; ``export NAME=VALUE`` as words sets that one."""
        command = known(fields[0])
        for field in fields[1:]:
            text = known(field)
            if text is None and not isinstance(field[0], str):
                frame.anything = worst(field)
                continue
            name, equals, first = str(field[0] if field else "").partition("=")
            if command in LOCAL and name.isidentifier():
                frame.hide(name)
            if equals:
                frame.variables[name] = (text_of(first, *field[1:]),)
            elif command == "local":
                frame.variables[name] = NOTHING
        return DONE

    def _shell(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """``sh -c SCRIPT``, and a script on standard input; with a file it is a program like another."""
        words = [known(field) for field in fields]
        inside = frame.copy()
        for place, word in enumerate(words[1:-1], 1):
            if word is not None and re.fullmatch(r"-[a-z]*c", word):
                script = words[place + 1]
                if script is None:
                    self._runner.called(fields)
                    return CommandResult(Status.PRESUMED, (self._hole(fields),))
                inside.arguments = tuple((field,) for field in fields[place + 3 :])
                inside.variables["0"] = (fields[place + 2],) if len(fields) > place + 2 else (fields[0],)
                return self._runner.script(script, inside, given)
        alone = all(word is not None and re.match(r"-", word) for word in words[1:])
        scripts = [known(text) for text in given] if given and alone else []
        if scripts and None not in scripts:
            for script in scripts:
                self._runner.script(script or "", inside)
            return CommandResult(Status.PRESUMED, (self._hole(fields),))
        return self._external(fields, given)

    def _find(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """``find … -exec COMMAND ;`` runs it with names of files."""
        words = [known(field) for field in fields]
        for place, word in enumerate(words):
            if word in {"-exec", "-execdir", "-ok"}:
                end = next((n for n in range(place, len(words)) if words[n] in {";", "+"}), len(words))
                command = [(_FOUND,) if known(field) == "{}" else field for field in fields[place + 1 : end]]
                self.run(tuple(command), frame.copy(), None)
        return self._external(fields, given)

    def _function(self, name: str, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """Inlined: its own arguments, the caller's variables; a return ends only itself."""
        body = frame.functions[name]
        inside = frame.copy()
        inside.arguments = tuple((field,) for field in fields[1:])
        inside.hidden = {}
        del inside.functions[name]
        outcome = self._runner.run(body, inside, given)
        inside.land(End.RETURN)
        for hidden, values in inside.hidden.items():
            inside.restore(hidden, values)
        inside.functions[name] = body
        inside.arguments, inside.hidden = frame.arguments, frame.hidden
        frame.join([inside])
        return outcome

    def _external(self, fields: Fields, given: Values | None) -> CommandResult:
        name = basename(known(fields[0]) or "")
        words = [known(field) for field in fields]
        plain = [word for word in words if word is not None]
        if len(plain) == len(words):
            said = answer([name, *plain[1:]], self._platform)
            if said is not None:
                return CommandResult(Status.TRUE, (text_of(said, "\n"),))
        if name in FILTERS and given is not None and len(plain) == len(words):
            return self._filtered(name, plain[1:], fields, given)
        if name not in _SILENT:
            self._runner.called(fields, given)
        status = Status.OPEN if name in _TESTS else Status.PRESUMED
        return CommandResult(status, NOTHING if name in _SILENT else (self._hole(fields, given),))

    def _filtered(self, name: str, arguments: list[str], fields: Fields, given: Values) -> CommandResult:
        """An unknown input gives an output that is unknown for the same reason."""
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
                found.append((hole,) if hole else self._hole(fields))
        return CommandResult(together(ends), alternatives(found))

    def _xargs(self, fields: Fields, frame: Frame, given: Values | None) -> CommandResult:
        """``… | xargs COMMAND``: the words of the input are arguments."""
        command, options = xargs_options(fields)
        outcomes = [
            self.run(words, frame.copy(), None)
            for text in (given if given is not None else ((_INPUT,),))
            for words in xargs_commands(command, options, text)
        ]
        out = NOTHING
        for outcome in outcomes:
            out = concat(out, outcome.out)
        return CommandResult(Status.PRESUMED, out)

    def _hole(self, fields: Fields, given: Values | None = None) -> Text:
        """The output of a program: the answer of a server, or something of the image."""
        text = _printed(fields)
        short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
        holes = [hole for item in (*fields, *(given or ())) if (hole := worst(item))]
        secret = next((hole for hole in holes if hole.why is Why.SECRET), None)
        if secret:
            return (secret,)
        upstream = [hole for item in given or () if (hole := worst(item)) and hole.why is Why.ANSWER]
        if upstream:
            return (upstream[0],)
        if basename(known(fields[0]) or "") in self._fetchers and "://" in text:
            reason = Reason("depends-on-answer", detail=f"depends on the answer to {short}")
            return (Hole(Why.ANSWER, reason, f"$({short})"),)
        reason = Reason("needs-command-output", detail=f"needs the output of {short}")
        return (Hole(Why.IMAGE, reason, f"$({short})"),)


def _printed(fields: Fields) -> str:
    """A command for a message."""
    return " ".join(masked_words([written(field) for field in fields[:_MOST_PRINTED]]))


def _unread(given: Values | None) -> Hole:
    """Why a line of an input is not known."""
    holes = [hole for text in given or () if (hole := worst(text)) is not None]
    return max(holes, key=lambda hole: hole.why, default=_INPUT)


def _divide(line: Text, names: list[str], frame: Frame) -> None:
    """As ``read`` does: the last name takes the rest, without the blanks around it."""
    text = known(line)
    if text is None:
        for name in names:
            frame.set(name, (line,))
        return
    blanks = "".join(character for character in frame.separators if character in BLANKS)
    rest = text.strip(blanks) if blanks else text
    for place, name in enumerate(names):
        first = rest
        if place < len(names) - 1 and frame.separators:
            found = separator(frame.separators).search(rest)
            first, rest = (rest[: found.start()], rest[found.end() :]) if found else (rest, "")
        frame.set(name, (text_of(first),))
