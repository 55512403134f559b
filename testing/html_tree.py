"""A page of HTML as a tree: strict about what is open, and without any repair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

BLOCKS = frozenset({"p", "td", "th", "div", "li"})
VOID = frozenset({"meta", "br", "path", "circle", "use"})


@dataclass
class Element:
    """An element, what is in it, and all of its text."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def every(self) -> Iterator[Element]:
        """It, and all that is in it, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.every()

    def find(self, tag: str = "", of_class: str = "", id_: str = "") -> list[Element]:
        """All of that tag, class and id."""
        return [
            it
            for it in self.every()
            if (not tag or it.tag == tag)
            and (not of_class or of_class in it.attributes.get("class", "").split())
            and (not id_ or it.attributes.get("id") == id_)
        ]

    def one(self, tag: str = "", of_class: str = "", id_: str = "") -> Element:
        """The only one."""
        (found,) = self.find(tag, of_class, id_)
        return found

    @property
    def words(self) -> str:
        """Its text with single blanks."""
        return " ".join(self.text.split())


class Page(HTMLParser):
    """The elements of a page; each is closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert self._open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        made = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag
        if tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)
