"""Secrets that a command is given as plain words, or at its standard input: by the name of the program."""

from __future__ import annotations

from posixpath import basename

from freshlayer.lazy_regex import compiled
from freshlayer.masking.names import is_secret_name

_LOGIN_WITH = frozenset("vault bao cargo wandb comet netlify snyk".split())
"""Programs whose ``login`` or ``auth`` is given the secret as a word."""
_SETTING = frozenset({"config", "configure"})
_OTHERS = _SETTING | {"htpasswd"}
_MOST = 50
_NAMED = _LOGIN_WITH | _OTHERS
_LOGINS = frozenset({"login", "auth"})
_SERVICE = compiled(
    r"(?:http-basic|bearer|custom-headers|[\w-]+-(?:oauth|token))\..+|(?:(?!build\.|local\.|mirror\.)\S+\.\S+:?\w*)"
)
"""Settings of composer, poetry and bundler that are named by the host that they open."""
_BY_HOST = frozenset({"bundle", "bundler", "composer", "poetry"})
_HARMLESS_SETTING = compiled(
    r"(?:repositor(?:y|ies)|repos|virtualenvs|installer|platform|extra|scripts|cache)\..*"
)
_STDIN = compiled(r"--?(?:[\w-]*stdin|with-token|passphrase-fd|pass(?:word)?-fd)(?:=.*)?")
_READERS = frozenset({"chpasswd", "cryptsetup", "smbpasswd", "passwd"})
_SOURCES = frozenset("cat aws gcloud az doctl gh vault op pass pass-cli kubectl".split())
"""Programs that print a secret, and are not given it."""
_NO_SECRET = compiled(r"\$\{?\w+\}?|-\w?|%s(?:\\n)?")


def given(words: list[str]) -> set[int]:
    """Places of the words of a command that are secrets only by the program that they are given to."""
    joined = "".join(words)
    names = _names(words) if "/" in joined else words
    found = set() if _NAMED.isdisjoint(names) else _of_programs(words, names)
    # Of a here-string alone, which few commands have.
    if "<<<" in joined and _reads_secret(words, names):
        found |= {place for place, word in enumerate(words) if place and words[place - 1] == "<<<"}
        found |= {place for place, word in enumerate(words) if word.startswith("<<<") and word != "<<<"}
    return found


def _of_programs(words: list[str], names: list[str]) -> set[int]:
    found: set[int] = set()
    known = [(place, name) for place, name in enumerate(names) if name in _NAMED]
    for place, name in known[:_MOST]:
        if name in _LOGIN_WITH and _LOGINS & set(names[place + 1 : place + 3]):
            found |= _operands(words, place + 1, 1, skipped=_LOGINS)
        elif name == "htpasswd":
            found |= _operands(words, place + 1, 1 if _prints(words[place + 1 :]) else 2)
        elif name in _SETTING:
            found |= _settings(words, place, names[:place])
    return found


def _prints(words: list[str]) -> bool:
    return any(word.startswith("-") and "n" in word for word in words)


def _operands(words: list[str], start: int, first: int, skipped: frozenset[str] = frozenset()) -> set[int]:
    """The places of the operands from a number on, counted from 1."""
    places = [
        place
        for place, word in enumerate(words[start:], start)
        if not word.startswith("-") and "=" not in word[:20] and word not in skipped
    ]
    return set(places[first - 1 :])


def _settings(words: list[str], place: int, before: list[str]) -> set[int]:
    """``config [set] [OPTION…] NAME VALUE…``: all values behind the name of a secret or of a host."""
    for number, word in enumerate(words[place + 1 :], place + 1):
        if word in {"set", "add"} or word.startswith("-"):
            continue
        by_host = bool(_BY_HOST.intersection(before)) and _SERVICE.fullmatch(word)
        last = word.rpartition(":")[2].rpartition(".")[2]
        if (by_host and not _HARMLESS_SETTING.fullmatch(word)) or _names_secret(last):
            return set(range(number + 1, len(words)))
        return set()
    return set()


def _names_secret(name: str) -> bool:
    return is_secret_name(name) or name.lower().endswith("authident")


def _names(words: list[str]) -> list[str]:
    """The words without directories, as programs are named."""
    return [word.rpartition("/")[2] if "/" in word else word for word in words]


def _reads_secret(words: list[str], names: list[str]) -> bool:
    """Whether a command reads a secret from its standard input. ``names``: of the words."""
    if "sudo" in names and "-S" in words:
        return True
    if not _READERS.isdisjoint(names) or ("-" in words and not _LOGIN_WITH.isdisjoint(names)):
        return True
    return any(map(_STDIN.fullmatch, [word for word in words if word.startswith("-")]))


def piped(words: list[str], reader: list[str]) -> set[int]:
    """Places of the words of a command whose output another one reads as a secret."""
    if not words or not reader or not _reads_secret(reader, _names(reader)) or basename(words[0]) in _SOURCES:
        return set()
    return {place for place, word in enumerate(words) if place and not _NO_SECRET.fullmatch(word)}
