"""The formats of reports. A format is a module here and a row of ``FORMATS``; the module is loaded on use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from msgspec import Struct

if TYPE_CHECKING:
    from freshlayer.report.formats.base import ReportFormat


class FormatRow(Struct, frozen=True):
    """A value of ``--format``, its module here, and the ending of the files that get it.

    ``needs``: the library that it needs, and the extra that installs it.
    """

    name: str
    module: str
    ending: str = ""
    needs: tuple[str, str] | None = None


FORMATS = (
    FormatRow("text", "text"),
    FormatRow("json", "documents", ".json"),
    FormatRow("markdown", "markdown", ".md"),
    FormatRow("sarif", "sarif", ".sarif"),
    FormatRow("github", "github"),
    FormatRow("html", "html", ".html", ("jinja2", "watch")),
)
NAMES = tuple(row.name for row in FORMATS)
DEFAULT_OF_FILES = "json"


def load(name: str) -> ReportFormat:
    """The module of a format."""
    row = next(row for row in FORMATS if row.name == name)
    return cast("ReportFormat", import_module(f"{__name__}.{row.module}"))


def missing(name: str) -> str:
    """Why a format can't be written here, and what to do; empty where it can."""
    row = next(row for row in FORMATS if row.name == name)
    if row.needs is None:
        return ""
    from importlib.util import find_spec  # noqa: PLC0415 - of few formats

    library, extra = row.needs
    return "" if find_spec(library) else f"needs {library}, which is missing (install freshlayer[{extra}])"


def format_of(path: str) -> str:
    """The format of a file by its ending; JSON for any other ending."""
    endings = {row.ending: row.name for row in FORMATS if row.ending}
    return next((name for ending, name in endings.items() if path.endswith(ending)), DEFAULT_OF_FILES)
