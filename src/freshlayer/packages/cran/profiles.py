"""The repositories that profiles of R set: ``options(repos = …)``. Code is not evaluated.

Known are literals: ``c(CRAN = "URL")``, a URL alone, elements (``r["CRAN"] <- "URL"``, ``r$CRAN <- "URL"``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from freshlayer.lazy_regex import compiled

_LONGEST = 50_000
_TEXT = r"\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'"
_IS = r"[\"']?\s{0,9}(?:=(?!=)|<-)\s{0,9}"
_STATEMENT = compiled(
    rf"\b(?:repos|r|\w{{1,40}}[Rr]epos){_IS}c\s{{0,9}}\((?P<list>(?:[^()]|\([^()]{{0,500}}\)){{0,4000}})\)"
    rf"|\brepos{_IS}(?P<single>{_TEXT})"
    rf"|\[\[?\s{{0,9}}[\"'](?P<element>[\w.]{{1,40}})[\"']\s{{0,9}}\]\]?{_IS}(?P<of_element>{_TEXT})"
    rf"|\b(?:repos|r)\$(?P<field>[\w.]{{1,40}}){_IS}(?P<of_field>{_TEXT})"
)
_ITEM = compiled(rf"(?:[\"'`]?(?P<name>[\w.]{{1,40}})[\"'`]?\s{{0,9}}=\s{{0,9}})?(?P<value>{_TEXT})")
_COMMENT = compiled(r"(?m)^\s*#.*$")


def repositories(texts: Iterable[str]) -> list[str]:
    """The addresses that these profiles set, one after another; empty where they set none that is known."""
    found: dict[str, str] = {}
    for text in texts:
        for match in _STATEMENT.finditer(_COMMENT.sub("", text[:_LONGEST])):
            if match["list"] is None:
                name = match["element"] or match["field"] or "CRAN"
                value = match["single"] or match["of_element"] or match["of_field"]
                found = {**({} if match["single"] else found), name: value[1:-1]}
            else:
                found = dict(_items(match["list"], found))
    return [it for it in found.values() if "://" in it]


def _items(inside: str, before: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Of ``c(…)``; ``getOption("repos")`` in it is what was set before."""
    if re.search(r"getOption\s*\(", inside):
        yield from before.items()
    inside = re.sub(r"\w+\s{0,9}\([^()]*\)", "", inside)
    for number, match in enumerate(_ITEM.finditer(inside)):
        yield match["name"] or f"#{number}", match["value"][1:-1]
