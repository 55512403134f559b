"""Azure Storage: an account's endpoint, and its key, signature or token, by the variables of ``az storage``.

They belong to the account that AZURE_STORAGE_ACCOUNT or the connection string names, and are not sent to
another one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from freshlayer import children
from freshlayer.credentials.model import Keyring, Private, Program
from freshlayer.model.reasons import Reason

_TOKEN = ("account", "get-access-token", "--resource", "https://storage.azure.com/")
_INVALID = Reason("credential-invalid", detail="the key of the account is not base64")
_PLAIN = ("--query", "accessToken", "--output", "tsv")
_SLOTS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
"""The headers that a Shared Key signs besides ``x-ms-…``, in their order."""


class Account(Private, frozen=True):
    """``endpoint``: a URL without a slash at its end. Of ``key``, ``sas`` and ``program`` at most one is set.

    ``fault``: why its credential can't be used; None if it can.
    """

    name: str
    endpoint: str
    key: bytes = b""
    sas: str = ""
    program: Program | None = None
    fault: Reason | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests have no credential."""
        return not (self.key or self.sas or self.program)


def account(keyring: Keyring, name: str) -> Account:
    """What is known of an account: its connection string, else the variables, else nothing."""
    environ = keyring.environ
    string = _connection_string(environ)
    if string.get("accountname") == name:
        secrets = string.get("accountkey", ""), string.get("sharedaccesssignature", "")
        return _opened(name, _endpoint(string, name), *secrets)
    program = _login(environ)
    if environ.get("AZURE_STORAGE_ACCOUNT", "").lower() != name:
        return Account(name, _endpoint({}, name), program=program)
    endpoint = environ.get("AZURE_STORAGE_SERVICE_ENDPOINT", "").rstrip("/") or _endpoint({}, name)
    if program is not None:
        return Account(name, endpoint, program=program)
    secrets = environ.get("AZURE_STORAGE_KEY", ""), environ.get("AZURE_STORAGE_SAS_TOKEN", "")
    return _opened(name, endpoint, *secrets)


def _opened(name: str, endpoint: str, key: str, sas: str) -> Account:
    """With a signature, which allows less, else with a key."""
    if sas:
        return Account(name, endpoint, sas=sas.lstrip("?"))
    try:
        return Account(name, endpoint, base64.b64decode(key, validate=True))
    except ValueError:
        return Account(name, endpoint, fault=_INVALID)


def shared_key(account: Account, method: str, url: str, headers: tuple[str, ...]) -> str:
    """The value of Authorization; ``headers`` are lines that hold ``x-ms-date`` and ``x-ms-version``.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """
    fields = {name.strip().lower(): value.strip() for name, _, value in (h.partition(":") for h in headers)}
    own = sorted((name, value) for name, value in fields.items() if name.startswith("x-ms-"))
    lines = [method, *(fields.get(name, "") for name in _SLOTS), *(f"{name}:{value}" for name, value in own)]
    text = "\n".join([*lines, _resource(account.name, url)])
    signature = base64.b64encode(hmac.digest(account.key, text.encode(), hashlib.sha256)).decode("ascii")
    return f"SharedKey {account.name}:{signature}"


def _resource(name: str, url: str) -> str:
    """Account, path as it is sent, and the parameters, decoded and sorted."""
    parts = urlsplit(url)
    parameters = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return "\n".join([f"/{name}{parts.path}", *(f"{key.lower()}:{value}" for key, value in parameters)])


def _login(environ: Mapping[str, str]) -> Program | None:
    """The program that prints a token, where ``az`` itself would log in; it takes a second."""
    if environ.get("AZURE_STORAGE_AUTH_MODE", "").lower() != "login":
        return None
    az = children.program("az", environ.get("PATH", ""))
    return Program((az, *_TOKEN, *_PLAIN)) if az else None


def _connection_string(environ: Mapping[str, str]) -> Mapping[str, str]:
    """``Name=value;…``, names in lower case; the account is the endpoint's where it is not named."""
    pairs = (item.partition("=") for item in environ.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";"))
    found = {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
    host = urlsplit(found.get("blobendpoint", "")).hostname or ""
    return {"accountname": host.partition(".")[0], **found} if found else {}


def _endpoint(string: Mapping[str, str], name: str) -> str:
    if string.get("blobendpoint"):
        return string["blobendpoint"].rstrip("/")
    protocol = "http" if string.get("defaultendpointsprotocol") == "http" else "https"
    return f"{protocol}://{name}.blob.{string.get('endpointsuffix') or 'core.windows.net'}"
