"""PowerShell: ``Invoke-WebRequest``, ``wget``, ``curl`` and WebClient with literal URLs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from freshlayer.discover.found import Finding, Found, Missed, sent_by
from freshlayer.lazy import compiled

_FETCH = compiled(
    r"(?i)(?:Invoke-WebRequest|Invoke-RestMethod|\biwr\b|\birm\b|\bwget(?:\.exe)?\b|\bcurl(?:\.exe)?\b"
    r"|DownloadFile\(|DownloadString\(|Start-BitsTransfer)[^;|\n]*"
)
_METHOD = compiled(r"""(?i)\s-(?:Custom)?Me(?:thod|tho|th|t)?[\s:]+['"]?([A-Za-z]+)""")
_URL = compiled(r"""['"(]?\s*((?:https?|ftp)://[^\s'"();|,]+)""")


def powershell(script: str) -> Iterator[Finding]:
    """URLs that stand in a fetching command letter for letter; one with a variable is missed."""
    rest = script
    for command in _FETCH.finditer(script):
        method = _METHOD.search(command[0])
        for match in _URL.finditer(command[0]):
            rest = rest.replace(match[1], "")
            if method and method[1].upper() not in {"GET", "HEAD"}:
                yield replace(sent_by(match[1], "PowerShell", method[1].upper()), via="powershell")
            else:
                yield _finding(match[1])
    for match in _URL.finditer(rest):
        yield Missed(match[1], "freshlayer does not know what the script does with it", "powershell")


def _finding(url: str) -> Finding:
    if "$" in url:
        return Missed(url, "PowerShell variables are not computed", "powershell")
    return Found(url, "powershell")
