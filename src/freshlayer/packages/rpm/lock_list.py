"""The file of dnf's plugin ``versionlock``: which rules a command reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct

from freshlayer.packages.rpm.ini import is_true, sections
from freshlayer.packages.rpm.options import Options

VERB = "versionlock"
"""The plugin, and the option of a command of it; its value is the subcommand."""

MOST_RULES = 2000
_LONGEST = 1024
_LIST = "/etc/dnf/plugins/versionlock.list"
_CONFIGURATION = "/etc/dnf/plugins/versionlock.conf"
_OTHER_LISTS = ("/etc/dnf/versionlock.toml", "/etc/yum/pluginconf.d/versionlock.list")
"""Those of dnf5 and of yum 3, whose format is another."""


class LockList(Struct, frozen=True):
    """The rules of the file that a command reads. ``unread``: a file whose rules are not known."""

    rules: tuple[str, ...] = ()
    unread: str = ""


def lock_list(files: Mapping[str, str], options: Options, *, of_dnf4: bool) -> LockList:
    """The rules that a command reads."""
    names = (*options.list("disableplugin"), *(["*"] if options.has("noplugins") else []))
    if any(fnmatchcase(VERB, name) for name in names):
        return LockList()
    if not of_dnf4:
        unread = (path for path in _OTHER_LISTS if _has_rules(path, files.get(path, "")))
        return LockList(unread=next(unread, ""))
    main = sections(files.get(_CONFIGURATION, "")).get("main", {})
    path = main.get("locklist", _LIST)
    if not is_true(main.get("enabled"), otherwise=True):
        return LockList()
    rules = tuple(_lines(files.get(path, "")))
    unknown = (
        len(rules) > MOST_RULES
        or any(len(rule) > _LONGEST for rule in rules)
        or (path != _LIST and path not in files)
    )
    return LockList(unread=path) if unknown else LockList(rules)


def _has_rules(path: str, text: str) -> bool:
    return "[[packages" in text if path.endswith(".toml") else any(_lines(text))


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
