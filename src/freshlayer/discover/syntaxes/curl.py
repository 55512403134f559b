"""``curl`` (curl(1), 8.x)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote_plus

from freshlayer.discover.dot_segments import without_dot_segments
from freshlayer.discover.syntaxes.found import (
    Finding,
    Found,
    Missed,
    Unknown,
    Word,
    Words,
    read_once,
    sent_by,
)
from freshlayer.discover.syntaxes.globs import globbed
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
from freshlayer.discover.syntaxes.request_options import OF_REQUEST, RequestOptions
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.request_form import PLAIN, RequestForm

_LONG = """
abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout
connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary
data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url
dump-header ech egd-file engine etag-compare etag-save expect100-timeout form form-string ftp-account
ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode haproxy-clientip happy-eyeballs-timeout-ms
header help hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time
key key-type krb libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize
max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey
preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type
proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey
proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user
proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry retry-delay
retry-max-time sasl-authzid service-name socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype
tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file url url-query user user-agent
variable vlan-priority write-out
"""
_LETTERS = {
    **{"A": "user-agent", "b": "cookie", "c": "cookie-jar", "C": "continue-at", "d": "data"},
    **{"D": "dump-header", "e": "referer", "E": "cert", "F": "form", "h": "help", "H": "header"},
    **{"K": "config", "m": "max-time", "o": "output", "P": "ftp-port", "Q": "quote", "r": "range"},
    **{"t": "telnet-option", "T": "upload-file", "u": "user", "U": "proxy-user", "w": "write-out"},
    **{"x": "proxy", "X": "request", "y": "speed-time", "Y": "speed-limit", "z": "time-cond"},
}
TABLE = OptionTable(
    frozenset(_LETTERS),
    frozenset(_LONG.split()),
    {**_LETTERS, "G": "get", "g": "globoff", "L": "location"},
    switches=frozenset({"crlf", "ftp-ssl-ccc", "head", "netrc", "parallel", "socks5-gssapi"}),
)

_CONFIG = compiled(r"(-{0,2}[A-Za-z][\w.-]*)\s*[=:\s]?\s*(?:\"((?:\\\\.|[^\"\\\\])*)\".*|(\S*).*)")
_SENDS = {"data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "form", "form-string", "json"}
_FOLLOWS = {"location", "location-trusted", "follow"}
_READS = {"GET", "HEAD"}

_SIMPLE = compiled(
    r"(?:(?:(?P<url>https?://[^ {}\[\]]+)"
    r"|-(?=\w)[fgiIJkNORsSv]*(?P<follows>L[fgiIJkLNORsSv]*)?(?:o ?(?:[^ -][^ ]*|-(?= )))?"
    r"|--(?:(?P<located>location)|compressed|create-dirs|fail|insecure|progress-bar|remote-name|show-error"
    r"|silent|(?:connect-timeout|max-time|output|retry|retry-delay) (?:[^ -][^ ]*|-(?= )))) )+"
)
"""URLs, and options that change no request but for its redirects; a blank behind each."""
_AS_ANSWERED = RequestForm(follow=False)

Options = dict[str, str]
"""Those of a command, each with its last value; it is empty where there is none, or none that is known."""


@read_once
def curl(arguments: Words) -> Iterator[Finding]:
    """Every URL that a curl command reads. Options hold up to ``--next``."""
    only = simple(arguments)
    if only is not None:
        return iter((only,))
    if "--next" not in arguments and "-:" not in arguments:
        return iter(_one(arguments))
    return _each(arguments)


def simple(arguments: Words) -> Found | None:
    """What most commands read, in one look; None for all that have another option, or more than one URL.

    None of the options names a proxy, or reads standard input.
    """
    if Unknown in map(type, arguments):
        return None
    text = " ".join([*map(str, arguments), ""])
    match = _SIMPLE.fullmatch(text) if text.count("://") == 1 else None
    if match is None or match["url"] is None or text.count(" ") > len(arguments) or "/." in match["url"]:
        return None
    return Found(match["url"], form=PLAIN if match["follows"] or match["located"] else _AS_ANSWERED)


def _each(arguments: Words) -> Iterator[Finding]:
    rest: Words = []
    for word in arguments:
        if word in {"--next", "-:"}:
            yield from _one(rest)
            rest = []
        else:
            rest.append(word)
    yield from _one(rest)


def config_words(text: str) -> Words:
    """The arguments that a configuration file (``-K``) means: ``url = "U"``, ``-o f``, ``location``."""
    found: Words = []
    for line in text.splitlines():
        match = _CONFIG.fullmatch(line.strip())
        if match is None or line.lstrip().startswith("#"):
            continue
        name = match[1] if match[1].startswith("-") else f"--{match[1]}"
        quoted, bare = match[2], match[3]
        value = re.sub(r"\\(.)", _unescaped, quoted) if quoted is not None else bare
        found += [name, value] if value is not None and value != "" else [name]
    return found


def _unescaped(match: re.Match[str]) -> str:
    return {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}.get(match[1], match[1])


def _one(arguments: Words) -> list[Finding]:
    items = read(arguments, TABLE)
    options, urls, query = _sorted(items)
    found: list[Finding] = []
    if "config" in options:
        detail = "its URLs and options are in a file"
        found.append(Missed("curl --config", Reason("urls-in-file", detail=detail)))
    method = _method(options)
    if method not in _READS:
        return [*found, *(sent_by(url, "curl", method) for url in urls if url != "")]
    request = RequestOptions("curl")
    if not options.keys().isdisjoint(OF_REQUEST):
        for item in items:
            request.take(item)
    follow = _follows(options)
    for url in urls:
        wanted = _read(_with_query(url, query) if query else url, options)
        found += request.findings(wanted, follow=follow)
    return found


def _follows(options: Options) -> bool:
    """Whether redirects are followed; by itself curl reads their answer."""
    if "no-location" in options or options.get("max-redirs") == "0":
        return False
    return not options.keys().isdisjoint(_FOLLOWS)


def _method(options: Options) -> str:
    """The method of the request; ``-X`` names it, else the data to be sent decides."""
    named = options.get("request", "").upper()
    if "upload-file" in options:
        return named if named not in {"", *_READS} else "PUT"
    if "get" not in options and not options.keys().isdisjoint(_SENDS):
        return named if named not in {"", *_READS} else "POST"
    return named or "GET"


def _with_query(url: Word, query: list[Word]) -> Word:
    """The URL with more of a query; what is behind ``#`` is not sent."""
    for item in query:
        if isinstance(item, Unknown) or isinstance(url, Unknown):
            return item if isinstance(item, Unknown) else url
        address = url.partition("#")[0]
        url = f"{address}{'&' if '?' in address else '?'}{item}" if item else address
    return url


def _sorted(items: Iterable[Option | Operand]) -> tuple[Options, list[Word], list[Word]]:
    """Options, URLs, and what is appended to each URL.

    ``-G`` sends the data of ``-d`` in the URL, and then nothing of ``--url-query`` (tool_operate.c).
    """
    options: Options = {}
    urls: list[Word] = []
    data: list[Word] = []
    query: list[Word] = []
    for item in items:
        if isinstance(item, Operand):
            urls.append(item.value)
            continue
        name, value = item.name, item.value
        if name == "url" and value is not None:
            urls.append(value)
        elif name == "url-query" and value is not None:
            query.append(_query(value))
        else:
            options[name] = value if isinstance(value, str) else ""
            if name in _SENDS and value is not None:
                data.append(_sent(name, value))
    return options, urls, data if data and "get" in options else query


def _query(value: Word) -> Word:
    """The value of ``--url-query``: behind ``+`` as it is, else as that of ``--data-urlencode``."""
    return value[1:] if isinstance(value, str) and value.startswith("+") else _encoded(value)


def _encoded(value: Word) -> Word:
    """``content``, ``=content`` or ``name=content``, with the content percent-encoded; ``name@file``."""
    if isinstance(value, Unknown):
        return value
    name, equals, content = value.partition("=")
    if not equals:
        return _in_file(value) if "@" in value else quote_plus(value)
    return f"{name}={quote_plus(content)}" if name else quote_plus(content)


def _sent(name: str, value: Word) -> Word:
    """The value of an option such as ``-d``, as it is sent: ``@file`` is read, but not by ``--data-raw``."""
    if name == "data-urlencode":
        return _encoded(value)
    is_file = isinstance(value, str) and value.startswith("@") and name != "data-raw"
    return _in_file(str(value)) if is_file else value


def _in_file(text: str) -> Unknown:
    return Unknown(Reason("urls-in-file", detail="a part of the URL is in a file"), text, "…")


def _read(url: Word, options: Options) -> list[Finding]:
    if isinstance(url, Unknown):
        return [Missed(url.text, url.reason)]
    urls = ([url] if "globoff" in options else globbed(url)) if url else []
    if urls is None:
        return [Missed(url, Reason("url-pattern"))]
    addresses = [one if "://" in one else f"http://{one}" for one in urls]
    as_is = "path-as-is" in options
    return [Found(it if as_is or "/." not in it else without_dot_segments(it)) for it in addresses]
