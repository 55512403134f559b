"""Scripts that a build downloads and executes: which reference is which script, and what may be in it."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer import reference
from freshlayer.discover.downloaded_scripts import is_users
from freshlayer.discover.local_hosts import LOOPBACK, why_local
from freshlayer.discover.syntaxes.aria2c import aria2c
from freshlayer.discover.syntaxes.curl import curl
from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Syntax, Unknown, Word
from freshlayer.discover.syntaxes.wget import wget
from freshlayer.errors import ReferenceInvalidError
from freshlayer.lazy_regex import compiled
from freshlayer.model.downloaded_scripts import ScriptTexts
from freshlayer.model.inputs import ScriptPlace, is_download
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference
from freshlayer.request_form import PLAIN
from freshlayer.shell import Text, known, written
from freshlayer.shell.files import FileText, NoText

MOST_INPUTS = 50
"""Inputs of one script."""

_SYNTAXES: dict[str, Syntax] = {"curl": curl, "wget": wget, "aria2c": aria2c}
_NOT_READ = Reason("script-not-read")
_EARLIER = Reason("script-as-last-read")
_OF_HEADERS = frozenset({"header-not-sent", "headers-in-file"})
_HIDDEN = Reason("needs-command-output")
_KEYS = Reason("script-needs-keys")
_TOO_MANY = Reason(
    "limit-reached", detail=f"a downloaded script reads more than {MOST_INPUTS} inputs, and these are watched"
)
_BY_KEY = compiled(r"(?i)\w+\+ssh://|ssh://|git@")


class ScriptDownloads:
    """The downloads of a Dockerfile; a ``shell.downloads.Downloads``. ``wanted``: scripts not yet read.

    ``references``: what is known already of what a text refers to; what is found is added.
    """

    def __init__(self, texts: ScriptTexts, references: dict[str, Reference] | None = None) -> None:
        self._texts = texts
        self._references = {} if references is None else references
        self.wanted: dict[str, None] = {}

    def reference(self, url: str) -> Reference:
        """What a URL refers to, which both a script and its findings need. Raises ReferenceInvalidError."""
        found = self._references.get(url)
        if found is None:
            found = self._references[url] = reference.parse(url)
        return found

    def known(self, finding: Finding) -> Reference | Missed:
        """What a finding reads, or why that is not known."""
        if isinstance(finding, Missed):
            return finding
        try:
            one, form = self.reference(finding.text), finding.form
            return one if form is PLAIN or form == PLAIN else reference.requested(one, form)
        except ReferenceInvalidError as error:
            return Missed(finding.text, Reason("not-a-url", detail=error.what))

    def sources(self, words: tuple[Text, ...]) -> tuple[str, ...]:
        """The references that a command downloads; empty for one that is not known."""
        name = (known(words[0]) or "").rpartition("/")[2]
        arguments: list[Word] = [_word(field) for field in words[1:]]
        found = _SYNTAXES[name](arguments) if name in _SYNTAXES else ()
        return tuple(
            self._source_of(item) if isinstance(item, Found) else ""
            for item in found
            if isinstance(item, Found) or item.reason.code not in _OF_HEADERS
        )

    def _source_of(self, found: Found) -> str:
        """The reference of a download, as scripts are known by; empty where it is not one that is read."""
        try:
            one = self.reference(found.text)
        except ReferenceInvalidError:
            return ""
        if found.form != PLAIN:
            one = reference.requested(one, found.form)
        return one.text if one.kind == "http" else ""

    def text(self, source: str) -> FileText | NoText:
        """The script that a reference names."""
        answer = self._texts.get(source)
        if answer is None:
            self.wanted[source] = None
            return NoText(source, _NOT_READ)
        if answer.reason is not None:
            return NoText(source, answer.reason)
        return FileText(
            source, ((answer.text,) if answer.text else (),), _EARLIER if answer.earlier else None
        )


def _word(field: Text) -> Word:
    value = known(field)
    return value if value is not None else Unknown(_HIDDEN, written(field), "…")


def source_of(url: str, found: Found | None = None) -> str:
    """The reference of a download, as scripts are known by; empty where it is not one that is read."""
    try:
        one = reference.parse(url)
    except ReferenceInvalidError:
        return ""
    form = found.form if found else PLAIN
    return reference.requested(one, form).text if one.kind == "http" else ""


class ScriptLimits:
    """What the findings of downloaded scripts may be: an origin decides what is in them."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, str], set[str]] = {}

    def allowed(self, finding: Finding, instruction: int) -> Finding | None:
        """The finding, or why it is not watched; None where that is already reported."""
        path = finding.place.path if finding.place else ""
        if isinstance(finding, Missed) or not is_download(path):
            return finding
        reason = _why_not(finding, path)
        if reason is not None:
            return Missed(finding.text, reason, place=finding.place)
        read = self._read.setdefault((instruction, path), set())
        if finding.text in read or len(read) < MOST_INPUTS:
            read.add(finding.text)
            # A proxy that the script names could be this machine, or be sent a secret.
            return replace(finding, form=replace(finding.form, proxies=None))
        if len(read) > MOST_INPUTS:
            return None
        read.add("")
        return Missed(path, _TOO_MANY, place=finding.place)


def _why_not(finding: Found, script: str) -> Reason | None:
    """A script must not make this machine request its own services, or use the user's keys."""
    local = why_local(finding.endpoint or finding.text)
    if local is not None and not (local is LOOPBACK and why_local(script) is LOOPBACK):
        return local
    return _KEYS if _BY_KEY.match(finding.text) else None


def adds(read: dict[int, bool], number: int, place: ScriptPlace | None) -> bool:
    """Whether a place is the first of a reference in its instruction, or the first one of the user's own.

    ``number``: of the reference. ``read``: those of what the instruction reads → whether the user's files
    name it.
    """
    before, own = read.get(number), is_users(place)
    read[number] = own or bool(before)
    return before is None or (own and not before)


def unless_secret(known: Reference | Missed, place: ScriptPlace | None) -> Reference | Missed:
    """A downloaded script can put a value of the user's that is a secret into a URL: it is not requested."""
    if isinstance(known, Missed) or is_users(place) or not reference.carries_secret(known):
        return known
    return Missed(known.text, _KEYS)
