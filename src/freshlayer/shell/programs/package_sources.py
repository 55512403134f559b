"""Programs that add package sources, or change them: what they do to the files of the image.

``ADDS``: before what the program installs itself. ``INSTALLS``: packages that bring a source with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import dropwhile, pairwise
from posixpath import basename, join

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import Files, FileText, NoText
from freshlayer.shell.frame import Frame
from freshlayer.shell.patterns import matches
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import Hole, Text, all_written, known, text_of, worst

Fields = tuple[Text, ...]
_APT, _YUM, _ZYPP = "/etc/apt/sources.list.d", "/etc/yum.repos.d", "/etc/zypp/repos.d"
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_NO_NAME = Reason("needs-base-image", detail="the name of the distribution's version is in the base image")
_DOWNLOADED = Reason("script-downloaded")
_OF_PACKAGE = Reason("source-in-package")
_INSTALLS_BY = frozenset("localinstall install in reinstall update upgrade swap".split())
_COMPONENT = compiled(r"main|universe|multiverse|restricted|contrib|non-free|non-free-firmware")


def add_repository(runner: Runner, words: list[str], fields: Fields) -> None:
    """``add-apt-repository ppa:USER/NAME``, ``"deb URL SUITE COMPONENT"``, ``universe``."""
    files = runner.runs.files
    operands = list(_operands(words, "-k --keyserver -p --pocket -P --ppa -C --cloud"))
    text = " ".join(value for option, value in operands if not option)
    text = next((f"ppa:{value}" for option, value in operands if option in {"-P", "--ppa"}), text)
    if hole := _hole(fields):
        files.write(join(_APT, "added.list"), NoText("added.list", hole.reason), certain=True)
    elif any(word in {"-r", "--remove", "-l", "--list"} for word in words) or not text:
        return
    elif ppa := re.match(r"(?:ppa:)?([\w.+-]+)(?:/([\w.+-]+))?$", text) if text.startswith("ppa:") else None:
        _ppa(runner, ppa[1], ppa[2] or "ppa")
    elif re.match(r"deb(?:-src)?\s", text):
        slug = re.sub(r"\W+", "_", text)[:60]
        files.write(join(_APT, f"archive_uri-{slug}.list"), _file(runner, f"{text}\n"), certain=True)
    elif all(_COMPONENT.fullmatch(word) for word in text.split()):
        _components(files, text.split())
    else:
        files.write(join(_APT, "added.list"), NoText(text, _OF_PACKAGE), certain=True)


def _ppa(runner: Runner, user: str, name: str) -> None:
    files = runner.runs.files
    suite = _codename(files)
    path = join(_APT, f"{user}-ubuntu-{name}.list")
    url = f"https://ppa.launchpadcontent.net/{user}/{name}/ubuntu/"
    text = _file(runner, f"deb {url} {suite} main\n") if suite else NoText(path, _NO_NAME)
    files.write(path, text, certain=True)


def _codename(files: Files) -> str:
    """Of the distribution, as software-properties reads it."""
    for path in _OS_RELEASE:
        found = files.find(path)
        plain = known(found.text[0]) if isinstance(found, FileText) else None
        names = dict(re.findall(r"(?m)^(UBUNTU_CODENAME|VERSION_CODENAME)=\"?(\w+)", plain or ""))
        if names:
            return str(names.get("UBUNTU_CODENAME") or names["VERSION_CODENAME"])
    return ""


def _components(files: Files, wanted: list[str]) -> None:
    """Enable components of the distribution's own sources."""
    own = [join(_APT, f"{name}.sources") for name in ("ubuntu", "debian")]

    def added(text: str) -> str:
        return re.sub(_LINES, lambda line: _with_components(line[0], wanted), text)

    for path in ("/etc/apt/sources.list", *own):
        _change(files, path, added)


_LINES = r"(?m)^(?:deb(?:-src)?\s.*|Components:.*)$"


def _with_components(line: str, wanted: list[str]) -> str:
    there = line.split()
    return " ".join([line.rstrip(), *(word for word in wanted if word not in there)])


def config_manager(runner: Runner, words: list[str], fields: Fields) -> None:
    """``dnf config-manager`` and ``yum-config-manager``: ``--add-repo``, ``--set-enabled``, ``--setopt``."""
    files = runner.runs.files
    if hole := _hole(fields):
        files.write(join(_YUM, "added.repo"), NoText("added.repo", hole.reason), certain=True)
        return
    enabled = next((_SWITCHES[word] for word in words if word in _SWITCHES), "")
    for option, value in _operands(words, "--add-repo --from-repofile --setopt --id --set --releasever"):
        if option in {"--add-repo", "--from-repofile"}:
            _add_repo(runner, value, _YUM)
        elif option in {"--setopt", ""} and (setting := _SETTING.fullmatch(value)):
            _set(files, setting["section"], setting["key"], setting["value"])
        elif not option and enabled:
            for section in value.split(","):
                _set(files, section, "enabled", enabled)


_SWITCHES = {
    **dict.fromkeys(("--set-enabled", "--enable"), "1"),
    **dict.fromkeys(("--set-disabled", "--disable"), "0"),
}
_SETTING = compiled(r"(?P<section>[^=\s]+)\.(?P<key>\w+)=(?P<value>.*)")


def _add_repo(runner: Runner, url: str, directory: str, name: str = "") -> None:
    """A file of repositories is downloaded; any other URL is that of a repository."""
    files = runner.runs.files
    if re.search(r"\.repo(?:[?#]|$)", url):
        path = join(directory, basename(re.sub(r"[?#].*", "", url)))
        local = None if re.match(r"(?:https?|ftp)://", url) else files.find(url.removeprefix("file://"))
        sources = runner.runs.downloads.sources((("curl",), ("-L",), (url,))) if local is None else ()
        files.write(path, local or NoText(path, _DOWNLOADED, "".join(sources[:1])), certain=True)
        return
    alias = name or re.sub(r"[^\w.-]+", "_", url.partition("://")[2])
    text = f"[{alias}]\nname={alias}\nbaseurl={url}\nenabled=1\n"
    files.write(join(directory, f"{alias}.repo"), _file(runner, text), certain=True)


def _set(files: Files, section: str, key: str, value: str) -> None:
    """A key of the repositories whose id matches, in the files that are known."""
    head = re.compile(r"(?m)^\[([^\]\n]+)\][^\[]*")

    def changed(match: re.Match[str]) -> str:
        if not matches(section, match[1]):
            return match[0]
        kept = re.sub(rf"(?m)^{re.escape(key)}\s*=.*\n?", "", match[0].rstrip("\n") + "\n")
        return f"{kept.rstrip()}\n{key}={value}\n\n"

    for directory in (_YUM, _ZYPP):
        for name in files.names(directory):
            _change(files, join(directory, name), lambda text: head.sub(changed, text))


def zypper(runner: Runner, words: list[str], fields: Fields) -> None:
    """``zypper addrepo URL ALIAS``, ``modifyrepo -e ALIAS``, ``removerepo ALIAS``."""
    verbs = {"addrepo", "ar", "modifyrepo", "mr", "removerepo", "rr"}
    place = next((place for place, word in enumerate(words) if word in verbs), None)
    if place is None:
        return
    verb, rest = words[place], words[place + 1 :]
    valued = "-p --priority -t --type -r --repo -n --name"
    operands = [it for option, it in _operands(rest, valued) if not option]
    files = runner.runs.files
    if hole := _hole(fields):
        files.write(join(_ZYPP, "added.repo"), NoText("added.repo", hole.reason), certain=True)
    elif verb in {"addrepo", "ar"} and operands:
        _add_repo(runner, operands[0], _ZYPP, operands[1] if len(operands) > 1 else "")
    elif verb in {"modifyrepo", "mr"}:
        value = {"-e": "1", "--enable": "1", "-d": "0", "--disable": "0"}
        for setting in (value[word] for word in rest if word in value):
            for section in operands:
                _set(files, section, "enabled", setting)
    elif verb in {"removerepo", "rr"}:
        for alias in operands:
            files.remove(join(_ZYPP, f"{alias}.repo"))


def release_packages(runner: Runner, words: list[str], _fields: Fields, name: str) -> None:
    """``yum install epel-release``, ``rpm -i URL/mysql-release.rpm``: a source that only the package has."""
    if name in {"dpkg", "rpm"}:
        installs = any(re.match(r"-[a-zA-Z]*[iUF]|--install|--upgrade|--unpack", word) for word in words)
    else:
        installs = len(words) > 1 and not _INSTALLS_BY.isdisjoint(words)
    if not installs or not _may_bring(" ".join(words)):
        return
    from freshlayer.shell.programs.release_packages import (  # noqa: PLC0415 - a table that few scripts want
        brings_source,
        short_name,
        source_of,
    )

    directory, ending = (_APT, "list") if name in {"dpkg", "apt", "apt-get"} else (_YUM, "repo")
    files = runner.runs.files
    for word in words:
        if word.startswith("-") or not _may_bring(word) or not brings_source(word):
            continue
        short = short_name(word)
        found = source_of(word, files, runner.platform)
        if found is not None and found.path.endswith(ending):
            files.write(join(directory, found.path), _file(runner, found.text), certain=True)
        else:
            files.write(join(directory, f"{short}.{ending}"), NoText(short, _about(short)), certain=True)


_MAY_BRING = ("release", "repo", "prod", "config", "keyring")
"""A part of the name of each package that brings a source: most commands have none."""
_MOST_LOCKS = 100
"""Words from ``versionlock`` on: each is compared with all rules."""


def _may_bring(text: str) -> bool:
    """Whether a part of a text may be such a name; where other letters fold to those is not decided here."""
    folded = text.lower()
    for part in _MAY_BRING:
        if part in folded:
            return True
    return not text.isascii()


def unknown_source(what: str, directory: str = _YUM) -> Callable[[Runner, list[str], Fields, str], None]:
    """A program that adds a source which freshlayer does not know. ``what``: a pattern of its subcommand."""

    def adds(runner: Runner, words: list[str], _fields: Fields, name: str) -> None:
        if any(re.fullmatch(what, word) for word in words):
            path = join(directory, f"{name}.{'list' if directory == _APT else 'repo'}")
            runner.runs.files.write(path, NoText(name, _about(name)), certain=True)

    return adds


def _of_dnf(runner: Runner, words: list[str], fields: Fields, name: str) -> None:
    """Packages that bring a source, and plugins of dnf and yum of which the effect is not known."""
    release_packages(runner, words, fields, name)
    operands = [word for word in words if not word.startswith("-")]
    for first, second in pairwise((*operands, "")):
        what = f"{first} {second}"
        if what == "copr enable":
            _not_known(runner, "copr", f"{name} {what}")
        elif first == "versionlock" and (_hole(fields) or len(operands) > _MOST_LOCKS):
            _not_known(runner, first, f"{name} {first}")


def _not_known(runner: Runner, file: str, what: str) -> None:
    runner.runs.files.write(join(_YUM, f"{file}.repo"), NoText(file, _about(what)), certain=True)


def _about(name: str) -> Reason:
    return Reason("source-in-package", detail=f"{name} adds a package source that only the build knows")


def _hole(fields: Fields) -> Hole | None:
    return next((hole for field in fields if (hole := worst(field))), None)


def _operands(words: list[str], valued: str) -> Iterator[tuple[str, str]]:
    """(option, value) and ("", operand); an option of ``valued`` has its value behind it."""
    takes = frozenset(valued.split())
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif equals:
            yield name, value
        elif name in takes and waiting:
            yield name, waiting.pop()
        else:
            yield name, ""


def _change(files: Files, path: str, change: Callable[[str], str]) -> None:
    found = files.find(path)
    plain = [known(text) for text in found.text] if isinstance(found, FileText) else []
    if isinstance(found, FileText) and plain and None not in plain:
        texts = tuple(text_of(change(text or "")) for text in plain)
        if texts != found.text:
            files.write(path, FileText(found.name, texts), certain=True)


def _file(runner: Runner, text: str) -> FileText:
    return FileText("", ((text,),), origin=runner.runs.origin)


def before_call(runner: Runner, name: str, fields: Fields, frame: Frame) -> None:
    """What a program does to package sources before it reads an index."""
    if name in _SETTLED or (name[:1] == "p" and _PIP.fullmatch(name)):
        _settle(runner, name, fields[1:], frame)
    adds = ADDS.get(name)
    words = all_written(fields[1:]) if adds else []
    if adds and (name not in _CONFIGURE or "config-manager" in words):
        adds(runner, words, fields[1:])


def after_call(runner: Runner, name: str, fields: Fields) -> None:
    """What the packages that a program installs do to package sources."""
    installs = INSTALLS.get(name)
    if installs is not None:
        installs(runner, all_written(fields[1:]), fields[1:], name)


def _settle(runner: Runner, name: str, fields: Fields, frame: Frame) -> None:
    """The index that a language's package manager uses from then on."""
    if all(known(field) not in _OF_SETTINGS for field in fields[:6]):
        return
    from freshlayer.shell.programs import (  # noqa: PLC0415 - few use it
        language_sources,
        manager_settings,
        settings_writer,
    )

    words = settings_writer.words_of(fields)
    if name == "npx":
        words = list(dropwhile(lambda it: it.startswith("-"), words))
        name, words = "".join(words[:1]), words[1:]
    elif _PIP.fullmatch(name) and not name.startswith("pip"):
        name, words = "pip", words[2:] if words[:2] == ["-m", "pip"] else []
    elif _PIP.fullmatch(name):
        name = "pip"
    for programs in (manager_settings.PROGRAMS, language_sources.PROGRAMS):
        if name in programs:
            programs[name](settings_writer.SettingsWriter(runner, frame), words)


_OF_SETTINGS = frozenset(
    "set config c delete sources env nuget repository repo login adduser add-user use add".split()
)
"""One of the first words of a command that sets an index."""
_SETTLED = frozenset(
    "npm npx pnpm yarn yarnpkg nrm yrm pdm gem bundle bundler go dotnet nuget composer".split()
)
_PIP = compiled(r"pip[\d.]*|python[\d.]*")
_CONFIGURE = frozenset("dnf dnf5 dnf-3 microdnf yum".split())
ADDS: dict[str, Callable[[Runner, list[str], Fields], None]] = {
    **dict.fromkeys(("add-apt-repository", "apt-add-repository"), add_repository),
    **dict.fromkeys((*_CONFIGURE, "yum-config-manager"), config_manager),
    "zypper": zypper,
}
INSTALLS: dict[str, Callable[[Runner, list[str], Fields, str], None]] = {
    **dict.fromkeys(
        ("rpm", "dpkg", "apt", "apt-get", "tdnf", "microdnf", "zypper"),
        release_packages,
    ),
    **dict.fromkeys(("yum", "dnf", "dnf5", "dnf-3"), _of_dnf),
    "amazon-linux-extras": unknown_source(r"enable|install"),
    "subscription-manager": unknown_source(r"repos|register|attach"),
    "extrepo": unknown_source(r"enable", _APT),
}
SETTING = frozenset({*_SETTLED, *ADDS, *INSTALLS})
"""Programs that may do anything to package sources; so may those whose names begin as in ``PYTHON``."""
PYTHON = ("pip", "python")
