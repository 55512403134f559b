"""``wget`` (GNU Wget 1.21, and busybox's, whose options are a subset)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
from freshlayer.discover.syntaxes.request_options import RequestOptions
from freshlayer.model.reasons import Reason

_LONG = """
accept accept-regex append-output base bind-address bind-dns-address body-data body-file ca-certificate
ca-directory certificate certificate-type ciphers compression config crl-file connect-timeout cut-dirs
default-page directory-prefix dns-servers dns-timeout domains dot-style egd-file exclude-directories
exclude-domains execute follow-tags ftp-password ftp-user header hsts-file http-passwd http-password
http-user ignore-tags include-directories input-file input-metalink level limit-rate load-cookies
local-encoding max-redirect metalink-index method output-document output-file password pinnedpubkey
post-data post-file prefer-family preferred-location private-key private-key-type progress
proxy-password proxy-user quota random-file read-timeout referer regex-type reject reject-regex
rejected-log remote-encoding report-speed restrict-file-names retry-on-http-error save-cookies
secure-protocol start-pos timeout tries use-askpass user user-agent wait waitretry warc-dedup warc-file
warc-header warc-max-size warc-tempdir
"""
_LETTERS = {
    **{"a": "append-output", "A": "accept", "B": "base", "D": "domains", "e": "execute"},
    **{"i": "input-file", "I": "include-directories", "l": "level", "o": "output-file"},
    **{"O": "output-document", "P": "directory-prefix", "Q": "quota", "R": "reject", "t": "tries"},
    **{"T": "timeout", "U": "user-agent", "w": "wait", "X": "exclude-directories", "Y": "proxy"},
}
TABLE = OptionTable(
    frozenset(_LETTERS),
    frozenset(_LONG.split()),
    _LETTERS,
    frozenset({"-nv", "-nc", "-nd", "-nH", "-np", "-nh"}),
)

_READS = {"GET", "HEAD"}
_BELOW = {
    **dict.fromkeys(("r", "recursive"), "what wget -r finds below"),
    **dict.fromkeys(("m", "mirror"), "what wget -m finds below"),
    **dict.fromkeys(("p", "page-requisites"), "what wget -p needs for"),
}
_SENDS = {"post-data", "post-file", "body-data", "body-file"}
_FILES = {"input-file", "input-metalink"}


@read_once
def wget(arguments: Words) -> Iterator[Finding]:
    """Every URL that a wget command reads."""
    items = list(read(arguments, TABLE))
    options = {item.name: item.value for item in items if not isinstance(item, Operand)}
    method = _method(options)
    if method not in _READS:
        urls = [item.value for item in items if isinstance(item, Operand) and item.value != ""]
        yield from (sent_by(url, "wget", method) for url in urls)
        return
    for name in sorted(options.keys() & _FILES):
        yield Missed(f"wget --{name}", _why_not(options[name]))
    request = RequestOptions("wget")
    for item in items:
        request.take(item)
    below = [item.name for item in items if isinstance(item, Option) and item.name in _BELOW]
    found = (_operand(item.value) for item in items if isinstance(item, Operand) and item.value != "")
    for finding in request.findings(found, follow=options.get("max-redirect") != "0"):
        yield finding
        if below and isinstance(finding, Found):
            yield Missed(f"{_BELOW[below[0]]} {finding.text}", Reason("only-the-page"))


def _why_not(file: Word | None) -> Reason:
    """Why the URLs of an input file are not known: they are the answer of a server, or in a file."""
    answer = isinstance(file, Unknown) and file.reason.code == "depends-on-answer"
    return file.reason if isinstance(file, Unknown) and answer else Reason("urls-in-file")


def _method(options: Mapping[str, Word | None]) -> str:
    named = options.get("method")
    if isinstance(named, Unknown):
        return named.text
    return named.upper() if named else "POST" if options.keys() & _SENDS else "GET"


def _operand(value: Word) -> Finding:
    if isinstance(value, Unknown):
        return Missed(value.text, value.reason)
    return Found(without_dot_segments(value if "://" in value else f"http://{value}"))
