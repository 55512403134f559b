"""Templates and style sheet → HTML. Everything is escaped; a page loads nothing and runs nothing."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from freshlayer.report.page.view import ImageView
from freshlayer.report.page.visible import visible

_HERE = Path(__file__).parent / "templates"


def style() -> str:
    """The style sheet."""
    return (_HERE / "page.css").read_text("utf-8")


def environment(*directories: Path, reasons: str = "") -> Environment:
    """Escapes every value. ``directories``: of templates beside ours. ``reasons``: the page of all codes."""
    made = Environment(
        loader=FileSystemLoader([*directories, _HERE]),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"reasons_page": reasons}
    return made


class Pages:
    """The templates, compiled as they are used."""

    def __init__(self) -> None:
        self._style = style()
        self._templates = environment()

    def section(self, view: ImageView, *, alone: bool) -> Markup:
        """One image. ``alone``: the page is about it."""
        return self._filled("image.html", image=view, level=1 if alone else 2, alone=alone)

    def file(self, title: str, template: str, **values: object) -> str:
        """A page that is one file. ``template``: its body, with these values."""
        body = self._filled(template, **values)
        style = Markup(self._style)  # noqa: S704 - our own file
        return self._filled("file.html", title=title, style=style, policy=self._policy, body=body)

    def _filled(self, template: str, **values: object) -> Markup:
        found = self._templates.get_template(template).render(**values)
        return Markup(found)  # noqa: S704 - the template escaped every value

    @property
    def _policy(self) -> str:
        """Nothing but this one style element."""
        digest = b64encode(sha256(self._style.encode()).digest()).decode()
        return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
