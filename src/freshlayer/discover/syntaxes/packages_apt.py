"""``apt-get``, ``apt``, ``aptitude`` and what follows their grammar: a command line → what it does.

Options have the names of ``apt-get(8)``, whatever the spelling:

====================  ======================================================================================
``target-release``    ``-t X``, ``--default-release X``
``install-recommends``, ``no-install-recommends``   ``--install-recommends=no``; ``-R``, ``-r`` of aptitude
``no-install-suggests``, ``install-suggests``
``config-file``       ``-c FILE``
``A::B``              of ``-o A::B=c``, ``--option=A::B=c``: the value is ``c``
``reinstall``         also the subcommand ``reinstall``
``with-new-pkgs``     also what ``apt upgrade`` and ``aptitude safe-upgrade`` do without it
``auto-remove``       ``--autoremove``, and the subcommands ``autoremove`` and ``autopurge``
``only-upgrade``, ``no-upgrade``, ``allow-downgrades``, ``ignore-hold``, ``fix-broken``, ``fix-policy``
``snapshot``          ``-S ID``: the archive as it was then
``download-only``     ``-d``: packages are read and not installed
``arch-only``, ``indep-only``, ``host-architecture``, ``build-profiles``   of ``build-dep``
``file``              a file that ``dpkg -i`` or ``--unpack`` installs: its value
====================  ======================================================================================

``-y``, ``-q`` and other options that change no package are there too, by their long names.
"""

from __future__ import annotations

from freshlayer.discover.syntaxes.found import Unknown, Word, Words, written
from freshlayer.discover.syntaxes.package_lines import (
    CommandLine,
    Divided,
    divided,
    table_of,
    undoes,
)
from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import PackageAction

TABLE, _APT_NAMES = table_of(
    """
    target-release,t,default-release= config-file,c= option,o= host-architecture,a= build-profiles,P=
    solver= planner= snapshot,S=
    with-source= error-on,e= comment= color= audit download-only,d yes,y,assume-yes
    assume-no quiet,q,silent simulate,s,just-print,dry-run,no-act,recon show-upgraded,u
    fix-missing,m,ignore-missing fix-broken,f correct-dependencies ignore-hold no-upgrade only-upgrade upgrade
    allow-downgrades allow-remove-essential allow-change-held-packages force-yes print-uris purge reinstall
    list-cleanup no-list-cleanup trivial-only mark-auto remove no-remove auto-remove,autoremove arch-only
    indep-only allow-unauthenticated no-allow-insecure-repositories allow-insecure-repositories
    allow-weak-repositories allow-releaseinfo-change install-recommends no-install-recommends
    install-suggests no-install-suggests fix-policy verbose-versions,V show-progress no-show-progress
    with-new-pkgs without-new-pkgs no-strict-pinning strict-pinning no-download download no-install
    compile,b,build diff-only dsc-only tar-only only-source help,h version,v no-auto-remove update,U
    no-allow-downgrades no-reinstall no-purge no-fix-broken no-fix-policy
    """
)
_APTITUDE, _APTITUDE_NAMES = table_of(
    """
    target-release,t,default-release= option,o= add-user-tag= add-user-tag-to= remove-user-tag=
    remove-user-tag-from= display-format,F= sort,O= width,w= log-file= log-level= group-by= user-tag=
    S= j= i u config-file,c= with-recommends,r no-install-recommends,R,without-recommends install-recommends
    yes,y,assume-yes quiet,q simulate,s download-only,d fix-broken,f prompt,P show-deps,D visual-preview
    show-versions,V verbose,v show-why,W disable-columns full-resolver safe-resolver purge-unused
    allow-new-upgrades no-new-installs allow-new-installs no-new-upgrades allow-untrusted help,h Z
    """
)
_APTITUDE_NAMES |= {"r": "install-recommends", "with-recommends": "install-recommends"}
_FALSE = frozenset("no false without off disable 0".split())
_SWITCHED = frozenset(
    "install-recommends install-suggests auto-remove reinstall purge fix-broken upgrade remove".split()
)
"""Switches that take ``=no``."""

_LETTER = compiled(r"[A-Za-z]")
_ACTIONS = {
    "update": PackageAction.UPDATE,
    **dict.fromkeys(("install", "reinstall"), PackageAction.INSTALL),
    **dict.fromkeys(("upgrade", "safe-upgrade"), PackageAction.UPGRADE),
    **dict.fromkeys(("dist-upgrade", "full-upgrade"), PackageAction.DIST_UPGRADE),
    **dict.fromkeys(("build-dep", "build-depends"), PackageAction.BUILD_DEP),
    **dict.fromkeys(
        ("remove", "purge", "autoremove", "auto-remove", "autopurge", "autopurge"), PackageAction.REMOVE
    ),
}
_LOCAL = frozenset(
    """
    add-user-tag auto-clean autoclean check clean depends dist-clean distclean dump edit-sources
    extract-cache-subset forbid-version forget-new help history-info history-list hold indextargets keep
    keep-all list madison markauto modernize-sources moo pkgnames policy rdepends remove-user-tag search show
    showhold showpkg showsrc stats unhold unmarkauto versions why why-not
    """.split()
)
"""Subcommands that read and write local files alone. One that is not known may download packages."""
_IMPLIED = {
    "reinstall": "reinstall",
    "purge": "purge",
    **dict.fromkeys(("autoremove", "auto-remove", "autopurge"), "auto-remove"),
}


def apt(name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """One command line of ``apt-get`` or a program that takes the same."""
    aptitude = name == "aptitude"
    table, names = (_APTITUDE, _APTITUDE_NAMES) if aptitude else (TABLE, _APT_NAMES)
    command = divided(arguments, table, names)
    options = tuple([_normalised(*it) for it in command.options if _LETTER.match(it[0])])
    if command.has("simulate", "print-uris", "assume-no", "help", "version"):
        return ()
    action = _ACTIONS.get(command.verb)
    if action is None:
        return () if _is_local(command) else (CommandLine(command.verb, None, command.words, options),)
    implied = _IMPLIED.get(command.verb)
    options = (*options, (implied, "")) if implied and not command.has(implied) else options
    new = command.verb == "safe-upgrade" or (name in {"apt", "nala"} and command.verb == "upgrade")
    if new and not command.has("with-new-pkgs", "without-new-pkgs", "no-new-installs"):
        options = (*options, ("with-new-pkgs", ""))
    line = CommandLine(command.verb, action, command.words, options, action is PackageAction.UPDATE)
    updates = CommandLine("update", PackageAction.UPDATE, updates=True)
    return (updates, line) if command.has("update") or _updates_first(name, command.verb) else (line,)


def _is_local(command: Divided) -> bool:
    """``history`` is of nala."""
    if command.verb == "history":
        return not undoes(command)
    return not command.verb or command.verb in _LOCAL


def _updates_first(name: str, verb: str) -> bool:
    """``nala`` updates before it changes packages."""
    return name == "nala" and verb in {"install", "upgrade", "full-upgrade"}


def _normalised(name: str, given: Word) -> tuple[str, Word]:
    if given == "" and name != "option":
        return name, given
    value = given.removeprefix("=") if isinstance(given, str) else given
    if name == "option":
        return _setting(value)
    if name in _SWITCHED and isinstance(value, str) and value.lower() in _FALSE:
        return f"no-{name}", ""
    return name, value if name in _VALUED else ""


_VALUED = frozenset(
    (
        *("target-release", "config-file", "host-architecture", "build-profiles", "solver", "planner"),
        *("snapshot", "with-source", "error-on", "color", "comment"),
    )
)


def _setting(value: Word) -> tuple[str, Word]:
    """``A::B=c``."""
    if isinstance(value, Unknown):
        name, _, rest = value.known.removeprefix("=").partition("=")
        return name, Unknown(value.reason, value.text, rest)
    name, _, rest = value.partition("=")
    return name, rest.strip("\"'")


def install_packages(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``install_packages`` of minideb: an update, and an installation without recommended packages."""
    words = tuple(arguments)
    options = (("yes", ""), ("no-install-recommends", ""))
    return (
        CommandLine("", PackageAction.UPDATE, updates=True),
        CommandLine("", PackageAction.INSTALL, words, options),
    )


_DPKG, _DPKG_NAMES = table_of(
    """
    install,i unpack configure remove,r purge,P add-architecture remove-architecture get-selections list,l
    status,s listfiles,L search,S print-architecture recursive,R force-all refuse-downgrade,G
    skip-same-version,E selected-only,O no-act simulate dry-run root= admindir= instdir= force= no-force=
    refuse= ignore-depends= path-exclude= path-include= log= debug,D= abort-after= verify,V audit,C a pending
    """
)


def dpkg(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``--add-architecture``, and packages that are installed from files or removed. It reads no index."""
    command = divided(arguments, _DPKG, _DPKG_NAMES)
    words = (command.verb, *command.words) if command.verb else command.words
    if command.has("add-architecture"):
        return (CommandLine("--add-architecture", PackageAction.ADD_ARCHITECTURE, words),)
    if command.has("install", "unpack"):
        files = tuple(word for word in words if written(word).endswith(".deb"))
        return (CommandLine("--install", PackageAction.INSTALL, files, command.options),)
    if command.has("remove", "purge"):
        return (CommandLine("--remove", PackageAction.REMOVE, words, command.options),)
    return ()


_MARKS = frozenset({"hold", "unhold", "manual", "auto"})


def apt_mark(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """What is held, and what was installed for others. The option is the verb."""
    command = divided(arguments, TABLE, _APT_NAMES)
    if command.verb not in _MARKS or command.has("simulate", "help", "version"):
        return ()
    return (CommandLine(command.verb, PackageAction.CONFIGURE, command.words, ((command.verb, ""),)),)


_ADD, _ADD_NAMES = table_of(
    """
    keyserver,k= component,c= pocket,p= ppa,P= cloud,C= uri,U= sourceslist,S= massive-debug,m remove,r
    enable-source,s yes,y no-update,n update,u login,l dry-run list,L help,h debug,d
    """
)


def add_repository(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """``add-apt-repository`` updates when it has added the source; what it adds is in the files."""
    command = divided(arguments, _ADD, _ADD_NAMES)
    if command.has("no-update", "dry-run", "list", "help"):
        return ()
    return (CommandLine("", PackageAction.UPDATE, updates=True),)
