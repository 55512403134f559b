"""The HTML report in a real browser: what it shows at three widths, and that nothing of it acts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from freshlayer.report.formats.base import ReportKind, Style
from testing.browser import serving, shown
from testing.pages import PAYLOADS, page_report
from testing.reports import written

CHECK = Style(ReportKind.CHECK)
WIDTHS = (380, 900, 1400)
LONG = "/a-very-long-path-without-a-blank" * 12
HARNESS = """<!doctype html><title>harness</title><pre id="found"></pre>
<script>
const found = {};
const widths = WIDTHS;
async function look(name) {
  const frame = document.createElement("iframe");
  frame.width = widths[0]; frame.height = 900; frame.src = name;
  const loaded = new Promise((done) => { frame.onload = done; });
  document.body.append(frame);
  await loaded;
  const page = frame.contentDocument, root = page.documentElement, view = frame.contentWindow;
  const colour = (query) => {
    const element = page.querySelector(query), part = query.endsWith("band") ? "::before" : null;
    return element ? view.getComputedStyle(element, part).backgroundColor : "";
  };
  const seen = { beyond: {}, hidden: {} };
  for (const width of widths) {
    frame.width = width;
    seen.beyond[width] = [...page.querySelectorAll("body *")]
      .filter((it) => !it.closest(".scroll, .vh, .skip, thead"))
      .filter((it) => it.getBoundingClientRect().right > root.clientWidth + 1)
      .map((it) => `${it.tagName}.${it.className}`);
    seen[width] = [root.scrollWidth, root.clientWidth];
    seen.hidden[width] = [...page.querySelectorAll(".verdict, .ref, h1, .causes p")]
      .filter((it) => !it.closest("details:not([open])") && it.getBoundingClientRect().height < 5).length;
  }
  seen.heading = page.querySelector("h1").innerText;
  seen.words = [...page.querySelectorAll(".band")].map((it) => it.className.split(" ")[1]);
  seen.ground = colour("body");
  seen.own = colour(".own.band");
  seen.elements = page.querySelectorAll("*").length;
  seen.tags = [...new Set([...page.querySelectorAll("*")].map((it) => it.tagName.toLowerCase()))].sort();
  seen.foreign = [...page.querySelectorAll("[href], [src], [action]")]
    .filter((it) => !(it.getAttribute("href") || "").startsWith("#")).length;
  seen.text = page.body.innerText;
  seen.alive = view.harmed === undefined && page.title !== "";
  found[name] = seen;
}
(async () => {
  for (const name of NAMES) await look(name);
  document.getElementById("found").textContent = JSON.stringify(found);
  document.title = "done";
})();
</script>
"""


def harness(*names: str) -> str:
    return HARNESS.replace("WIDTHS", json.dumps(WIDTHS)).replace("NAMES", json.dumps(names))


def found_in(document: str) -> dict[str, Any]:
    text = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    assert text
    found: dict[str, Any] = json.loads(unescape(text[1]))
    return found


def page(*texts: str, style: Style = CHECK) -> str:
    reports = [("", page_report(text, f"{number}/Dockerfile")) for number, text in enumerate(texts)]
    return written("html", style, reports)


@pytest.mark.parametrize("flags", [(), ("--force-dark-mode",)], ids=["light", "dark"])
def test_the_page_shows_its_answer_at_every_width_and_nothing_acts(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    dangerous = " ".join(PAYLOADS).encode("utf-8", "replace").decode()
    pages = {
        "plain.html": page(""),
        "long.html": page(LONG),
        "many.html": page("", LONG, "x", style=replace(CHECK, several=True)),
        "hostile.html": page(dangerous[:3900]),
        "hostile2.html": page(dangerous[3900:7800]),
    }
    with serving(tmp_path, {**pages, "index.html": harness(*pages)}) as address:
        shown_page = shown(f"{address}index.html", *flags)
    found = found_in(shown_page.document)
    assert shown_page.console == []
    for name, seen in found.items():
        for width in WIDTHS:
            scrolled, wide = seen[str(width)]
            assert scrolled <= wide, (name, width, seen["beyond"][str(width)])
            assert seen["hidden"][str(width)] == 0, (name, width)
            assert seen["beyond"][str(width)] == [], (name, width)
        assert seen["foreign"] == 0, name
        assert seen["alive"]
    plain = found["plain.html"]
    assert plain["heading"] == "Stale: 2 instructions are to be built again"
    assert plain["words"] == [
        *("plain", "fresh", "own", "own", "unknown", "follows", "plain", "unwatched", "follows")
    ]
    assert plain["own"] == ("rgb(232, 114, 44)" if flags else "rgb(217, 86, 11)")
    assert plain["ground"] == ("rgb(14, 18, 21)" if flags else "rgb(245, 246, 247)")
    harmless = found["long.html"]
    for name in ("hostile.html", "hostile2.html"):
        assert found[name]["elements"] == harmless["elements"]
        assert found[name]["tags"] == harmless["tags"]
        assert "<script>alert(1)</script>" in found[name]["text"] or name == "hostile2.html"


def test_the_test_of_the_policy_can_fail(tmp_path: Path) -> None:
    """A style that is not the allowed one, a script, an image: the browser refuses them, and logs it.

    Without its style the page is wider than a small window.
    """
    html = page(LONG)
    style = re.findall("<style>(.*?)</style>", html, re.DOTALL)[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert digest in html
    other = html.replace("<style>", "<style>/* another */").replace(
        "</main>", '<img src="a.png"><script>window.harmed = 1</script></main>'
    )
    with serving(tmp_path, {"other.html": other, "index.html": harness("other.html")}) as address:
        seen = shown(f"{address}index.html")
    refused = [line for line in seen.console if "Content Security Policy" in line]
    assert len(refused) == 3
    found = found_in(seen.document)["other.html"]
    assert found["alive"]
    scrolled, wide = found[str(WIDTHS[0])]
    assert scrolled > wide
