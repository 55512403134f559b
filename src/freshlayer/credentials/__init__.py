"""netrc, settings, vendors' tokens, docker's config and cloud chains → one host's credential.

A credential is looked up when its host gets a request, is sent to that host alone, and is never written.
"""

from freshlayer.credentials.http import find, tls
from freshlayer.credentials.model import (
    NO_CREDENTIALS,
    NO_FILES,
    Credential,
    Keyring,
    Private,
    Program,
    Scheme,
    Tls,
    host_of,
    netloc_of,
)

__all__ = [
    "NO_CREDENTIALS",
    "NO_FILES",
    "Credential",
    "Keyring",
    "Private",
    "Program",
    "Scheme",
    "Tls",
    "find",
    "host_of",
    "netloc_of",
    "tls",
]
