"""A list of projects that another server has: a JSON array, requested with a condition."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import msgspec
from msgspec import Struct

from freshlayer import __version__
from freshlayer.credentials import Credential, Keyring, find, tls
from freshlayer.files import atomic_write
from freshlayer.files.bounded_read import read_file
from freshlayer.probe.network.pinned_addresses import pinned
from freshlayer.reference import shown
from freshlayer.watch.projects.addresses import RefusedError, resolved
from freshlayer.watch.projects.settings import ListedProject, Repository, refused

_LARGEST = 8 * 1024 * 1024
_MOST = 20_000
_LONGEST_TAG = 1024
_SECONDS = 30
_OK, _NOT_MODIFIED = 200, 304


class ListError(Exception):
    """A list could not be read; the text is a clause."""


class _Kept(Struct, frozen=True):
    tag: str
    projects: list[ListedProject]


class _Answer:
    def __init__(self) -> None:
        self.body = bytearray()
        self.tag = ""

    def on_line(self, line: bytes) -> None:
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "etag":
            self.tag = value.strip()[:_LONGEST_TAG]

    def on_body(self, piece: bytes) -> int | None:
        self.body += piece
        return -1 if len(self.body) > _LARGEST else None


class ProjectList:
    """One list; what it had last is kept in ``home`` for when it can't be requested."""

    def __init__(self, url: str, home: Path, allow_hosts: tuple[str, ...]) -> None:
        self.url = url
        self._path = home / f"{sha256(url.encode()).hexdigest()[:24]}.list"
        self._allow_hosts = allow_hosts
        self._kept = _read(self._path)

    @property
    def is_known(self) -> bool:
        """Whether it ever answered."""
        return self._kept is not None

    @property
    def repositories(self) -> list[Repository]:
        """Those that may be cloned."""
        listed = self._kept.projects if self._kept else []
        return [Repository(it.git, it.branches) for it in listed if not refused(it.git)]

    @property
    def refused(self) -> list[str]:
        """Why others may not, each with its URL."""
        listed = self._kept.projects if self._kept else []
        return [f"{shown(it.git, 80)}: {why}" for it in listed if (why := refused(it.git))]

    def fetch(self, keyring: Keyring, stopping: Callable[[], bool]) -> None:
        """Raises ListError; then what it had last counts."""
        try:
            status, answer = self._requested(keyring, stopping)
        except RefusedError as error:
            raise ListError(str(error)) from None
        if status == _NOT_MODIFIED and self._kept is not None:
            return
        if status != _OK:
            raise ListError(f"it is answered with {_status(status)}")
        try:
            projects = msgspec.json.decode(bytes(answer.body), type=list[ListedProject])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ListError(f"it is not a list of projects: {error}") from None
        if len(projects) > _MOST:
            raise ListError(f"it has more than {_MOST} projects")
        self._kept = _Kept(answer.tag, projects)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write.replace(self._path, msgspec.json.encode(self._kept))

    def _requested(self, keyring: Keyring, stopping: Callable[[], bool]) -> tuple[int, _Answer]:
        """No redirect is followed. Raises ListError, RefusedError."""
        from freshlayer.probe.network.curl import authorise, secure  # noqa: PLC0415 - libcurl is loaded for a list alone
        from freshlayer.probe.network.libcurl import pycurl  # noqa: PLC0415
        from freshlayer.probe.network.messages import Request  # noqa: PLC0415
        from freshlayer.probe.network.post import clause, limit  # noqa: PLC0415

        answer, handle = _Answer(), pycurl.Curl()
        addresses = resolved(self.url, self._allow_hosts)
        pins = [pinned(self.url, addresses)] if addresses else []
        credential = find(keyring, self.url)
        credential = credential if isinstance(credential, Credential) else None
        headers = ("Accept: application/json", f"User-Agent: freshlayer/{__version__}")
        condition = (f"If-None-Match: {self._kept.tag}",) if self._kept and self._kept.tag else ()
        files = tls(keyring, self.url)
        try:
            handle.setopt(pycurl.URL, self.url.encode())
            authorise(handle, Request("GET", self.url, (*headers, *condition), credential=credential))
            handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
            handle.setopt(pycurl.RESOLVE, [it for it in pins if it])
            handle.setopt(pycurl.HEADERFUNCTION, answer.on_line)
            handle.setopt(pycurl.WRITEFUNCTION, answer.on_body)
            limit(handle, files.authorities, _SECONDS, stopping)
            secure(handle, files, "")
            handle.perform()
            return int(handle.getinfo(pycurl.RESPONSE_CODE)), answer
        except pycurl.error as error:
            if len(answer.body) > _LARGEST:
                raise ListError(f"it is larger than {_LARGEST // 1024 // 1024} MiB") from None
            why = clause(int(error.args[0]), _SECONDS, stopping)
            raise ListError(f"it can't be requested: {why}") from None
        finally:
            handle.close()


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def _read(path: Path) -> _Kept | None:
    try:
        return msgspec.json.decode(read_file(path, 2 * _LARGEST), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None
