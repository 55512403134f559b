"""Instructions of plain words, as most are, without the library, which looks at each of their characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.dockerfile.library import DockerfileHeredoc, DockerfileInstruction
from freshlayer.lazy_regex import ASCII, compiled

_PLAIN = r"[!#-&(-\[\]-~]"
"""A character of ASCII that is neither a blank nor a quote nor the escape character."""
_FLAGS = rf"((?:--{_PLAIN}++[ \t]++)*+)"
_QUOTED = rf"""(?:{_PLAIN}++|"[ \t!#-\[\]-~]*+"|'[ \t!-&(-\[\]-~]*+')++"""
"""A word, in which a blank may stand between quotes."""
_OF_TEXT = compiled(rf"(RUN|WORKDIR|USER|CMD|ENTRYPOINT|MAINTAINER|STOPSIGNAL)[ \t]+{_FLAGS}(?=[!-,.-Z\\-~])")
"""Not in exec form."""
_OF_WORDS = compiled(
    rf"(COPY|ADD|ARG|ENV|LABEL|FROM|EXPOSE|VOLUME)[ \t]+{_FLAGS}"
    rf"((?![-\[]){_PLAIN}++(?:[ \t]++{_PLAIN}++)*+)[ \t]*+"
)
_OF_QUOTED_WORDS = compiled(
    rf"(COPY|ADD|ARG|ENV|LABEL)[ \t]+{_FLAGS}((?![-\[]){_QUOTED}(?:[ \t]++{_QUOTED})*+)[ \t]*+"
)
_QUOTED_WORD = compiled(_QUOTED)
_OF_PAIRS = frozenset({"ENV", "LABEL"})
_OF_ONE_PAIR = compiled(rf"(ENV|LABEL)[ \t]+((?![-\[])(?:(?!=){_PLAIN})++)[ \t]++(?=[!-~])")
"""The first form of all: a blank instead of ``=``, and all behind it is the value."""
_STRING = r'"[ !#-\[\]-~]*+"'
_OF_STRINGS = compiled(
    rf"(RUN|CMD|ENTRYPOINT|SHELL|COPY|ADD|VOLUME)[ \t]+{_FLAGS}"
    rf"\[[ \t]*+({_STRING}(?:[ \t]*+,[ \t]*+{_STRING})*+)[ \t]*+\][ \t]*+"
)
"""In exec form."""
_Parts = tuple[str, list[str], list[str], bool]
"""Name, flags, arguments, and whether these are in exec form."""
_OF_DOCUMENTS = frozenset({"ADD", "COPY", "RUN"})
_VARIABLE = r"\$(?:[A-Za-z_]\w*+|\{[A-Za-z_]\w*+\})"
_NO_DOCUMENT = (
    rf"""(?:[!#%&(-;=-\[\]-~]|{_VARIABLE}|"(?:[ \t!#%-;=-\[\]-~]|{_VARIABLE})*+"|'[ \t!-&(-;=-~]*+')++"""
)
"""A word of a command that holds no ``<``."""
_DOCUMENT = r"""(?<![^ \t])(\d{0,3})<<(-?)((["']?)[A-Za-z_]\w*+\4)(?=[ \t]|$)"""
_WORDS_AND_DOCUMENTS = compiled(rf"(?:[ \t]++|{_DOCUMENT}|{_NO_DOCUMENT})*+", ASCII)
_DOCUMENTS = compiled(_DOCUMENT, ASCII)
Lines = Iterator[tuple[int, str]]
"""The lines of a Dockerfile behind an instruction, with their numbers."""


def plain_instruction(line: str, start: int, end: int, lines: Lines) -> DockerfileInstruction | None:
    """What the library makes of an instruction on one line; None where it is not plain.

    ``start``, ``end``: its lines in the Dockerfile; ``lines``: those behind it, of which its here-documents
    are taken.
    """
    found = (
        _of_text(line) or _of_words(line) or _of_strings(line) or _of_quoted_words(line) or _of_one_pair(line)
    )
    if not found:
        return None
    name, flags, words, exec_form = found
    plain = DockerfileInstruction(name, line, flags, words, exec_form, [], start, end)
    return _with_documents(plain, lines) if "<<" in line else plain


def _of_text(line: str) -> _Parts | None:
    match = _OF_TEXT.match(line)
    return (match[1], match[2].split(), [line[match.end() :].strip()], False) if match else None


def _of_words(line: str) -> _Parts | None:
    match = _OF_WORDS.fullmatch(line)
    return _with_pairs(match, match[3].split()) if match else None


def _of_strings(line: str) -> _Parts | None:
    match = _OF_STRINGS.fullmatch(line)
    return (match[1], match[2].split(), match[3].split('"')[1::2], True) if match else None


def _of_quoted_words(line: str) -> _Parts | None:
    match = _OF_QUOTED_WORDS.fullmatch(line)
    return _with_pairs(match, _QUOTED_WORD.findall(match[3])) if match else None


def _with_pairs(match: re.Match[str], words: list[str]) -> _Parts | None:
    """With name, value and what is between them in place of each word of some instructions."""
    name, flags = match[1], match[2].split()
    if name not in _OF_PAIRS:
        return name, flags, words, False
    pairs = [word.partition("=") for word in words]
    if not all(equals for _, equals, _ in pairs):
        return None
    return name, flags, [part for key, equals, value in pairs for part in (key, value, equals)], False


def _of_one_pair(line: str) -> _Parts | None:
    match = _OF_ONE_PAIR.match(line)
    return (match[1], [], [match[2], line[match.end() :].strip(), ""], False) if match else None


def _with_documents(found: DockerfileInstruction, lines: Lines) -> DockerfileInstruction | None:
    """An instruction that has ``<<`` in it with its here-documents, which are taken from the lines.

    None where its words are not plain, or where a here-document has no end.
    """
    if found.name not in _OF_DOCUMENTS or found.json:
        return found
    if not _WORDS_AND_DOCUMENTS.fullmatch(found.original):
        return None
    for number, tabs, word, quote in _DOCUMENTS.findall(found.original):
        document = DockerfileHeredoc(word.strip("\"'"), "", bool(tabs), not quote, int(number or 0))
        end = _fill(document, lines)
        if not end:
            return None
        found.heredocs.append(document)
        found.end_line = end
    return found


def _fill(document: DockerfileHeredoc, lines: Lines) -> int:
    """Take the content from the lines; the number of the line that ends it, 0 where there is none."""
    content: list[str] = []
    for number, line in lines:
        if (line.lstrip("\t") if document.chomp else line) == document.name:
            document.content = "".join(content)
            return number
        content.append(f"{line}\n")
    return 0
