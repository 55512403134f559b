"""The scripts that instructions download: as a probe has read them, from the state, from their origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freshlayer import evidence
from freshlayer.discover.downloaded_scripts import script_of, script_text
from freshlayer.model.downloaded_scripts import LARGEST, ScriptText
from freshlayer.model.evidence import Evidence
from freshlayer.model.observation import Observation, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.probe import ScriptsKnown, texts
from freshlayer.reference import Reference, carries_secret
from freshlayer.state import KeptScript
from freshlayer.workflows.session import Session

_NOT_TEXT = b"\0"
"""What is kept of something that is not a script, so that it is not read again."""


class DownloadedScripts:
    """The scripts of one run. Each is read once, and kept for the next run by the identity that it has now.

    ``texts``: by what ``discover.downloaded_scripts.script_of`` returns.
    """

    def __init__(self) -> None:
        self.texts: dict[str, ScriptText] = {}
        self._bodies: dict[Reference, bytes] = {}

    def saw(self, seen: Observation) -> None:
        """A probe may have read the script for its digest."""
        if seen.body is not None:
            self._bodies[seen.reference] = seen.body

    def read(
        self,
        wanted: Sequence[Reference],
        verdicts: Mapping[Reference, Verdict],
        recorded: Mapping[Reference, Recorded],
        known: ScriptsKnown,
        session: Session,
    ) -> None:
        """Find the text of these scripts, or why there is none."""
        kept = session.store.scripts(wanted)
        new: dict[Reference, bytes] = {}
        missing: list[Reference] = []
        for reference in wanted:
            body = self._found(reference, verdicts[reference], kept.get(reference))
            why = _why_not(reference, verdicts[reference], recorded.get(reference))
            if why is None and body is None and session.policy.offline:
                why = Reason("script-not-read", detail="its origin is not probed (--offline)")
            if body is not None:
                self.texts[script_of(reference)] = script_text(body)
                new |= {reference: body} if reference in self._bodies else {}
            elif why is not None:
                self.texts[script_of(reference)] = ScriptText(reason=why)
            else:
                missing.append(reference)
        new |= self._requested(missing, verdicts, recorded, known, session)
        _keep(new, verdicts, session)

    def _found(self, reference: Reference, verdict: Verdict, kept: KeptScript | None) -> bytes | None:
        if carries_secret(reference):
            return None
        if reference in self._bodies:
            return self._bodies[reference]
        return kept.body if kept is not None and kept.identity == str(verdict.identity) else None

    def _requested(
        self,
        missing: Sequence[Reference],
        verdicts: Mapping[Reference, Verdict],
        recorded: Mapping[Reference, Recorded],
        known: ScriptsKnown,
        session: Session,
    ) -> dict[Reference, bytes]:
        """From their origins; what may be kept of each."""
        new: dict[Reference, bytes] = {}
        found = (
            texts(missing, session.limits, keyring=session.keyring, scripts_known=known) if missing else ()
        )
        for seen in found:
            reference = seen.reference
            now = _evidence(verdicts[reference], recorded.get(reference))
            if evidence.compare(now, seen.evidence).same is False:
                why = Reason("script-not-read", detail="it changed while it was read")
                self.texts[script_of(reference)] = ScriptText(reason=why)
            elif seen.body is not None:
                self.texts[script_of(reference)] = script_text(seen.body)
                new[reference] = seen.body
            elif seen.reason.code in {"script-too-long", "script-not-text"}:
                self.texts[script_of(reference)] = ScriptText(reason=Reason(seen.reason.code))
                new[reference] = _NOT_TEXT
            else:
                why = Reason(
                    "script-private", detail=f"without a credential, its origin returns {seen.reason.what}"
                )
                self.texts[script_of(reference)] = ScriptText(reason=why)
        return new


def _why_not(reference: Reference, verdict: Verdict, recorded: Recorded | None) -> Reason | None:
    """Why a script is not requested."""
    if carries_secret(reference):
        return Reason("script-private")
    if not verdict.is_observed:
        return Reason("script-not-read", detail=f"it can't be read: {verdict.reason.what}")
    lengths = [it.value for it in _evidence(verdict, recorded) if it.scheme == "length"]
    if any(length.isdigit() and int(length) > LARGEST for length in lengths):
        return Reason("script-too-long", detail=f"it has more than {LARGEST // 1024} KiB")
    return None


def _evidence(verdict: Verdict, recorded: Recorded | None) -> tuple[Evidence, ...]:
    known = verdict.keep or recorded
    return known.evidence if known else ()


def _keep(bodies: Mapping[Reference, bytes], verdicts: Mapping[Reference, Verdict], session: Session) -> None:
    kept = {
        reference: KeptScript(
            str(verdicts[reference].identity), body if script_text(body).reason is None else _NOT_TEXT
        )
        for reference, body in bodies.items()
        if verdicts[reference].identity is not None
    }
    session.store.record_scripts(kept, at=session.now)
