"""The section of docs/performance.md that the benches write: one part for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

BEGIN, END = "<!-- made by make bench -->\n", "<!-- end of what make bench made -->\n"
_HEAD = "### "


def with_parts(page: str, machine: str, parts: Mapping[str, str], order: Iterable[str]) -> str:
    """The page with new parts. ``parts``: title → Markdown. What is not among them stays, in ``order``."""
    before, _, rest = page.partition(BEGIN)
    made, _, after = rest.partition(END)
    known = {**_parts(made), **parts}
    blocks = [f"{_HEAD}{title}\n\n{known[title].strip()}\n" for title in order if title in known]
    return "".join((before, BEGIN, machine, "\n\n", "\n".join(blocks), END, after))


def _parts(made: str) -> dict[str, str]:
    found = {}
    for block in f"\n{made}".split(f"\n{_HEAD}")[1:]:
        title, _, text = block.partition("\n")
        found[title] = text
    return found
