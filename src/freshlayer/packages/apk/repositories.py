"""The files that name repositories → index files. Pure. apk-repositories(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import IndexFile, PackageCommand
from freshlayer.model.reasons import Reason

NAME = "apk"
INDEX = "apkindex"
_FILE = "/etc/apk/repositories"
_DIRECTORIES = ("/etc/apk/repositories.d/", "/lib/apk/repositories.d/", "/usr/lib/apk/repositories.d/")
_MOST = 30
_VARIABLE = compiled(r"\$\{(\w+)\}")
_LARGEST = 64 << 20

_ARCHITECTURES = {
    "386": "x86",
    "amd64": "x86_64",
    "arm64": "aarch64",
    "arm/v6": "armhf",
    "arm/v7": "armv7",
    "arm": "armv7",
    "loong64": "loongarch64",
    "mips64le": "mips64",
}


class Repository(NamedTuple):
    """``tag``: packages come from it only where the tag is named; empty for the others."""

    file: IndexFile
    tag: str = ""


def architecture(command: PackageCommand, platform: str) -> str:
    """The name that apk has for the architecture of ``linux/arm/v7``: the image itself may state it."""
    stated = command.files.get("/etc/apk/arch", "").split()
    name = platform.partition("/")[2]
    of_platform = _ARCHITECTURES.get(name) or _ARCHITECTURES.get(name.partition("/")[0])
    return _last(command, "arch") or (stated[0] if stated else of_platform or name.partition("/")[0])


def _last(command: PackageCommand, name: str) -> str:
    return next((value for option, value in reversed(command.options) if option == name), "")


def repositories(command: PackageCommand, architecture: str) -> tuple[Repository, ...] | Reason:
    """The repositories that a command reads, in order, or why one of them can't be read."""
    found: dict[tuple[IndexFile, str], Repository] = {}
    variables = {"APK_ARCH": architecture}
    for line in _lines(command):
        for one in _of_line(line, variables, architecture):
            if isinstance(one, Reason):
                return one
            found.setdefault((one.file, one.tag), one)
    if len(found) > _MOST:
        return Reason("package-source-unknown", NAME, f"names more than {_MOST} repositories")
    return tuple(found.values())


def _lines(command: PackageCommand) -> Iterator[str]:
    """Those of the command line, then those of the files, as apk reads them."""
    yield from (value for option, value in command.options if option in {"repository", "X"})
    chosen = _last(command, "repositories-file")
    for path in [chosen] if chosen else _paths(command.files):
        yield from command.files.get(path, "").splitlines()


def _paths(files: Mapping[str, str]) -> Iterator[str]:
    yield _FILE
    seen: set[str] = set()
    for directory in _DIRECTORIES:
        for path in sorted(files):
            name = path.removeprefix(directory)
            if path.startswith(directory) and name.endswith(".list") and "/" not in name and name not in seen:
                seen.add(name)
                yield path


def _of_line(line: str, variables: dict[str, str], architecture: str) -> Iterator[Repository | Reason]:
    words = line.split()
    if not words or line.startswith("#"):
        return
    if words[0] == "set":
        _set(line, variables)
        return
    kind = words.pop(0) if words[0] in {"ndx", "v2", "v3"} else ""
    tag = words.pop(0)[1:] if words and words[0].startswith("@") else ""
    texts = [_expanded(word, variables) for word in words]
    if not texts or None in texts:
        return
    url, *components = " ".join(text for text in texts if text).split() or [""]
    yield from _of_urls(kind, tag, url.rstrip("/"), components, architecture)


def _of_urls(
    kind: str, tag: str, url: str, components: Iterable[str], architecture: str
) -> Iterator[Repository | Reason]:
    if not url.startswith(("http://", "https://", "ftp://", "/", "file:")):
        return
    for place in [f"{url}/{component}" for component in components] or [url]:
        is_file = kind == "ndx" or (not kind and place.endswith((".adb", ".tar.gz")))
        if kind == "v3" or place.endswith(".adb"):
            yield Reason("package-source-unknown", place, "it is an index of apk 3 (Packages.adb)")
        elif place.startswith(("/", "file:")):
            yield Reason("package-source-unknown", place, "it is a directory of the image")
        else:
            index = place if is_file else f"{place}/{architecture}/APKINDEX.tar.gz"
            yield Repository(IndexFile(NAME, INDEX, (index,), compression="gz", largest=_LARGEST), tag)


def _set(line: str, variables: dict[str, str]) -> None:
    words = line.split(None, 2)[1:]
    keeps = words[:1] == ["-default"]
    name, is_set, value = " ".join(words[keeps:]).partition("=")
    if not is_set or not name[:1].isalpha() or name.startswith("APK_") or (keeps and name in variables):
        return
    if (text := _expanded(value, variables)) is not None:
        variables[name] = text


def _expanded(text: str, variables: Mapping[str, str]) -> str | None:
    """With the values of its variables; None where one is not set: apk leaves out such a line."""
    if any(name not in variables for name in _VARIABLE.findall(text)):
        return None
    return _VARIABLE.sub(lambda found: _value(found, variables), text)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    return variables[found[1]]
