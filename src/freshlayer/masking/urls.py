"""URLs without the secrets in them: userinfo, parameters, nested URLs, known places in paths.

A parameter is removed with its name: the rest is the URL of the same resource for another user. In a path
the secret is replaced, as the number of segments matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from freshlayer.lazy_regex import IGNORECASE, compiled
from freshlayer.masking.lazy_urls import quote, unquote
from freshlayer.masking.names import (
    decoded,
    has_known_form,
    is_certain_name,
    is_secret,
    is_secret_name,
    looks_random,
    may_have_form,
    may_hold_certain_name,
    without_known_forms,
)

if TYPE_CHECKING:
    import re

_IN_PATH = "***"
_MOST_NESTED = 4
_SHORTEST = 15
_MARKED = compiled(r"[;=%]")
_BETWEEN = compiled(r"([&;])")
_NESTS = compiled(r"%(?:25)*(?:3[AaFfDd])|[=?]")
_HAS_PARTS = compiled(r"[=?#@]|://")
_SAFE_IN_PATH = "/:@!$&'()*+,;=~-._[]"

# What belongs to a signature counts as secret only beside it: Azure SAS, S3 and CloudFront and OSS (V2), COS.
_AZURE = compiled(r"(?:^|[&;])sig=", IGNORECASE)
_AZURE_ONLY = compiled(
    r"sig|se|sp|sv|sr|st|ss|si|sip|srt|spr|sdd|skoid|sktid|skt|ske|sks|skv|saoid|suoid|scid", IGNORECASE
)
_SIGNATURE = compiled(r"(?:^|&)(?:x-amz-signature|x-goog-signature|signature|sig)=", IGNORECASE)
_EXPIRES = compiled(
    r"(?:^|[&;])(?:signature|awsaccesskeyid|googleaccessid|ossaccesskeyid|key-pair-id)=", IGNORECASE
)
_EXPIRES_ONLY = {"expires", "policy"}
_COS = compiled(r"(?:^|[&;])q-signature=", IGNORECASE)

_FILE_NAME = compiled(
    r"[\w./+%-]*\.(?:tar|t?gz|tgz|xz|bz2|zst|zip|7z|jar|war|whl|deb|rpm|apk|json|ya?ml|xml|txt|csv|sh|py|asc|gpg|pub"
    r"|exe|msi|bin|img|iso|so|html?)",
    IGNORECASE,
)
"""What ``key=`` may hold where it names an object."""

_PLACES = (
    r"^hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[^/]+/[^/]+/(?P<secret>.+)",
    r"/api(?:/v\d+)?/webhooks/\d+/(?P<secret>[^/]+)",
    r"^api\.telegram\.org(?::\d+)?/(?:file/)?bot(?P<secret>[^/]+)",
    r"/(?:file/)?bot(?P<secret>\d+(?::|%3[Aa])[\w-]+)(?=/|$)",
    r"/(?:IncomingWebhook|builtin/\d+|hooks/catch/\d+|with/key)/(?P<secret>[^/]+)",
    r"/hooks/(?P<secret>[A-Za-z0-9]{20,}(?:/[A-Za-z0-9]{20,})?)(?=/|$)",
    r"^packagecloud\.io/priv/(?P<secret>[^/]+)",
    r"^dl\.cloudsmith\.io/(?!public/|basic/)(?P<secret>[^/]{12,})/",
    r"^[^/]*\banaconda\.[^/]*/t/(?P<secret>[^/]+)",
    r"^[^/]+(?:/[^/]+){0,4}?/t/(?P<secret>[^/]+)(?=/(?:[^/]+/)*(?:noarch|(?:linux|osx|win)-\w+)/[^/]+$)",
    r"^[\w-]+\.fury\.io/(?P<secret>(?=[^/]*\d)[A-Za-z0-9_-]{16,})(?=/|$)",
)
"""Where services put a secret into a path: Slack, Discord, Telegram, Teams, Sentry, Zapier, package hosts."""
_PLACE = tuple(compiled(pattern) for pattern in _PLACES)
_PLAIN_WORD = compiled(r"[A-Za-z]*|v?\d+(?:\.\d+)*|.*\.[A-Za-z]\w{0,5}|\*+")

_USERINFO = compiled(r"(?<=://)[^/?#@\s]*@(?!sha\d+:)")
# The same with a slash or a blank in the password; not the tag of an image before its digest.
_LOOSE_USERINFO = compiled(r"(?<=://)[^@]*:(?!\d*/)[^@]*@(?!sha\d+:)")
_NESTED_USERINFO = compiled(r"(?<=:/)(/?)[^/?#\s]*@")
_SCP_USERINFO = compiled(r"(?<![\w@/.:-])([\w.+-]+):[^\s@/:]+@(?!sha\d+:)(?=[\w-]+(?:\.[\w-]+)*[:/])")
_REGION = compiled(
    r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<path>[^\s?#\"'<>`]*)|(?P<mark>[?#])(?P<query>[^\s\"'<>`]*)"
)


def without_secrets(query: str, *, guess: bool = True) -> str:
    """A query without what is secret in it, otherwise as it is written.

    ``guess`` False: only what has the name of a secret or the form of a known token, not what looks random.
    """
    return _Query(query, guess=guess).kept() if query else ""


def public_path(host: str, path: str, *, formless: bool = False) -> str:
    """A path without the secrets of matrix parameters, of known places and forms.

    ``formless``: it has no token of a known form, as far as it is not encoded.
    """
    path = _NESTED_USERINFO.sub(r"\1", path) if "@" in path else path
    whole = f"{host}{path}"
    if _may_have_place(whole.lower()):
        path = _without_places(whole)[len(host) :]
    return _segments(path, 0, formless=formless)


def _may_have_place(small: str) -> bool:
    """Whether one of _PLACES may be in a URL: each has one of these, and few URLs do."""
    return (
        ("slack" in small or "hook" in small or "/bot" in small or "telegram" in small or "builtin" in small)
        or ("with/key" in small or "packagecloud" in small or "cloudsmith" in small)
        or ("fury" in small or "/t/" in small)
    )


def _without_places(whole: str) -> str:
    for place in _PLACE:
        found = place.search(whole)
        if found:
            whole = f"{whole[: found.start('secret')]}{_IN_PATH}{whole[found.end('secret') :]}"
    return whole


def is_signed(url: str) -> bool:
    """Whether a URL carries a signature (S3, GCS, Azure SAS, CloudFront): it holds for one method alone."""
    return "?" in url and bool(_SIGNATURE.search(url.partition("#")[0].partition("?")[2]))


def differ_by_guess(one: str, other: str) -> bool:
    """Whether two URLs of one reference differ in more than what is named as a secret."""
    first, second = (_of_region(url, guess=False).rstrip("?#") for url in (one, other))
    return first != second


def shown(text: str, limit: int = 120) -> str:
    """Untrusted text made safe for a message: no control character, no userinfo, no secret, not too long."""
    safe = text[: limit * 4]
    if not safe.isprintable():
        safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in safe)
    # Few texts have a URL or an address in them.
    has_parts = "@" in safe or "?" in safe or "#" in safe or "://" in safe
    safe = in_full(safe) if has_parts else without_known_forms(safe)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def in_full(text: str) -> str:
    """Text without userinfo and secrets, of any length and with its control characters."""
    if "://" in text and "@" in text:
        text = _LOOSE_USERINFO.sub("", _USERINFO.sub("", text))
    return public_text(text)


def public_text(text: str) -> str:
    """A text with every URL in it without its secrets, and without tokens of a known form."""
    if "@" in text:
        text = _SCP_USERINFO.sub(r"\1@", _USERINFO.sub("", text))
    if "?" in text or "#" in text or "://" in text:
        formless = not may_have_form(text)
        cleaned = _of_region(text, formless=formless)
        if formless and cleaned == text:
            return text
        text = cleaned
    return without_known_forms(text)


def _of_region(text: str, *, guess: bool = True, formless: bool = False) -> str:
    """The paths and queries of the URLs in a text; a fragment is read as a query."""

    def clean(match: re.Match[str]) -> str:
        if match["mark"]:
            return match["mark"] + without_secrets(match["query"], guess=guess)
        host, slash, path = match["path"].partition("/")
        return match["scheme"] + host + public_path(host, slash + path, formless=formless)

    return _REGION.sub(clean, _USERINFO.sub("", text) if "@" in text else text)


class _Query:
    """One query, or what is nested in a value of one."""

    def __init__(self, query: str, *, guess: bool, depth: int = 0) -> None:
        self._query = query
        self._guess = guess
        self._depth = depth
        self._azure = bool(_AZURE.search(query))
        self._expires = bool(_EXPIRES.search(query))
        self._cos = bool(_COS.search(query))

    def kept(self) -> str:
        kept: list[str] = []
        hides = False
        for separator, item in _items(self._query):
            # A secret may hold a semicolon itself: what follows it is a parameter only with a name.
            if separator == ";" and hides and "=" not in item:
                continue
            hides = self._is_secret(item)
            if not hides:
                kept += [separator if kept else "", self._cleaned(item)]
        return "".join(kept)

    def _is_secret(self, item: str) -> bool:
        name, value = _name_and_value(item)
        small = name.lower()
        if small in _EXPIRES_ONLY:
            return self._expires
        if _AZURE_ONLY.fullmatch(small):
            return self._azure or (small == "sig")
        if self._cos and small.startswith("q-"):
            return True
        if small == "key" and _FILE_NAME.fullmatch(value):
            return False
        if is_secret_name(name):
            return True
        return is_secret(name, value) if self._guess or not looks_random(value) else False

    def _cleaned(self, item: str) -> str:
        name, equals, value = item.partition("=")
        return f"{name}{equals}{_value(value, self._depth, guess=self._guess)}" if equals else item


def _items(query: str) -> Iterator[tuple[str, str]]:
    """(separator before it, parameter)."""
    pieces = _BETWEEN.split(query)
    yield "", pieces[0]
    yield from zip(pieces[1::2], pieces[2::2], strict=True)


def _name_and_value(item: str) -> tuple[str, str]:
    """Decoded; also where the sign between them is encoded. What has no name is a value."""
    name, equals, value = (item if "=" in item else decoded(item)).partition("=")
    return (decoded(name), decoded(value)) if equals else ("", name)


def _value(value: str, depth: int, *, guess: bool) -> str:
    """A value that may hold another URL, or parameters, as it is or percent-encoded."""
    if depth >= _MOST_NESTED:
        return "" if _NESTS.search(value) else value
    value = _nested(value, depth, guess=guess)
    plain = unquote(value)
    if plain == value:
        return value
    cleaned = _value(plain, depth + 1, guess=guess)
    return value if cleaned == plain else quote(cleaned, safe="")


def _nested(value: str, depth: int, *, guess: bool) -> str:
    if not _HAS_PARTS.search(value):
        return value
    scheme, mark, _ = value.partition("://")
    if not mark and "?" not in value and "#" not in value:
        return _Query(value, guess=guess, depth=depth + 1).kept()
    address, query, fragment = _split(_LOOSE_USERINFO.sub("", _USERINFO.sub("", value)))
    if mark:
        host, slash, path = address.partition("://")[2].partition("/")
        address = f"{scheme}://{host}{public_path(host, slash + path)}"
    for sign, part in (("?", query), ("#", fragment)):
        kept = _Query(part, guess=guess, depth=depth + 1).kept()
        address += f"{sign}{kept}" if kept else ""
    return address


def _split(url: str) -> tuple[str, str, str]:
    address, _, fragment = url.partition("#")
    path, _, query = address.partition("?")
    return path, query, fragment


def _segments(path: str, depth: int, *, formless: bool = False) -> str:
    """The segments of a path, each without its secrets; what follows one called ``token`` is a secret."""
    segments = path.split("/")
    hidden = _behind_names(segments) if may_hold_certain_name(path) else []
    if not hidden and not _MARKED.search(path) and (formless or not has_known_form(path)):
        # As in most paths: there is nothing in its segments either.
        return path
    kept = [_segment(segment, depth) for segment in segments]
    for place in hidden:
        kept[place] = _IN_PATH
    return "/".join(kept)


def _behind_names(segments: list[str]) -> list[int]:
    """The places of the segments that are secrets by the name of the one before."""
    return [
        place
        for place, segment in enumerate(segments)
        if len(segment) >= 6
        and place
        and is_certain_name(segments[place - 1])
        and not _PLAIN_WORD.fullmatch(segment)
    ]


def _segment(segment: str, depth: int) -> str:
    if len(segment) < _SHORTEST and not _MARKED.search(segment):
        return segment
    first, *parameters = segment.split(";")
    name, equals, _ = first.partition("=")
    if equals and is_certain_name(decoded(name)):
        first = f"{name}={_IN_PATH}"
    kept = [first]
    hides = False
    for parameter in parameters:
        hides = is_secret(*_name_and_value(parameter)) or (hides and "=" not in parameter)
        kept += [] if hides else [parameter]
    cleaned = without_known_forms(";".join(kept), _IN_PATH)
    plain = unquote(cleaned)
    if plain == cleaned or depth >= _MOST_NESTED:
        return cleaned
    inner = _segments(_NESTED_USERINFO.sub(r"\1", plain), depth + 1)
    return cleaned if inner == plain else quote(inner, safe=_SAFE_IN_PATH.replace("/", ""))
