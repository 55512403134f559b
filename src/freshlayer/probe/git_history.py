"""The last commit that a branch had on a day, by the dates of its commits.

git states no history of a branch. What a branch was is read from its commits: the newest one of its own line
(first parents) that was committed by then. Commits alone are fetched, without trees and files: first those
of the year before, then all.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from freshlayer.children import VERSION_CONTROL
from freshlayer.lazy_regex import compiled
from freshlayer.probe.network.messages import Answer, Run

_YEAR = 366 * 86400
_LARGEST = 512 * 2048
"""Blocks of 512 bytes of a file that git writes: 512 MiB."""

_COMMIT = compiled(r"(?m)^commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)$")

# The fixed text of a program; what is not known is in its arguments. A server that has no commit since the
# day refuses a shallow fetch, and so does one that knows none.
_SCRIPT = """\
url=$1 ref=$2 since=$3 until=$4
ulimit -f "$5" || exit 1
here=$(mktemp -d "$PWD/history.XXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
at() { git --git-dir="$here" "$@"; }
at init --quiet --bare --template= || exit 1
at config gc.auto 0 && at config maintenance.auto false || exit 1
at config remote.origin.url "$url" && at config remote.origin.promisor true || exit 1
take() { at fetch --quiet --no-tags --filter=tree:0 "$@" origin "+$ref:refs/freshlayer/at"; }
find() { at rev-list -1 --first-parent --before="@$until" refs/freshlayer/at; }
found=
take --shallow-since="@$since" >/dev/null 2>&1 && found=$(find)
if [ -z "$found" ]; then
  take --depth=2147483647 || exit 1
  found=$(find) || exit 1
fi
echo "commit $found"
"""


def commit_at(
    url: str, ref: str, until: int, environment: Mapping[str, str]
) -> Generator[Run, Answer, Answer | str]:
    """The commit that a ref had; empty where it had none. An answer in its place is why it is not known.

    ``ref``: in full. ``until``: milliseconds since 1970.
    """
    seconds = until // 1000
    argv = ("sh", "-c", _SCRIPT, "git-history", url, ref)
    numbers = (str(seconds - _YEAR), str(seconds), str(_LARGEST))
    answer = yield Run((*argv, *numbers), VERSION_CONTROL, environment)
    if answer.error or answer.exit_code:
        return answer
    found = _COMMIT.search(answer.output)
    return found[1] if found else ""
