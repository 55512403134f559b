"""libcurl, by pycurl without its interface for asyncio, and the authorities that it trusts."""

import os

from freshlayer.lean_libraries import load_lean

load_lean("pycurl")

import pycurl  # noqa: E402 - after the line above

__all__ = ["authorities", "pycurl"]

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def authorities() -> str:
    """The CA bundle: libcurl in the wheel knows none by itself."""
    named = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("CURL_CA_BUNDLE", ""))
    for path in (*named, *_BUNDLES):
        if path and os.path.isfile(path):
            return path
    import certifi  # noqa: PLC0415 - only where the system has no bundle

    return certifi.where()
