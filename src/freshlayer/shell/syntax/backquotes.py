"""Backquotes → ``$(…)``, which the grammar reads wherever it is."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled

_TOKEN = compiled(
    r"(?P<escaped>\\.)|`(?P<script>(?:\\.|[^`\\])*)`|(?P<double>\")|(?P<single>\$?')|(?P<comment>\#)|(?P<line>\n)"
    r"|(?P<opens>\()|(?P<closes>\))|(?P<begins>(?<![\w-])case\s+\S+\s+in\b)|(?P<ends>(?<![\w-])esac\b)"
    r"|(?<!<)<<(?!<)-?[ \t]*[\"'\\]?(?P<document>[A-Za-z_][\w.-]*)[\"']?",
    re.DOTALL,
)
_SINGLE = compiled(r"[^']*'")
_ANSI = compiled(r"(?:\\.|[^'\\])*'", re.DOTALL)
_COMMENT = compiled(r"[^\n]*")
_BEFORE_COMMENT = frozenset(" \t\n;&|()")
_ESCAPED = compiled(r"\\([$`\\])")
_ESCAPED_IN_QUOTES = compiled(r"\\([$`\\\"])")
_MOST_DOCUMENTS = 100


def without_backquotes(text: str) -> str:
    """The script with parentheses for backquotes; quotes, comments and here-documents stay as they are."""
    return _Scan(text).respelled() if "`" in text else text


class _Scan:
    """One way through a text. ``_within``: what is open, from the outside."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._within: list[str] = []
        self._documents: list[str] = []
        self._seen = 0

    def respelled(self, *, ends_in_backquote: bool = False) -> str:
        parts: list[str] = []
        at = 0
        while match := _TOKEN.search(self._text, at):
            parts.append(self._text[at : match.start()])
            script = match["script"]
            if script is not None:
                parts.append(self._substitution(script))
                at = match.end()
                continue
            end = self._end(match)
            if not (ends_in_backquote and match.lastgroup == "comment" and end == len(self._text)):
                # A comment ends at a backquote, and not at a parenthesis.
                parts.append(self._text[match.start() : end])
            at = end
        return "".join(parts) + self._text[at:]

    def _substitution(self, script: str) -> str:
        escaped = _ESCAPED_IN_QUOTES if self._is_quoted() else _ESCAPED
        inner = _Scan(escaped.sub(r"\1", script)).respelled(ends_in_backquote=True)
        # $(( would be arithmetic, and $() is none to the grammar.
        return f"$({' ' if inner.startswith('(') else ''}{inner.rstrip() or ':'})"

    def _is_quoted(self) -> bool:
        return bool(self._within) and self._within[-1] == "double"

    def _end(self, match: re.Match[str]) -> int:
        """Where the token ends; what it opens or closes is noted."""
        kind = match.lastgroup or ""
        if kind == "double":
            if self._is_quoted():
                self._within.pop()
            else:
                self._within.append("double")
        elif kind == "opens":
            if not self._is_quoted() or match.string[match.start() - 1 : match.start()] == "$":
                self._within.append("opens")
        elif not self._is_quoted():
            return self._end_in_plain(match, kind)
        return match.end()

    def _end_in_plain(self, match: re.Match[str], kind: str) -> int:
        match kind:
            case "single":
                return _end_of(_ANSI if match[0] == "$'" else _SINGLE, match)
            case "comment" if match.start() == 0 or self._text[match.start() - 1] in _BEFORE_COMMENT:
                return _end_of(_COMMENT, match)
            case "begins":
                self._within.append("begins")
            case "closes" | "ends":
                opened = {"closes": "opens", "ends": "begins"}[kind]
                if self._within and self._within[-1] == opened:
                    self._within.pop()
            case "document" if self._seen < _MOST_DOCUMENTS:
                self._seen += 1
                self._documents.append(match["document"])
            case "line":
                return self._behind_documents(match.end())
            case _:
                pass
        return match.end()

    def _behind_documents(self, at: int) -> int:
        """Behind the bodies of the here-documents of the line before, the last line break left."""
        for name in self._documents:
            end = re.compile(rf"^\t*{re.escape(name)}$", re.MULTILINE).search(self._text, at)
            at = end.end() if end else at
        self._documents = []
        return at


def _end_of(pattern: re.Pattern[str], match: re.Match[str]) -> int:
    found = pattern.match(match.string, match.end())
    return found.end() if found else match.end()
