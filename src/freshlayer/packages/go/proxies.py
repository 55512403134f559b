"""Where a module is requested: GOPROXY, GONOPROXY, GOPRIVATE, and the file of ``go env -w``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.packages import PackageCommand
from freshlayer.model.reasons import Reason

_DEFAULT = "https://proxy.golang.org,direct"
_SETTING = compiled(r"(?m)^(GO\w+)=(.*)$")
_SHORTEST = {"github.com": 3, "bitbucket.org": 3, "gitlab.com": 3}
_MOST_PREFIXES = 12


def settings_of(command: PackageCommand) -> dict[str, str]:
    """Variables; those of the environment before those of the file."""
    found: dict[str, str] = {}
    for text in command.files.values():
        found |= {name: value.strip() for name, value in _SETTING.findall(text)}
    return {**found, **{name: value for name, value in command.options if name.startswith("GO")}}


def proxies_of(module: str, settings: Mapping[str, str]) -> list[str] | Reason:
    """The proxies of a module, in order; or why no proxy is used."""
    private = settings.get("GONOPROXY") or settings.get("GOPRIVATE", "")
    if private != "none" and any(_matches(it.strip(), module) for it in private.split(",") if it.strip()):
        return _direct(module)
    found = []
    for item in re.split(r"[,|]", settings.get("GOPROXY") or _DEFAULT):
        word = item.strip()
        if word in {"direct", "off"}:
            break
        if word:
            found.append(without_login(word if "://" in word else f"https://{word}").rstrip("/"))
    return found or _direct(module)


def not_there(module: str, settings: Mapping[str, str]) -> Reason | None:
    """Of a module that no proxy has, where go goes on with its repository."""
    words = re.split(r"[,|]", settings.get("GOPROXY") or _DEFAULT)
    return _direct(module) if "direct" in [word.strip() for word in words] else None


def _direct(module: str) -> Reason:
    detail = f"no module proxy has {module[:100]}: go reads it from its repository"
    return Reason("package-source-unknown", detail=detail)


def _matches(pattern: str, module: str) -> bool:
    """As many elements of the path as the pattern has."""
    count = pattern.count("/") + 1
    return fnmatchcase("/".join(module.split("/")[:count]), pattern)


def modules_of(package: str) -> Iterator[str]:
    """The modules that may have a package, the longest path first."""
    words = [word for word in package.split("/") if word]
    least = min(len(words), _SHORTEST.get(words[0], 2)) if words else 0
    for count in range(min(len(words), _MOST_PREFIXES), max(least, 1) - 1, -1):
        yield "/".join(words[:count])


def escaped(path: str) -> str:
    """As a proxy spells it: capitals behind an exclamation mark."""
    return re.sub(r"[A-Z]", lambda match: f"!{match[0].lower()}", path)
