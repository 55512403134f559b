"""``freshlayer explain``."""

from __future__ import annotations

from freshlayer.cli import declared
from freshlayer.cli.echo import echo


def _codes(_context: object, _parameter: object, incomplete: str) -> list[str]:
    from freshlayer.model.all_reasons import REASONS

    return sorted(code for code in REASONS if code.startswith(incomplete))


@declared.command(
    "explain",
    short_help="what a reason code means, and what to do",
    epilog="\b\nExamples:\n  freshlayer explain http-forbidden",
)
@declared.argument("code", required=False, shell_complete=_codes)
def command(code: str | None) -> int:
    """Print what a reason code means, and what to do about it; without CODE, all of them as Markdown.

    Codes are in every JSON report.
    """
    from freshlayer.errors import OptionError
    from freshlayer.model.all_reasons import REASONS, entry, reference_page
    from freshlayer.reference import shown

    if code is None:
        echo(reference_page(), nl=False)
        return 0
    if code not in REASONS:
        raise OptionError(f"explain: {shown(code, 60)}: not a reason code{_similar(code)}")
    echo(entry(code), nl=False)
    return 0


def _similar(code: str) -> str:
    from difflib import get_close_matches

    from freshlayer.model.all_reasons import REASONS

    near = get_close_matches(code[:100], REASONS, n=1)
    return f" (did you mean {near[0]}?)" if near else " (freshlayer explain lists all of them)"
