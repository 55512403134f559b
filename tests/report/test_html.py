"""``--format html``: a page that is one file, read again by a parser of HTML."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

import freshlayer
from freshlayer.model.reasons import familiar
from freshlayer.model.report import Report
from freshlayer.report.document import of_check
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.page.visible import visible
from testing.html_tree import Element, Page
from testing.pages import LINES, PAYLOADS, page_report
from testing.reports import HOSTILE, hostile_probe, hostile_report, probe_written, written

CHECK = Style(ReportKind.CHECK)
MANY = Style(ReportKind.CHECK, several=True)
TOGETHER = 20
"""Payloads in each text of one report."""


def page_of(*reports: Report, style: Style = CHECK) -> Element:
    return Page(written("html", style, [("", report) for report in reports])).root


def shape(root: Element) -> list[tuple[str, list[tuple[str, str]]]]:
    """Tags and attributes, but for what is read to those who do not see."""
    return [
        (it.tag, [(name, value) for name, value in it.attributes.items() if name != "aria-label"])
        for it in root.every()
    ]


def test_each_kind_of_band_is_beside_its_lines() -> None:
    page = page_of(page_report(""))
    bands = [
        (
            it.attributes["class"].split()[1],
            [number.text for line in it.find("span", "ln") for number in line.children if number.tag == "b"],
            it.find("p", "verdict")[0].find("span", "state")[0].text if it.find("p", "verdict") else "",
        )
        for it in page.find("li", "band")
    ]
    assert bands == [
        ("plain", ["1"], ""),
        ("fresh", ["2"], "Fresh"),
        ("own", ["3", "4"], "Stale"),
        ("own", ["5"], "Stale"),
        ("unknown", ["6"], "Unknown"),
        ("follows", ["7"], "Stale"),
        ("plain", ["8"], ""),
        ("unwatched", ["9"], "Not watched"),
        ("follows", ["10"], "Stale"),
    ]
    codes = [line.find("code")[0].text for line in page.find("span", "ln")]
    assert [code.rstrip() for code in codes] == list(LINES)


@pytest.mark.parametrize("report", [page_report("x"), hostile_report()])
def test_the_page_and_the_document_state_the_same(report: Report) -> None:
    document = of_check(report)
    page = page_of(report)
    bands = {int(it.attributes["id"].partition("-l")[2]): it for it in page.find("li", "band")}
    states = {
        "stale": {"own", "follows", "unknown", "unwatched"},
        "fresh": {"fresh", "unwatched", "plain"},
        "unknown": {"unknown"},
    }
    for item in document["instructions"]:
        assert bands[item["line"]].attributes["class"].split()[1] in states[item["state"]]
    for item in document["not_watched"]:
        assert f"#reason-{item['reason']['code']}" in {
            it.attributes["href"] for it in bands[item["line"]].find("a", "code")
        }
    for item in document["inputs"]:
        shown = familiar(item["reference"])
        assert all(shown in bands[place["line"]].text for place in item["places"])


def test_the_heading_the_counters_and_the_facts_state_the_answer() -> None:
    page = page_of(page_report(""))
    assert page.one("h1").words == "Stale: 2 instructions are to be built again"
    assert page.one("title").text == (
        "payments/api/Dockerfile, Stale: 2 instructions are to be built again: freshlayer"
    )
    assert page.one("p", "lead").words == (
        "2 instructions after a stale one run again too; 1 change is a security update;"
        " 1 input can't be probed: what is recorded of it counts; 1 instruction reads what is not watched."
    )
    counters = [it.words for it in page.one("ul", "tally").find("li")]
    assert counters == ["2 stale", "2 follow", "1 unknown", "1 not watched", "1 fresh"]
    facts = {it.find("dt")[0].text: it.find("dd")[0].text for it in page.one("dl", "facts").children}
    assert facts["Covered"].startswith("3 of 4 RUNs")
    assert facts["A new build"].startswith("about 14.0 s")


def test_one_row_for_one_cause_with_old_and_new_the_security_update_first() -> None:
    rows = [it.words for it in page_of(page_report("")).one("ol", "causes").children]
    assert rows == [
        "Stale apt: openssl 3.0.16 → is now 3.0.17 security packages-changed line 3 Build again",
        "Stale apt: tzdata not installed → is now 2026a packages-changed line 3 Build again",
        rows[2],
        rows[3],
    ]
    assert rows[2].startswith('Stale https://example.org/tool "old" → is now "new" probable, by etag')
    assert rows[3].startswith("Unknown https://example.org/model")
    assert rows[3].endswith("line 6 Give freshlayer a credential for the host")


def test_evidence_is_folded_beside_its_input() -> None:
    band = page_of(page_report("")).one("li", id_="i1-l5")
    (folded,) = band.find("details")
    assert "open" not in folded.attributes
    rows = [[cell.text for cell in row.children] for row in folded.one("tbody").children]
    assert rows[0] == ["0", "etag", "old", "new", "strong"]


def test_an_input_without_an_answer_has_no_new_identity() -> None:
    band = page_of(page_report("")).one("li", id_="i1-l6")
    assert band.find("span", "change") == []
    assert "http-forbidden" in band.one("p", "meta").words


def test_an_image_is_named_as_users_type_it() -> None:
    band = page_of(page_report("12")).one("li", id_="i1-l2")
    assert band.one("p", "ref").text == "debian:12"


def test_what_is_not_watched_has_its_reason_and_hint() -> None:
    note = page_of(page_report("why")).one("li", id_="i1-l9").one("p", "aside")
    assert note.words == "bash why: why needs-command-outputHint: why"


@pytest.mark.parametrize("number", [1, 2])
def test_every_link_leads_to_a_part_of_the_page(number: int) -> None:
    page = page_of(*[page_report(), page_report("y", "web/Dockerfile")][:number], style=MANY)
    ids = [it.attributes["id"] for it in page.every() if "id" in it.attributes]
    assert len(set(ids)) == len(ids)
    named = [it.attributes[name] for it in page.every() for name in ("href", "src") if name in it.attributes]
    assert named
    assert {name[1:] for name in named} <= set(ids)
    labels = [it.attributes["aria-labelledby"] for it in page.every() if "aria-labelledby" in it.attributes]
    assert set(labels) <= set(ids)


def test_the_page_allows_its_one_style_and_nothing_else() -> None:
    html = written("html", CHECK, [("", page_report())])
    page = Page(html).root
    style = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style[0].encode()).digest()).decode()
    policy = page.find("meta")[1].attributes
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert len(style) == 1
    assert not re.search(r"url\(|@import|@font-face", style[0])
    assert page.find("script") == page.find("link") == page.find("img") == page.find("iframe") == []
    names = {name for it in page.every() for name in it.attributes}
    assert "style" not in names
    assert not any(name.startswith("on") for name in names)


def test_no_payload_makes_an_element_or_an_attribute() -> None:
    assert len(PAYLOADS) > 400
    harmless = shape(page_of(page_report("x")))
    for start in range(0, len(PAYLOADS), TOGETHER):
        payloads = PAYLOADS[start : start + TOGETHER]
        html = written("html", CHECK, [("", page_report(" ".join(payloads)))])
        assert all(c.isprintable() or c == "\n" for c in html)
        page = Page(html).root
        assert shape(page) == harmless
        assert [it for it in payloads if page.text.count(str(visible(it))) < 30] == []


def test_the_test_of_payloads_can_fail() -> None:
    assert shape(Page("<p>x</p>").root) != shape(Page("<p><b>x</b></p>").root)
    assert shape(Page("<p id=a>x</p>").root) != shape(Page("<p id=b>x</p>").root)


@pytest.mark.parametrize("kind", ReportKind)
def test_a_hostile_report_of_each_kind_is_text(kind: ReportKind) -> None:
    text = written("html", Style(kind, several=True), [("", hostile_report()), (HOSTILE, hostile_report())])
    page = Page(text).root
    assert page.find("script") == page.find("img") == []
    assert page.text.count(str(visible(HOSTILE))) >= 6


def test_a_hostile_probe_is_text() -> None:
    page = Page(probe_written("html", [hostile_probe()])).root
    assert page.one("h1").text == "1 of 1 reference with a usable answer"
    assert page.text.count(str(visible(HOSTILE))) == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb é 漢", "a\tb é 漢"),
        ("\x1b[0m\x07", "\\x1b[0m\\x07"),
        ("a\nb\r\0", "a\\nb\\r\\0"),
        ("\u202e\u2066\u200b\ufeff", "\\u202e\\u2066\\u200b\\ufeff"),
        ("\udcff\U000e0041", "\\xff\\U000e0041"),
        ("x" * 5000, "x" * 4000 + "…"),
    ],
)
def test_what_a_browser_would_not_draw_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_several_images_have_an_overview_and_their_causes_together() -> None:
    stale = page_report("")
    fresh = replace(
        stale, dockerfile="web/Dockerfile", instructions=stale.instructions[:1], inputs=stale.inputs[:1]
    )
    fresh = replace(
        fresh, verdicts=dict([*stale.verdicts.items()][:1]), not_watched=(), advice=(), covered=()
    )
    page = page_of(stale, replace(stale, dockerfile="b/Dockerfile"), fresh, style=MANY)
    assert page.one("h1").text == "2 of 3 images are stale"
    rows = [it.words for it in page.one("table", "images").one("tbody").children]
    assert [row.split(maxsplit=2)[:2] for row in rows] == [
        ["Stale", "payments/api/Dockerfile"],
        ["Stale", "b/Dockerfile"],
        ["Fresh", "web/Dockerfile"],
    ]
    (cause, *_) = page.one("ol", "causes").children
    assert cause.one("div", "where").words == "payments/api/Dockerfile, line 3 b/Dockerfile, line 3"
    assert [it.attributes["id"] for it in page.find("article")] == ["i1", "i2", "i3"]
    folded = [it for it in page.one("article", id_="i3").find("details") if it.find("ol", "file")]
    assert len(folded) == 1


def test_one_of_several_is_shown_as_one() -> None:
    assert page_of(page_report(""), style=MANY).find("table", "images") == []


def test_without_an_image_the_page_states_that() -> None:
    assert page_of(style=MANY).one("h1").text == "No image was checked"


def test_a_page_has_a_bounded_size() -> None:
    long = tuple("RUN " + "x" * 3900 for _ in range(600))
    large = replace(page_report(), instructions=(), lines=lambda: long)
    text = written("html", MANY, [("", replace(large, dockerfile=f"{n}/Dockerfile")) for n in range(6)])
    assert len(text) < 8_500_000
    assert text.count("<article ") == 3
    assert text.count('<tr class="') == 6
    assert "3 images have no part of their own" in text


def test_fresh_images_leave_room_for_stale_ones() -> None:
    long = tuple("RUN " + "x" * 3900 for _ in range(600))
    fresh = replace(page_report(), instructions=(), inputs=(), verdicts={}, lines=lambda: long)
    reports = [replace(fresh, dockerfile=f"{n}/Dockerfile") for n in range(3)]
    text = written("html", MANY, [("", report) for report in (*reports, page_report())])
    shown = re.findall('<article class="image" id="(\\w+)"', text)
    assert shown == ["i1", "i4"]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--format", "html", "."),
        ("inputs", "--report", "a.html", "."),
        ("--format", "html", "build", "."),
    ],
)
def test_without_jinja2_the_message_names_the_extra(
    tmp_path: Path, project: Path, words: tuple[str, ...]
) -> None:
    """Before anything is probed or built. Python without its site has a path of ours alone."""
    (project / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "libraries").mkdir()
    for path in sys.path:
        for library in Path(path).glob("*") if "site-packages" in path else ():
            if not library.name.startswith(("jinja2", "_", "freshlayer")):
                (tmp_path / "libraries" / library.name).symlink_to(library)
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\ntouch built\n")
    docker.chmod(0o755)
    package = Path(next(iter(freshlayer.__path__))).parent
    done = subprocess.run(
        [sys.executable, "-S", "-m", "freshlayer", *words],
        cwd=project,
        env={
            **os.environ,
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "PYTHONPATH": f"{tmp_path / 'libraries'}:{package}",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {2, 125}
    assert done.stderr.startswith("freshlayer: --")
    assert "needs jinja2, which is missing (install freshlayer[watch])" in done.stderr
    assert not (project / "built").exists()


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def _luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground(theme: str) -> None:
    style = re.findall("<style>(.*?)</style>", written("html", CHECK, []), re.DOTALL)[0]
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    tokens = {"light": _tokens(light), "dark": _tokens(dark)}[theme]
    assert tokens.keys() == _tokens(light).keys()
    texts = ("ink", "ink-2", "ink-3", "link", "stale", "fresh", "unknown", "never", "alarm")
    grounds = ("ground", "surface", "sunk", "stale-wash", "unknown-wash")
    pairs = {(text, ground): _contrast(tokens[text], tokens[ground]) for text in texts for ground in grounds}
    assert {pair: ratio for pair, ratio in pairs.items() if ratio < 4.5} == {}
    fills = ("stale-fill", "fresh-fill", "unknown-fill", "edge")
    assert [fill for fill in fills if _contrast(tokens[fill], tokens["surface"]) < 3] == []
