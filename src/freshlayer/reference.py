"""Text → reference: what can be asked for, in one canonical spelling, without credential or signature."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from freshlayer.errors import ReferenceInvalidError

KINDS = {"http": "http", "https": "http"}
"""URL scheme → kind of reference: a row for each scheme that can be asked."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 8192

# Query parameters that are a signature or a secret, and no part of what is named: S3 and GCS (V4 and V2),
# CloudFront, Azure SAS, and the tokens that people put into URLs.
_SIGNED = re.compile(
    r"(?i)^(x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|signature|policy|key-pair-id"
    r"|token|access_token|private_token|job_token|auth|api_?key|apikey|password|passwd|secret)$"
)
_AZURE = re.compile(r"(?:^|&)sig=", re.IGNORECASE)
_AZURE_ONLY = re.compile(r"(?i)^(sig|se|sp|sv|sr|st|spr|skoid|sktid|skt|ske|sks|skv)$")
_EXPIRES = re.compile(r"(?:^|&)(?:signature|awsaccesskeyid|googleaccessid|key-pair-id)=", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """``text`` is the canonical spelling, safe to show and to store.

    ``ask`` is what goes to the origin; it may hold a credential or a signature, so it is never printed,
    recorded or compared.
    """

    kind: str
    text: str
    ask: str = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Reference:
    """Read a URL.

    Raises ReferenceInvalidError, with the reason, where it is none or of a scheme that nobody here can ask.
    """
    parts = _split(text)
    kind = KINDS.get(parts.scheme)
    if kind is None:
        raise ReferenceInvalidError(
            f"{shown(text)} has the scheme {parts.scheme!r}, which freshlayer can't ask"
        )
    host = _host(text, parts)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._[]")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]{}|^\\`")
    known = _without_secrets(query)
    userinfo, at, _ = parts.netloc.rpartition("@")
    return Reference(
        kind=kind,
        text=f"{parts.scheme}://{host}{path}{'?' + known if known else ''}",
        ask=f"{parts.scheme}://{userinfo}{at}{host}{path}{'?' + query if query else ''}",
    )


def _split(text: str) -> SplitResult:
    if len(text) > _LONGEST:
        raise ReferenceInvalidError(f"{shown(text)} is {len(text)} characters long")
    if not text.isprintable() or " " in text:
        raise ReferenceInvalidError(f"{shown(text)} holds a blank or a character that can't stand in a URL")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ReferenceInvalidError(f"{shown(text)} is no URL: {error}") from None
    if not parts.scheme or not text.lower().startswith(parts.scheme + "://"):
        raise ReferenceInvalidError(f"{shown(text)} is no URL: it has no scheme (https://…)")
    return parts


def _host(text: str, parts: SplitResult) -> str:
    try:
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise ReferenceInvalidError(f"{shown(text)} is no URL: {error}") from None
    if not re.fullmatch(r"[a-z0-9._~-]+|[0-9a-f:.]+(%[a-z0-9]+)?", name):
        raise ReferenceInvalidError(f"{shown(text)} is no URL: it names no host")
    name = f"[{name}]" if ":" in name else name
    return name if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{name}:{port}"


def _without_secrets(query: str) -> str:
    azure = bool(_AZURE.search(query))
    signed = bool(_EXPIRES.search(query))
    return "&".join(item for item in query.split("&") if not _is_secret(item, azure=azure, signed=signed))


def _is_secret(item: str, *, azure: bool, signed: bool) -> bool:
    name = item.partition("=")[0]
    if name.lower() == "expires":
        return signed
    if _AZURE_ONLY.match(name):
        return azure
    return bool(_SIGNED.match(name))


def shown(text: str, limit: int = 120) -> str:
    """Untrusted text made safe for a message: no control character, no userinfo, no secret, not too long."""
    safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit * 4])
    safe = re.sub(r"(?<=://)[^/?#@\s]*@", "", safe)
    address, question, query = safe.partition("?")
    safe = address + question + _without_secrets(query)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
