"""Which repositories a command reads, and how it chooses: ``.repo`` files, dnf.conf, options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.packages.rpm.ini import Sections, assignments, is_true, number, sections, words
from freshlayer.packages.rpm.lock_list import LockList, lock_list
from freshlayer.packages.rpm.manifests import is_remote
from freshlayer.packages.rpm.options import Options
from freshlayer.packages.rpm.variables import expanded, os_release, unexpanded

MAIN_FILES = ("/etc/yum.conf", "/etc/dnf/dnf.conf")
_REPOSITORY_DIRECTORIES = (
    "/usr/share/dnf5/repos.d/",
    "/etc/yum.repos.d/",
    "/etc/distro.repos.d/",
    "/etc/yum/repos.d/",
)
_DROP_INS = ("/usr/share/dnf5/libdnf.conf.d/", "/etc/dnf/libdnf5.conf.d/")
_ZYPP_DIRECTORY = "/etc/zypp/repos.d/"
_CLIENT_OPTIONS = ("sslclientcert", "sslclientkey")
_WEAKLESS = (("centos", "7"), ("rhel", "7"), ("ol", "7"), ("amzn", "2"), ("amzn", "2018.03"))
"""(distribution, version) whose yum has a solver of its own, and knows no weak dependencies."""


class Repository(Struct, frozen=True):
    """A repository that is enabled. ``problem``: why it can't be read, as a clause.

    ``always_read``: whether each command reads its metadata again (``metadata_expire=0``).
    """

    id: str
    urls: tuple[str, ...] = ()
    mirrors: str = ""
    metalink: str = ""
    priority: int = 99
    cost: int = 1000
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    hotfixes: bool = False
    problem: str = ""
    always_read: bool = False


class Configuration(Struct, frozen=True):
    """What a command reads, and how it chooses.

    ``program``: ``dnf``, ``yum``, ``tdnf`` or ``zypper``. ``weak``: whether weak dependencies are installed.
    ``best``: whether only the best candidate will do. ``vendors``: whether the vendor of a package may
    change. ``strict``: whether a word that nothing matches ends the command. ``platform``: of modules.
    ``cache``: the directory where metadata are kept. ``locks``: what holds versions.
    """

    program: str
    repositories: tuple[Repository, ...]
    weak: bool = True
    best: bool = False
    vendors: bool = True
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    installonly: tuple[str, ...] = ()
    group_types: tuple[str, ...] = ("mandatory", "default", "conditional")
    all_architectures: bool = False
    strict: bool = True
    not_weak: tuple[str, ...] = ()
    autodetect: bool = True
    platform: str = ""
    cache: str = ""
    locks: LockList = LockList()


INSTALLONLY = (
    *(
        "kernel",
        "kernel-PAE",
        "installonlypkg(kernel)",
        "installonlypkg(kernel-module)",
        "installonlypkg(vm)",
    ),
    "multiversion(kernel)",
)


def configuration(
    program: str, files: Mapping[str, str], options: Options, variables: Mapping[str, str]
) -> Configuration:
    """What a command reads and how it chooses. ``program``: as typed."""
    family = program_of(program, files)
    main = _main(family, files, options, variables)
    repositories = tuple(_repositories(family, files, options, variables, main))
    weak = _is_weak(family, main, options)
    return Configuration(
        family,
        repositories,
        weak=weak,
        best=_is_best(program, family, main, options, files),
        vendors=family != "zypper" or options.has("allow-vendor-change"),
        exclude=(*_listed(main, "exclude", "excludepkgs"), *options.list("exclude")),
        include=_listed(main, "includepkgs"),
        installonly=_listed(main, "installonlypkgs") + INSTALLONLY,
        group_types=_group_types(main, options),
        all_architectures=main.get("multilib_policy") == "all",
        strict=_is_strict(family, main, options),
        not_weak=_listed(main, "exclude_from_weak"),
        autodetect=is_true(main.get("exclude_from_weak_autodetect"), otherwise=True),
        platform=main.get("module_platform_id", os_release(files).get("PLATFORM_ID", "")),
        cache=main.get("cachedir") or _cache(program, family, files),
        locks=_locks(program, family, files, options),
    )


def program_of(program: str, files: Mapping[str, str]) -> str:
    """``dnf`` (dnf5, microdnf, yum of today), ``yum`` with a solver of its own, ``tdnf`` or ``zypper``."""
    release = os_release(files)
    if program == "yum" and (release.get("ID", ""), release.get("VERSION_ID", "")) in _WEAKLESS:
        return "yum"
    return program if program in {"tdnf", "zypper"} else "dnf"


def _locks(program: str, family: str, files: Mapping[str, str], options: Options) -> LockList:
    if program == "microdnf" or family not in {"dnf", "yum"}:
        return LockList()
    return lock_list(files, options, of_dnf4=family == "dnf" and not _is_dnf5(program, files))


def _cache(program: str, family: str, files: Mapping[str, str]) -> str:
    if family in _CACHES:
        return _CACHES[family]
    if _is_dnf5(program, files):
        return "/var/cache/libdnf5"
    return "/var/cache/yum" if program == "microdnf" else "/var/cache/dnf"


_CACHES = {"zypper": "/var/cache/zypp", "tdnf": "/var/cache/tdnf", "yum": "/var/cache/yum"}
_ALWAYS = compiled(r"(?:\d|[1-5]\d|60)s?|[01]m|0+[hd]")
"""A time after which metadata are read again that is shorter than that between two builds."""


def _is_dnf5(program: str, files: Mapping[str, str]) -> bool:
    release = os_release(files)
    major = number(release.get("VERSION_ID"), otherwise=0)
    return program == "dnf5" or (release.get("ID") == "fedora" and major >= 41)


def _main(
    family: str, files: Mapping[str, str], options: Options, variables: Mapping[str, str]
) -> dict[str, str]:
    """The options of the main section, those of the command line over them."""
    if family == "zypper":
        zypp = sections(files.get("/etc/zypp/zypp.conf") or files.get("/usr/etc/zypp/zypp.conf") or "")
        return zypp.get("main", {})
    paths = ("/etc/tdnf/tdnf.conf",) if family == "tdnf" else MAIN_FILES
    drop_ins = [path for start in _DROP_INS for path in sorted(files) if path.startswith(start)]
    found: dict[str, str] = {}
    for path in (*drop_ins, *paths):
        found |= sections(files.get(path, "")).get("main", {})
    set_here = {name: value for section, name, value in assignments(options.all("setopt")) if not section}
    return {name: expanded(value, variables) for name, value in (found | set_here).items()}


def _listed(options: Mapping[str, str], *names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in words(options.get(name, "")))


def _is_weak(family: str, main: Mapping[str, str], options: Options) -> bool:
    if family == "zypper":
        only = is_true(main.get("solver.onlyrequires"), otherwise=False)
        return options.has("with-recommends") or not (options.has("no-recommends") or only)
    if family == "yum" or options.has("no-recommends"):
        return False
    return is_true(main.get("install_weak_deps"), otherwise=True)


def _is_best(
    program: str, family: str, main: Mapping[str, str], options: Options, files: Mapping[str, str]
) -> bool:
    """dnf5 takes the best candidate by default; dnf 4 where the configuration states it."""
    if options.has("nobest"):
        return False
    if family != "dnf":
        return options.has("best") or family == "yum"
    return options.has("best") or is_true(main.get("best"), otherwise=_is_dnf5(program, files))


def _is_strict(family: str, main: Mapping[str, str], options: Options) -> bool:
    """Whether a word that nothing matches ends the command."""
    if options.has("skip-broken", "skip-unavailable", "ignore-missing") or family == "yum":
        return False
    return is_true(main.get("strict"), otherwise=True)


def _group_types(main: Mapping[str, str], options: Options) -> tuple[str, ...]:
    kinds = _listed(main, "group_package_types") or Configuration("", ()).group_types
    return (*kinds, "optional") if options.has("with-optional") else kinds


def _repositories(
    family: str,
    files: Mapping[str, str],
    options: Options,
    variables: Mapping[str, str],
    main: Mapping[str, str],
) -> Iterator[Repository]:
    """The enabled repositories, in the order in which the program reads them."""
    stated = _stated(family, files, variables)
    for identifier, url in _from_paths(options):
        stated[identifier] = {"baseurl": url, "enabled": "1"}
    for section, name, value in assignments(options.all("setopt")):
        for identifier in stated:
            if section and fnmatchcase(identifier, section):
                stated[identifier] |= {name: expanded(value, variables)}
    for identifier in enabled(stated, options):
        values = stated[identifier]
        found = _repository(identifier, values, 99 if family != "tdnf" else 50)
        yield replace(found, always_read=_is_always_read(family, values, main))


def _is_always_read(family: str, values: Mapping[str, str], main: Mapping[str, str]) -> bool:
    if family == "zypper":
        renewed = is_true(values.get("autorefresh"), otherwise=False)
        return renewed and main.get("repo.refresh.delay", "").strip() == "0"
    expires = values.get("metadata_expire") or main.get("metadata_expire") or ""
    return _ALWAYS.fullmatch(expires.strip()) is not None


def _stated(family: str, files: Mapping[str, str], variables: Mapping[str, str]) -> Sections:
    """All repositories of the files, with variables replaced; ``main`` sections are not among them."""
    directories = (_ZYPP_DIRECTORY,) if family == "zypper" else _REPOSITORY_DIRECTORIES
    texts = [
        files[path]
        for directory in directories
        for path in sorted(files)
        if path.startswith(directory) and path.endswith(".repo")
    ]
    if family == "dnf":
        texts = [*(files.get(path, "") for path in MAIN_FILES), *texts]
    found: Sections = {}
    for text in texts:
        for section, options in sections(text).items():
            values = {name: expanded(value, variables) for name, value in options.items()}
            found[expanded(section, variables)] = values
    found.pop("main", None)
    return found


def _from_paths(options: Options) -> Iterator[tuple[str, str]]:
    """``--repofrompath ID,URL`` and zypper's ``--plus-repo URL``."""
    for value in options.all("repofrompath"):
        identifier, _, url = value.partition(",")
        yield identifier, url
    for place, url in enumerate(options.all("plus-repo"), 1):
        yield f"plus-repo-{place}", url


def enabled(stated: Sections, options: Options) -> list[str]:
    """The identifiers that are enabled, ``repo``, ``enablerepo`` and ``disablerepo`` in their order."""
    on = {name: is_true(values.get("enabled"), otherwise=True) for name, values in stated.items()}
    if only := options.list("repo"):
        on = {name: _is_named(name, only) for name in on}
    for option, value in options.pairs:
        if option in {"enablerepo", "disablerepo", "plus-content"}:
            named = words(value)
            on |= {name: option != "disablerepo" for name in on if _is_named(name, named)}
    from_paths = {identifier for identifier, _ in _from_paths(options)}
    return [name for name in stated if on[name] or name in from_paths]


def _is_named(identifier: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(identifier, pattern) for pattern in patterns)


def _repository(identifier: str, values: Mapping[str, str], priority: int) -> Repository:
    urls = tuple(url for url in words(values.get("baseurl", "")))
    mirrors, metalink = values.get("mirrorlist", ""), values.get("metalink", "")
    if not metalink and "metalink" in mirrors:
        mirrors, metalink = "", mirrors
    return Repository(
        identifier,
        tuple(url for url in urls if is_remote(url)),
        mirrors if is_remote(mirrors) else "",
        metalink if is_remote(metalink) else "",
        priority=number(values.get("priority"), otherwise=priority),
        cost=number(values.get("cost"), otherwise=1000),
        exclude=_listed(values, "exclude", "excludepkgs"),
        include=_listed(values, "includepkgs"),
        hotfixes=is_true(values.get("module_hotfixes"), otherwise=False),
        problem=_problem((*urls, mirrors, metalink), values),
    )


def _problem(urls: Iterable[str], values: Mapping[str, str]) -> str:
    """Why a repository can't be read; empty if it can."""
    given = [url for url in urls if url]
    if not given:
        return "it has no baseurl, mirrorlist or metalink"
    if any(values.get(option) for option in _CLIENT_OPTIONS):
        return "it needs a client certificate, as repositories of a subscription do"
    if not (remote := [url for url in given if is_remote(url)]):
        return "its URL is not http, https or ftp"
    if variable := next(filter(None, map(unexpanded, remote)), ""):
        return f"the variable {variable} is not known"
    if values.get("type", "").lower() in {"yast2", "plaindir"}:
        return "it has no rpm-md index"
    return ""
