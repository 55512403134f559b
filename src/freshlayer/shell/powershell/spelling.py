"""Spell what the grammar does not know in words that it does.

tree-sitter-powershell reads expressions and statements well, and stumbles over the words of commands:
``--a=b``, ``./x``, ``$a/b``, ``A,B``. So every bare word becomes a string, which means the same; comments and
redirections are left out.
"""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.cursor import DEEPEST, TooDeepError
from freshlayer.shell.powershell.words import FOREACH_METHOD, HERE, REDIRECTION, VARIABLE, Words

__all__ = ["TooDeepError", "end_of_group", "respelled"]

_BLANK = compiled(r"(?:[ \t\r\f\v]|`\r?\n|<#.*?(?:#>|\Z))*", re.DOTALL)
_BLANKS_AND_LINES = compiled(r"(?:[ \t\r\n;]|<#.*?(?:#>|\Z))*", re.DOTALL)
_COMMENT = compiled(r"#[^\n]*")
_KEYWORD = compiled(
    r"(?i)(if|elseif|else|while|until|do|try|catch|finally|switch|function|filter|param|return|throw|exit"
    r"|break|continue|for|foreach|begin|process|end|trap|in)(?![\w.:\\/-])"
)
_BLOCKS = frozenset({"begin", "process", "end", "trap", "do", "try", "catch", "finally", "else"})
_CONDITIONS = frozenset({"if", "elseif", "while", "until", "for", "foreach"})
_PLAIN_NAME = compiled(r"[A-Za-z_][\w-]*(?:\.[A-Za-z][\w-]*)*(?=[\s;|&){}<>]|\Z)")
_SEPARATOR = compiled(r"&&|\|\||\|")
_ASSIGNS = compiled(r"(?:[-+*/%]|\?\?)?=(?!=)")
_RANGE_OR_NUMBER = compiled(
    r"-?\d+(?:\.\.|(?![\w.\\/:-]*[A-Za-z_\\/]))|[.,]\d|\d[\d.]*(?:[kmgtp]b)?\s*[-+*/%,.]"
)
_END_OF_WORD = frozenset(" \t\r\n;|&(){},<>")


def respelled(text: str) -> str:
    """The script with its words as strings. Raises TooDeepError."""
    speller = _Speller(text)
    speller.statements("")
    return "".join(speller.out)


def end_of_group(text: str, start: int) -> int:
    """Where ``$(…)`` that starts there ends, behind its parenthesis, or the end of the text."""
    speller = _Speller(text)
    speller.at = start
    speller.group()
    return speller.at


class _Speller(Words):
    """Spells statements and expressions."""

    def statements(self, closing: str) -> None:
        """Up to the closing character, which is not taken."""
        while self.at < len(self.text):
            self.blanks()
            if self.next in {"", closing}:
                return
            if self.one_of(";\n"):
                self.copy()
            elif self.one_of(")}]"):
                # One that closes nothing: the grammar reports it.
                self.copy()
            else:
                before = self.at
                self._pipeline()
                if self.at == before:
                    self.copy()

    def _pipeline(self) -> None:
        while True:
            self._element()
            self.blanks()
            separator = self.skip(_SEPARATOR)
            if not separator:
                if self.next == "&":
                    self.at += 1
                return
            self.out.append(f" {separator} ")
            self.skip(_BLANKS_AND_LINES)

    def _element(self) -> None:
        keyword = _KEYWORD.match(self.text, self.at)
        if keyword and self._is_keyword(keyword[1].lower(), keyword.end()):
            self._keyword(keyword[1].lower())
        elif self.one_of("&.") and (self.text[self.at + 1 : self.at + 2] or " ") in " \t\"'${(\\":
            self._called()
        elif self.one_of("$\"'([@{-+!,`") or _RANGE_OR_NUMBER.match(self.text, self.at):
            self._expression()
        else:
            self._command(called=False)

    def _is_keyword(self, word: str, end: int) -> bool:
        behind = self.text[end:].lstrip(" \t\r\n")[:1]
        if word in _BLOCKS:
            return behind == "{" or (word in {"catch", "trap"} and behind == "[")
        if word in _CONDITIONS | {"param"}:
            return behind == "("
        return word != "in"

    def _keyword(self, word: str) -> None:
        self.copy(len(word))
        self.blanks()
        if word in {"function", "filter"}:
            self._definition()
        elif word == "switch":
            self._switch()
        elif word == "param":
            self._to("(")
            self.enter("(", ")", operands=True)
            self.out.append(";")
        elif word == "foreach":
            self._to("(")
            self._foreach()
        elif word in {"return", "throw", "exit"}:
            if self.next not in {"", ";", "\n", "}", ")"}:
                self._pipeline()
        elif word in {"break", "continue"}:
            self.skip(compiled(r"\w+"))
        else:
            self._blocks()

    def _to(self, mark: str) -> None:
        while self.next not in {"", mark}:
            self.copy()

    def _blocks(self) -> None:
        """``(condition) {block}``, ``[type] {block}``, ``{block}``."""
        while True:
            space = compiled(r"[ \t\r\n]*").match(self.text, self.at)
            end = space.end() if space else self.at
            mark = self.text[end : end + 1]
            if mark not in {"(", "{", "["}:
                return
            self.at = end
            self.out.append(" ")
            if mark == "[":
                self.enter("[", "]", operands=True)
            else:
                self.group()
            if mark == "{":
                return

    def _definition(self) -> None:
        while self.next not in {"", "(", "{"}:
            self.copy()
        if self.next == "(":
            self.enter("(", ")", operands=True)
        self._blocks()

    def _foreach(self) -> None:
        """``($name in items) { body }``."""
        head = compiled(r"\(\s*(\$[\w:]+)\s+in\b", re.IGNORECASE).match(self.text, self.at)
        if not head:
            self._blocks()
            return
        self.at = head.end()
        self.out.append(f"({head[1]} in ")
        self.skip(_BLANK)
        self.statements(")")
        self.copy()
        self._blocks()

    def _switch(self) -> None:
        """The grammar wants each clause on a line of its own."""
        while self.next not in {"", "{", ";"}:
            if self.next == "(":
                self.group()
            else:
                self.copy()
        if self.next != "{":
            return
        self.copy()
        while self.next not in {"", "}"}:
            self.skip(_BLANKS_AND_LINES)
            if self.next == "#":
                self.skip(_COMMENT)
            elif self.next not in {"", "}"}:
                self._clause()
        self.copy()

    def _clause(self) -> None:
        """A pattern, which may be a block itself, and the body."""
        if self.next == "{":
            self.group()
        before = self.at
        while self.next not in {"", "{", "}"}:
            if not self._token():
                self.copy()
        if self.next == "{":
            self.group()
        elif self.at == before:
            self.copy()
        self.out.append("\n")

    def _called(self) -> None:
        """``& name`` and ``. name``."""
        self.copy()
        self.out.append(" ")
        self.skip(_BLANK)
        if self.one_of("$\"'({"):
            self.word()
            self.arguments()
        else:
            self._command(called=True)

    def _command(self, *, called: bool) -> None:
        plain = _PLAIN_NAME.match(self.text, self.at)
        if plain and not called:
            self.copy(len(plain[0]))
        elif self.one_of("%?") and self.text[self.at + 1 : self.at + 2] in {" ", "{", "\t", ""}:
            self.copy()
        elif self.next in _END_OF_WORD:
            self.copy()
            return
        else:
            self.out.append("" if called else "& ")
            self.bare()
        self.arguments()

    def _token(self) -> bool:
        """One token of an expression that is more than a character; whether there was one."""
        if self.one_of("\"'") or HERE.match(self.text, self.at):
            self.string()
        elif self.text.startswith("@{", self.at):
            self.hash()
        elif self.next == "(" and re.search(r"[\w}\"]\Z", self.out[-1] if self.out else ""):
            self.enter("(", ")", operands=True)
        elif self.one_of("({") or self.text.startswith(("$(", "@("), self.at):
            self.group()
        elif self.next == "[":
            self.enter("[", "]", operands=True)
        elif variable := self.peek(VARIABLE):
            self.copy(len(variable))
        elif member := self.peek(FOREACH_METHOD):
            self.method_name(member)
        elif word := self.peek(compiled(r"-?[A-Za-z_]\w*")):
            self.copy(len(word))
            if word.startswith("-"):
                self.out.append(" ")
        else:
            return False
        return True

    def _expression(self) -> None:
        while self.at < len(self.text):
            self.blanks()
            if self.next in {"", ";", "\n", "|", ")", "}", "]"} or self.text.startswith("&", self.at):
                return
            assigns = self.peek(_ASSIGNS)
            if assigns:
                self.copy(len(assigns))
                self.skip(_BLANKS_AND_LINES)
                self.out.append(" ")
                self._pipeline()
                return
            if self.peek(REDIRECTION) and self.redirected():
                continue
            if not self._token():
                self._character()

    def _character(self) -> None:
        """An operator; a line may end behind it."""
        character = self.next
        if self.text.startswith(("++", "--"), self.at):
            self.copy()
            character = ""
        self.copy()
        if character and character in "+*/,%":
            self.skip(compiled(r"[ \t\r\n]*"))
            self.out.append(" ")

    def operands(self, closing: str) -> None:
        """Expressions between commas, over lines."""
        while self.at < len(self.text):
            self.blanks()
            if self.next in {"", closing}:
                return
            if not self._token():
                self.copy()

    def hash(self) -> None:
        """``@{ key = value }``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError
        self.copy(2)
        while self.next:
            self.skip(_BLANKS_AND_LINES)
            if self.next == "#":
                self.skip(_COMMENT)
                continue
            if self.next in {"", "}"}:
                break
            self._entry()
        self.copy()
        self.depth -= 1

    def _entry(self) -> None:
        before = self.at
        while self.next not in {"", "=", "}", ";", "\n"}:
            if not self._token():
                self.copy()
        if self.next == "=":
            self.copy()
            self.skip(_BLANKS_AND_LINES)
            self.out.append(" ")
            if self.next not in {"", "}"}:
                self._pipeline()
            self.out.append(";")
        elif self.at == before:
            self.copy()
