"""``freshlayer probe``."""

from __future__ import annotations

from freshlayer.cli import declared
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours
from freshlayer.cli.session import session_of
from freshlayer.errors import OptionError, ReferenceInvalidError
from freshlayer.reference import Reference


@declared.command(
    "probe",
    short_help="the evidence of an origin about a URL, a git ref or an image",
    epilog="\b\nExamples:"
    "\n  freshlayer probe https://example.org/data.csv"
    "\n  freshlayer probe git://example.org/a.git#v1 alpine:3.20",
)
@declared.argument("texts", nargs=-1, required=True, metavar="REFERENCE…")
@ours("probe")
def command(options: Options, texts: tuple[str, ...]) -> int:
    """Show the evidence that each origin gives, hop by hop, and the identity drawn from it.

    REFERENCE is a URL, a git address with or without a ref (git://example.org/a.git#v1), or an image name.
    Compares with what is recorded, and records nothing. Exit code 2: one could not be read or probed.
    """
    from freshlayer.cli.output import write_probe
    from freshlayer.decisions.verdict import judge
    from freshlayer.probe import probe
    from freshlayer.workflows.platforms import default_platform

    if options.offline:
        raise OptionError("--offline: probe contacts the origins (leave --offline out)")
    readable = _readable(texts)
    references, all_read = list(dict.fromkeys(readable)), len(readable) == len(texts)
    with session_of(options, None) as session:
        recorded = session.store.observations(references)
        # Nothing recorded is sent: a 304 has no evidence to show.
        here = (default_platform(),)
        seen = probe(
            references, {}, session.limits, session.progress, keyring=session.keyring, platforms=here
        )
    results = [(seen[r], judge(recorded.get(r), seen[r])) for r in references]
    write_probe(options, results)
    return DONE if all_read and all(verdict.is_observed for _, verdict in results) else TROUBLE


def _readable(texts: tuple[str, ...]) -> list[Reference]:
    """Each that can be read, in order; a warning for each other one."""
    from freshlayer.cli.references import typed
    from freshlayer.report.terminal import warn

    found: list[Reference] = []
    for text in texts:
        try:
            found.append(typed(text))
        except ReferenceInvalidError as error:
            warn(str(error))
    return found
