"""The sources of gem: of the command, else of its ``gemrc`` files, the last one that states them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason
from freshlayer.plain_yaml import documents, node

_LISTS = (":sources", "sources")
_OPTIONS = ("gem", "install")
_SOURCES = frozenset({"-s", "--source"})
_QUIET = frozenset(
    """
    -N -V -q -f --no-document --no-doc --no-ri --no-rdoc --verbose --quiet --silent --force --user-install
    --no-user-install --env-shebang --wrappers --no-wrappers --no-format-executable --backtrace --debug
    --no-update-sources --conservative --minimal-deps --post-install-message --no-post-install-message
    --no-suggestions --remote -r
    """.split()
)
"""Options that decide neither version nor source."""
_UNREAD = Reason("package-source-unknown", detail="gemrc is not in the part of YAML that is read here")


def sources_of(texts: Iterable[str], named: Sequence[str]) -> list[str] | Reason:
    """Addresses; empty where nothing states any. ``named``: those of the command."""
    listed: list[str] = []
    options: dict[str, str] = {}
    for text in texts:
        try:
            found = next((node(lines) for lines in documents(iter(text.splitlines()))), {})
        except ValueError:
            return _UNREAD
        table = found if isinstance(found, dict) else {}
        stated = next((table[it] for it in _LISTS if it in table), None)
        listed = [it for it in stated if isinstance(it, str)] if isinstance(stated, list) else listed
        options |= {it: str(table[it]) for it in _OPTIONS if it in table}
    try:
        own = list(_own(shlex.split(" ".join(options.values()))))
    except ValueError as error:
        return Reason("package-source-unknown", detail=f"gemrc: {error}"[:120])
    return [without_login(it) for it in ([*own, *named] or listed)]


def _own(words: Sequence[str]) -> Iterator[str]:
    """Sources of the options that a file gives to each command. Raises ValueError."""
    waiting = iter(words)
    for word in waiting:
        option, equals, value = word.partition("=")
        if option in _SOURCES:
            yield value if equals else next(waiting, "")
        elif option not in _QUIET:
            raise ValueError(f"{option} is not computed")
