"""``dnf``, ``dnf5``, ``microdnf``, ``yum`` and ``tdnf``: a command line → what it does.

Options have the names of ``dnf(8)``, in order:

====================  ======================================================================================
``enablerepo``, ``disablerepo``, ``repo``   also ``--repoid``, ``--enable-repo``; values as typed (``a,b*``)
``repofrompath``      ``ID,URL``
``setopt``            ``install_weak_deps=False``, ``epel.enabled=1``
``releasever``, ``forcearch``, ``installroot``, ``config`` (``-c``)
``exclude``           ``-x X``, ``--excludepkgs X``
``disableexcludes``, ``advisory``, ``bz``, ``cve``, ``sec-severity``, ``security``, ``bugfix``
``nobest``, ``best``, ``allowerasing``, ``skip-broken``, ``nodocs``, ``cacheonly`` (``-C``), ``refresh``
``download-only``     ``--downloadonly``: packages are read and not installed
``reinstall``, ``downgrade``, ``minimal``   the subcommand: INSTALL or UPGRADE of that kind
``module``            ``enable``, ``install``, …: the subcommand of ``module``; the words are the specs
``with-optional``     of a group
``versionlock``       ``add``, ``exclude``, ``delete``, ``clear``: of CONFIGURE; with ``raw``
====================  ======================================================================================

A group is a word of GROUP_INSTALL (its name or its id), or ``@group`` among the words of INSTALL.
"""

from __future__ import annotations

from freshlayer.discover.syntaxes.found import Word, Words, written
from freshlayer.discover.syntaxes.package_lines import (
    CommandLine,
    Divided,
    divided,
    listed,
    table_of,
    undoes,
)
from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import PackageAction

TABLE, _NAMES = table_of(
    """
    config,c= quiet,q verbose,v version installroot= nodocs noplugins,no-plugins
    enableplugin,enable-plugin= disableplugin,disable-plugin= releasever= releasever-major=
    releasever-minor= setopt= setvar= skip-broken help,h allowerasing best,b nobest,no-best cacheonly,C
    randomwait,R= debuglevel,d= debugsolver showduplicates errorlevel,e= obsoletes rpmverbosity=
    yes,assumeyes,y assumeno,assume-no enablerepo,enable-repo= disablerepo,disable-repo= repo,repoid=
    enable disable exclude,x,excludepkgs= disableexcludes,disableexcludepkgs= repofrompath= noautoremove
    nogpgcheck,no-gpgchecks,nogpg color= refresh destdir,downloaddir= download-only,downloadonly comment=
    bugfix enhancement newpackage security advisory,advisories= bz,bzs= cve,cves=
    sec-severity,secseverity,advisory-severities= forcearch= from-repo= arch= snapshottime= store=
    with-optional
    tolerant,t debugrpm skip-unavailable no-allow-downgrade allow-downgrade use-host-config all define,D=
    raw spec srpm snapshotexcluderepos= plugins allowdowngrade noautoremove testonly
    """
)
_ACTIONS = {
    **dict.fromkeys(
        (
            *("install", "localinstall", "in", "install-n", "install-na", "install-nevra"),
            *("reinstall", "rei", "downgrade", "dg"),
        ),
        PackageAction.INSTALL,
    ),
    **dict.fromkeys(
        (
            *("upgrade", "update", "upgrade-to", "update-to", "localupdate", "up"),
            *("upgrade-minimal", "update-minimal", "up-min"),
        ),
        PackageAction.UPGRADE,
    ),
    **dict.fromkeys(
        ("distro-sync", "distrosync", "distribution-synchronization", "dsync"), PackageAction.DIST_UPGRADE
    ),
    **dict.fromkeys(("groupinstall", "groupupdate"), PackageAction.GROUP_INSTALL),
    **dict.fromkeys(("builddep", "build-dep"), PackageAction.BUILD_DEP),
    **dict.fromkeys(
        (
            *("remove", "erase", "rm", "autoremove", "groupremove", "grouperase"),
            *(
                f"{verb}-{kind}"
                for verb in ("remove", "erase", "autoremove")
                for kind in ("n", "na", "nevra")
            ),
        ),
        PackageAction.REMOVE,
    ),
    **dict.fromkeys(("makecache", "mc", "check-update", "check-upgrade"), PackageAction.UPDATE),
}
_KINDS = {
    **dict.fromkeys(("reinstall", "rei"), "reinstall"),
    **dict.fromkeys(("downgrade", "dg"), "downgrade"),
    **dict.fromkeys(("upgrade-minimal", "update-minimal", "up-min"), "minimal"),
}
_LOCAL = frozenset(
    """
    alias autoremovable check check-local clean config-manager deactivate help leaves mark needs-restarting
    offline repolist repomanage show-leaves
    """.split()
)
"""Subcommands that read and write local files alone. One that is not known may download packages."""
_QUERIES = frozenset(
    """
    advisory changelog count debug-dump deplist environment group groupinfo grouplist groups grp if info
    list ls module prov provides repo repoclosure repodiff repograph repoinfo repoquery repoquery-n
    repoquery-na repoquery-nevra resolvedep rq se search summary-updateinfo updateinfo whatprovides wp
    """.split()
)
"""Subcommands that read indexes and install nothing."""
_STEPS_OF_UPGRADE = frozenset("clean log reboot status".split())
"""Subcommands of ``system-upgrade`` and its like behind ``download``, which are local."""
_OFFLINE = frozenset("offline-distrosync offline-upgrade system-upgrade".split())
_CACHE = compiled(r"/var/cache(?:/.*)?")
"""Where metadata are kept."""
_CLEANED = frozenset({"all", "metadata", "expire-cache"})
"""Words of ``clean`` behind which metadata are read again. ``dbcache`` leaves them."""
_GROUP = {
    **dict.fromkeys(("install", "upgrade", "update"), PackageAction.GROUP_INSTALL),
    **dict.fromkeys(("remove", "erase"), PackageAction.REMOVE),
}
_LOCKS = {
    **{"list": "", "add": "add", "clear": "clear"},
    **dict.fromkeys(("exclude", "add-!", "add!", "blacklist"), "exclude"),
    **dict.fromkeys(("delete", "del"), "delete"),
}
"""Subcommands of ``versionlock`` → what they do; empty for one that changes nothing."""
_MODULE = frozenset("enable install update upgrade disable reset switch-to remove provide".split())


def removed(name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``rm -rf /var/cache/dnf /var/cache/*``: a removal of kept metadata, which are in directories."""
    options = [word for word in map(written, arguments) if word.startswith("-")]
    if not any(word == "--recursive" or (word[:2] != "--" and {"r", "R"} & set(word)) for word in options):
        return ()
    words = tuple(word for word in arguments if _CACHE.fullmatch(written(word)))
    return (CommandLine(name, PackageAction.CLEAN, words),) if words else ()


def dnf(name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """One command line; ``swap`` is two."""
    command = divided(arguments, TABLE, _NAMES)
    if command.has("assumeno", "help", "version", "testonly"):
        return ()
    if command.verb in {"group", "groups", "grp", "module", "swap"}:
        return tuple(_of_two_words(command)) or _others(name, command)
    if command.verb == "versionlock":
        return _of_locks(command)
    if command.verb == "clean" and any(word in _CLEANED for word in command.words):
        return (CommandLine(command.verb, PackageAction.CLEAN, command.words, command.options),)
    action = _ACTIONS.get(command.verb)
    if action is None:
        return _others(name, command)
    kind = _KINDS.get(command.verb)
    options = (*command.options, (kind, "")) if kind else command.options
    reads = action is not PackageAction.REMOVE and not command.has("cacheonly")
    return (CommandLine(command.verb, action, command.words, options, reads),)


def _of_locks(command: Divided) -> tuple[CommandLine, ...]:
    """``versionlock [add|exclude|delete|clear] WORD…``; a word that is none of these is one to add."""
    first, *others = command.words or ("list",)
    known = _LOCKS.get(first) if isinstance(first, str) else None
    words = tuple(others) if known is not None else command.words
    if known == "" or (not words and known != "clear"):
        return ()
    options = (*command.options, ("versionlock", known or "add"))
    return (CommandLine(command.verb, PackageAction.CONFIGURE, words, options),)


def _others(name: str, command: Divided) -> tuple[CommandLine, ...]:
    """What installs nothing, or nothing that is computed."""
    first = command.words[0] if command.words else ""
    repositories = command.verb == "repolist" and (name == "yum" or command.has("verbose"))
    if command.verb in _QUERIES or repositories:
        if command.has("cacheonly", "installed") or first == "installed":
            return ()
        return (CommandLine(command.verb, PackageAction.UPDATE, (), command.options, updates=True),)
    local = (
        not command.verb
        or command.verb in _LOCAL
        or (command.verb == "history" and not undoes(command))
        or (command.verb in _OFFLINE and first in _STEPS_OF_UPGRADE)
        or (command.verb == "copr" and first in {"list", "disable", "remove"})
    )
    return () if local else listed(command)


def _of_two_words(command: Divided) -> list[CommandLine]:
    first, *others = command.words or ("",)
    rest = tuple(others)
    if command.verb == "swap":
        return _swapped(command)
    if command.verb == "module":
        options = (*command.options, ("module", first))
        verb = f"module {first}"
        line = CommandLine(verb, PackageAction.MODULE, rest, options, updates=True)
        return [line] if first in _MODULE else []
    action = _GROUP.get(first) if isinstance(first, str) else None
    if action is None:
        return []
    reads = action is not PackageAction.REMOVE
    return [CommandLine(f"{command.verb} {first}", action, rest, command.options, reads)]


def _swapped(command: Divided) -> list[CommandLine]:
    """``swap REMOVED INSTALLED``; yum also takes ``swap -- remove A B -- install C``."""
    words: list[Word] = [word for word in command.words if word != "--"]
    verbs = [place for place, word in enumerate(words) if word in {"remove", "erase", "install"}]
    if len(verbs) == 2:
        removed, installed = words[verbs[0] + 1 : verbs[1]], words[verbs[1] + 1 :]
    else:
        removed, installed = words[:1], words[1:]
    return [
        CommandLine("swap", PackageAction.REMOVE, tuple(removed), command.options),
        CommandLine("swap", PackageAction.INSTALL, tuple(installed), command.options, updates=True),
    ]


def yum_builddep(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``yum-builddep`` and ``dnf-builddep`` are ``dnf builddep``."""
    return dnf("dnf", ["builddep", *arguments])
