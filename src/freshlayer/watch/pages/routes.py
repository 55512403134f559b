"""Requests for pages → answers. Nothing is changed by any of them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from freshlayer.model.all_reasons import REASONS
from freshlayer.model.history import History
from freshlayer.model.reasons import hint_of, meaning_of
from freshlayer.report.page.view import Explained
from freshlayer.watch.access import Access
from freshlayer.watch.guard import site_origin
from freshlayer.watch.pages.badge import badge
from freshlayer.watch.pages.image_page import image_page
from freshlayer.watch.pages.images import FRESH, STATES, WORDS, Image, input_address
from freshlayer.watch.pages.inputs import MOST_EVENTS, input_list, input_page, inputs_of, shown_events
from freshlayer.watch.pages.overview import Query, overview
from freshlayer.watch.pages.packages import package_list, package_page
from freshlayer.watch.pages.rendering import POLICY, Site, Templates, assets
from freshlayer.watch.pages.shown import Shown
from freshlayer.watch.pages.times import when
from freshlayer.watch.pages.watching import Watching, doubtful

_LONGEST_QUERY = 200
_MOST_TIMES = 20
"""Inputs of an image that are looked up in the history."""
_MOST_STREAMS = 128
_LOOK = 0.5
_BEAT = 30
_LEAST_COMPRESSED = 1024
_LEVEL = 5
_KEPT = "public, max-age=31536000, immutable"


class Histories(Struct, frozen=True):
    """Where the history is: of a reference, of a Dockerfile; the second argument is how many events."""

    of_input: Callable[[str, int], History] = lambda _, __: History()
    of_image: Callable[[str, int], History] = lambda _, __: History()


class Pages:
    """``revision``: of what is shown, other than that of any other start. ``version``: of freshlayer."""

    def __init__(
        self, shown: Shown, histories: Histories, access: Access, clock: Callable[[], int], version: str
    ) -> None:
        self._shown = shown
        self._histories = histories
        self._access = access
        self._clock = clock
        self._version = version
        self._templates = Templates(access.root)
        self._started = clock()
        self._streams = 0
        self._ended = False

    def end(self) -> None:
        """No stream waits any longer."""
        self._ended = True

    def routes(self) -> list[Route]:
        """Those of all pages."""
        known = {
            "/": self.overview,
            "/image/{name:path}": self.image,
            "/inputs": self.inputs,
            "/input/{digest}": self.input,
            "/packages": self.packages,
            "/package/{digest}": self.package,
            "/reasons": self.reasons,
            "/badge/{name:path}.svg": self.badge,
            "/events": self.events,
            "/static/{name}": self.static,
        }
        return [Route(path, answer) for path, answer in known.items()]

    def login(self, following: str, problem: str) -> str:
        """The form that takes the token."""
        return self._templates.login(following, problem)

    def overview(self, request: Request) -> Response:
        """All images."""
        found = request.query_params
        state = found.get("state", "")
        query = Query(
            _words(request), state if state in STATES else "", found.get("security") == "1", _page(request)
        )
        shown = self._shown
        images = tuple(shown.images.values())
        page = overview(images, query, self._clock(), shown.samples, elsewhere=shown.elsewhere)
        return self._answer(request, "overview.html", page.title, "/", page)

    def image(self, request: Request) -> Response:
        """One image."""
        image = self._image(request, "/image/", "")
        if image is None:
            return self._missing(request, "No such image is watched")
        builds = self._histories.of_image(image.name, MOST_EVENTS).builds
        page = image_page(image, builds, self._clock(), self._watching(image))
        root = self._access.root
        links = {use.shown: root + input_address(use.reference) for use in image.known.uses}
        title = f"{image.title}, {WORDS[image.state].lower()}"
        public = self._access.is_open or self._access.is_public(page.badge)
        site_url = f"{site_origin(request)}{root}"
        return self._answer(
            request,
            "image_page.html",
            title,
            "/",
            page,
            inputs=links,
            since_reads=page.since_reads,
            since_lines=page.since_lines,
            public_badges=public,
            site_url=site_url,
        )

    def _watching(self, image: Image) -> Watching:
        probes, uses = self._shown.probes, [use.reference for use in image.known.uses]
        last = [found[-1].at for it in uses if (found := probes.of(it))]
        due = [wait for it in uses if (wait := probes.next_in(it)) is not None]
        return Watching(
            changed={it: self._changed(it) for it in doubtful(image)[:_MOST_TIMES]},
            rules=self._shown.rules,
            probed=max(last, default=0),
            due=min(due, default=None),
        )

    def _changed(self, reference: str) -> int:
        """When it got the identity that it has, or stopped to give an answer; 0 where that is not known."""
        failing = self._shown.probes.failing_since(reference)
        changes = () if failing else self._histories.of_input(reference, 1).changes
        return failing or (changes[0].at if changes else 0)

    def inputs(self, request: Request) -> Response:
        """All inputs."""
        page = input_list(self._shown.images.values(), _words(request), _page(request))
        return self._answer(request, "inputs.html", "Inputs", "/inputs", page)

    def input(self, request: Request) -> Response:
        """One input."""
        path = f"/input/{request.path_params['digest']}"
        known = inputs_of(self._shown.images.values())
        item = next((it for text, it in known.items() if input_address(text) == path), None)
        if item is None:
            return self._missing(request, "No such input is watched")
        history = self._histories.of_input(item.use.reference, MOST_EVENTS)
        probes, text = self._shown.probes, item.use.reference
        page = input_page(item, history, self._clock(), probes.of(text), probes.next_in(text))
        images = frozenset(f"/image/{address}" for address in self._shown.images)
        events = shown_events(page.events, images)
        return self._answer(request, "input_page.html", page.title, "/inputs", page, events=events)

    def packages(self, request: Request) -> Response:
        """All packages."""
        page = package_list(self._shown.images.values(), _words(request), _page(request))
        return self._answer(request, "packages.html", "Packages", "/packages", page)

    def package(self, request: Request) -> Response:
        """All packages of a name."""
        address = f"/package/{request.path_params['digest']}"
        page = package_page(tuple(self._shown.images.values()), address, self._clock())
        if page is None:
            return self._missing(request, "No such package is watched")
        return self._answer(request, "package_page.html", page.name, "/packages", page)

    def reasons(self, request: Request) -> Response:
        """All reason codes."""
        found = tuple(Explained(code, meaning_of(code), hint_of(code)) for code in sorted(REASONS))
        return self._answer(request, "reasons.html", "Reasons", "/reasons", found)

    def badge(self, request: Request) -> Response:
        """The state of an image as a picture."""
        image = self._image(request, "/badge/", ".svg")
        if image is None:
            return Response(
                badge("freshlayer", "unwatched", "no such image"), 404, media_type="image/svg+xml"
            )
        drawn = badge(image.title, image.state, WORDS[image.state].lower())
        return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})

    def static(self, request: Request) -> Response:
        """A file that pages load."""
        asset = assets().get(request.path_params["name"])
        if asset is None:
            return Response("no such file\n", 404, media_type="text/plain")
        return _compressed(request, asset.content, asset.kind, {"Cache-Control": _KEPT})

    async def events(self, request: Request) -> Response:
        """Server-sent events: ``old``, once something else would be shown than at a revision."""
        since = request.query_params.get("since", "")
        if self._streams >= _MOST_STREAMS:
            return Response(status_code=204)
        # nginx holds back what is short, unless this header is there.
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(since), headers=headers, media_type="text/event-stream")

    async def _stream(self, since: str) -> AsyncIterator[bytes]:
        self._streams += 1
        try:
            yield b"retry: 10000\n\n"
            looks = 0
            while self._revision == since and not self._ended:
                looks += 1
                if looks % _BEAT == 0:
                    yield b": still the same\n\n"
                await asyncio.sleep(_LOOK)
            if not self._ended:
                yield f"event: old\ndata: {self._revision}\n\n".encode()
        finally:
            self._streams -= 1

    @property
    def _revision(self) -> str:
        return f"{self._started}-{self._shown.revision}"

    def _image(self, request: Request, before: str, after: str) -> Image | None:
        """By the address as it was sent: a name may be no UTF-8."""
        sent = unquote_to_bytes(request.scope["raw_path"].partition(b"?")[0])
        name = sent.removeprefix(before.encode()).removesuffix(after.encode())
        return self._shown.images.get(quote(name, safe="/"))

    def _missing(self, request: Request, what: str) -> Response:
        page = (what, "It was removed, or the address is wrong.")
        return self._answer(request, "message.html", what, "", page, status=404)

    def _answer(
        self, request: Request, template: str, title: str, here: str, page: object, **values: object
    ) -> Response:
        status = values.pop("status", 200)
        text = self._templates.page(template, self._site(request), title, here, page, **values)
        found = _compressed(request, text.encode("utf-8", "replace"), "text/html", {})
        found.status_code = status if isinstance(status, int) else 200
        return found

    def _site(self, request: Request) -> Site:
        images, files = self._shown.images.values(), assets()
        quiet = all(image.state in {FRESH, "unwatched", "never"} for image in images)
        return Site(
            style=files["style.css"].address,
            script=files["page.js"].address,
            icon=files["fresh.svg" if quiet else "stale.svg"].address,
            revision=self._revision,
            probed=when(self._shown.probed, self._clock()) if self._shown.probed else None,
            version=self._version,
            images=len(images),
            inputs=len({use.reference for image in images for use in image.known.uses}),
            leaves=self._access.has_session(request.scope),
        )


def _compressed(request: Request, body: bytes, kind: str, headers: dict[str, str]) -> Response:
    sent = {**headers, "Vary": "Accept-Encoding", "Content-Security-Policy": POLICY}
    if len(body) >= _LEAST_COMPRESSED and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _LEVEL, mtime=0)
        sent["Content-Encoding"] = "gzip"
    return Response(body, headers=sent, media_type=kind)


def _words(request: Request) -> str:
    return request.query_params.get("q", "")[:_LONGEST_QUERY].strip()


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
