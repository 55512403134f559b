"""The pages of the service in a real browser: what they show, how they are used, and that nothing acts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from freshlayer.model.watched import Recovery, Standing
from freshlayer.report.page.visible import visible
from freshlayer.watch.access import Proxy
from freshlayer.watch.board import Board
from freshlayer.watch.firing import Rule
from freshlayer.watch.pages.images import address_of, input_address, package_address
from testing.devtools import Browser, browser
from testing.fleet import (
    FLEET,
    NOW,
    TOOL,
    Kind,
    board_of,
    histories,
    name_of,
    report_of,
    served,
    standing_of,
)
from testing.pages import PAYLOADS
from testing.servers.nginx import Nginx, proxied

OPENSSL = package_address("openssl")
API = "/image/srv/images/payments/api/Dockerfile"
PAGES = ("/", "/?q=nothing-has-this", API, "/inputs", input_address(TOOL), "/packages", OPENSSL, "/reasons")
IMAGES = [f"/image/srv/images/{it}/Dockerfile" for it in ("mail/relay", "tools/release", "docs/static")]
EVERY = (*PAGES, *IMAGES, "/login")
WIDTHS = (380, 900, 1280)
AXE = Path(__file__).parents[2] / "testing" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations
  .filter((it) => ["serious", "critical"].includes(it.impact))
  .map((it) => [it.id, it.nodes.slice(0, 5).map((node) => node.html + node.failureSummary)]))"""
BEYOND = """[document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll("body *")]
  .filter((it) => !it.closest(".scroll, .vh, .skip, thead"))
  .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
  .map((it) => `${it.tagName}.${it.className}`)]"""
ROWS = """[...document.querySelectorAll("tr[data-state] .name a")].map((it) => it.textContent)"""


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(board_of(rules=(Rule("ci"),)), past=histories()) as address:
        yield address


@pytest.mark.parametrize("path", EVERY)
def test_every_page_fits_at_every_width_and_axe_has_no_serious_finding(
    window: Browser, site: str, path: str
) -> None:
    window.opened(site + path)
    for width in WIDTHS:
        window.resized(width)
        window.until(f"innerWidth === {width}")
        assert window.evaluated(BEYOND) == [0], width
    assert window.problems == []
    if not AXE.exists():
        missing = "axe is missing (scripts/setup browser)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    window.evaluated('for (const it of document.querySelectorAll("details")) it.open = true; 0')
    window.evaluated(f"{AXE.read_text('utf-8')}; 0")
    for theme, width in (("light", 1280), ("dark", 380)):
        window.themed(theme)
        window.resized(width)
        window.until(f'innerWidth === {width} && matchMedia("(prefers-color-scheme: {theme})").matches')
        assert window.evaluated(FINDINGS) == [], theme


def test_the_overview_answers_in_words_and_has_one_row_for_one_cause(window: Browser, site: str) -> None:
    window.opened(f"{site}/")
    assert window.evaluated("document.title") == "6 stale, 1 unknown: freshlayer"
    assert text(window, "h1") == "6 images are stale, 1 unknown"
    assert text(window, ".lead") == (
        "Since 02:10 a security update of openssl makes 3 images stale."
        " 3 images need you; the rest is under way."
    )
    assert texts(window, ".tally a") == ["Stale 6", "Unknown 1", "Never built 1", "Not watched 1", "Fresh 15"]
    assert texts(window, ".part") == ["Needs you 3", "Under way, nothing to do 2"]
    first = text(window, ".causes li")
    for part in ("openssl", "3.0.16-1", "3.0.17-1", "security", "wanted by curl", "02:10", "7 h 31 min"):
        assert part in first
    assert "3 images auth/gateway, edge/proxy, payments/api 2 others are fresh again" in first
    assert "Build edge/proxy again" in first
    assert window.evaluated('document.querySelectorAll(".chart rect").length') > 50
    assert "stale 02:10 triggered 02:25" in texts(window, ".track")
    order = window.evaluated(ROWS)
    assert order[:3] == ["edge/proxy", "ops/backup", "auth/gateway"]


def text(window: Browser, query: str) -> str:
    return texts(window, query)[0]


def texts(window: Browser, query: str) -> list[str]:
    """With a blank in place of each line break."""
    script = (
        f'[...document.querySelectorAll({query!r})].map((it) => it.innerText.replace(/\\s+/g, " ").trim())'
    )
    found: list[str] = window.evaluated(script)
    return found


def test_the_address_keeps_the_filter_and_the_server_reads_it(window: Browser, site: str) -> None:
    window.opened(f"{site}/?state=stale&security=1")
    by_server = window.evaluated(ROWS)
    assert by_server == ["edge/proxy", "auth/gateway", "payments/api"]
    window.opened(f"{site}/")
    window.evaluated('document.querySelector("[name=state][value=stale]").click()')
    window.evaluated('document.querySelector("[name=security]").click()')
    window.until('document.querySelectorAll("tr[data-state]").length === 3')
    assert window.evaluated(ROWS) == by_server
    assert window.evaluated("location.search") == "?state=stale&security=1"
    assert text(window, "#count") == "3 of 24 images"
    window.pressed("/", "/")
    assert window.evaluated("document.activeElement.name") == "q"
    for letter in "proxy":
        window.pressed(letter, letter)
    window.until('document.querySelectorAll("tr[data-state]").length === 1')
    assert window.evaluated("location.search") == "?q=proxy&state=stale&security=1"
    assert window.problems == []


def test_the_theme_is_the_readers_and_stays(window: Browser, site: str) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    window.opened(f"{site}/", theme="dark")
    assert window.evaluated(ground) == "rgb(14, 18, 21)"
    window.evaluated('document.getElementById("theme").click()')
    assert window.evaluated(ground) == "rgb(245, 246, 247)"
    window.opened(f"{site}{API}", theme="dark")
    assert window.evaluated(ground) == "rgb(245, 246, 247)"
    window.evaluated("localStorage.clear()")
    window.opened(f"{site}/", theme="light")
    assert window.evaluated(ground) == "rgb(245, 246, 247)"


def test_every_control_is_reached_by_tab_and_shows_its_focus(window: Browser, site: str) -> None:
    for path in ("/?state=unknown", API):
        window.opened(site + path)
        wanted = window.evaluated(
            """[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
            .filter((it) => it.checkVisibility() && (it.type !== "radio" || it.checked)).length"""
        )
        window.evaluated(
            """window.reached = new Set(); addEventListener("focusin", ({target}) => reached.add(target));
            window.shown = () => {
              const it = document.activeElement, label = it.closest(".segments label");
              return it === document.body
                || [it, label].some((one) => one && getComputedStyle(one).outlineStyle !== "none");
            }; 0"""
        )
        for _ in range(wanted + 5):
            window.pressed("Tab")
            # Behind the last control the window gives its focus away: the style may follow the event.
            window.until("shown()")
        assert window.evaluated("[...reached].filter((it) => it !== document.body).length") >= wanted, path


def test_the_page_of_an_image_has_its_dockerfile_as_a_map(window: Browser, site: str) -> None:
    window.opened(site + API)
    assert text(window, "h1") == "payments/api"
    assert text(window, ".badge") == "Stale since 02:10"
    bands: list[list[Any]] = window.evaluated(
        '[...document.querySelectorAll(".band")].map((it) => [it.id, it.classList[1]])'
    )
    kinds = dict(bands)
    assert kinds["i-l2"] == kinds["i-l9"] == "fresh"
    assert kinds["i-l11"] == "own"
    assert kinds["i-l14"] == kinds["i-l22"] == "follows"
    assert kinds["i-l21"] == "unwatched"
    assert "3.0.16-1" in text(window, "#i-l11")
    label = window.evaluated('document.querySelector(".strip").getAttribute("aria-label")')
    assert label.startswith("Lines that ran: 21, 22, 23; cached: 2, 3, 4")
    assert window.evaluated('document.querySelectorAll(".builds tr.failed").length') == 1
    assert text(window, ".track") == "stale since 02:10 (openssl) triggered 02:25 by ci"
    assert "Stale since 02:10" in text(window, "#i-l11 .verdict")
    assert texts(window, ".facts div")[-2:] == [
        "Inputs probed 09:36 again in 10 min",
        "Trigger ci for any change",
    ]
    window.opened(f"{site}/image/srv/images/tools/release/Dockerfile")
    assert window.evaluated('document.querySelectorAll(".band.own").length') == 0
    assert text(window, "#command") == "freshlayer build /srv/images/tools/release"


def test_the_page_of_an_input_has_its_changes_and_who_reads_it(window: Browser, site: str) -> None:
    window.opened(site + input_address(TOOL))
    assert text(window, "h1") == TOOL
    history = window.evaluated('[...document.querySelectorAll(".history > li")].map((it) => it.innerText)')
    assert ["Changed" in history[0], "08:52" in history[0], "65f7c4" in history[0]] == [True] * 3
    assert "Taken up by a build" in history[1]
    assert "First seen" in history[2]
    assert (
        text(window, ".users tbody tr")
        == 'Stale data/etl-nightly line 14 "65e2b0-1c40" stale 08:52 triggered 08:54 about 1 min 6 s'
    )
    assert text(window, "#command") == f"freshlayer probe {TOOL}"
    assert text(window, ".headline .badge") == "Changed 08:52"
    assert window.evaluated('document.querySelectorAll(".probes rect").length') == 48
    label = window.evaluated('document.querySelector(".probes").getAttribute("aria-label")')
    assert label == (
        "48 probes since 16 Mar, 21:51: 46 answered. 2 failed, at 01:51, 02:06. 1 saw a change, at 09:06"
    )
    assert texts(window, ".facts div") == [
        *("Next probe 09:51 in 10 min", "Last probe 09:36 answered, 5 min ago"),
        *("Answered 46 of 48 the last probes of this process", "Changes 1 since 6 Mar, 23:41"),
    ]


def test_the_page_of_a_package_has_its_change_and_who_has_which_version(window: Browser, site: str) -> None:
    window.opened(f"{site}/")
    window.evaluated('document.querySelector(".causes .what a").click()')
    window.until('document.querySelector("h1")?.innerText === "openssl"')
    assert text(window, ".reason") == "3.0.16-1 → is now 3.0.17-1 security 3 images, wanted by curl"
    assert text(window, ".todo p") == "23 images, 3 of them stale by it"
    rows = texts(window, ".users tbody tr")
    assert rows[0].startswith("Stale auth/gateway 3.0.16-1 3.0.17-1 security stale 02:10 triggered 02:31")
    assert "Fresh auth/tokens 3.0.16-1 3.0.16-1" in rows


def test_a_page_that_has_grown_old_says_so_and_stays_as_it_is(window: Browser) -> None:
    """Behind nginx, below a path of it."""
    board = board_of(FLEET[:3], rounds=False)
    with (
        served(board, proxy=Proxy(root="/fresh")) as address,
        Nginx(server=proxied("/fresh/", address)) as front,
    ):
        window.opened(f"{front.url}fresh/")
        assert window.evaluated('document.getElementById("old").hidden') is True
        names = [name_of(kind) for kind in FLEET[:3]]
        fresh = {name_of(kind): standing_of(kind) for kind in FLEET[:2]}
        fresh[names[2]] = Standing(names[2], turn=Recovery(NOW - 451 * 60, NOW - 430 * 60, NOW + 60))
        board.round_ended(names, fresh, references=5, lag=0.0, at=NOW + 60)
        window.until('!document.getElementById("old").hidden')
        assert text(window, "h1") == "3 images are stale"
        window.evaluated('document.querySelector("#old a").click()')
        window.until('document.querySelector("h1")?.innerText === "2 images are stale"')
        assert window.problems == []
        track = window.evaluated('document.querySelector(".is-fresh .track").innerText')
        assert "stale 02:10" in track
        assert "fresh 09:42" in track
        window.opened("about:blank")


def test_on_paper_what_is_folded_is_open_and_what_acts_is_gone(window: Browser, site: str) -> None:
    window.opened(site + API)
    window.printed()
    assert (
        window.evaluated(
            '[...document.querySelectorAll(".top nav, .jump, #theme")].some((it) => it.checkVisibility())'
        )
        is False
    )
    window.printed(media="")


def test_a_fleet_without_images_says_what_comes_first(window: Browser) -> None:
    with served(board_of((), rounds=False)) as address:
        for path in ("/", "/inputs", "/packages"):
            window.opened(address + path, 380)
            assert window.evaluated(BEYOND) == [0]
            assert window.problems == []
        window.opened(f"{address}/")
        assert text(window, "h1") == "No image is watched yet"
    with served(board_of((Kind("one"),), rounds=False)) as address:
        window.opened(f"{address}/")
        assert text(window, "h1") == "The image is fresh"
        window.opened("about:blank")


FOREIGN = """[...document.querySelectorAll("*")].flatMap((it) => [...it.attributes]
  .filter(({name, value}) => name.startsWith("on") || name === "style" || name === "srcdoc"
    || (["href", "src", "action"].includes(name) && !/^(\\/(?!\\/)|#|$)/.test(value)))
  .map(({name, value}) => `${it.tagName} ${name}=${value}`))"""
TAGS = """[...new Set([...document.querySelectorAll("*")].map((it) => it.tagName))].sort()"""
HARMLESS = tuple("x" * len(payload) for payload in PAYLOADS)
TEXTS = (*PAYLOADS, *(payload[::-1] for payload in PAYLOADS[:32]))
"""Five hundred."""


def looked_at(window: Browser, address: str, path: str) -> list[str]:
    """The kinds of elements of a page, on which nothing happened."""
    window.opened(address + path)
    assert window.problems == [], path
    assert window.evaluated(FOREIGN) == [], path
    assert window.evaluated("document.scripts.length") == 1
    assert window.evaluated("location.origin") == address
    tags: list[str] = window.evaluated(TAGS)
    return tags


def test_five_hundred_hostile_names_are_text_in_every_list(window: Browser) -> None:
    assert len(TEXTS) == 500

    def board(texts: tuple[str, ...]) -> Board:
        made = Board()
        names = []
        for number, payload in enumerate(texts):
            kind = FLEET[number % 8]._replace(name=f"{number}/{payload}")
            names.append(name_of(kind))
            made.judged(name_of(kind), report_of(kind, payload))
        kinds = [FLEET[number % 8] for number in range(len(texts))]
        standings = {
            name: replace(standing_of(kind, payload), dockerfile=name)
            for name, kind, payload in zip(names, kinds, texts, strict=True)
        }
        made.round_ended(names, standings, references=5, lag=0.0, at=NOW)
        return made

    lists = (
        "/",
        *(f"/?page={n}" for n in range(2, 7)),
        "/inputs",
        *(f"/inputs?page={n}" for n in range(2, 11)),
        "/packages",
        "/packages?page=9",
    )
    with served(board(HARMLESS[:60])) as address:
        plain = {path: looked_at(window, address, path) for path in ("/", "/inputs", "/packages")}
    seen = ""
    with served(board(TEXTS)) as address:
        for path in lists:
            assert looked_at(window, address, path) == plain[path.partition("?")[0]], path
            seen += window.evaluated("document.body.textContent")
        window.opened("about:blank")
    missing = [text for text in PAYLOADS if str(visible(text)) not in seen]
    assert missing == []


def test_hostile_texts_in_every_place_of_an_image_and_an_input_are_text(window: Browser) -> None:
    kinds = (FLEET[0], FLEET[4], FLEET[6])
    pages = [f"/image/{address_of(name_of(kind))}" for kind in kinds]

    def looked(payload: str, queries: Sequence[str] = ()) -> list[list[str]]:
        with served(board_of(kinds, payload, rounds=False), past=histories(payload)) as address:
            others = input_address(TOOL + payload), package_address(f"openssl{payload}")
            found = [looked_at(window, address, path) for path in [*pages, *others]]
            for query in queries:
                window.opened(f"{address}/?{urlencode({'q': query}, errors='surrogatepass')}")
                assert window.problems == []
                assert window.evaluated(FOREIGN) == []
            return found

    plain = looked("x")
    for start in range(0, len(TEXTS), 125):
        some = TEXTS[start : start + 125]
        assert looked(" ".join(some), [" ".join(some[at : at + 42]) for at in (0, 42, 84)]) == plain, start
    window.opened("about:blank")
