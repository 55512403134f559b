"""What a cmdlet of PowerShell, or a method of .NET, reads from the network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, sent_by
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_words
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.request_form import Header, RequestForm
from freshlayer.shell import Text, Why, known, worst, written
from freshlayer.shell.powershell import Cmdlet, Given
from freshlayer.shell.powershell.values import Items, Table, Value, items, number, text

VIA = "powershell"
_SCHEME = compiled(r"(?i)(?:https?|ftps?)://")
_HOST = compiled(r"(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?(?:[/?].*)?", re.DOTALL)
_REMOTE = compiled(r"(?i)(?:https?|ftps?)://[^\s'\"`|<>;(){},]+")
_MOST_SHOWN = 80
_READING = frozenset({"", "get", "head", "default"})
_SENDING = {"uploadstring", "uploaddata", "uploadfile", "uploadvalues", "postasync", "putasync", "patchasync"}
_UNKNOWN_HEADERS = Reason("header-not-sent", detail="its headers are not known; it is probed without them")


def cmdlet(event: Cmdlet, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    """What a command reads. ``resolve``: places of what is not known → holes."""
    kind, _, method = event.name.partition(".")
    if event.name in _REQUESTS:
        yield from _request(event.given, resolve)
    elif event.name == "start-bitstransfer":
        yield from _transfer(event.given, resolve)
    elif kind in {"webclient", "httpclient", "webrequest"}:
        yield from _method(method, event.given, resolve)
    elif event.name in _PACKAGES:
        yield _packages(event, resolve)
    elif event.name == "invoke-expression":
        yield from _expression(event.given, resolve)
    elif event.name not in _SILENT:
        yield from _unexplained(event, resolve)


_REQUESTS = frozenset({"invoke-webrequest", "invoke-restmethod"})
_PACKAGES = frozenset(
    "install-module install-package install-script install-psresource install-packageprovider save-module"
    " save-package save-script save-psresource update-module update-script update-psresource update-help"
    " update-package add-windowscapability install-dotnetcoresdk install-chocolateypackage".split()
)
_SILENT = frozenset(
    "set-psrepository register-psrepository register-packagesource set-packagesource unregister-psrepository"
    " register-psresourcerepository set-psresourcerepository set-itemproperty new-itemproperty set-content"
    " add-content new-webbinding new-website set-webconfigurationproperty add-webconfigurationproperty"
    " new-iissite test-connection test-netconnection resolve-dnsname get-filehash get-service set-service"
    " new-service unblock-file start-website new-webapplication set-item new-item".split()
)
"""Cmdlets that write a URL somewhere, or look whether a host is there."""


def _request(given: Given, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    method = _word(given.option("method", "custommethod"), resolve)
    uri = given.take("uri", 0)
    form, doubt = _form(given, resolve)
    for value in items(uri):
        address = resolve(text(value))
        if method is None or method.lower() not in _READING:
            yield replace(sent_by(_shown(address), "PowerShell", (method or "").upper()), via=VIA)
            continue
        found = _address(address)
        yield replace(found, form=form) if isinstance(found, Found) else found
        if doubt and isinstance(found, Found):
            yield Missed(found.text, doubt, VIA)


def _transfer(given: Given, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    kind = (_word(given.option("transfertype"), resolve) or "").lower()
    for value in items(given.take("source", 0)):
        address = resolve(text(value))
        if kind.startswith("upload"):
            yield replace(sent_by(_shown(address), "Start-BitsTransfer", "PUT"), via=VIA)
        else:
            yield _address(address)


def _method(method: str, given: Given, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    for value in given.operands[:1]:
        address = resolve(text(value))
        if any(method.startswith(one) for one in _SENDING):
            yield replace(sent_by(_shown(address), "the method", "POST"), via=VIA)
            continue
        found = _address(address)
        headers, doubt = _headers(given.option("headers"), resolve)
        form = RequestForm.of(headers)
        yield replace(found, form=form) if isinstance(found, Found) else found
        if doubt and isinstance(found, Found):
            yield Missed(found.text, doubt, VIA)


def _address(address: Text) -> Finding:
    """A URL; without a scheme it is one of http."""
    found = known(address)
    hole = worst(address)
    if found is None or hole is not None:
        return Missed(_shown(address), hole.reason if hole else Reason("not-computed"), VIA)
    found = found.strip()
    if not _SCHEME.match(found) and _HOST.fullmatch(found):
        found = f"http://{found}"
    return Found(found, VIA)


def _word(value: Value, resolve: Callable[[Text], Text]) -> str | None:
    """A value as a word; empty where it is not given, None where it is not known."""
    return known(resolve(text(value)))


def _shown(address: Text) -> str:
    return written(address)


def _form(given: Given, resolve: Callable[[Text], Text]) -> tuple[RequestForm, Reason | None]:
    """How a request is made, and what of that is not known."""
    headers, doubt = _headers(given.option("headers"), resolve)
    agent = _word(given.option("useragent"), resolve)
    if agent:
        headers.append(("user-agent", agent))
    follow = given.option("maximumredirection") is None or number(given.option("maximumredirection")) != 0
    return RequestForm.of(headers, follow=follow), doubt


def _headers(value: Value, resolve: Callable[[Text], Text]) -> tuple[list[Header], Reason | None]:
    if value is None:
        return [], None
    if not isinstance(value, Table):
        return [], _UNKNOWN_HEADERS
    headers: list[Header] = []
    doubt: Reason | None = None
    for _, name, item in value.rows:
        content = _word(item, resolve)
        if content is None or not name.isascii() or name == "…":
            detail = f"its header {shown(name, 40)} is not computed; it is probed without it"
            doubt = Reason("header-not-sent", detail=detail)
        else:
            headers.append((name.lower(), content))
    return headers, doubt


def _packages(event: Cmdlet, resolve: Callable[[Text], Text]) -> Finding:
    names = event.given.option("name")
    given = items(names) if names is not None else event.given.operands
    words = [written(resolve(text(one))) for value in given for one in items(value)]
    version = event.given.option("requiredversion", "version", "minimumversion")
    words += [written(resolve(text(version)))] if version is not None else []
    text_shown = " ".join(masked_words([event.text.split()[0] if event.text else event.name, *words]))
    return Missed(shown(text_shown, _MOST_SHOWN), Reason("packages-by-name"), VIA)


def _expression(given: Given, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    """A script that is computed: what a server answered is watched by its URL."""
    for value in given.operands:
        script = resolve(text(value, "\n"))
        hole = worst(script)
        if hole is not None and hole.why is not Why.ANSWER:
            yield Missed(shown(_shown(script), _MOST_SHOWN), hole.reason, VIA)


def _unexplained(event: Cmdlet, resolve: Callable[[Text], Text]) -> Iterator[Finding]:
    """A URL that is given to a cmdlet that is not known."""
    reason = Reason(
        "unknown-program", detail=f"freshlayer does not know what {shown(event.name, 40)} does with it"
    )
    values = [*(value for _, value in event.given.options), *event.given.operands]
    for value in (one for item in values for one in (item.items if isinstance(item, Items) else (item,))):
        address = resolve(text(value))
        parts = "".join(part if isinstance(part, str) else "…" for part in address)
        for match in _REMOTE.finditer(parts):
            hole = worst(address)
            yield Missed(match[0], hole.reason if hole else reason, VIA)
