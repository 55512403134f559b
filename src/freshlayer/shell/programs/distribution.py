"""What the distribution of the image answers: ``lsb_release``, and macros of rpm."""

from __future__ import annotations

import re
from collections.abc import Mapping

from freshlayer.lazy_regex import compiled
from freshlayer.shell.files import FilesSeen, FileText
from freshlayer.shell.programs.assignments_of_files import os_release
from freshlayer.shell.values import known

_LETTERS = {"id": "i", "description": "d", "release": "r", "codename": "c", "all": "a", "short": "s"}
_LABELS = {"i": "Distributor ID", "d": "Description", "r": "Release", "c": "Codename"}
_OLDEST_PLAIN = 10
"""Before Debian 10, ``lsb_release -r`` prints the point release."""

_ENTERPRISE = frozenset({"rhel", "centos", "rocky", "almalinux", "ol"})
_MACRO = compiled(r"%(?:\{(\??)(\w+)\}|(\w+))", re.ASCII)
_MACROS = frozenset({"fedora", "rhel", "centos", "amzn", "dist"})


def answer(words: list[str], files: FilesSeen) -> str | None:
    """What a command prints; None for another command, and where the files of the image are not known."""
    match words:
        case ["lsb_release", *options]:
            return _lsb_release(options, files)
        case ["rpm", "-E" | "--eval", text]:
            return _evaluated(text, files)
        case ["rpm", option] if option.startswith(("-E", "--eval=")):
            return _evaluated(option.removeprefix("--eval=").removeprefix("-E"), files)
        case _:
            return None


def _lsb_release(options: list[str], files: FilesSeen) -> str | None:
    letters = _letters(options)
    stated = os_release(files) if letters is not None else {}
    family = {stated.get("ID", ""), *stated.get("ID_LIKE", "").split()}
    if letters is None or not family & {"debian", "ubuntu", "fedora"}:
        return None
    values = {
        "i": _identifier(stated),
        "d": stated.get("PRETTY_NAME", ""),
        "r": _release(stated, files),
        "c": stated.get("VERSION_CODENAME", ""),
    }
    wanted = [it for it in "idrc" if it in letters or "a" in letters]
    if not all(values[it] for it in wanted):
        # Releases of the program differ in what they print instead.
        return None
    short = "s" in letters
    return "\n".join(values[it] if short else f"{_LABELS[it]}:\t{values[it]}" for it in wanted)


def _letters(options: list[str]) -> frozenset[str] | None:
    found: set[str] = set()
    for option in options:
        if option.startswith("--"):
            found.add(_LETTERS.get(option[2:], "?"))
        else:
            found.update(option[1:] if option.startswith("-") else "?")
    return frozenset(found) if found <= set("idrcas") else None


def _identifier(stated: Mapping[str, str]) -> str:
    """With a capital; the name of the distribution where it differs in nothing else."""
    identifier, name = stated.get("ID", ""), stated.get("NAME", "")
    return name if name.lower() == identifier.lower() else identifier[:1].upper() + identifier[1:]


def _release(stated: Mapping[str, str], files: FilesSeen) -> str:
    release = stated.get("VERSION_ID", "")
    if stated.get("ID") == "debian" and release.isdigit() and int(release) < _OLDEST_PLAIN:
        found = files.find("/etc/debian_version")
        text = known(found.text[0]) if isinstance(found, FileText) and len(found.text) == 1 else None
        return (text or "").strip()
    return release


def _evaluated(text: str, files: FilesSeen) -> str | None:
    """``rpm -E %fedora``, ``rpm -E %{rhel}``: macros that a distribution defines; any other is not known."""
    names = [braced or plain for _, braced, plain in _MACRO.findall(text)]
    if not names or not _MACROS.issuperset(names) or "%" in _MACRO.sub("", text):
        return None
    macros = _macros(os_release(files))
    if not macros:
        return None

    def value(match: re.Match[str]) -> str:
        return macros.get(match[2] or match[3], "" if match[1] else match[0])

    return _MACRO.sub(value, text)


def _macros(stated: Mapping[str, str]) -> dict[str, str]:
    identifier, release = stated.get("ID", ""), stated.get("VERSION_ID", "").partition(".")[0]
    if not release.isdigit():
        return {}
    if identifier == "fedora":
        return {"fedora": release, "dist": f".fc{release}"}
    if identifier in _ENTERPRISE:
        own = {"centos": release} if identifier == "centos" else {}
        return {"rhel": release, "dist": f".el{release}", **own}
    return {"amzn": release, "dist": f".amzn{release}"} if identifier == "amzn" else {}
