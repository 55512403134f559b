"""PowerShell: ``Invoke-WebRequest``, ``wget``, ``curl`` and WebClient with literal URLs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, sent_by
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.request_form import Header, RequestForm

_FETCH = compiled(
    r"(?i)(?:Invoke-WebRequest|Invoke-RestMethod|\biwr\b|\birm\b|\bwget(?:\.exe)?\b|\bcurl(?:\.exe)?\b"
    r"|DownloadFile\(|DownloadString\(|Start-BitsTransfer)[^;|\n]*"
)
_METHOD = compiled(r"""(?i)\s-(?:Custom)?Me(?:thod|tho|th|t)?[\s:]+['"]?([A-Za-z]+)""")
_HEADERS = compiled(r"(?i)\s-Headers[\s:]+(?:(\$[\w:]{1,60})|@\{([^}]{0,2000})\})")
_PAIR = compiled(r"""['"]?([A-Za-z0-9_.-]{1,64})['"]?\s*=\s*['"]([^'"\n]{0,1000})['"]""")
_AGENT = compiled(r"""(?i)\s-UserAgent[\s:]+['"]([^'"$\n]{1,400})['"]""")
_STAYS = compiled(r"(?i)\s-MaximumRedirection[\s:]+0(?!\d)")
_LONGEST = 4000
_NOT_READ = Reason("unknown-program", detail="freshlayer does not know what the script does with it")
_VARIABLE = Reason("windows-shell", detail="PowerShell variables are not computed")
_URL = compiled(r"""['"(]?\s*((?:https?|ftp)://[^\s'"();|,]+)""")


def powershell(script: str) -> Iterator[Finding]:
    """URLs that a fetching command holds verbatim; one with a variable is missed."""
    rest = script
    commands = list(_FETCH.finditer(script))
    ends = [*(command.start() for command in commands[1:]), len(script)]
    for command, end in zip(commands, ends, strict=False):
        method = _METHOD.search(command[0])
        # A hash of headers has its own semicolons.
        form, doubt = _form(script[command.start() : min(end, command.start() + _LONGEST)])
        for match in _URL.finditer(command[0]):
            rest = rest.replace(match[1], "")
            if method and method[1].upper() not in {"GET", "HEAD"}:
                yield replace(sent_by(match[1], "PowerShell", method[1].upper()), via="powershell")
            else:
                found = _finding(match[1])
                yield replace(found, form=form) if isinstance(found, Found) else found
                if doubt and isinstance(found, Found):
                    yield Missed(match[1], Reason("header-not-sent", detail=doubt), "powershell")
    for match in _URL.finditer(rest):
        yield Missed(match[1], _NOT_READ, "powershell")


def _form(command: str) -> tuple[RequestForm, str]:
    """How a command requests its URL, and what of that is not known."""
    headers: list[Header] = []
    doubt = ""
    given = _HEADERS.search(command)
    if given and given[1]:
        doubt = f"its headers are in {given[1]}; it is probed without them"
    for name, value in _PAIR.findall(given[2]) if given and given[2] else ():
        if "$" in value:
            doubt = f"its header {name} is not computed; it is probed without it"
        else:
            headers.append((name, value))
    agent = _AGENT.search(command)
    if agent:
        headers.append(("user-agent", agent[1]))
    return RequestForm.of(headers, follow=not _STAYS.search(command)), doubt


def _finding(url: str) -> Finding:
    if "$" in url:
        return Missed(url, _VARIABLE, "powershell")
    return Found(url, "powershell")
