"""What docker remembers of the build of an image: its provenance, which few images carry themselves.

BuildKit keeps a record of each build, and with it the provenance, whatever store the image went to; buildx
prints them (measured, 0.29). A record names its image by the digest that the engine calls the image's ID.
https://docs.docker.com/reference/cli/docker/buildx/history/
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from freshlayer import children
from freshlayer.builders.run.captured import captured
from freshlayer.errors import BuilderError
from freshlayer.lazy_regex import compiled
from freshlayer.reference import shown

_SECONDS = 30.0
_MOST_RECORDS = 200
_MOST_ATTACHMENTS = 100
_PROVENANCE = "https://slsa.dev/provenance/"
_DIGEST = compiled(r"sha256:[0-9a-f]{64}")
_RECORD = compiled(r"(?:[\w.-]{1,200}/){2}([a-z0-9]{10,64})")


class BuiltImage(Struct, frozen=True):
    """``digest``: the ID of the image. ``statements``: the provenance of each platform of its build."""

    digest: str
    statements: tuple[bytes, ...] = ()


def built_image(name: str, environ: Mapping[str, str]) -> BuiltImage:
    """An image of the engine, and what its newest build stated. Raises BuilderError without such an image."""
    docker = children.program("docker", environ.get("PATH", os.defpath))
    if not docker:
        raise BuilderError(
            f"{shown(name)}: there is no docker in PATH, which has the image and the history of its build"
            " (install docker, or name an image of a registry or an OCI layout)"
        )
    digest = _printed([docker, "image", "inspect", "--format", "{{.Id}}", "--", name], environ).strip()
    if not _DIGEST.fullmatch(digest.decode("utf-8", "replace")):
        raise BuilderError(f"{shown(name)}: the engine has no such image (build it, or correct its name)")
    return BuiltImage(digest.decode(), tuple(_statements(docker, digest.decode(), environ)))


def _statements(docker: str, digest: str, environ: Mapping[str, str]) -> Iterator[bytes]:
    history = [docker, "buildx", "history"]
    listed = _printed([*history, "ls", "--no-trunc", "--format", "json"], environ)
    for record in list(_records(listed))[:_MOST_RECORDS]:
        attached = dict(_attached(_printed([*history, "inspect", "--format", "json", record], environ)))
        if digest in attached:
            for item in (it for it, kind in attached.items() if kind.startswith(_PROVENANCE)):
                yield _printed([*history, "inspect", "attachment", record, item], environ)
            return


def _records(listed: bytes) -> Iterator[str]:
    """One object a line, the newest first."""
    for line in listed.splitlines():
        reference = _table(line).get("ref")
        match = _RECORD.fullmatch(reference) if isinstance(reference, str) else None
        if match:
            yield match[1]


def _attached(record: bytes) -> Iterator[tuple[str, str]]:
    """Digest → type."""
    listed = _table(record).get("Attachments")
    for item in listed[:_MOST_ATTACHMENTS] if isinstance(listed, list) else ():
        digest, kind = (item.get("Digest"), item.get("Type")) if isinstance(item, dict) else (None, None)
        if isinstance(digest, str) and isinstance(kind, str) and _DIGEST.fullmatch(digest):
            yield digest, kind


def _printed(argv: list[str], environ: Mapping[str, str]) -> bytes:
    """Nothing where the command fails: an older buildx has no history."""
    done = captured(argv, environ, seconds=_SECONDS)
    return b"" if done.returncode else done.stdout


def _table(text: bytes) -> Mapping[str, object]:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
