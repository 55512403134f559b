"""The files of ``docker login`` and ``podman login``: config.json, auth.json, and credential helpers.

https://docs.docker.com/reference/cli/docker/login/, containers-auth.json(5). A file that can't be read,
and an entry that is not valid, are skipped.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.children import checkout, is_within
from freshlayer.credentials.model import Credential, Keyring, Scheme
from freshlayer.files.bounded_read import read_file
from freshlayer.files.user_directories import docker_home
from freshlayer.lazy_regex import compiled

HUB = "docker.io"
IDENTITY_TOKEN = "<token>"
"""The user name that marks a secret as an identity token, which is exchanged for other tokens."""

_HUB_KEY = "https://index.docker.io/v1/"
_HUB_NAMES = {"index.docker.io", "registry-1.docker.io", HUB}
_LARGEST = 1024 * 1024
_NAME = compiled(r"[\w.-]+", re.ASCII)


class Helper(Struct, frozen=True):
    """A credential helper (``docker-credential-NAME``), and the server that is written to its stdin.

    ``barred``: a configuration in the checkout names it, so it is not run.
    """

    argv: tuple[str, ...]
    server: str
    barred: bool = False

    def credential(self, output: str) -> Credential | None:
        """The credential in its answer, ``{"Username": …, "Secret": …}``; None where there is none."""
        try:
            answer: object = json.loads(output)
        except (ValueError, RecursionError):
            return None
        user, secret = (_text(answer, name) for name in ("Username", "Secret"))
        return _basic(user, secret)


def logins(keyring: Keyring, registry: str, repository: str) -> tuple[Credential | Helper, ...]:
    """Where the credential for a repository may be, best first: the first one that exists is sent.

    ``registry``: ``host[:port]``, ``docker.io`` for Docker Hub. In each file a helper goes before an entry,
    and a longer name before a shorter one.
    """
    names = _names(registry, repository)
    tree = checkout(keyring.environ)
    found = (
        replace(item, barred=True) if isinstance(item, Helper) and _is_of(path, tree) else item
        for path in _paths(keyring)
        for item in _in_file(keyring.of_file(path, document), names, registry)
    )
    return tuple(dict.fromkeys(found))


def _is_of(path: str, tree: str) -> bool:
    """Whether a file is in the checkout, or may be: its path is relative."""
    return not os.path.isabs(path) or is_within(path, tree)


def document(path: str) -> Mapping[str, object]:
    """A JSON object of docker's in a file; empty where it can't be read."""
    try:
        found: object = json.loads(read_file(path, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _paths(keyring: Keyring) -> Iterator[str]:
    """The file of REGISTRY_AUTH_FILE, docker's, podman's of this login session, podman's permanent one."""
    named, home = keyring.environ.get, keyring.home
    if named("REGISTRY_AUTH_FILE"):
        yield named("REGISTRY_AUTH_FILE", "")
    yield str(docker_home(keyring.environ, home) / "config.json")
    # A relative one is ignored (XDG Base Directory Specification).
    session, configuration = named("XDG_RUNTIME_DIR", ""), named("XDG_CONFIG_HOME", "")
    if os.path.isabs(session):
        yield os.path.join(session, "containers", "auth.json")
    own = configuration if os.path.isabs(configuration) else os.path.join(home, ".config")
    yield os.path.join(own, "containers", "auth.json")


def _in_file(
    config: Mapping[str, object], names: tuple[str, ...], registry: str
) -> Iterator[Credential | Helper]:
    helpers, auths = _by_name(config.get("credHelpers")), _by_name(config.get("auths"))
    programs = (*(helpers[name] for name in names if name in helpers), config.get("credsStore"))
    for program in programs:
        if isinstance(program, str) and _NAME.fullmatch(program):
            yield Helper((f"docker-credential-{program}", "get"), _HUB_KEY if registry == HUB else registry)
    for name in names:
        credential = _of_entry(auths.get(name))
        if credential is not None:
            yield credential


def _by_name(table: object) -> dict[str, object]:
    """The entries by registry and namespace, however these are written: ``https://host/v1/``, ``host``."""
    found: dict[str, object] = {}
    for key, value in table.items() if isinstance(table, dict) else ():
        name = re.sub(r"/v[12]/?$", "", re.sub(r"^https?://", "", key)).rstrip("/")
        host, slash, rest = name.partition("/")
        found.setdefault(f"{HUB if host in _HUB_NAMES else host}{slash}{rest}", value)
    return found


def _names(registry: str, repository: str) -> tuple[str, ...]:
    """``host/a/b``, ``host/a``, ``host``: podman keeps credentials by namespace as well."""
    parts = [registry, *repository.split("/")]
    return tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))


def _of_entry(entry: object) -> Credential | None:
    """``identitytoken``; or ``auth``, base64 of ``user:password``; or the two, each by its name."""
    token = _text(entry, "identitytoken")
    if token:
        return _basic(IDENTITY_TOKEN, token)
    try:
        both = base64.b64decode(_text(entry, "auth"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, _, password = both.partition(":")
    return _basic(user or _text(entry, "username"), password.strip("\0") or _text(entry, "password"))


def _basic(user: str, secret: str) -> Credential | None:
    return Credential(Scheme.BASIC, secret, user) if user and secret else None


def _text(table: object, name: str) -> str:
    value = table.get(name) if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""
