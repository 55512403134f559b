"""Credentials, and the places where they are looked up."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from msgspec import Struct, field

from freshlayer.files.user_directories import home_of
from freshlayer.model.str_enum import StrEnum
from freshlayer.settings import HostSettings

T = TypeVar("T")
_ENDS = frozenset(":/?#")


class Scheme(StrEnum):
    """How a credential is sent: RFC 7617, RFC 6750, or in a header that the vendor defines."""

    BASIC = "basic"
    BEARER = "bearer"
    HEADER = "header"


class Private(Struct, frozen=True):
    """A value with a part that is never printed, neither in a message nor in a traceback."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Credential(Private, frozen=True):
    """The credential for one host. ``header``: the name of the header, if the vendor defines one."""

    scheme: Scheme
    secret: str
    user: str = ""
    header: str = ""


class Program(Private, frozen=True):
    """A program that prints the secret on its first line: it runs once, when its host gets a request."""

    argv: tuple[str, ...]
    user: str = ""
    header: str = ""

    def credential(self, output: str) -> Credential | None:
        """The credential in its output; None if it printed nothing."""
        secret = output.partition("\n")[0].strip()
        return of_parts(self.user, secret, self.header) if secret else None


class Tls(Private, frozen=True):
    """Files for one host: a private CA, a client certificate with its key, and the key's password."""

    authorities: str = ""
    certificate: str = ""
    key: str = ""
    password: str = ""


NO_FILES = Tls()


class Keyring(Private, frozen=True, eq=False):
    """The places that hold credentials: they are read when a host gets a request.

    ``environ``: the user's environment; ``hosts``: the settings, by host name or ``host:port``. ``_of_run``:
    what was found in this run, where there is one.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)
    _files: dict[str, tuple[tuple[int, int], object]] = field(default_factory=dict)
    _of_run: dict[tuple[str, bool], object] | None = None

    def for_run(self) -> Keyring:
        """A keyring that looks up each host once, for as long as one probe takes."""
        return Keyring(self.environ, self.hosts, self._files, {})

    def once(self, origin: tuple[str, bool], find: Callable[[], T]) -> T:
        """What is found for ``host[:port]``, with TLS or without; in a run it is looked up once."""
        if self._of_run is None:
            return find()
        if origin not in self._of_run:
            self._of_run[origin] = find()
        return cast(T, self._of_run[origin])

    def of_file(self, path: str, read: Callable[[str], T]) -> T:
        """What is read from a file, read once for as long as the file does not change.

        Kept here and not in a module: it may be secret, and another session has other files.
        """
        try:
            known = os.stat(path)
            stamp = (known.st_mtime_ns, known.st_size)
        except FileNotFoundError:
            # Most users have no netrc; it is looked for at each request.
            stamp = (0, 0)
        except OSError:
            return read(path)
        before = self._files.get(path)
        if before is None or before[0] != stamp:
            before = self._files[path] = (stamp, read(path))
        return cast(T, before[1])

    @property
    def home(self) -> str:
        """The user's home directory; never one in the checkout, as an empty or relative HOME would name."""
        return home_of(self.environ) if self.environ else os.sep

    def settings(self, netloc: str) -> HostSettings | None:
        """The settings of ``host[:port]``."""
        name = netloc.lower()
        return self.hosts.get(name) or self.hosts.get(host_of(name))

    def without_credentials(self) -> Keyring:
        """Only which authorities certify the hosts of the settings."""
        return Keyring({}, {name: HostSettings(ca=it.ca) for name, it in self.hosts.items() if it.ca})


NO_CREDENTIALS = Keyring()
"""A keyring without credentials."""


def of_parts(user: str, secret: str, header: str = "") -> Credential:
    """Basic with a user name, a vendor's header where one is named, else a bearer token."""
    if header:
        return Credential(Scheme.HEADER, secret, header=header)
    return Credential(Scheme.BASIC if user else Scheme.BEARER, secret, user)


def netloc_of(url: str) -> str:
    """``https://user@[::1]:443/path`` → ``[::1]:443``. Cheaper than ``urlsplit``, for every request."""
    scheme, mark, rest = url.partition("://")
    if not (scheme and mark and _ENDS.isdisjoint(scheme)):
        return ""
    rest = rest.partition("/")[0]
    if "?" in rest or "#" in rest:
        rest = rest.partition("?")[0].partition("#")[0]
    return rest.rpartition("@")[2] if "@" in rest else rest


def host_of(netloc: str) -> str:
    """``[::1]:443`` → ``::1``, ``example.com:80`` → ``example.com``."""
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0]
