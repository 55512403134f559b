"""A distribution that moves through time: a repository of apt with steps of every kind, and what apt answers.

``Years`` makes the steps from a seed and serves one state after the other; ``Line`` is a command of a
Dockerfile; ``Oracle`` answers by the real ``apt-get -s`` what a line would install from a state.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from testing.apt_repository import AptRepository
from testing.apt_root import AptRoot

STABLE, SECURITY = "stable", "stable-security"
SUITES = (STABLE, SECURITY)
_HOURS = 12 * 3600
_LAG = 5

PACKAGES: Mapping[str, str] = {
    "alpha": "libalpha (>= 1), libshared",
    "libalpha": "base-lib (>= 1)",
    "libshared": "",
    "beta": "libbeta, libshared",
    "libbeta": "",
    "gamma": "gamma-data, base-tool",
    "gamma-data": "",
    "delta": "libbeta, libdelta",
    "libdelta": "",
    "epsilon": "libepsilon | libother",
    "libepsilon": "",
    "libother": "",
    "base-lib": "",
    "base-tool": "base-lib",
    **{f"unrelated-{number}": "" for number in range(5)},
}
"""Name → what it depends on."""
IN_BASE = ("base-lib", "base-tool")
"""Those that the base image has installed, in version 1."""
_NAMED = ("alpha", "beta", "gamma", "delta", "epsilon")
# Without beta or gamma the second line of their stage would be resolved as if nothing were installed before.
_CAN_GO = ("alpha", "delta", "epsilon")
_NEEDED = ("libalpha", "libshared", "libbeta", "gamma-data", "libdelta", "libepsilon")

KINDS = {
    "unrelated package": 8,
    "package of the base": 3,
    "dependency": 4,
    "named package": 3,
    "security suite": 4,
    "higher requirement": 1,
    "other alternative": 1,
    "re-export": 3,
    "same version with other bytes": 2,
    "package gone": 2,
    "lagging mirror": 2,
}
"""What happens in a step, and how often."""


class Step(Struct, frozen=True):
    """``keeps``: whether what was known before has to be kept: a mirror that lags, a package that is gone."""

    number: int
    kind: str
    what: str = ""


class Years:
    """``served``: the directory of the state that a mirror has now."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._directory = directory
        directory.mkdir()
        self.repository = AptRepository(directory / "archive", SUITES)
        self._versions = dict.fromkeys(PACKAGES, 1)
        self._fixes: dict[str, int] = {}
        self._needs = dict(PACKAGES)
        self._gone = ""
        self._number = 0
        for name in PACKAGES:
            self._add(name)
        self.served = self._publish()

    def control(self, name: str, version: str = "1") -> str:
        """The entry of a package of the base in dpkg's status."""
        needs = f"Depends: {PACKAGES[name]}\n" if PACKAGES[name] else ""
        return (
            f"Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\n"
            f"{needs}Maintainer: nobody <a@b.c>\nDescription: none\n\n"
        )

    def step(self, kind: str = "") -> Step:
        """The next step, of a kind that is drawn or chosen; what was gone is back before it."""
        self._number += 1
        kind = kind or self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        if self._gone:
            self._add(self._gone)
            self._gone = ""
        what = self._do(kind)
        if kind == "lagging mirror":
            older = max(0, self._number - 1 - self._chance.randint(1, _LAG))
            self._publish()
            self.served = self._state(older)
        else:
            self.served = self._publish()
        return Step(self._number, kind, what)

    def _do(self, kind: str) -> str:
        one = self._chance.choice
        if kind == "unrelated package":
            return self._raise(f"unrelated-{self._chance.randrange(5)}")
        if kind in {"package of the base", "dependency", "named package"}:
            table = {"package of the base": IN_BASE, "dependency": _NEEDED, "named package": _NAMED}
            return self._raise(one(table[kind]))
        if kind == "security suite":
            return self._fix(one((*_NEEDED, *_NAMED, *IN_BASE, "unrelated-0")))
        if kind == "higher requirement":
            self._raise("base-lib")
            self._needs["libalpha"] = f"base-lib (>= {self._versions['base-lib']})"
            return self._raise("libalpha")
        if kind == "other alternative":
            other = "libother | libepsilon"
            self._needs["epsilon"] = PACKAGES["epsilon"] if self._needs["epsilon"] == other else other
            return self._raise("epsilon")
        if kind == "same version with other bytes":
            return self._rebuild(one((*_NEEDED, *_NAMED, "unrelated-1")))
        if kind == "package gone":
            return self._remove(one(_CAN_GO))
        return ""

    def _raise(self, name: str) -> str:
        """A new version in the main suite; what the security suite has of it is older, and goes."""
        self._versions[name] += 1
        self._fixes.pop(name, None)
        self.repository.remove(name, SECURITY)
        self._add(name)
        return f"{name} {self._version(name)}"

    def _fix(self, name: str) -> str:
        self._fixes[name] = self._fixes.get(name, 0) + 1
        version = f"{self._versions[name]}+fix{self._fixes[name]}"
        self.repository.add(name, version, self._needs[name], SECURITY)
        return f"{name} {version}"

    def _rebuild(self, name: str) -> str:
        self.repository.add(name, str(self._versions[name]), self._needs[name], content=f"{self._number}\n")
        return name

    def _remove(self, name: str) -> str:
        self._gone = name
        self._fixes.pop(name, None)
        for suite in SUITES:
            self.repository.remove(name, suite)
        return name

    def _version(self, name: str) -> str:
        return str(self._versions[name])

    def _add(self, name: str) -> None:
        self.repository.add(name, self._version(name), self._needs[name])

    def _publish(self) -> Path:
        """Keep a copy of each state: what a mirror that lags serves again."""
        self.repository.publish(_HOURS)
        state = self._state(self._number)
        archive = self.repository.directory
        shutil.copytree(archive / "dists", state / "dists")
        shutil.copytree(archive / "pool", state / "pool", copy_function=os.link)
        return state

    def _state(self, number: int) -> Path:
        return self._directory / f"state{number}"


class Line(Struct, frozen=True):
    """A RUN with packages: ``name`` is its mark; ``after``: the mark of the one in whose layer it starts.

    ``reader``: the mark of the RUN whose index it takes; its own where that is empty.
    """

    name: str
    arguments: tuple[str, ...]
    after: str = ""
    reader: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """The packages that it names."""
        return tuple(word for word in self.arguments if word in PACKAGES)


Identities = tuple[tuple[str, str, str], ...]
"""(name, version, SHA-256) of each package."""


class Oracle:
    """``status``: dpkg's, of the base."""

    def __init__(self, directory: Path, status: str) -> None:
        self._root = AptRoot(directory)
        self._status = status

    def answers(self, state: Path, lines: Iterable[Line]) -> dict[str, Identities | None]:
        """What each line would install; None where apt-get refuses."""
        sources = "".join(f"deb [trusted=yes] file:{state} {suite} main\n" for suite in SUITES)
        self._root.write({"/etc/apt/sources.list": sources})
        self._root.update()
        stanzas = _stanzas(state)
        installed = {"": self._status}
        found: dict[str, Identities | None] = {}
        for line in lines:
            if line.after in found and found[line.after] is None:
                found[line.name] = None
                continue
            self._root.write({"/var/lib/dpkg/status": installed[line.after]})
            answer = self._root.simulate(*line.arguments)
            if isinstance(answer, str):
                found[line.name] = None
                continue
            chosen = sorted((name, version) for (name, _), version in answer.items())
            found[line.name] = tuple((*one, _field(stanzas[one], "SHA256")) for one in chosen)
            installed[line.name] = _with(installed[line.after], chosen, stanzas)
        return found


def _stanzas(state: Path) -> dict[tuple[str, str], str]:
    texts = [(state / "dists" / suite / "main/binary-amd64/Packages").read_text() for suite in SUITES]
    found = {}
    for stanza in "\n".join(texts).split("\n\n"):
        if stanza.strip():
            found[_field(stanza, "Package"), _field(stanza, "Version")] = stanza.strip()
    return found


def _field(stanza: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)$", stanza, re.MULTILINE)
    return found[1] if found else ""


def _with(status: str, chosen: list[tuple[str, str]], stanzas: Mapping[tuple[str, str], str]) -> str:
    """The status after an installation."""
    names = {name for name, _ in chosen}
    kept = [one for one in status.strip().split("\n\n") if _field(one, "Package") not in names]
    new = [f"{stanzas[one]}\nStatus: install ok installed" for one in chosen]
    return "\n\n".join([*kept, *new]) + "\n\n"
