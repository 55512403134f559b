"""``freshlayer export``."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from freshlayer.cli import declared
from freshlayer.cli.exit_codes import DONE
from freshlayer.cli.options import Options, ours
from freshlayer.errors import FreshlayerError

NAMES = ("source-policy", "hermeto", "cyclonedx", "spdx")
_LATEST = 253402300799
"""The last second of the year 9999."""


@declared.command(
    "export",
    short_help="freshlayer.lock in the format of another tool",
    epilog="\b\nExamples:"
    "\n  freshlayer export --format cyclonedx -o bom.json"
    "\n  freshlayer export --format source-policy -o policy.json",
)
@declared.option(
    "-o", "--output", metavar="FILE", type=declared.FILE, help="the file; default: standard output"
)
@ours("export", formats=NAMES)
def command(options: Options, output: str | None) -> int:
    """Write the lock file as a source policy of BuildKit, as hermeto's artifacts.lock.yaml, or as an SBOM.

    What a format can't hold is left out, with a warning for each. The bytes depend on the lock file alone;
    SPDX requires a time, which is that of SOURCE_DATE_EPOCH, else 1970.
    """
    from freshlayer.cli.lock_place import lock_place
    from freshlayer.files.atomic_write import replace
    from freshlayer.lock import read_lock
    from freshlayer.lock.exports import export_format
    from freshlayer.reference import shown
    from freshlayer.report.terminal import warn

    path = lock_place(options, Path()).path
    if not path.exists():
        raise FreshlayerError(f"{path}: there is no lock file (freshlayer lock writes one)")
    found = export_format(options.format or NAMES[0]).export(read_lock(path), _created())
    for reference, why in found.left_out:
        warn(f"{shown(reference)}: left out: {why}")
    if output is None:
        sys.stdout.write(found.text)
        return DONE
    try:
        replace(Path(output), found.text.encode())
    except OSError as error:
        raise FreshlayerError(f"{output}: can't be written: {error.strerror}") from None
    return DONE


def _created() -> str:
    """https://reproducible-builds.org/specs/source-date-epoch/."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(text) if text.isdecimal() and len(text) <= 12 else 0
    return datetime.fromtimestamp(min(seconds, _LATEST), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
