"""Reports full of text that could be read as markup, and what a format makes of reports."""

from __future__ import annotations

import io
from collections.abc import Sequence

from freshlayer.model.build import InstructionState, InstructionVerdict
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.inputs import Advice, NotWatched, Place, RemoteInput
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Verdict
from freshlayer.model.packages import ChosenPackage, PackageChange, PackageVerdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.report.formats import load
from freshlayer.report.formats.base import ProbeResults, Style

HOSTILE = (
    "a | b `` ` ``` c <script>alert(1)</script> <img src=x onerror=y> [l](http://e.org) ![i](http://e.org)"
    " @team #1 a@b.de https://e.org/ www.e.org \\| \\\\| &#124; </code></details> **x** ~~y~~"
    "\n\n# h\r\n| x |\x1b[31m"
    "\u202e::error::z ##[error]z %0A::error::z"
)
HOSTILE_REASON = Reason("input-changed", detail=HOSTILE)


def _hostile_packages() -> PackageVerdict:
    chosen = ChosenPackage("pkg:deb/debian/x", HOSTILE, HOSTILE, "sha256:aa", wanted_by=HOSTILE)
    change = PackageChange("pkg:deb/debian/x", HOSTILE, HOSTILE, HOSTILE, wanted_by=(HOSTILE,))
    return PackageVerdict("apt", 1, (change,), (change,), (chosen,))


def hostile_report() -> Report:
    """With a finding of every kind, in lines 2 to 7."""
    reference = Reference("http", "https://example.org/a", "")
    place = Place(2, HOSTILE, "0", HOSTILE)
    stale = InstructionVerdict(
        2,
        3,
        "0",
        HOSTILE,
        InstructionState.STALE,
        HOSTILE_REASON,
        pairs=(("https://example.org/a", "etag:1"),),
        packages=(_hostile_packages(),),
    )
    follows = InstructionVerdict(4, 4, "0", "RUN", InstructionState.STALE, Reason("follows"))
    verdict = Verdict(reference, Change.ABSENT, Certainty.CERTAIN, HOSTILE_REASON, None)
    return Report(
        HOSTILE,
        "",
        "linux/amd64",
        (RemoteInput(reference, (place,)),),
        (stale, follows),
        (
            NotWatched(5, HOSTILE, HOSTILE, HOSTILE_REASON),
            NotWatched(6, "RUN", "x", Reason("cache-mount-keeps-file"), warns=True),
        ),
        (Advice(7, HOSTILE),),
        {reference: verdict},
        moved=(HOSTILE_REASON,),
        exit_code=3,
    )


def hostile_probe() -> tuple[Observation, Verdict]:
    """Of one reference."""
    reference = Reference("http", "https://example.org/a", "")
    verdict = Verdict(
        reference,
        Change.UNCHANGED,
        Certainty.CERTAIN,
        HOSTILE_REASON,
        Identity("etag", HOSTILE, Strength.STRONG),
    )
    evidence = (Evidence("etag", HOSTILE, Strength.STRONG),)
    return Observation(reference, ProbeOutcome.SEEN, HOSTILE_REASON, evidence), verdict


def written(form: str, style: Style, reports: Sequence[tuple[str, Report]]) -> str:
    """Reports, with their names, in a format."""
    stream = io.StringIO(newline="")
    writer = load(form).writer(stream, style)
    for name, report in reports:
        writer.add(report, name)
    writer.end()
    return stream.getvalue()


def probe_written(form: str, results: ProbeResults) -> str:
    """The report of a probe in a format."""
    stream = io.StringIO(newline="")
    load(form).write_probe(stream, results)
    return stream.getvalue()
