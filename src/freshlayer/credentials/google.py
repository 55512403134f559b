"""Google Cloud Storage: its endpoint, and the token for it.

A service account's file (GOOGLE_APPLICATION_CREDENTIALS) is not read: exchanging it for a token takes
RSA signatures. ``gcloud`` does that, and is run where it is logged in.
"""

from __future__ import annotations

import os
import re

from freshlayer import children
from freshlayer.credentials.model import Credential, Keyring, Program, Scheme

PUBLIC = "https://storage.googleapis.com"
_TOKENS = ("GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN")
_PRINT = ("auth", "print-access-token", "--quiet")


def endpoint(keyring: Keyring) -> str:
    """The URL of the service: an emulator's as Google's own libraries name it, else gcloud's override."""
    emulator = keyring.environ.get("STORAGE_EMULATOR_HOST", "").rstrip("/")
    if emulator:
        return emulator if "://" in emulator else f"http://{emulator}"
    override = keyring.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", "").rstrip("/")
    return re.sub(r"/storage/v1$", "", override) or PUBLIC


def token(keyring: Keyring) -> Credential | Program | None:
    """A token from the environment, else the program that prints one; an emulator gets none."""
    environ = keyring.environ
    if environ.get("STORAGE_EMULATOR_HOST"):
        return None
    named = next((environ[name] for name in _TOKENS if environ.get(name)), "")
    if named:
        return Credential(Scheme.BEARER, named)
    gcloud = children.program("gcloud", environ.get("PATH", ""))
    return Program((gcloud, *_PRINT)) if gcloud and _is_logged_in(keyring) else None


def _is_logged_in(keyring: Keyring) -> bool:
    """Whether gcloud has a login: starting it takes a second."""
    directory = keyring.environ.get("CLOUDSDK_CONFIG", "") or os.path.join(keyring.home, ".config", "gcloud")
    return os.path.isfile(os.path.join(directory, "credentials.db"))
