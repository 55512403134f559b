"""Here-documents of instructions of plain words, as most are, without the library's lexer."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.dockerfile.library import DockerfileHeredoc, DockerfileInstruction
from freshlayer.lazy_regex import ASCII, compiled

_OF_DOCUMENTS = frozenset({"ADD", "COPY", "RUN"})
_NAME = r"\$(?:[A-Za-z_]\w*+|\{[A-Za-z_]\w*+\})"
_OTHER = rf"""(?:[!#%&(-;=-\[\]-~]|{_NAME}|"(?:[ \t!#%-;=-\[\]-~]|{_NAME})*+"|'[ \t!-&(-;=-~]*+')++"""
"""A word of a command that holds no ``<``."""
_DOCUMENT = r"""(?<![^ \t])(\d{0,3})<<(-?)((["']?)[A-Za-z_]\w*+\4)(?=[ \t]|$)"""
_WORDS = compiled(rf"(?:[ \t]++|{_DOCUMENT}|{_OTHER})*+", ASCII)
_DOCUMENTS = compiled(_DOCUMENT, ASCII)

Lines = Iterator[tuple[int, str]]
"""The lines of a Dockerfile behind an instruction, with their numbers."""


def with_documents(found: DockerfileInstruction, lines: Lines) -> DockerfileInstruction | None:
    """An instruction that has ``<<`` in it with its here-documents, which are taken from the lines.

    None where its words are not plain, or where a here-document has no end.
    """
    if found.name not in _OF_DOCUMENTS or found.json:
        return found
    if not _WORDS.fullmatch(found.original):
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
