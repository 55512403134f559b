"""``apk``: a command line → what it does.

Options have the names of ``apk(8)``: ``repository`` (``-X``), ``virtual`` (``-t``), ``root`` (``-p``),
``update-cache`` (``-U``, ``--update``), ``upgrade`` (``-u``), ``latest`` (``-l``), ``no-cache``,
``available`` (``-a``), ``repositories-file``, ``arch``, ``allow-untrusted``, ``force-…``.
Words are as typed: ``jq=1.6-r0``, ``jq~1.6``, ``jq~=1.6``, ``jq>1.5``, ``jq@edge``, ``!jq``,
``so:libjq.so.1``, ``.build-deps``.
"""

from __future__ import annotations

from freshlayer.discover.syntaxes.found import Words, written
from freshlayer.discover.syntaxes.package_lines import CommandLine, Divided, divided, listed, table_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import PackageAction

_APK, _NAMES = table_of(
    """
    repository,X= root,p= repositories-file= arch= cache-dir= cache-max-age= keys-dir= progress-fd= wait=
    timeout= virtual,t= output,o= repository-config= logfile= pkgname-spec= allow-untrusted
    update-cache,U,update no-cache no-network no-scripts no-progress no-check-certificate no-interactive
    interactive,i quiet,q verbose,v upgrade,u latest,l available,a simulate,s recursive,R link,L stdout url
    force,f force-overwrite force-broken-world force-refresh force-missing-repositories
    force-non-repository force-old-apk force-binary-stdout force-no-chroot initdb usermode no-chown
    preserve-env print-arch purge rdepends,r prune overlay-from-stdin clean-protected self-upgrade-only
    no-self-upgrade no-commit-hooks no-logfile cache-predownload sync help,h version,V ignore world,w
    """
)
_ACTIONS = {
    "add": PackageAction.INSTALL,
    "upgrade": PackageAction.UPGRADE,
    "update": PackageAction.UPDATE,
    "del": PackageAction.REMOVE,
}
_LOCAL = frozenset(
    "adbdump adbgen adbsign audit convdb extract help index info manifest mkndx mkpkg stats verify".split()
)
"""Subcommands that read and write local files alone. One that is not known may download packages."""
_QUERIES = frozenset("dot list policy query search version".split())
"""Subcommands that read the indexes that are stored, or new ones with an option."""


_CACHED = compiled(r"(?:/var/cache/apk|/etc/apk/cache)(?:/.*)?")
"""Where apk keeps the indexes that ``apk add`` would take in place of new ones."""


def removed(name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``rm -rf /var/cache/apk/*``: a removal, of the indexes of earlier commands."""
    words = tuple(word for word in arguments if _CACHED.fullmatch(written(word)))
    return (CommandLine(name, PackageAction.REMOVE, words),) if words else ()


def apk(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """One command line."""
    command = divided(arguments, _APK, _NAMES)
    if command.has("simulate", "help", "version", "print-arch"):
        return ()
    action = _ACTIONS.get(command.verb)
    if action is None:
        return _others(command)
    reads = action is not PackageAction.REMOVE and command.has("no-cache", "update-cache")
    return (
        CommandLine(
            command.verb, action, command.words, command.options, reads or action is PackageAction.UPDATE
        ),
    )


def _others(command: Divided) -> tuple[CommandLine, ...]:
    """What installs nothing."""
    if command.verb in _LOCAL | _QUERIES and command.has("update-cache"):
        return (CommandLine(command.verb, PackageAction.UPDATE, (), command.options, updates=True),)
    local = command.verb in _LOCAL or (command.verb in _QUERIES and not command.has("no-cache"))
    if command.verb == "cache":
        local = bool({"clean", "purge"} & set(command.words))
    return () if local or not command.verb else listed(command)
