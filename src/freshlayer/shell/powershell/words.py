"""The words of a command, as strings that the grammar knows."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.cursor import Cursor

_BLANK = compiled(r"(?:[ \t\r\f\v]|`\r?\n|<#.*?(?:#>|\Z))*", re.DOTALL)
_COMMENT = compiled(r"#[^\n]*")
_OPTION = compiled(r"-[A-Za-z_][\w-]*(?::(?=\S))?(?=[\s;|&)}<>$\"'@(]|\Z)|-[A-Za-z_]\w*:(?=[A-Za-z0-9.\\/])")
HERE = compiled(r"@([\"'])[ \t]*\r?\n(.*?)\n\1@", re.DOTALL)
_QUOTED = compiled(r"'(?>(?:[^']|'')*)'?|\"(?:[^\"`$]|`.|\"\"|\$(?!\())*", re.DOTALL)
VARIABLE = compiled(r"\$(?:\{[^}\n]*\}|(?:\w+:)?\w+|[$?^_])")
_SPLAT = compiled(r"@\w+(?=[\s;|&)}]|\Z)")
REDIRECTION = compiled(r"(?:[1-6*]?>>?|<)[ \t]*(?:&[12])?")
_END_OF_WORD = frozenset(" \t\r\n;|&(){},<>")
FOREACH_METHOD = compiled(r"\.(foreach|where)(?=\()", re.IGNORECASE)


class Words(Cursor):
    """Spells the words of commands."""

    def arguments(self) -> None:
        """The words of a command up to its end."""
        while True:
            self.skip(_BLANK)
            if self.next in {"", ";", "\n", "|", "&", ")", "}"}:
                return
            if self.next == "#":
                self.skip(_COMMENT)
            elif self.next == ",":
                self._comma()
            elif self.redirected():
                continue
            else:
                self.out.append(" ")
                before = self.at
                self.word()
                if self.at == before:
                    self.at += 1

    def _comma(self) -> None:
        self.at += 1
        self.skip(compiled(r"[ \t\r\n]*"))
        self.out.append(",")
        if self.next not in {"", ";", "|", ")", "}"}:
            self.word(listed=True)

    def redirected(self) -> bool:
        """Leave out a redirection with its target; whether there was one."""
        if self.next not in "<>*123456" or not REDIRECTION.match(self.text, self.at):
            return False
        merged = self.skip(REDIRECTION)
        if "&" not in merged:
            mark = len(self.out)
            self.word()
            del self.out[mark:]
        return True

    def word(self, *, listed: bool = False) -> None:
        """One word of a command."""
        option = None if listed else _OPTION.match(self.text, self.at)
        if self.text.startswith("--%", self.at):
            self._verbatim()
        elif option:
            self.copy(len(option[0]))
        elif self.one_of("\"'") or HERE.match(self.text, self.at):
            self.string()
            self._postfix()
        elif self.one_of("({") or self.text.startswith(("$(", "@(", "@{"), self.at):
            self._group_or_hash()
            self._postfix()
        elif self.next == "$":
            self._word_with_variable()
        elif self.next == "[" and not listed:
            self.bare()
        elif self.next == "@" and _SPLAT.match(self.text, self.at):
            self.copy(len(self.peek(_SPLAT)))
        else:
            self.bare()

    def _word_with_variable(self) -> None:
        """``$a.b`` and ``$a[0]`` are expressions, ``$a/b`` is a string."""
        variable = self.peek(VARIABLE)
        behind = self.text[self.at + len(variable) : self.at + len(variable) + 1]
        dotted = re.match(r"\.(?![A-Za-z_])", self.text[self.at + len(variable) :][:2])
        if not variable or dotted or (behind and behind not in _END_OF_WORD | set(".[:")):
            self.bare()
        else:
            # The grammar knows no index behind a call there.
            postfix = behind in {".", "[", ":"}
            self.out.append("(" if postfix else "")
            self.copy(len(variable))
            self._postfix()
            self.out.append(")" if postfix else "")

    def _postfix(self) -> None:
        """Members, calls and indexes directly behind a value."""
        while True:
            member = self.peek(compiled(r"(?:\.|::)[A-Za-z_]\w*"))
            if member:
                self.method_name(member)
            elif self.next == "[":
                self.enter("[", "]", operands=True)
            elif self.next == "(" and self.out[-1:] and re.search(r"\w\"?\Z", self.out[-1]):
                self.enter("(", ")", operands=True)
            else:
                return

    def method_name(self, member: str) -> None:
        """``.name``; a keyword is spelled as a string."""
        self.at += len(member)
        reserved = FOREACH_METHOD.match(f"{member}(") and self.next == "("
        self.out.append(f'."{member[1:]}"' if reserved else member)

    def _group_or_hash(self) -> None:
        if self.text.startswith("@{", self.at):
            self.hash()
        else:
            self.group()

    def _verbatim(self) -> None:
        """``--%``: the rest of the line is for the program as it is."""
        match = compiled(r"--%([^\n|]*)").match(self.text, self.at)
        for word in match[1].split() if match else ():
            self.out.append(" '" + word.strip('"').replace("'", "''") + "'")
        self.at = match.end() if match else len(self.text)

    def bare(self) -> None:
        """A word without quotes, or with quotes inside: a string."""
        parts: list[str] = []
        while self.at < len(self.text) and self.next not in _END_OF_WORD:
            parts.append(self._piece())
        self.out.append('"' + "".join(parts) + '"')

    def _piece(self) -> str:
        start, text = self.at, self.text
        character = self.next
        if character == "`":
            self.at += 2
            return text[start : self.at]
        if character in "\"'":
            mark = len(self.out)
            self.string()
            del self.out[mark:]
            inside = text[start + 1 : self.at - 1]
            return inside if character == '"' else re.sub(r"([`$\"])", r"`\1", inside.replace("''", "'"))
        if text.startswith("$(", start):
            mark = len(self.out)
            self.group()
            inside = "".join(self.out[mark:])
            del self.out[mark:]
            return inside
        variable = self.peek(VARIABLE)
        self.at += len(variable) or 1
        return text[start : self.at]

    def string(self) -> None:
        """A string, as it is written."""
        here = HERE.match(self.text, self.at)
        if here:
            self.copy(len(here[0]))
            return
        start = self.at
        if not self.skip(_QUOTED):
            self.at += 1
        while self.text[start] == '"' and self.next not in {"", '"'}:
            # ``$(…)`` has its own quotes.
            mark = len(self.out)
            self.group()
            del self.out[mark:]
            self.skip(compiled(r"(?:[^\"`$]|`.|\"\"|\$(?!\())*", re.DOTALL))
        if self.text[start] == '"' and self.next == '"':
            self.at += 1
        self.out.append(self.text[start : self.at])
