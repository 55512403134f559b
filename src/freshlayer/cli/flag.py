"""``freshlayer flag``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import CHANGED, DONE
from freshlayer.cli.options import Options, ours
from freshlayer.cli.session import session_of
from freshlayer.errors import FreshlayerError, OptionError

if TYPE_CHECKING:
    from freshlayer.model.observation import Observation, Recorded
    from freshlayer.reference import Reference
    from freshlayer.workflows.flag_file import Flag
    from freshlayer.workflows.session import Session


@declared.command(
    "flag",
    short_help="write a file that changes if and only if a URL does",
    epilog="\b\nExamples:\n  freshlayer flag https://example.org/data.csv -o data.flag",
)
@declared.argument("urls", nargs=-1, required=True, metavar="URL…")
@declared.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=declared.FILE,
    help="the flag file; - for standard output",
)
@declared.option("--format", "form", type=declared.choice(["identities", "raw"]), default="identities")
@declared.option("--exit-code", "by_code", is_flag=True, help="exit with 1 when the file changed")
@ours("flag")
def command(options: Options, urls: tuple[str, ...], output: str, form: str, by_code: bool) -> int:
    """Keep in FILE what the URLs are: its content, and so its mtime, changes if and only if an identity did.

    For ``ADD flag`` in a Dockerfile, make, and anything else that looks at files. A URL that can't be
    probed keeps its line. Exit code 2 where there is no line to keep; nothing is written then.
    """
    from freshlayer.cli.references import typed
    from freshlayer.report.terminal import warn
    from freshlayer.workflows import flag_file as flag

    if output == "-" and by_code:
        raise OptionError(
            "--exit-code: nothing was written to a file to compare with (name one with -o FILE)"
        )
    references = list(dict.fromkeys(typed(url) for url in urls))
    if form == "raw" and len(references) != 1:
        raise OptionError("--format raw is for one URL")
    content = None if output == "-" else flag.read(Path(output))
    with session_of(options, None) as session:
        found = _flag(form, references, content, session)
    for verdict in found.kept:
        warn(f"{verdict.explanation}; its line in {output} is kept")
    if output == "-":
        sys.stdout.buffer.write(found.content)
        return 0
    try:
        changed = flag.write(Path(output), found, content)
    except OSError as error:
        raise FreshlayerError(f"{output}: can't be written: {error.strerror}") from None
    if not options.quiet:
        echo(f"{output}: {'changed' if changed else 'unchanged'}", err=True)
    return CHANGED if changed and by_code else DONE


def _flag(form: str, references: list[Reference], content: str | None, session: Session) -> Flag:
    from freshlayer.probe import probe
    from freshlayer.workflows import flag_file as flag
    from freshlayer.workflows.observe import as_probed, not_probed
    from freshlayer.workflows.platforms import default_platform

    # A bare entity tag needs no body to be hashed.
    here = (default_platform(),)
    limits = replace(session.limits, hash_up_to=0) if form == "raw" else session.limits

    def observed(recorded: Mapping[Reference, Recorded]) -> Mapping[Reference, Observation]:
        if session.policy.offline:
            return {reference: not_probed(reference) for reference in references}
        known = as_probed(recorded, session)
        return probe(references, known, limits, session.progress, keyring=session.keyring, platforms=here)

    if form == "raw":
        return flag.of_entity_tag(references[0], content, observed)
    return flag.of_identities(references, content, session.store.observations(references), observed)
