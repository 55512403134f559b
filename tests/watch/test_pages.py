"""The pages of the service over HTTP: to whom they are shown, how large they are, and what is in them."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from freshlayer.model.reasons import Reason
from freshlayer.model.watched import SLOT, Counts, Standing
from freshlayer.reference import Reference
from freshlayer.watch.access import SESSION, Access, Limited, Proxy
from freshlayer.watch.board import Board
from freshlayer.watch.firing import Rule
from freshlayer.watch.pages.badge import badge
from freshlayer.watch.pages.chart import chart
from freshlayer.watch.pages.image_page import image_page
from freshlayer.watch.pages.images import address_of, image_of, input_address, titles
from freshlayer.watch.pages.known import known_of
from freshlayer.watch.pages.routes import Histories
from freshlayer.watch.pages.times import when
from testing.fleet import FLEET, NOW, TOOL, board_of, histories, name_of, report_of, served, standing_of
from testing.pages import PAYLOADS
from testing.servers.nginx import Nginx, proxied

TOKEN = b"token of the page"
HTML = {"Accept": "text/html,*/*"}
PROXY = Proxy("X-Remote-User", frozenset({"127.0.0.1"}), ("watch.example.com",))


def sent(
    address: str, path: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
) -> tuple[int, bytes, Mapping[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        body = urlencode(form) if form is not None else None
        connection.request("POST" if body is not None else "GET", path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_every_page_has_a_strict_policy_and_is_not_kept() -> None:
    with served(board_of(), past=histories()) as address:
        for path in ("/", "/inputs", "/packages", "/reasons", f"/image/{address_of(name_of(FLEET[0]))}"):
            status, body, headers = sent(address, path)
            assert (status, headers["cache-control"]) == (200, "no-store"), path
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert b"style=" not in body
            assert b"<script>" not in body
        assert sent(address, "/image/nothing")[0] == sent(address, "/input/nothing")[0] == 404
        assert sent(address, "/static/nothing")[0] == sent(address, "/badge/nothing.svg")[0] == 404
        assert sent(address, "/", {"Host": "attacker.example"})[0] == 400
        assert sent(address, "/", form={"q": "x"})[0] == 405


def test_a_first_look_at_five_thousand_images_is_quick_and_small() -> None:
    kinds = tuple(FLEET[n % 24]._replace(name=f"team{n % 50}/service-{n * 7919 % 5000}") for n in range(5000))
    board = board_of(kinds, rounds=False)
    with served(board, past=histories()) as address:
        started = time.process_time()
        size = whole = 0
        _, body, headers = sent(address, "/", {"Accept-Encoding": "gzip"})
        size += len(body)
        text = gzip.decompress(body).decode()
        whole += len(text)
        for part in text.split('"'):
            if part.startswith("/static/"):
                kept = sent(address, part, {"Accept-Encoding": "gzip"})
                assert kept[0] == 200
                assert "immutable" in kept[2]["cache-control"]
                size += len(kept[1])
                whole += len(sent(address, part)[1])
        spent = time.process_time() - started
    assert headers["content-encoding"] == "gzip"
    assert size < 60_000
    assert whole < 200_000
    assert spent < 1
    assert text.count("data-state=") == 100
    assert "Page 1 of 50" in text
    assert "1254 images are stale" in text


def test_pages_of_the_list_have_each_image_once_and_keep_the_filter() -> None:
    kinds = tuple(FLEET[n % 24]._replace(name=f"i{n}") for n in range(1200))
    with served(board_of(kinds, rounds=False)) as address:
        seen: list[str] = []
        for page in range(1, 9):
            text = sent(address, f"/?state=fresh&page={page}")[1].decode()
            seen += [part.split('"')[0] for part in text.split('class="name"><a href="')[1:]]
        assert len(seen) == len(set(seen)) == 750
        assert 'href="/?state=fresh&amp;page=2"' in sent(address, "/?state=fresh")[1].decode()
        assert (
            sent(address, "/?page=99999999999")[0] == sent(address, "/?page=x&state=%00&security=2")[0] == 200
        )


def test_a_badge_is_a_picture_of_a_word() -> None:
    with served(board_of()) as address:
        status, body, headers = sent(address, f"/badge/{address_of(name_of(FLEET[0]))}.svg")
        assert (status, headers["content-type"]) == (200, "image/svg+xml")
        assert [it.text for it in ET.fromstring(body).iter() if it.text] == [
            *("payments/api: stale", "payments/api", "stale")
        ]
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_badges_without_a_login_are_a_setting() -> None:
    name = address_of(name_of(FLEET[0]))
    with served(board_of(), TOKEN) as address:
        assert sent(address, f"/badge/{name}.svg")[0] == 401
    with served(board_of(), TOKEN, Proxy(public_badges=True, root="/fl")) as address:
        for path in (f"/badge/{name}.svg", f"/fl/badge/{name}.svg"):
            assert sent(address, path)[0] == 200, path
        assert sent(address, "/badge/nothing.svg")[0] == 404
        assert {sent(address, path)[0] for path in ("/", f"/image/{name}", "/badge", "/events")} == {401}
        assert {sent(address, path)[0] for path in ("/badge/../metrics", "/badge/%2e%2e/metrics")} == {404}
        read = {
            "Authorization": f"Bearer {TOKEN.decode()}",
            "Host": "w.example",
            "X-Forwarded-Proto": "https",
        }
        text = unescape(sent(address, f"/image/{name}", read)[1].decode())
        origin = "https://w.example/fl"
        assert f"[![freshlayer]({origin}/badge/{name}.svg)]({origin}/image/{name})" in text
        assert "public_badges" not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_badge_of_a_hostile_name_is_its_text(payload: str) -> None:
    drawn = ET.fromstring(badge(payload, "stale", "stale"))
    tags = [it.tag.rpartition("}")[2] for it in drawn.iter()]
    assert tags == ["svg", "title", "rect", "rect", "g", "text", "text"]


def test_a_browser_gets_in_by_the_form_and_leaves_again() -> None:
    with served(board_of(), TOKEN) as address:
        status, _, headers = sent(address, "/inputs?q=a%20b", HTML)
        assert (status, headers["location"]) == (303, "/login?next=%2Finputs%3Fq%3Da%2520b")
        assert sent(address, "/inputs")[0] == 401
        form = sent(address, headers["location"], HTML)
        assert (form[0], b'value="/inputs?q=a%20b"' in form[1]) == (200, True)
        style = form[1].decode().split('stylesheet" href="')[1].split('"')[0]
        assert sent(address, style)[0] == 200
        wrong = sent(address, "/login", form={"token": "wrong", "next": "/inputs"})
        assert (wrong[0], b"This is not the token." in wrong[1]) == (401, True)
        known = {"token": TOKEN.decode(), "next": "/inputs?q=a%20b"}
        assert sent(address, "/login", {"Sec-Fetch-Site": "cross-site"}, known)[0] == 403
        status, _, headers = sent(address, "/login", {"X-Forwarded-Proto": "https"}, known)
        assert (status, headers["location"]) == (303, "/inputs?q=a%20b")
        cookie = headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"):
            assert part in cookie
        assert TOKEN.decode() not in cookie
        session = {"Cookie": cookie.partition(";")[0]}
        status, body, _ = sent(address, "/", session)
        assert (status, b"Log out" in body) == (200, True)
        assert sent(address, "/api/dockerfiles", session)[0] == 200
        assert "Max-Age=0" in sent(address, "/logout", session, {})[2]["set-cookie"]
        elsewhere = ("//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "", "/login")
        for following in elsewhere:
            assert sent(address, "/login", form={**known, "next": following})[2]["location"] == "/", following


def test_wrong_tokens_are_limited_and_sessions_go_on() -> None:
    with served(board_of(), TOKEN) as address:
        cookie = sent(address, "/login", form={"token": TOKEN.decode()})[2]["set-cookie"].partition(";")[0]
        wrong = {"Authorization": "Bearer wrong"}
        assert [sent(address, "/metrics", wrong)[0] for _ in range(11)] == [401] * 10 + [429]
        right = {"Authorization": f"Bearer {TOKEN.decode()}"}
        status, _, headers = sent(address, "/metrics", right)
        assert (status, headers["retry-after"]) == (429, "60")
        assert sent(address, "/login", form={"token": TOKEN.decode()})[0] == 429
        assert sent(address, "/metrics", {"Cookie": cookie})[0] == 200
        assert sent(address, "/healthz")[0] == 200


def test_no_header_changes_who_the_client_is() -> None:
    named = {"Host": "watch.example.com", "X-Remote-User": "ada"}
    with served(board_of(), proxy=PROXY) as address:
        assert sent(address, "/", {**named, "X-Forwarded-For": "192.0.2.7"})[0] == 200
    other = Proxy("X-Remote-User", frozenset({"10.0.0.5"}), PROXY.hosts)
    with served(board_of(), proxy=other) as address:
        assert sent(address, "/", {**named, "X-Forwarded-For": "10.0.0.5"})[0] == 401
    with served(board_of(), TOKEN) as address:
        wrong = [{"Authorization": "Bearer wrong", "X-Forwarded-For": f"192.0.2.{it}"} for it in range(11)]
        assert [sent(address, "/metrics", it)[0] for it in wrong] == [401] * 10 + [429]


def test_a_proxy_vouches_from_its_own_address_and_under_its_own_name() -> None:
    named = {"Host": "watch.example.com", "X-Remote-User": "ada"}
    with served(board_of(), proxy=PROXY) as address:
        assert sent(address, "/", named)[0] == 200
        assert sent(address, "/", {**named, "X-Remote-User": ""})[0] == 401
        assert sent(address, "/", {"Host": "watch.example.com"})[0] == 401
        assert sent(address, "/", {**named, "Host": "attacker.example"})[0] == 400
    with served(board_of(), proxy=Proxy("X-Remote-User", frozenset({"10.0.0.4"}), PROXY.hosts)) as address:
        assert sent(address, "/", named)[0] == 401


def scope(cookie: str = "", client: str = "10.0.0.9") -> dict[str, object]:
    return {"client": (client, 1), "headers": [(b"cookie", f"{SESSION}={cookie}".encode())] if cookie else []}


def test_a_session_ends_and_belongs_to_one_token() -> None:
    now = [NOW]
    access = Access(TOKEN, Proxy(), lambda: now[0])
    session = access.session()
    until, _, proof = session.partition(".")
    assert access.has_session(scope(session))
    for forged in (f"{int(until) + 1}.{proof}", f"{until}.", until, f"{'9' * 30}.{proof}", "x.y", "²."):
        assert not access.has_session(scope(forged)), forged
    assert not Access(b"another", Proxy(), lambda: NOW).has_session(scope(session))
    now[0] += 24 * 3600 + 1
    assert not access.has_session(scope(session))


def test_the_limit_is_per_address_and_ends_after_a_minute() -> None:
    now = [NOW]
    access = Access(TOKEN, Proxy(), lambda: now[0])
    for _ in range(10):
        assert not access.accepts(b"wrong", scope())
    with pytest.raises(Limited):
        access.accepts(TOKEN, scope())
    assert access.accepts(TOKEN, scope(client="10.0.0.8"))
    now[0] += 60
    assert access.accepts(TOKEN, scope())


def test_titles_are_as_short_as_they_may_be() -> None:
    assert titles(["/srv/a/Dockerfile", "/srv/b/Dockerfile", "/srv/b/Dockerfile.dev"]) == {
        "/srv/a/Dockerfile": "a",
        "/srv/b/Dockerfile": "b",
        "/srv/b/Dockerfile.dev": "b/Dockerfile.dev",
    }
    assert titles(["/srv/app/Dockerfile"]) == {"/srv/app/Dockerfile": "app"}
    assert titles(["/Dockerfile"]) == {"/Dockerfile": "/Dockerfile"}
    assert titles(["/srv/x/compose.yaml#api", "/srv/x/compose.yaml#web"]) == {
        "/srv/x/compose.yaml#api": "compose.yaml#api",
        "/srv/x/compose.yaml#web": "compose.yaml#web",
    }
    assert titles([]) == {}
    of_repositories = {
        "https://git.example.org/team/app.git@main:api/Dockerfile": "team/app@main:api",
        "https://git.example.org/team/lib.git@release/1:Dockerfile": "team/lib@release/1",
        "ssh://git@git.example.org/team/x@main:Dockerfile.dev": "team/x@main:Dockerfile.dev",
        "/srv/y/Dockerfile": "y",
    }
    assert titles(tuple(of_repositories)) == of_repositories
    assert address_of("/srv/\udcff#a?b/Dockerfile") == "srv/%FF%23a%3Fb/Dockerfile"


@pytest.mark.parametrize(
    ("back", "text", "age"),
    [
        (0, "09:41", "less than a minute"),
        (451 * 60, "02:10", "7 h 31 min"),
        (936 * 60, "16 Mar, 18:05", "15 h 36 min"),
        (3 * 86400, "14 Mar, 09:41", "3 days"),
        (200 * 86400, "29 Aug 2025, 09:41", "200 days"),
        (NOW, "1 Jan 1970, 00:00", "20529 days"),
        (-60, "09:42", "less than a minute"),
    ],
)
def test_times_are_short_for_a_reader(back: int, text: str, age: str) -> None:
    found = when(NOW - back, NOW)
    assert (found.text, found.age) == (text, age)


def test_a_chart_has_what_is_known_of_fourteen_days() -> None:
    last = NOW // SLOT
    assert chart([Counts(last, 1, 0, 0)], NOW) is None
    found = chart([Counts(last - 100, 90, 0, 0), Counts(last - 4, 7, 2, 1), Counts(last, 1, 0, 0)], NOW)
    assert found is not None
    assert [bar.state for bar in found.bars] == ["stale", "unknown", "never", "stale"]
    assert found.summary == "At most 10, on 16 Mar. Now 1 stale, 0 unknown, 0 never built."
    assert found.rows == (("16 Mar", 7, 2, 1), ("17 Mar", 1, 0, 0))
    assert [mark for _, mark in found.grid] == [0, 5, 10]


def test_images_share_what_is_known_of_a_package() -> None:
    kinds = tuple(FLEET[9]._replace(name=f"i{n}") for n in range(50))
    images = board_of(kinds, rounds=False).shown.images.values()
    assert sum(len(image.known.packages) for image in images) == 300
    assert len({id(package) for image in images for package in image.known.packages}) == 6


def test_a_build_that_never_came_back_needs_a_person() -> None:
    """After a day, or after three times ``min_interval`` of the trigger, an hour at least."""
    rules = (Rule("ci", min_interval=3600 * 2),)
    kinds = (FLEET[0]._replace(name="late", triggered=361), FLEET[0]._replace(name="soon", triggered=359))
    for some, moved in ((rules, ["late"]), ((), [])):
        shown = board_of(kinds, rounds=False, rules=some).shown
        assert [it.title for it in shown.images.values() if it.needs_you] == moved
    board = board_of(kinds, rounds=False, rules=rules)
    with served(board, past=histories()) as address:
        text = sent(address, "/")[1].decode()
        assert "1 image needs you" in text
        assert "triggered 03:40, 6 h 01 min ago: no build came back" in text
        one = sent(address, f"/image/{address_of(name_of(kinds[0]))}")[1].decode()
        assert "A trigger fired at 03:40, and no build came back: see what it started. Build it again:" in one
        board.waiting(1, {name_of(kinds[0])})
        board.round_ended(
            list(map(name_of, kinds)),
            {name_of(it): standing_of(it) for it in kinds},
            references=5,
            lag=0.0,
            at=NOW,
        )
        assert "6 h 01 min ago: its message is not delivered" in sent(address, "/")[1].decode()


def test_a_build_that_failed_since_the_image_is_stale_needs_a_person() -> None:
    kind = FLEET[0]
    (image,) = board_of((kind,), rounds=False, rules=(Rule("ci"),)).shown.images.values()
    assert not image.needs_you
    event = histories().of_image(name_of(kind), 9).builds[1]
    steps = tuple(replace(it, outcome="failed") if it.line == 14 else it for it in event.instructions)
    for at, texts, todo in (
        (NOW - 430 * 60, ["build failed 02:31, line 14"], "The build of 02:31 failed: read its output."),
        (NOW - 460 * 60, [], "Nothing: a trigger started the rebuild, or waits to settle."),
    ):
        page = image_page(image, [replace(event, at=at, instructions=steps)], NOW)
        assert [step.text for step in page.track] == [
            *("stale since 02:10 (openssl)", "triggered 02:25 by ci", *texts),
        ]
        assert page.todo.startswith(todo)
        assert (page.needs_you, bool(page.command)) == (bool(texts), bool(texts))


def test_an_image_that_is_fresh_again_shows_by_what_it_was_stale() -> None:
    kind = next(it for it in FLEET if it.name == "payments/worker")
    with served(board_of((kind,), rounds=False)) as address:
        row = sent(address, "/")[1].decode().partition('<tr class="is-fresh')[2]
        assert '<a href="/packages?q=openssl">openssl</a>' in row
        assert sent(address, "/package/nothing")[0] == 404
        page = sent(address, f"/image/{address_of(name_of(kind))}")[1].decode()
    for text in ("stale since 02:10 (openssl)", "triggered 02:25", "fresh since 02:31"):
        assert text in page


def test_an_input_states_since_when_it_is_another_one() -> None:
    """By its history, or since the image is stale, where all causes came together; unknown by its probes."""
    for kind, history, since in (
        (FLEET[4], True, 'since <time datetime="2026-03-17T08:52:00Z">08:52'),
        (FLEET[5], False, 'since <time datetime="2026-03-16T18:05:00Z">16 Mar, 18:05'),
        (FLEET[6], True, 'since <time datetime="2026-03-17T06:21:00Z">06:21'),
        (FLEET[9], True, ""),
    ):
        past = histories() if history else Histories()
        with served(board_of((kind,)), past=past) as address:
            page = sent(address, f"/image/{address_of(name_of(kind))}")[1].decode()
        bands = page.partition('<ol class="file')[2].partition("</ol>")[0]
        assert bands.count("since <time") == bool(since)
        assert since in bands


def test_a_message_that_can_not_be_delivered_needs_a_person() -> None:
    kind, name = FLEET[0], name_of(FLEET[0])
    board = board_of((kind,), rounds=False, rules=(Rule("ci"),))
    rows = [(name, "ci", 0)]
    for problem, trigger, shown in (
        ("", "ci", ""),
        ("the variable NOPE is not set", "ci", "trigger ci: not delivered: the variable NOPE is not set"),
        ("", "old", "trigger old: not delivered: this watch has no such trigger"),
    ):
        assert board.delivery_ended("ci", problem) == bool(problem or trigger == "old")
        rows = [(name, trigger, 0)]
        board.waiting(1, {name}, rows)
        board.round_ended([name], {name: standing_of(kind)}, references=5, lag=0.0, at=NOW)
        (image,) = board.shown.images.values()
        assert image.stuck.startswith(shown)
        assert bool(image.stuck) == bool(shown) == image.needs_you
        if shown:
            with served(board, past=histories()) as address:
                for page in ("/", f"/image/{address_of(name)}"):
                    assert shown[1:] in sent(address, page)[1].decode()


def test_a_process_that_does_not_judge_says_so() -> None:
    board = board_of(FLEET[:1], rounds=False)
    with served(board, past=histories()) as address:
        assert sent(address, "/readyz")[0] == 200
        names = [name_of(FLEET[0])]
        board.round_ended(names, {}, references=5, lag=0.0, at=NOW, judges=False)
        assert sent(address, "/readyz")[0] == 503
        assert "Another process judges" in sent(address, "/")[1].decode()


def test_of_a_board_that_nothing_reads_nothing_is_kept() -> None:
    board = Board(is_read=False)
    board.judged(name_of(FLEET[0]), report_of(FLEET[0]))
    board.round_ended([name_of(FLEET[0])], {}, references=5, lag=0.0, at=NOW)
    assert board.is_ready
    assert not board.entries
    assert not board.shown.images


def test_the_page_of_a_base_image_has_what_is_built_on_it() -> None:
    with served(board_of(rounds=False)) as address:
        base = next(iter(report_of(FLEET[0]).inputs)).reference.text
        text = sent(address, input_address(base))[1].decode()
    assert "Built on it" in text
    assert "Used by" not in text
    assert text.count(">line 2</a>") == 23


def test_an_image_is_unknown_since_its_origin_gave_no_answer() -> None:
    with served(board_of(), past=histories()) as address:
        text = unescape(sent(address, "/?state=unknown")[1].decode())
    row = text.partition('data-state="unknown"')[2].partition("</tr>")[0]
    assert 'class="c-since"><time datetime="2026-03-17T06:21:00Z">06:21</time>' in row
    # Nothing is known of the time before the first probe.
    log = board_of(FLEET[:1], rounds=False).shown.probes
    verdicts = {it.is_observed: it for it in report_of(FLEET[6]).verdicts.values()}
    good = replace(verdicts[True], reference=verdicts[False].reference)
    log.keep(-1000, frozenset)
    found = []
    for at, is_good in enumerate([False, False, True, False, False]):
        log.note(good if is_good else verdicts[False], at)
        found.append(log.failing_since(good.reference.text))
    assert found == [0, 0, 0, 3, 3]


def test_the_last_probes_of_an_input_are_kept_and_no_more() -> None:
    board = board_of(FLEET[:1], rounds=False)
    probes = board.shown.probes
    assert len(probes.of(TOOL)) == 48
    assert [it.outcome for it in probes.of(TOOL)[-4:]] == [0, 1, 0, 0]
    assert probes.next_in(TOOL) == 600.0
    assert probes.next_in("https://example.org/other") is None
    other = next(it for it in report_of(FLEET[9]).verdicts.values() if it.reference.text != TOOL)
    board.noted(replace(other, reason=Reason("ttl")), NOW)
    assert probes.of(other.reference.text) == ()
    for number in range(1100):
        board.noted(replace(other, reference=Reference("http", f"https://example.org/{number}", "")), NOW)
    board.round_ended([name_of(FLEET[0])], {}, references=5, lag=0.0, at=NOW)
    assert len(probes.of(TOOL)) == 48
    assert probes.of("https://example.org/9") == ()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("/srv/a/Dockerfile", "freshlayer build /srv/a"),
        ("/srv/a b/x.Dockerfile", "freshlayer build -f '/srv/a b/x.Dockerfile' '/srv/a b'"),
        ("/srv/a#b/Dockerfile", "freshlayer build '/srv/a#b'"),
        ("/srv/it's/compose.yaml#api", """cd '/srv/it'"'"'s' && freshlayer compose build api"""),
        ("/srv/x/docker-compose.yml#--help", "cd /srv/x && freshlayer compose build -- --help"),
        ("/srv/x/docker-bake.hcl#web;ls", "cd /srv/x && freshlayer bake 'web;ls'"),
        ("https://git.example.org/a.git@main:Dockerfile", ""),
        ("/srv/x/compose.yaml#a\nb", ""),
    ],
)
def test_a_command_is_to_be_copied_and_quotes_what_it_names(name: str, command: str) -> None:
    kind = next(it for it in FLEET if it.state == "never")
    image = image_of(name, "x", Standing(name), known_of(report_of(kind)))
    assert image_page(image, [], NOW).command == command


ADDRESSES = re.compile(r'(?:href|src|action)="([^"#]+)')


@pytest.mark.parametrize("end", ["", "/"])
def test_behind_nginx_every_address_is_below_its_path(end: str) -> None:
    """The proxy passes the path on, or removes it."""
    below = Proxy(root="/tools/fresh")
    with (
        served(board_of(rounds=False), TOKEN, below, histories()) as address,
        Nginx(server=proxied("/tools/fresh/", address + end)) as front,
    ):
        site = front.url.rstrip("/")
        assert sent(site, "/inputs", HTML)[0] == 404
        status, _, headers = sent(site, "/tools/fresh/inputs?q=a", HTML)
        assert (status, headers["location"]) == (303, "/tools/fresh/login?next=%2Finputs%3Fq%3Da")
        form = sent(site, headers["location"], HTML)[1].decode()
        assert 'action="/tools/fresh/login"' in form
        known = {"token": TOKEN.decode(), "next": "/inputs?q=a"}
        _, _, headers = sent(site, "/tools/fresh/login", form=known)
        assert headers["location"] == "/tools/fresh/inputs?q=a"
        assert "Path=/tools/fresh;" in headers["set-cookie"]
        session = {"Cookie": headers["set-cookie"].partition(";")[0]}
        image = f"/tools/fresh/image/{address_of(name_of(FLEET[0]))}"
        seen = {"/tools/fresh/"}
        for path in ("/tools/fresh/", "/tools/fresh/inputs", "/tools/fresh/packages", image):
            body = sent(site, path, session)[1].decode()
            seen |= {unescape(it) for it in ADDRESSES.findall(body)}
        assert {it for it in seen if not it.startswith("/tools/fresh/")} == set()
        kinds = {it.split("/")[3].partition("?")[0] for it in seen}
        assert kinds == {"", *"inputs packages package reasons image input badge static logout".split()}
        some = [
            next(it for it in sorted(seen) if it.split("/")[3].partition("?")[0] == kind) for kind in kinds
        ]
        found = {it: sent(site, it, session)[0] for it in some if not it.endswith("/logout")}
        assert set(found.values()) == {200}, found
        left = sent(site, "/tools/fresh/logout", session, {})[2]
        assert left["location"] == "/tools/fresh/login"
        assert "Path=/tools/fresh;" in left["set-cookie"]
