"""libcurl, by pycurl without its interface for asyncio, and the authorities that it trusts."""

import os

from freshlayer.lean_libraries import load_lean

load_lean("pycurl")

import pycurl  # noqa: E402 - after the line above

__all__ = ["authorities", "directory_of_authorities", "pycurl"]

_DIRECTORY = "/etc/ssl/certs"
_LENGTH = len("002c0b4f.0")

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def authorities() -> str:
    """The CA bundle: libcurl in the wheel knows none by itself."""
    for path in (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("CURL_CA_BUNDLE", ""), *_BUNDLES):
        if path and os.path.isfile(path):
            return path
    import certifi  # noqa: PLC0415 - only where the system has no bundle

    return certifi.where()


def directory_of_authorities() -> str:
    """A directory that has each CA in a file named by the hash of its subject (openssl-rehash(1)).

    OpenSSL reads what it needs of it, and all of a bundle, which takes longer than the rest of a connection.
    Empty where there is none, TLS is not by OpenSSL, or the environment names a bundle alone.
    """
    if not (pycurl.version_info()[5] or "").startswith("OpenSSL") or os.environ.get("CURL_CA_BUNDLE"):
        return ""
    named = os.environ.get("SSL_CERT_DIR", "")
    usual = "" if os.environ.get("SSL_CERT_FILE") else _DIRECTORY
    return next((it for it in (named or usual).split(os.pathsep) if _is_hashed(it)), "")


def _is_hashed(directory: str) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(len(it.name) == _LENGTH and it.name.endswith(".0") for it in entries)
    except OSError:
        return False
