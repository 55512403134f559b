"""``zypper``: a command line → what it does.

Options have the names of ``zypper(8)``: ``root`` (``-R``, ``--installroot``), ``repo`` (``-r``), ``from``,
``plus-repo`` (``-p URL``), ``type`` (``-t pattern``), ``no-recommends``, ``recommends``, ``force`` (``-f``),
``oldpackage``, ``capability`` (``-C``), ``name`` (``-n``), ``releasever``, ``no-refresh``. ``patch`` is an
UPGRADE with the option ``patch``. Words are as typed: ``jq>=1.6``, ``+jq``, ``-jq``, ``pattern:base``,
``repo:jq``.
"""

from __future__ import annotations

from freshlayer.discover.syntaxes.found import Unknown, Words
from freshlayer.discover.syntaxes.options import Operand, read
from freshlayer.discover.syntaxes.package_lines import CommandLine, Options, table_of
from freshlayer.model.packages import PackageAction

_GLOBAL, _GLOBAL_NAMES = table_of(
    """
    root,R,installroot= reposd-dir,D= cache-dir,C= raw-cache-dir= solv-cache-dir= pkg-cache-dir= config,c=
    userdata= plus-repo,p= plus-content= table-style,s= releasever= non-interactive,n quiet,q verbose,v
    xmlout,x terse,t ignore-unknown,i no-abbrev,A no-color color gpg-auto-import-keys no-gpg-checks
    no-cd no-remote no-refresh disable-repositories disable-system-resolvables pkg-cache-dir
    non-interactive-include-reboot-patches promptids help,h version,V rug-compatible,r
    """
)
_COMMAND, _COMMAND_NAMES = table_of(
    """
    repo,r,catalog= from= type,t= solver-focus= download= plus-repo,p= plus-content= name,n capability,C
    force,f oldpackage allow-unsigned-rpm no-confirm,y auto-agree-with-licenses,l
    auto-agree-with-product-licenses no-recommends recommends force-resolution no-force-resolution,R
    dry-run,D details download-only,d replacefiles verbose,v quiet,q updatestack-only with-update
    without-update with-optional without-optional bugzilla,b= cve= issue,i= category,g= severity= date=
    skip-interactive with-interactive best-effort allow-downgrade no-allow-downgrade allow-name-change
    no-allow-name-change allow-arch-change no-allow-arch-change allow-vendor-change
    no-allow-vendor-change clean-deps,u no-clean-deps,U download-in-advance download-in-heaps
    download-as-needed entire-catalog= all,a build-only build-deps-only force-build force-download
    services,s metadata,m raw-metadata,M no-gpg-checks gpg-auto-import-keys non-interactive remove-orphaned
    """
)
_ACTIONS = {
    **dict.fromkeys(("install", "in"), PackageAction.INSTALL),
    **dict.fromkeys(("update", "up", "patch"), PackageAction.UPGRADE),
    **dict.fromkeys(("dist-upgrade", "dup", "distribution-upgrade"), PackageAction.DIST_UPGRADE),
    **dict.fromkeys(("remove", "rm"), PackageAction.REMOVE),
    **dict.fromkeys(("refresh", "ref"), PackageAction.UPDATE),
    **dict.fromkeys(("clean", "cc"), PackageAction.CLEAN),
}
_LOCAL = frozenset(
    """
    ? addlock addrepo addservice al ar as cc cl clean cleanlocks help ll lloc locales locks lr ls
    modifyrepo modifyservice mr ms needs-rebooting nr ps removelocale removelock removerepo removeservice
    renamerepo repos rl rloc rr rs services subcommand system-architecture targetos tos vcmp versioncmp
    """.split()
)
"""Subcommands that read and write local files alone. One that is not known may download packages."""
_QUERIES = frozenset(
    """
    if info licenses list-patches list-updates lp lu pa packages patch-check patch-info patches pattern-info
    patterns pch pchk pd product-info products pt refresh-services refs se search what-provides wp
    """.split()
)
"""Subcommands that read indexes and install nothing."""


def zypper(_name: str, arguments: Words) -> tuple[CommandLine, ...]:
    """One command line: options of the program, the subcommand, its own options and words."""
    verb, before, rest = _divided(arguments)
    words: list[str | Unknown] = []
    options = list(before)
    for item in read(rest, _COMMAND):
        if isinstance(item, Operand):
            words.append(item.value)
        else:
            options.append(
                (_COMMAND_NAMES.get(item.name, item.name), "" if item.value is None else item.value)
            )
    if {"help", "version", "dry-run"} & {name for name, _ in options}:
        return ()
    action = _ACTIONS.get(verb)
    if verb in _QUERIES:
        fresh = not any(name in {"no-refresh", "no-remote"} for name, _ in options)
        return (CommandLine(verb, PackageAction.UPDATE, (), tuple(options), updates=True),) if fresh else ()
    if action is None:
        local = not verb or verb in _LOCAL
        return () if local else (CommandLine(verb, None, tuple(words), tuple(options)),)
    if action is PackageAction.CLEAN and not {"all", "raw-metadata"} & {name for name, _ in options}:
        return ()
    options += [("patch", "")] if verb == "patch" else []
    options += [("refresh", "")] if action is PackageAction.UPDATE else []
    reads = action not in {PackageAction.REMOVE, PackageAction.CLEAN}
    return (CommandLine(verb, action, tuple(words), tuple(options), reads),)


def _divided(arguments: Words) -> tuple[str, Options, Words]:
    """The subcommand, the options before it, and what follows it."""
    options: list[tuple[str, str | Unknown]] = []
    seen = 0
    for seen in range(len(arguments) + 1):
        items = list(read(arguments[:seen], _GLOBAL))
        operands = [item.value for item in items if isinstance(item, Operand)]
        if operands and isinstance(operands[-1], str):
            options = [
                (_GLOBAL_NAMES.get(item.name, item.name), "" if item.value is None else item.value)
                for item in items
                if not isinstance(item, Operand)
            ]
            return operands[-1], tuple(options), arguments[seen:]
    return "", (), []
