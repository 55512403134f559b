"""One host's credential: the settings, else the vendor's token in the environment, else netrc.

netrc is read here and not by libcurl, which would look up the host of every redirect as well.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from freshlayer.credentials.model import (
    NO_FILES,
    Credential,
    Keyring,
    Program,
    Scheme,
    Tls,
    host_of,
    netloc_of,
    of_parts,
)
from freshlayer.files.bounded_read import read_file
from freshlayer.settings import HostSettings

if TYPE_CHECKING:
    import netrc

_LARGEST = 1024 * 1024

VENDORS: dict[str, tuple[tuple[str, ...], str]] = {
    "github.com": (("GH_TOKEN", "GITHUB_TOKEN"), ""),
    "api.github.com": (("GH_TOKEN", "GITHUB_TOKEN"), ""),
    "codeload.github.com": (("GH_TOKEN", "GITHUB_TOKEN"), ""),
    "raw.githubusercontent.com": (("GH_TOKEN", "GITHUB_TOKEN"), ""),
    "gitlab.com": (("GITLAB_TOKEN",), "PRIVATE-TOKEN"),
    "huggingface.co": (("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"), ""),
}
"""Host → the variables that hold its token, best first, and its header (none: as a bearer token)."""


def find(keyring: Keyring, url: str) -> Credential | Program | None:
    """The credential for the host of a URL; None: none. A vendor's token is only sent with TLS."""
    netloc, secure = netloc_of(url), url.startswith("https:")
    return keyring.once((netloc, secure), lambda: _of_host(keyring, netloc, secure=secure))


def _of_host(keyring: Keyring, netloc: str, *, secure: bool) -> Credential | Program | None:
    """For ``host[:port]``."""
    settings = keyring.settings(netloc)
    if settings is not None and (found := _of_settings(keyring, settings)):
        return found
    token = _of_vendor(keyring, netloc) if secure else None
    return token or _of_netrc(keyring, host_of(netloc))


def tls(keyring: Keyring, url: str) -> Tls:
    """The certificate files for the host of a URL."""
    settings = keyring.settings(netloc_of(url)) if keyring.hosts else None
    if settings is None:
        return NO_FILES
    password = keyring.environ.get(settings.key_password_env, "") if settings.key_password_env else ""
    return Tls(settings.ca, settings.certificate, settings.key, password)


def _of_settings(keyring: Keyring, settings: HostSettings) -> Credential | Program | None:
    user = keyring.environ.get(settings.user_env, "") if settings.user_env else settings.user
    if settings.command:
        return Program(settings.command, user, settings.header)
    secret = keyring.environ.get(settings.password_env or settings.token_env, "")
    return of_parts(user, secret, settings.header) if secret else None


def _of_vendor(keyring: Keyring, netloc: str) -> Credential | None:
    names, header = VENDORS.get(netloc, ((), ""))
    token = next((keyring.environ[name] for name in names if keyring.environ.get(name)), "")
    return of_parts("", token, header) if token else _of_gitlab_job(keyring, netloc)


def _of_gitlab_job(keyring: Keyring, netloc: str) -> Credential | None:
    """Within GitLab CI a job has a token for the server that runs it (CI_JOB_TOKEN, CI_SERVER_HOST)."""
    token, host = keyring.environ.get("CI_JOB_TOKEN", ""), keyring.environ.get("CI_SERVER_HOST", "")
    return of_parts("", token, "JOB-TOKEN") if token and netloc and netloc == host else None


def _of_netrc(keyring: Keyring, host: str) -> Credential | None:
    path = keyring.environ.get("NETRC", "") or os.path.join(keyring.home, ".netrc")
    found = keyring.of_file(path, _netrc)
    # An entry named "default" would be sent to every host.
    entry = found.hosts.get(host) if found and host != "default" else None
    if not entry or not entry[2]:
        return None
    return Credential(Scheme.BASIC, entry[2], entry[0])


def _netrc(path: str) -> netrc.netrc | None:
    """None if the file can't be read or parsed, as for curl."""
    try:
        read_file(path, _LARGEST)
    except OSError:
        return None
    import netrc  # noqa: PLC0415 - only where there is such a file

    try:
        return netrc.netrc(path)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
