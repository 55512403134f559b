"""Reading XML of an origin in pieces, with limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET

PROLOG = 64 << 10
"""The root element begins within that many bytes."""

DEEPEST = 32
LARGEST_TEXT = 1 << 20


def guard(content: BinaryIO) -> None:
    """Raise ValueError for what is not plain XML: a document type of its own, another encoding than UTF-8.

    A document type that only names a DTD is common (comps.xml); it is not read. So a parser that gets the
    file expands nothing but the five entities of XML.
    """
    head = content.read(PROLOG)
    content.seek(0)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"<") or b"\0" in head:
        raise ValueError("not XML")
    declaration = text[: text.find(b"?>") + 2] if text.startswith(b"<?xml") else b""
    encoding = declaration.lower().partition(b"encoding")[2].strip(b"= \t\r\n\"'?>")
    if encoding and not encoding.startswith((b"utf-8", b"us-ascii")):
        raise ValueError("not in UTF-8")
    _to_root(text[len(declaration) :])


def _to_root(text: bytes) -> None:
    """Raise ValueError unless nothing but comments and white space is before the root element."""
    ends = {b"<!--": b"-->", b"<?": b"?>", b"<!DOCTYPE": b">"}
    text = text.lstrip()
    while start := next((start for start in ends if text.startswith(start)), b""):
        inner, found, text = text.partition(ends[start])
        if not found:
            raise ValueError("no root element near the start of the file")
        if start == b"<!DOCTYPE" and b"[" in inner:
            raise ValueError("a document type with declarations")
        text = text.lstrip()
    if text.startswith(b"<!"):
        raise ValueError("a declaration")
    if not text.startswith(b"<"):
        raise ValueError("no root element near the start of the file")


def elements(content: BinaryIO, *names: str) -> Iterator[ET.Element]:
    """Each element with one of these names, without a namespace, complete with its children; then forgotten.

    Raises ValueError for what is not XML.
    """
    guard(content)
    open_: list[ET.Element] = []
    try:
        for event, one in ET.iterparse(content, events=("start", "end")):  # noqa: S314 - see guard
            if event == "start":
                open_.append(one)
                if len(open_) > DEEPEST:
                    raise ValueError("elements are nested too deeply")
                continue
            open_.pop()
            one.tag = one.tag.rpartition("}")[2]
            if len(one.text or "") > LARGEST_TEXT:
                raise ValueError("a text is too long")
            if one.tag in names:
                yield one
                _forget(one, open_)
            elif not any(above.tag.rpartition("}")[2] in names for above in open_):
                _forget(one, open_)
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from error


def _forget(one: ET.Element, open_: list[ET.Element]) -> None:
    one.clear()
    if open_:
        open_[-1].remove(one)
