"""Instructions of plain words, as most are, without the library, which looks at each of their characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from sys import intern

from freshlayer.dockerfile.model import Heredoc, Instruction
from freshlayer.lazy_regex import ASCII, compiled

_PLAIN = r"[!#-&(-\[\]-~]"
"""A character of ASCII that is neither a blank nor a quote nor the escape character."""
_FLAGS = rf"((?>(?:--{_PLAIN}++[ \t]++)*))"
_QUOTED = rf"""(?>(?:{_PLAIN}++|\\[!-~]|"(?>(?:[ \t!#-\[\]-~]++|\\[ -~])*)"|'[ \t!-&(-~]*+')+)"""
"""A word, in which a blank may stand between quotes, and anything behind an escape character."""
_OF_TEXT = compiled(rf"(RUN|WORKDIR|USER|CMD|ENTRYPOINT|MAINTAINER|STOPSIGNAL)[ \t]+{_FLAGS}(?=[!-,.-Z\\-~])")
"""Not in exec form."""
_BEGINNINGS = frozenset(map(chr, range(ord("!"), ord("~") + 1))) - frozenset("-[")
"""The same characters."""
_OF_WORDS = compiled(
    rf"(COPY|ADD|ARG|ENV|LABEL)[ \t]+{_FLAGS}((?![-\[]){_PLAIN}++(?>(?:[ \t]++{_PLAIN}++)*))[ \t]*+"
)
_OF_SPLIT_WORDS = compiled(
    rf"(FROM|EXPOSE|VOLUME)[ \t]+{_FLAGS}((?![-\[])[!-~]++(?>(?:[ \t]++[!-~]++)*))[ \t]*+"
)
"""In which a quote is a character as any other."""
_OF_QUOTED_WORDS = compiled(
    rf"(COPY|ADD|ARG|ENV|LABEL)[ \t]+{_FLAGS}((?![-\[]){_QUOTED}(?>(?:[ \t]++{_QUOTED})*))[ \t]*+"
)
_QUOTED_WORD = compiled(_QUOTED)
_OF_PAIRS = frozenset({"ENV", "LABEL"})
_OF_ONE_PAIR = compiled(rf"(ENV|LABEL)[ \t]+((?![-\[])(?>(?:(?!=){_PLAIN})+))[ \t]++(?=[!-~])")
"""The first form of all: a blank instead of ``=``, and all behind it is the value."""
_STRING = r'"[ !#-\[\]-~]*+"'
_LIST = rf"\[[ \t]*+((?>(?:{_STRING}(?>(?:[ \t]*+,[ \t]*+{_STRING})*))?))[ \t]*+\][ \t]*+"
_OF_STRINGS = compiled(rf"(RUN|CMD|ENTRYPOINT|SHELL|COPY|ADD|VOLUME)[ \t]+{_FLAGS}{_LIST}")
"""In exec form."""
_OF_HEALTH = compiled(rf"(HEALTHCHECK)[ \t]+{_FLAGS}((?!-)[!-~]++)[ \t]++(?=[!-Z\\-~]|{_LIST}$)")
"""Its command follows the word ``CMD``, as text or in exec form."""
_Parts = tuple[str, Iterable[str], list[str], bool]
"""Name, flags, arguments, and whether these are in exec form."""
_OF_DOCUMENTS = frozenset({"ADD", "COPY", "RUN"})
_VARIABLE = r"\$(?:[A-Za-z_]\w*+|\{[A-Za-z_]\w*+\})"
_IN_QUOTES = rf"""(?>(?:[ \t!#%-;=-\[\]-~]|{_VARIABLE})*)"""
_NO_DOCUMENT = rf"""(?>(?:[!#%&(-;=-\[\]-~]|{_VARIABLE}|"{_IN_QUOTES}"|'[ \t!-&(-;=-~]*+')+)"""
"""A word of a command that holds no ``<``."""
_DOCUMENT = r"""(?<![^ \t])(\d{0,3})<<(-?)((["']?)[A-Za-z_]\w*+\4)(?=[ \t]|$)"""
_WORDS_AND_DOCUMENTS = compiled(rf"(?>(?:[ \t]++|{_DOCUMENT}|{_NO_DOCUMENT})*)", ASCII)
_DOCUMENTS = compiled(_DOCUMENT, ASCII)
Lines = Iterator[tuple[int, str]]
"""The lines of a Dockerfile behind an instruction, with their numbers."""


def plain_instruction(line: str, number: int, start: int, end: int, lines: Lines) -> Instruction | None:
    """What the library makes of an instruction on one line; None where it is not plain.

    ``start``, ``end``: its lines in the Dockerfile; ``lines``: those behind it, of which its here-documents
    are taken.
    """
    if line[4:5] in _BEGINNINGS and line[:4] == "RUN " and not ("<" in line and "<<" in line):
        rest = line[4:].rstrip()
        text = "" if len(line) == len(rest) + 4 else line
        return Instruction(number, "RUN", (), (), False, (), text, rest, start, end)
    for read in _READERS.get(line[: line.find(" ")], _ANY):
        parts = read(line)
        if parts:
            break
    else:
        return None
    name, flags, words, exec_form = parts
    documents: tuple[Heredoc, ...] = ()
    if name in _OF_DOCUMENTS and "<" in line and "<<" in line and not exec_form:
        found = _documents(line, end, lines)
        if found is None:
            return None
        documents, end = found
    if name != "RUN" or exec_form:
        return Instruction(
            number, intern(name), tuple(flags), tuple(words), exec_form, documents, line, "", start, end
        )
    (rest,) = words
    text = "" if len(line) == len(rest) + len("RUN ") and line[3] == " " else line
    return Instruction(number, "RUN", tuple(flags), (), False, documents, text, rest, start, end)


def _of_run(line: str) -> _Parts | None:
    """Without flags and not in exec form, which is the same as below without an expression."""
    return ("RUN", (), [line[4:].strip()], False) if line[4:5] in _BEGINNINGS else _of_text(line)


def _of_text(line: str) -> _Parts | None:
    match = _OF_TEXT.match(line)
    return (match[1], match[2].split(), [line[match.end() :].strip()], False) if match else None


def _of_words(line: str) -> _Parts | None:
    match = _OF_WORDS.fullmatch(line)
    return _with_pairs(match, match[3].split()) if match else None


def _of_strings(line: str) -> _Parts | None:
    match = _OF_STRINGS.fullmatch(line)
    return (match[1], match[2].split(), match[3].split('"')[1::2], True) if match else None


def _of_split_words(line: str) -> _Parts | None:
    match = _OF_SPLIT_WORDS.fullmatch(line)
    return (match[1], match[2].split(), match[3].split(), False) if match else None


def _of_health(line: str) -> _Parts | None:
    match = _OF_HEALTH.match(line)
    if not match:
        return None
    command, listed = line[match.end() :].strip(), match[4]
    words = [command] if listed is None else listed.split('"')[1::2]
    return match[1], match[2].split(), [match[3], *words], listed is not None


def _of_quoted_words(line: str) -> _Parts | None:
    match = _OF_QUOTED_WORDS.fullmatch(line)
    return _with_pairs(match, _QUOTED_WORD.findall(match[3])) if match else None


def _with_pairs(match: re.Match[str], words: list[str]) -> _Parts | None:
    """With name, value and what is between them in place of each word of some instructions."""
    name, flags = match[1], match[2].split()
    if name not in _OF_PAIRS:
        return name, flags, words, False
    pairs = [word.partition("=") for word in words]
    if [None for pair in pairs if not pair[1]]:
        return None
    return name, flags, [part for key, equals, value in pairs for part in (key, value, equals)], False


def _of_one_pair(line: str) -> _Parts | None:
    match = _OF_ONE_PAIR.match(line)
    return (match[1], [], [match[2], line[match.end() :].strip(), ""], False) if match else None


def _documents(line: str, end: int, lines: Lines) -> tuple[tuple[Heredoc, ...], int] | None:
    """The here-documents of an instruction that has ``<<`` in it, taken from the lines, and its last line.

    None where its words are not plain, or where a here-document has no end.
    """
    if not _WORDS_AND_DOCUMENTS.fullmatch(line):
        return None
    documents: list[Heredoc] = []
    for _, tabs, word, _ in _DOCUMENTS.findall(line):
        name = word.strip("\"'")
        found = _content(name, lines, strip_tabs=bool(tabs))
        if found is None:
            return None
        content, end = found
        documents.append(Heredoc(name, content, bool(tabs)))
    return tuple(documents), end


def _content(name: str, lines: Lines, *, strip_tabs: bool) -> tuple[str, int] | None:
    """The content that is taken from the lines, and the number of the line that ends it."""
    content: list[str] = []
    for number, line in lines:
        if (line.lstrip("\t") if strip_tabs else line) == name:
            return "".join(content), number
        content.append(f"{line}\n")
    return None


_TEXT, _SPLIT_WORDS, _STRINGS = (_of_text,), (_of_split_words,), (_of_strings,)
_READERS: dict[str, tuple[Callable[[str], _Parts | None], ...]] = {
    "RUN": (_of_run, _of_strings),
    **dict.fromkeys(("WORKDIR", "USER", "MAINTAINER", "STOPSIGNAL"), _TEXT),
    **dict.fromkeys(("CMD", "ENTRYPOINT"), _TEXT + _STRINGS),
    **dict.fromkeys(("FROM", "EXPOSE"), _SPLIT_WORDS),
    **dict.fromkeys(("COPY", "ADD"), (_of_words, _of_strings, _of_quoted_words)),
    **dict.fromkeys(("ENV", "LABEL"), (_of_words, _of_quoted_words, _of_one_pair)),
    "ARG": (_of_words, _of_quoted_words),
    "SHELL": _STRINGS,
    "VOLUME": _SPLIT_WORDS + _STRINGS,
    "HEALTHCHECK": (_of_health,),
}
"""Keyword → what reads the instruction."""
_ANY = (_of_text, _of_words, _of_split_words, _of_strings, _of_quoted_words, _of_one_pair, _of_health)
"""The same where a tab is behind the keyword."""
