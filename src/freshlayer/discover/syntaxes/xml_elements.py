"""XML of project files (pom.xml, .csproj, nuget.config) as elements: without entities, of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from msgspec import Struct, field

_LARGEST = 2 << 20
_DEEPEST = 60
_MOST = 50_000


class Element(Struct):
    """``name``: without its namespace. ``text``: without that of its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Children of that name."""
        return (it for it in self.children if it.name == name)

    def below(self, name: str) -> Iterator[Element]:
        """All elements of that name, at any depth."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.below(name)

    def value(self, *path: str) -> str:
        """The text of the first element at a path; empty without one."""
        found: Element | None = self
        for name in path:
            found = next(found.all(name), None) if found else None
        return found.text.strip() if found else ""

    def attribute(self, name: str) -> str:
        """An attribute, whatever the case of its name."""
        return next((value for key, value in self.attributes.items() if key.lower() == name.lower()), "")


def element_of(text: str) -> Element | None:
    """The root of a document; None for what is none, has a document type, or is too large or too deep."""
    if len(text) > _LARGEST:
        return None
    builder = _Builder()
    try:
        builder.parser.Parse(text.lstrip("\ufeff \t\r\n"), True)
    except (expat.ExpatError, ValueError):
        return None
    return next(iter(builder.root.children), None)


class _Builder:
    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST or len(self._open) > _DEEPEST:
            raise ValueError("the document is too large")
        found = Element(name.rpartition(":")[2], attributes)
        self._open[-1].children.append(found)
        self._open.append(found)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _data(self, text: str) -> None:
        self._open[-1].text += text

    def _refused(self, *_: object) -> None:
        raise ValueError("the document has a document type")
