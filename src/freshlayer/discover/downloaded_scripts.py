"""Scripts that a build downloads, once they are read: what each is known by, and what it may reach. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from freshlayer.discover.local_hosts import LOOPBACK, why_local
from freshlayer.lazy_regex import compiled
from freshlayer.model.downloaded_scripts import LARGEST, Confinement, ScriptText
from freshlayer.model.inputs import RemoteInput, ScriptPlace, is_download
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference
from freshlayer.request_form import NOT_FOLLOWED

_ARCHIVE = compiled(r"(?i)\A(?:#!.*\n)?(?:#.*\n|\s*\n){0,5}#.*\b(?:shell archive|makeself|shar)\b")
_PAGE = compiled(r"(?i)\A\s*(?:<\?xml|<!doctype|<html)")


def script_of(one: Reference) -> str:
    """What the script that a reference names is known by, whether redirects are followed or not."""
    return one.text.removesuffix(NOT_FOLLOWED).rstrip("#&") if one.text.endswith(NOT_FOLLOWED) else one.text


def script_text(body: bytes) -> ScriptText:
    """What was downloaded, as a script."""
    if b"\0" in body:
        return ScriptText(reason=Reason("script-not-text"))
    if len(body) > LARGEST:
        return ScriptText(reason=Reason("script-too-long"))
    text = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if _ARCHIVE.search(text) or _PAGE.search(text):
        return ScriptText(reason=Reason("script-not-text"))
    return ScriptText(text)


def confinements(inputs: Sequence[RemoteInput]) -> dict[Reference, Confinement]:
    """What may be done for each reference that downloaded scripts alone name.

    The user's credentials are sent to the host of such a script only where the user's files name that script.
    """
    users = {item.reference.text for item in inputs if any(is_users(place.script) for place in item.places)}
    pages = {text.partition("#")[0] for text in users}
    found: dict[Reference, Confinement] = {}
    for item in inputs:
        if item.reference.text in users:
            continue
        from urllib.parse import urlsplit  # noqa: PLC0415 - few Dockerfiles download scripts

        scripts = {place.script.path for place in item.places if place.script}
        hosts = frozenset(urlsplit(script).netloc for script in scripts if script.partition("#")[0] in pages)
        found[item.reference] = Confinement(hosts, any(why_local(script) is LOOPBACK for script in scripts))
    return found


def is_users(place: ScriptPlace | None) -> bool:
    """Whether the Dockerfile or its context is the place, and not what is downloaded."""
    return place is None or not is_download(place.path)
