"""A package index on loopback with wheels that are made in memory: what pip reads, and freshlayer too."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Self
from urllib.parse import unquote

from msgspec import Struct

from testing.logging_server import Logged, LoggingServer, Reply

_JSON = "application/vnd.pypi.simple.v1+json"
_PAGE = re.compile(r"/simple/([^/]+)/")


class Wheel(Struct, frozen=True):
    """A file of a project. ``name``: of the file. ``yanked``: the reason; None where it is not.

    ``uploaded``: when, as PEP 700 has it.
    """

    name: str
    python: str = ""
    yanked: str | None = None
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    uploaded: str = ""

    @property
    def metadata(self) -> str:
        """METADATA, which an index may have beside the file."""
        project, version = self.name.split("-")[:2]
        lines = [f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}"]
        lines += [f"Requires-Python: {self.python}"] if self.python else []
        lines += [f"Requires-Dist: {it}" for it in self.requires]
        lines += [f"Provides-Extra: {it}" for it in self.extras]
        return "\n".join(lines) + "\n"

    @property
    def body(self) -> bytes:
        """A wheel without code: pip reads its METADATA."""
        project, version = self.name.split("-")[:2]
        folder = f"{project}-{version}.dist-info"
        tag = "-".join(self.name.removesuffix(".whl").split("-")[-3:])
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, text in (
                (f"{folder}/METADATA", self.metadata),
                (f"{folder}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"),
                (f"{folder}/RECORD", ""),
            ):
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
        return made.getvalue()

    @property
    def sha256(self) -> str:
        return sha256(self.body).hexdigest()


class PythonIndex:
    """Pages in both forms: HTML (PEP 503) where the client does not accept JSON (PEP 691).

    ``metadata``: whether it has the metadata of each wheel beside it (PEP 658, PEP 714).
    """

    def __init__(self, *, html: bool = False, metadata: bool = True) -> None:
        self._html = html
        self._metadata = metadata
        self._files: dict[str, list[Wheel]] = {}
        self.server = LoggingServer(self._answer)
        self.url = f"{self.server.url}/simple"

    def publish(self, project: str, files: Iterable[Wheel]) -> None:
        """The files of a project, in place of those that it had."""
        self._files[re.sub(r"[-_.]+", "-", project).lower()] = list(files)

    def _answer(self, request: Logged) -> Reply:
        match = _PAGE.fullmatch(request.target)
        if match and match[1] in self._files:
            files = self._files[match[1]]
            if self._html or _JSON not in request.headers.get("accept", ""):
                return _reply(_html(files, metadata=self._metadata), "text/html", request)
            return _reply(_json(match[1], files, metadata=self._metadata), _JSON, request)
        name = unquote(request.target.rpartition("/")[2])
        for files in self._files.values():
            for file in files:
                if file.name == name:
                    return Reply(body=file.body)
                if self._metadata and f"{file.name}.metadata" == name:
                    return Reply(body=file.metadata.encode())
        return Reply(404)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _reply(text: str, kind: str, request: Logged) -> Reply:
    tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
    headers = {"Content-Type": kind, "ETag": tag, "Vary": "Accept"}
    if request.headers.get("if-none-match") == tag:
        return Reply(304, headers, b"")
    return Reply(200, headers, text.encode())


def _digest_of_metadata(file: Wheel) -> str:
    return sha256(file.metadata.encode()).hexdigest()


def _json(project: str, files: list[Wheel], *, metadata: bool) -> str:
    listed = [
        {
            "filename": file.name,
            "url": f"../../files/{file.name}",
            "hashes": {"sha256": file.sha256},
            **({"requires-python": file.python} if file.python else {}),
            **({"upload-time": file.uploaded} if file.uploaded else {}),
            "yanked": False if file.yanked is None else file.yanked or True,
            **({"core-metadata": {"sha256": _digest_of_metadata(file)}} if metadata else {}),
        }
        for file in files
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": listed})


def _html(files: list[Wheel], *, metadata: bool) -> str:
    lines = ["<!DOCTYPE html><html><body>"]
    for file in files:
        more = f' data-requires-python="{escape(file.python)}"' if file.python else ""
        more += f' data-yanked="{escape(file.yanked)}"' if file.yanked is not None else ""
        more += f' data-core-metadata="sha256={_digest_of_metadata(file)}"' if metadata else ""
        link = f"../../files/{file.name}#sha256={file.sha256}"
        lines.append(f'<a href="{link}"{more}>{file.name}</a><br/>')
    return "\n".join([*lines, "</body></html>"])
