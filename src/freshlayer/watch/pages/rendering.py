"""Values → HTML, by templates that escape everything; and the files that a page loads."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.report.page import rendering
from freshlayer.watch.pages.times import When

_HERE = Path(__file__).parent / "templates"
_DARK = compiled(r"@media \(prefers-color-scheme: dark\) \{\s*:root (\{[^}]*\})\s*\}")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="2" width="14" height="3.2"'
    ' rx="1.2" fill="{0}"/><rect x="1" y="6.4" width="14" height="3.2" rx="1.2" fill="#1f8f7d"/><rect x="1"'
    ' y="10.8" width="14" height="3.2" rx="1.2" fill="#1f8f7d"/></svg>'
)


class Asset(Struct, frozen=True):
    """A file that pages load. Its address names its content, so that a browser may keep it."""

    name: str
    kind: str
    content: bytes

    @property
    def address(self) -> str:
        return f"/static/{self.name}?v={sha256(self.content).hexdigest()[:12]}"


class Site(Struct, frozen=True):
    """What every page shows. ``leaves``: whether there is a session to leave."""

    style: str
    script: str
    icon: str
    revision: str
    probed: When | None
    version: str
    images: int
    inputs: int
    leaves: bool


@cache
def assets() -> dict[str, Asset]:
    """By name."""
    found = (
        Asset("style.css", "text/css", _style().encode()),
        Asset("page.js", "text/javascript", (_HERE / "page.js").read_bytes()),
        Asset("stale.svg", "image/svg+xml", _ICON.format("#d9560b").encode()),
        Asset("fresh.svg", "image/svg+xml", _ICON.format("#1f8f7d").encode()),
    )
    return {asset.name: asset for asset in found}


def _style() -> str:
    """That of a report, with a theme that the reader chooses."""
    text = rendering.style() + (_HERE / "watch.css").read_text("utf-8")
    chosen = (
        r'@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) \1 }'
        r' :root[data-theme="dark"] \1'
    )
    return _DARK.sub(chosen, text, count=1)


class Templates:
    """The templates, compiled as they are used. ``root``: the path that is before every address."""

    def __init__(self, root: str = "") -> None:
        self._templates = rendering.environment(_HERE, reasons=f"{root}/reasons")
        self._templates.globals["root"] = root

    def page(self, template: str, site: Site, title: str, here: str, page: object, **values: object) -> str:
        """A page of the site. ``here``: the address of the part that it is in."""
        found = self._templates.get_template(template)
        return found.render(site=site, title=title, here=here, page=page, **values)

    def login(self, following: str, problem: str) -> str:
        """The form that takes the token. ``following``: where to go then."""
        found = self._templates.get_template("login.html")
        style, icon = (assets()[name].address for name in ("style.css", "fresh.svg"))
        return found.render(style=style, icon=icon, next=following, problem=problem)
