"""Dependencies as poetry and pipenv write them → requirements (PEP 508).

``^1.2``, ``~1.2``, ``1.2.*`` and tables with ``version``, ``extras``, ``markers``, ``python``, ``git``, …
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from freshlayer.discover.locks.project import table, texts
from freshlayer.discover.syntaxes.python_projects import NotReadError
from freshlayer.lazy_regex import compiled

_PART = compiled(r"\s*(\^|~=|~|===?|=|!=|>=|<=|>|<)?\s*v?([0-9][\w+!-]*(?:\.[\w+!-]+)*(?:\.\*)?|\*)\s*")
_NUMBERS = compiled(r"\d+(?:\.\d+)*")
_KNOWN = frozenset(
    {
        *("version", "extras", "markers", "python", "platform", "optional", "develop", "editable"),
        *("git", "branch", "tag", "rev", "ref", "subdirectory", "path", "file", "url", "index"),
    }
)
_PLATFORM = compiled(r"[a-z0-9]+")


def requirements(name: str, stated: object) -> Iterator[str]:
    """One for each constraint of a dependency; a URL or a path by itself. Raises NotReadError."""
    for one in stated if isinstance(stated, list) else [stated]:
        yield _requirement(name, {"version": one} if isinstance(one, str) else table(one))


def _requirement(name: str, spec: Mapping[str, object]) -> str:
    unread = spec.keys() - _KNOWN
    if unread or not spec:
        raise NotReadError(f"{name} with {', '.join(sorted(unread)) or 'no version'}")
    git = spec.get("git")
    if isinstance(git, str):
        at = next((spec[it] for it in ("rev", "tag", "branch", "ref") if it in spec), "")
        return f"git+{_with_scheme(git)}{f'@{at}' if at else ''}"
    if isinstance(spec.get("url"), str):
        return str(spec["url"])
    path = spec.get("path", spec.get("file"))
    if isinstance(path, str):
        return path if path.startswith(("/", ".")) or "://" in path else f"./{path}"
    markers = " and ".join(f"({it})" for it in _markers(name, spec))
    extras = ",".join(texts(spec.get("extras")))
    version = specifiers(name, str(spec.get("version", "*")))
    return f"{name}{f'[{extras}]' if extras else ''}{version}{f' ; {markers}' if markers else ''}"


def _with_scheme(url: str) -> str:
    """``git@host:path`` is one of ssh."""
    return url if "://" in url else re.sub(r"^([\w.-]+@[\w.-]+):", r"ssh://\1/", url)


def _markers(name: str, spec: Mapping[str, object]) -> Iterator[str]:
    markers, platform = spec.get("markers"), spec.get("platform")
    if isinstance(markers, str) and markers:
        yield markers
    if isinstance(platform, str):
        if not _PLATFORM.fullmatch(platform):
            raise NotReadError(f"{name} with platform {platform}")
        yield f'sys_platform == "{platform}"'
    if isinstance(spec.get("python"), str):
        for part in filter(None, specifiers(name, str(spec["python"])).split(",")):
            sign, version = re.match(r"([<>=!~]+)(.+)", part).groups()  # type: ignore[union-attr]
            variable = "python_full_version" if version.count(".") > 1 else "python_version"
            yield f'{variable} {sign} "{version}"'


def specifiers(name: str, text: str) -> str:
    """``^1.2`` → ``>=1.2,<2``; of alternatives (``||``) no requirement can be written: NotReadError."""
    found: list[str] = []
    rest = text.strip()
    while rest:
        match = _PART.match(rest)
        if match is None:
            raise NotReadError(f"{name} with version {text}")
        found += _of_part(match[1] or "", match[2])
        rest = rest[match.end() :].removeprefix(",")
    return ",".join(found)


def _of_part(sign: str, version: str) -> list[str]:
    if version == "*":
        return []
    if sign in {"^", "~"}:
        return [f">={version}", f"<{_below(sign, version)}"]
    return [f"{'==' if sign in {'', '='} else sign}{version}"]


def _below(sign: str, version: str) -> str:
    """The first version that breaks: of ``^`` behind the first number that is not 0, of ``~`` the second."""
    stated = _NUMBERS.match(version)
    numbers = [int(it[:9]) for it in stated[0].split(".")] if stated else [0]
    if sign == "~":
        place = min(1, len(numbers) - 1)
    else:
        place = next((at for at, it in enumerate(numbers[:3]) if it), min(3, len(numbers)) - 1)
    kept = numbers[: place + 1]
    return ".".join(map(str, [*kept[:-1], kept[-1] + 1]))
