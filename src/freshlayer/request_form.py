"""How a command requests a URL, where that decides what is served: headers, redirects, proxies. Pure.

What is not a secret is a part of the reference, written behind the URL:
``https://example.org/a#header:accept=application%2Fjson&redirects:no``.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import DOTALL, compiled
from freshlayer.masking import is_secret_header, shown
from freshlayer.masking.lazy_urls import quote, unquote, urlsplit

Header = tuple[str, str]
"""Name in small letters, and value; an empty value: the header is not sent."""

_NAME = compiled(r"[a-z0-9_.-]{1,64}")
_SAFE = "/:;,+*!()@~"
_LONGEST = 4096
_ITEM = compiled(r"header:([a-z0-9_.-]{1,64})=(.*)", DOTALL)
NOT_FOLLOWED = "redirects:no"

# They do not select what is served, or the file is watched whole and uncompressed anyway.
_NEUTRAL = compiled(
    r"accept-encoding|cache-control|pragma|connection|keep-alive|te|expect|range|if-.*|content-length"
    r"|transfer-encoding|upgrade-insecure-requests|want-.*|max-forwards|dnt|proxy-connection|x-requested-at"
)
_ALWAYS_SENT = {("accept", "*/*")}


class Proxies(Struct, frozen=True):
    """The proxies that a command uses, by scheme; ``bypassed`` is the value of NO_PROXY."""

    http: str = ""
    https: str = ""
    ftp: str = ""
    bypassed: str = ""

    def __repr__(self) -> str:
        """Without the passwords in them."""
        return f"<Proxies {shown(self.http or self.https or self.ftp)}>"

    def named(self, url: str) -> str:
        """Host and port of the proxy for a URL; never its user and password."""
        try:
            parts = urlsplit(self.for_url(url))
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return "of the build"
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        return shown(f"{host}{port}", 80)

    def for_url(self, url: str) -> str:
        """The proxy for a URL; whether it is bypassed there is not decided here."""
        scheme = url.partition(":")[0].lower()
        return {"http": self.http, "https": self.https, "ftp": self.ftp, "ftps": self.ftp}.get(scheme, "")


class RequestForm(Struct, frozen=True, omit_defaults=True):
    """``secret``: headers for the named host alone, never kept or shown. ``proxies``: None is our own.

    ``follow``: whether the command follows redirects; else a redirect itself is what it reads.
    """

    headers: tuple[Header, ...] = ()
    secret: tuple[Header, ...] = ()
    follow: bool = True
    proxies: Proxies | None = None

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"<RequestForm {fragment(self, redirects=True) or 'plain'}>"

    @classmethod
    def of(cls, headers: Iterable[Header], *, follow: bool = True) -> "RequestForm":
        """The form of a request with these headers, sorted; those that change nothing are left out."""
        known = [header for header in map(_normal, headers) if header is not None]
        secret = [header for header in known if _is_secret(header)]
        public = {header for header in known if header not in secret}
        return cls(tuple(sorted(public)), tuple(secret), follow)

    def over(self, defaults: Iterable[str]) -> tuple[str, ...]:
        """These headers as lines, and those of the defaults that they leave."""
        own = {name for name, _ in (*self.headers, *self.secret)}
        kept = [line for line in defaults if line.partition(":")[0].lower() not in own]
        return (*kept, *(f"{name}: {_as_bytes(value)}" for name, value in self.headers))

    def hiding(self, values: Iterable[str]) -> "RequestForm":
        """The same, where a header with one of these values is a secret."""
        known = tuple(values)
        hidden = tuple(header for header in self.headers if any(value in header[1] for value in known))
        if not hidden:
            return self
        shown_ones = tuple(header for header in self.headers if header not in hidden)
        return replace(self, headers=shown_ones, secret=(*self.secret, *hidden))

    @property
    def secret_lines(self) -> tuple[str, ...]:
        """The headers for the named host alone, as lines."""
        return tuple(f"{name}: {_as_bytes(value)}" for name, value in self.secret)

    @property
    def authorises(self) -> bool:
        """Whether the command has its own credential."""
        return any(name == "authorization" for name, _ in self.secret)


PLAIN = RequestForm()
"""A GET without options."""


def fragment(form: RequestForm, *, redirects: bool = False) -> str:
    """What is written behind the ``#`` of a reference; ``redirects``: also that they are not followed."""
    items = [f"header:{name}={quote(value, safe=_SAFE)}" for name, value in form.headers]
    items += [NOT_FOLLOWED] if redirects and not form.follow else []
    return "&".join(items)


def of_fragment(text: str) -> tuple[RequestForm, bool]:
    """The form that a fragment states, and whether it states that redirects are not followed."""
    items = text.split("&")
    found = [match for match in map(_ITEM.fullmatch, items) if match]
    follow = NOT_FOLLOWED not in items
    form = RequestForm.of(((match[1], unquote(match[2])) for match in found), follow=follow)
    return form, not follow


def header_of(line: str) -> Header | None:
    """``Name: value``; ``Name:`` removes it (curl); None where the line is not a header."""
    name, colon, value = line.partition(":")
    return (name.strip(), value.strip()) if colon and name.strip() else None


def basic(user: str, password: str) -> Header:
    """RFC 7617."""
    from base64 import b64encode  # noqa: PLC0415 - for commands that name a password

    return "authorization", "Basic " + b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode()


def without_secrets(form: RequestForm) -> RequestForm:
    """For a file: proxies may have passwords, and so have secret headers."""
    return replace(form, secret=(), proxies=None) if form.secret or form.proxies else form


def _normal(header: Header) -> Header | None:
    name, value = header[0].strip().lower(), header[1].strip()
    if not _NAME.fullmatch(name) or not value.isprintable() or len(value) > _LONGEST:
        return None
    return None if _NEUTRAL.fullmatch(name) or (name, value) in _ALWAYS_SENT else (name, value)


def _is_secret(header: Header) -> bool:
    name, value = header
    if not value:
        return False
    nested = "://" in value and shown(value, _LONGEST) != value
    return nested or is_secret_header(name, value)


def _as_bytes(value: str) -> str:
    """A value that pycurl sends as the bytes of UTF-8, as a shell gives it to a command."""
    return value.encode("utf-8", "replace").decode("iso-8859-1")
