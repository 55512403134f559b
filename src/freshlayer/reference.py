"""Text → reference: what can be probed, in one canonical spelling, without credential or signature."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.errors import ReferenceInvalidError
from freshlayer.lazy_regex import ASCII, IGNORECASE, compiled
from freshlayer.masking import is_signed, public_path, shown, without_secrets
from freshlayer.masking.lazy_urls import quote, unquote_to_bytes, urlsplit
from freshlayer.request_form import PLAIN, RequestForm, fragment, of_fragment

if TYPE_CHECKING:
    import re
    from urllib.parse import SplitResult

__all__ = [
    "CONTENT_ADDRESSED",
    "KINDS",
    "Kind",
    "Reference",
    "is_remote_context",
    "is_signed",
    "kind_of",
    "parse",
    "preferred",
    "requested",
    "scheme_of",
    "shown",
]

_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 990, "ssh": 22, "git": 9418}
_DEFAULT_REFS = {"git": "HEAD"}
_PACKAGE = "pkg:"
_LONGEST = 8192
_BUCKET = compiled(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_BARE_PERCENT = compiled(r"%(?![0-9A-Fa-f]{2})")
_REF = compiled(r"[\w./@{}^~+#-]+")

# pip and others write a digest behind the URL, where no server sees it.
_FRAGMENT = compiled(
    r"(?<![\w-])(?:sha512=[0-9a-f]{128}|sha256=[0-9a-f]{64}|sha1=[0-9a-f]{40}|md5=[0-9a-f]{32})(?![0-9a-f])",
    IGNORECASE,
)
_CONTEXT = compiled(r"(?i)(?:https?://|git://|ssh://|git@|github\.com/)")
_PLAIN_URL = compiled(r"(https?)://([a-z0-9][a-z0-9.-]*)(?::([1-9]\d{0,3}|[1-5]\d{4}))?(/[\w.~/+-]*)?", ASCII)
"""Most URLs: nothing in it is encoded or completed, and only its path may be secret."""
_HOST = compiled(r"[a-z0-9._~-]+|[0-9a-f:.]+(%[a-z0-9]+)?")
_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
_WHOLE_COMMIT = compiled(_COMMIT)
_IN_REPOSITORY = r"[\w.-]+/[\w.-]+"
CONTENT_ADDRESSED: tuple[tuple["re.Pattern[str]", str], ...] = (
    # PyPI and its mirrors name a file by the BLAKE2b-256 of its bytes, cut in three.
    (compiled(r"https://[^/]+/packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/[^/]+$"), "blake2b"),
    (compiled(rf"https://raw\.githubusercontent\.com/{_IN_REPOSITORY}/([0-9a-f]{{40}})/"), "commit"),
    (compiled(rf"https://github\.com/{_IN_REPOSITORY}/(?:raw|archive)/([0-9a-f]{{40}})(?:/|\.)"), "commit"),
    (
        compiled(
            rf"https://(?:codeload\.github\.com|api\.github\.com/repos)/{_IN_REPOSITORY}"
            r"/(?:legacy\.)?(?:tar\.gz|zip|tarball|zipball)/([0-9a-f]{40})$"
        ),
        "commit",
    ),
    (compiled(r"https://[^?#]+/-/(?:archive|raw)/([0-9a-f]{40})/"), "commit"),
    (compiled(r"https://huggingface\.co/[^?#]+/resolve/([0-9a-f]{40})/"), "commit"),
)
"""URLs whose path names their bytes: the digest or commit, and its scheme."""
_LONG_HEX = compiled(r"/[0-9a-f]{40}")
"""What each of them has."""

# What most packages are spelled like: canonical as it is, and read without the library.
_PLAIN_PACKAGE = compiled(
    r"pkg:(?:(?:deb|apk)(?:/[a-z0-9][a-z0-9._-]*){1,2}|rpm(?:/[a-z0-9][a-z0-9._-]*)?/[A-Za-z0-9][\w.-]*)"
    r"(?:\?(?:arch=[a-z0-9_]+(?:&distro=[a-z0-9._-]+)?|distro=[a-z0-9._-]+))?",
    ASCII,
)
# The grammar of distribution/reference, without the limits on length.
_IMAGE = compiled(
    r"(?P<name>(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/|\[[0-9a-fA-F:]+\](?::\d+)?/)?"
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-fA-F]{32,}))?",
    ASCII,
)
_IN_NAME = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_IN_TAG = f"{_IN_NAME}ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST_TAG = 128


class Reference(Struct, frozen=True, gc=False, eq=False):
    """``text`` is the canonical spelling, safe to show and to store.

    ``address`` is what goes to the origin; it may hold a credential or a signature, so it is never printed,
    recorded or compared. ``pinned``: the digest that the reference itself names its bytes by, written
    ``scheme:value``; such a reference is never probed. ``form``: how it is requested.
    """

    kind: str
    text: str
    address: str
    pinned: str = ""
    form: RequestForm = PLAIN

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.kind} {self.text}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference) or self.text != other.text or self.kind != other.kind:
            return False
        return self.form.follow == other.form.follow

    def __ne__(self, other: object) -> bool:
        """As a Struct has ``!=`` it compares identities."""
        return not self == other

    def __hash__(self) -> int:
        return hash(self.text)

    def __lt__(self, other: "Reference") -> bool:
        return (self.kind, self.text) < (other.kind, other.text)


def parse(text: str) -> Reference:
    """Read a reference: a URL, ``git+<URL>#<ref>``, ``docker-image://<name>``, ``pkg:<type>/<name>``.

    Raises ReferenceInvalidError where it is not a reference, or has a scheme without a probe.
    """
    kind = _OF_SCHEME.get(text.partition("://")[0]) or kind_of(scheme_of(text))
    if kind is None:
        what = f"freshlayer can't probe the scheme {shown(scheme_of(text), 20)!r}"
        raise ReferenceInvalidError(shown(text), what if "://" in text else "not a URL (https://…)")
    reference = kind.read(text)
    if reference.kind != "http" or "#" not in text:
        return reference
    form, marked = of_fragment(text.partition("#")[2])
    return requested(reference, form, redirects=marked)


def requested(reference: Reference, form: RequestForm, *, redirects: bool = False) -> Reference:
    """The reference as a command requests it. ``redirects``: name it otherwise where none is followed.

    Most commands that do not follow redirects get none: their reference is that of the URL.
    """
    if reference.kind != "http":
        return replace(reference, form=RequestForm(proxies=form.proxies))
    written = fragment(form, redirects=redirects)
    plain = reference.text if reference.form == PLAIN else reference.text.partition("#")[0]
    joined = f"{plain}{'&' if '#' in plain else '#'}{written}" if written else plain
    return replace(reference, text=joined, form=form)


def preferred(one: Reference, other: Reference) -> Reference:
    """Of two spellings of one reference, the one to request: the first with a secret, else the first."""
    return one if one is other or carries_secret(one) or not carries_secret(other) else other


def carries_secret(reference: Reference) -> bool:
    """Whether something is requested that is not shown: a credential, a signature."""
    text = reference.text
    if reference.form.secret:
        return True
    kind = kind_of(scheme_of(text))
    if kind is not None and kind.is_repository:
        return reference.address != text.partition("+")[2]
    return reference.address != text.partition("#")[0]


def _url(text: str) -> Reference:
    plain = _PLAIN_URL.fullmatch(text) if len(text) <= _LONGEST else None
    if plain:
        scheme, name, port, path = plain.groups("")
        host = f"{name}:{port}" if port and int(port) != _DEFAULT_PORTS[scheme] else name
        origin, path = f"{scheme}://{host}", path or "/"
        address, safe = origin + path, public_path(host, path)
        # Most have no secret: then one string is both.
        return Reference("http", address if safe == path else origin + safe, address, _pinned(address))
    parts = _split(text)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._[]")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]{}|^\\`")
    kept = without_secrets(query)
    known = f"?{kept}" if kept else ""
    host = _host(text, parts)
    userinfo, at, _ = parts.netloc.rpartition("@")
    stated = _FRAGMENT.search(parts.fragment)
    digest = stated[0].lower() if stated else ""
    origin = f"{parts.scheme}://{host}"
    shown_text = f"{origin}{public_path(host, path)}{known}{'#' if digest else ''}{digest}"
    address = f"{parts.scheme}://{userinfo}{at}{host}{path}{'?' + query if query else ''}"
    return Reference(
        kind="ftp" if parts.scheme.startswith("ftp") else "http",
        text=shown_text,
        address=shown_text if address == shown_text else address,
        pinned=digest.replace("=", ":") or _pinned(origin + path),
    )


def _pinned(address: str) -> str:
    """The digest or commit in the path of a URL whose bytes it names for good."""
    for pattern, scheme in CONTENT_ADDRESSED if _LONG_HEX.search(address) else ():
        match = pattern.match(address)
        if match:
            return f"{scheme}:{''.join(match.groups())}"
    return ""


def _object(text: str) -> Reference:
    """``s3://bucket/key``, ``gs://bucket/key``, ``azblob://account/container/name``.

    A key may hold anything, ``?`` and ``#`` too; ``%XX`` is read as in a URL. One that ends in ``/`` is a
    prefix. An account is a host's name; the names of buckets are case-sensitive.
    """
    scheme, _, rest = text.partition("://")
    bucket, _, written = rest.partition("/")
    parts = _split(f"{scheme}://{bucket}/{_literal(written)}")
    account = parts.scheme == "azblob"
    if not _BUCKET.fullmatch(bucket):
        raise ReferenceInvalidError(shown(text), f"it names no {'account' if account else 'bucket'}")
    _, _, query = rest.partition("?")
    if is_signed(rest) or without_secrets(query, guess=False) != query:
        raise ReferenceInvalidError(shown(text), "carries a signature: that is for an https:// URL")
    key = quote(unquote_to_bytes(parts.path), safe="/:@!$&'()*+,;=~-._[]")
    container, slash, _ = key[1:].partition("/")
    if account and not container:
        raise ReferenceInvalidError(shown(text), "it names no container")
    slash = "" if slash or not account else "/"
    canonical = f"{parts.scheme}://{bucket.lower() if account else bucket}{key}{slash}"
    return Reference(parts.scheme, canonical, canonical)


def _literal(key: str) -> str:
    """A key as the path of a URL: what would end a path, or is not ``%XX``, is literal."""
    for character, encoded in ((" ", "%20"), ("?", "%3F"), ("#", "%23")):
        key = key.replace(character, encoded)
    return _BARE_PERCENT.sub("%25", key)


def _repository(text: str) -> Reference:
    """``git+<URL>#<ref>``. A user name of ssh is not a secret; in http it may be a token."""
    program, _, url = text.partition("+")
    program = program.lower()
    address, hash_, ref = url.partition("#")
    hash_, ref = ("", "") if ref == _DEFAULT_REFS.get(program) else (hash_, ref)
    parts = _split(address)
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = _host(address, parts)
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._[]")
    if ref and not _REF.fullmatch(ref):
        raise ReferenceInvalidError(shown(text), f"it names no {program} ref")
    shown_user = f"{userinfo}@" if parts.scheme == "ssh" and ":" not in userinfo and at else ""
    return Reference(
        kind=program,
        text=f"{program}+{parts.scheme}://{shown_user}{host}{public_path(host, path)}{hash_}{ref}",
        address=f"{parts.scheme}://{userinfo}{at}{host}{path}{hash_}{ref}",
        pinned=f"commit:{ref}" if _WHOLE_COMMIT.fullmatch(ref) else "",
    )


def _image(text: str) -> Reference:
    """Names are completed as docker completes them: ``docker.io/library/``, ``:latest``."""
    written = text.partition("://")[2]
    name, tag, digest = _plain_image(written) or _image_parts(written)
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name if slash else 'library/' + name}"
    elif first == "index.docker.io":
        name = f"docker.io/{rest}"
    suffix = (f":{tag}" if tag else "") + f"@{digest}" if digest else f":{tag or 'latest'}"
    full = f"docker-image://{name}{suffix}"
    return Reference("image", full, full, pinned=digest.lower() if digest else "")


def _plain_image(written: str) -> tuple[str, str, str] | None:
    """The parts of ``python:3.12`` and the like, of which most images are; their pattern takes ``re``."""
    name, colon, tag = written.partition(":")
    for it in name.split("/"):
        if not it or it.strip(_IN_NAME) or it[0] in "._-" or it[-1] in "._-":
            return None
    if colon and (not tag or len(tag) > _LONGEST_TAG or tag.strip(_IN_TAG) or tag[0] in ".-"):
        return None
    return name, tag, ""


def _image_parts(written: str) -> tuple[str, str, str]:
    """Name, tag and digest. Raises ReferenceInvalidError."""
    match = _IMAGE.fullmatch(written)
    if not match:
        raise ReferenceInvalidError(shown(written), "not an image name")
    return match["name"], match["tag"] or "", match["digest"] or ""


def _package(text: str) -> Reference:
    """``pkg:deb/debian/libssl3?arch=amd64&distro=bookworm``: a package URL without version.

    Of packages that a Dockerfile names, a distribution need not be known: ``pkg:deb/curl``.
    """
    if len(text) > _LONGEST or not text.isprintable():
        raise ReferenceInvalidError(shown(text), "not a package URL")
    canonical = text if _PLAIN_PACKAGE.fullmatch(text) else _canonical_package(text)
    return Reference("package", canonical, canonical)


def _canonical_package(text: str) -> str:
    from packageurl import PackageURL  # noqa: PLC0415 - the fast way reads nearly all of them

    try:
        found = PackageURL.from_string(_PACKAGE + text[len(_PACKAGE) :])
    except ValueError:
        raise ReferenceInvalidError(shown(text), "not a package URL (pkg:TYPE/NAME)") from None
    if found.version or found.subpath:
        raise ReferenceInvalidError(shown(text), "a package URL is written here without a version")
    if any(it in str(found.qualifiers) for it in ("://", "@")):
        raise ReferenceInvalidError(shown(text), "a package URL is written here without a repository")
    space, name = found.namespace, found.name
    if found.type == "deb":
        space, name = space and space.lower(), name.lower()
    return PackageURL(found.type, space, name, qualifiers=found.qualifiers).to_string()


class Kind(Struct, frozen=True):
    """A kind of input. ``name``: in reports, and in the JSON schemas.

    ``schemes``: how its references begin. One that ends in ``+`` is put before the URL of a repository.
    ``protocol``: the module of ``freshlayer.probe`` whose ``probe`` is called. ``is_url``: its text is
    a URL, which may hold a value that the Dockerfile assigns to a variable named like a secret.
    """

    name: str
    schemes: tuple[str, ...]
    read: Callable[[str], Reference]
    protocol: str
    is_url: bool = False

    @property
    def is_repository(self) -> bool:
        return self.schemes == (f"{self.name}+",)


KINDS = (
    Kind("http", ("http", "https"), _url, "http.routes", is_url=True),
    Kind("ftp", ("ftp", "ftps"), _url, "ftp", is_url=True),
    Kind("git", ("git+",), _repository, "git", is_url=True),
    Kind("hg", ("hg+",), _repository, "mercurial", is_url=True),
    Kind("image", ("docker-image",), _image, "images.image"),
    Kind("s3", ("s3",), _object, "object_stores.s3"),
    Kind("gs", ("gs",), _object, "object_stores.gs"),
    Kind("azblob", ("azblob",), _object, "object_stores.azblob"),
    Kind("package", ("pkg",), _package, "packages"),
)
"""Every kind of input: the one table that parsers, probes and schemas follow."""


def scheme_of(text: str) -> str:
    """The scheme of a reference, in small letters; a package URL has no ``//``."""
    return "pkg" if text[: len(_PACKAGE)].lower() == _PACKAGE else text.partition("://")[0].lower()


_OF_SCHEME = {scheme: kind for kind in KINDS for scheme in kind.schemes}


def kind_of(scheme: str) -> Kind | None:
    """The kind of references with this scheme; None where freshlayer can't probe them."""
    before, plus, _ = scheme.lower().partition("+")
    return _OF_SCHEME.get(before + plus)


def _split(text: str) -> "SplitResult":
    if len(text) > _LONGEST:
        raise ReferenceInvalidError(shown(text), f"is {len(text)} characters long")
    if not text.isprintable() or " " in text:
        raise ReferenceInvalidError(
            shown(text), "contains a blank or a character that is not allowed in a URL"
        )
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ReferenceInvalidError(shown(text), f"not a URL: {error}") from None
    if not parts.scheme or not text.lower().startswith(parts.scheme + "://") or not parts.netloc:
        raise ReferenceInvalidError(shown(text), "not a URL: it has no host")
    return parts


def _host(text: str, parts: "SplitResult") -> str:
    try:
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        raise ReferenceInvalidError(shown(text), "not a URL: its host or port is invalid") from None
    if not _HOST.fullmatch(name):
        raise ReferenceInvalidError(shown(text), "not a URL: it has no host")
    name = f"[{name}]" if ":" in name else name
    return name if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f"{name}:{port}"


def is_remote_context(text: str) -> bool:
    """Whether docker and buildx read a word as a remote context, if no directory has that name."""
    return bool(_CONTEXT.match(text))
