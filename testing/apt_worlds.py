"""Random archives and machines, on which apt-get and freshlayer have to choose the same packages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from freshlayer.packages.apt.relations import Kind, clauses_of, provided_of
from freshlayer.packages.apt.versions import satisfies

SITE = "archive.example"
_VERSIONS = ("1.0-1", "1.0-2", "1.1~rc1-1", "1.1-1", "2.0-1", "1:0.5-1")
_VIRTUAL = ("virt-a", "virt-b", "virt-c")
_PRIORITIES = ("required", "important", "standard", *["optional"] * 6, "extra")

_TOGETHER = "abc"
"""Packages whose names begin alike are built from one source; in archives a package keeps its source, too."""

Fields = dict[str, str]


@dataclass
class World:
    """An archive of some suites, a machine, and a command."""

    seed: int
    suites: dict[str, list[Fields]] = field(default_factory=dict)
    releases: dict[str, Fields] = field(default_factory=dict)
    installed: list[Fields] = field(default_factory=list)
    automatic: list[str] = field(default_factory=list)
    preferences: str = ""
    foreign: tuple[str, ...] = ()
    action: str = "install"
    words: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def sources(self) -> str:
        lines = (f"deb [trusted=yes] http://{SITE}/debian {suite} main\n" for suite in self.suites)
        return "".join(lines)

    @property
    def lists(self) -> Iterator[tuple[str, str]]:
        """Name and text of each file of /var/lib/apt/lists."""
        for suite, packages in self.suites.items():
            start = f"{SITE}_debian_dists_{suite}"
            names = ("amd64", *self.foreign)
            sums = ""
            for name in names:
                text = "\n".join(_stanza(one) for one in packages if one["Architecture"] in {name, "all"})
                digest = hashlib.sha256(text.encode()).hexdigest()
                sums += f"\n {digest} {len(text)} main/binary-{name}/Packages"
                yield f"{start}_main_binary-{name}_Packages", text
            fields = {**self.releases[suite], "Architectures": " ".join(names), "SHA256": sums}
            yield f"{start}_Release", _stanza(fields)

    @property
    def status(self) -> str:
        return "\n".join(_stanza({**one, "Status": "install ok installed"}) for one in self.installed)

    @property
    def arguments(self) -> list[str]:
        """The words of the command line behind ``apt-get``."""
        options = [f"--{name}={value}" if value else f"--{name}" for name, value in self.options]
        return [*options, self.action, *self.words]


def _stanza(fields: Fields) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def world(seed: int) -> World:
    """The world of a seed."""
    random = Random(seed)
    made = World(seed)
    names = [f"{random.choice('abcdefgh')}{number}" for number in range(random.randint(6, 22))]
    if random.random() < 0.25:
        made.foreign = ("i386",)
    for suite in _suites(random):
        made.releases[suite] = _release(random, suite)
        share = 1.0 if suite == "stable" else 0.4
        chosen = [name for name in names if random.random() < share]
        made.suites[suite] = [one for name in chosen for one in _packages(random, name, names, made.foreign)]
    made.installed = _installed(random, made.suites["stable"])
    made.preferences = _preferences(random, names)
    _command(random, made, names)
    return made


def _suites(random: Random) -> list[str]:
    others = [name for name in ("stable-security", "stable-backports") if random.random() < 0.4]
    return ["stable", *others]


def _release(random: Random, suite: str) -> Fields:
    fields = {"Origin": "Example", "Label": "Example", "Suite": suite, "Codename": f"code-{suite}"}
    if suite.endswith("backports"):
        fields["NotAutomatic"] = "yes"
        fields["ButAutomaticUpgrades"] = random.choice(["yes", ""])
    return fields | {"Components": "main", "Date": "Sat, 11 Jul 2026 10:16:37 UTC"}


def _packages(random: Random, name: str, names: list[str], foreign: tuple[str, ...]) -> Iterator[Fields]:
    fields = _package(random, name, names)
    architecture = random.choice(["amd64", "amd64", "all"])
    if architecture == "all" and fields["Multi-Arch"] == "same":
        fields["Multi-Arch"] = ""
    for one in (architecture,) if architecture == "all" else ("amd64", *foreign):
        yield {**fields, "Architecture": one}


def _package(random: Random, name: str, names: list[str]) -> Fields:
    version = random.choice(_VERSIONS)
    source = f"src-{name[0]}" if name[0] in _TOGETHER else ""
    return {
        "Package": name,
        "Version": version,
        "Architecture": "amd64",
        "Source": source,
        "Priority": random.choice(_PRIORITIES),
        "Section": "misc",
        "Installed-Size": "10",
        "Multi-Arch": random.choice(["", "", "", "same", "foreign", "allowed"]),
        "Essential": "yes" if random.random() < 0.03 else "",
        "Pre-Depends": _relations(random, names, 0.05),
        "Depends": _relations(random, names, 0.7),
        "Recommends": _relations(random, names, 0.3),
        "Conflicts": _negative(random, name, names, 0.05),
        "Breaks": _negative(random, name, names, 0.05),
        "Provides": _provides(random, 0.35),
        "Filename": f"pool/{name}_{version}.deb",
        "Size": "1000",
        "SHA256": f"{random.getrandbits(256):064x}",
        "Description": "x",
    }


def _relations(random: Random, names: list[str], share: float) -> str:
    if random.random() > share:
        return ""
    clauses = []
    for _ in range(random.randint(1, 3)):
        count = random.choice([1, 1, 1, 2, 3])
        clauses.append(" | ".join(_relation(random, names) for _ in range(count)))
    return ", ".join(clauses)


def _relation(random: Random, names: list[str]) -> str:
    name = random.choice([*names, *names, *_VIRTUAL])
    if random.random() < 0.01:
        name = f"missing{random.randint(1, 3)}"
    if name in _VIRTUAL or random.random() < 0.7:
        return name
    if random.random() < 0.8:
        return f"{name} (>= {random.choice(_VERSIONS[:2])})"
    return f"{name} ({random.choice(['>=', '>=', '<<', '=', '<='])} {random.choice(_VERSIONS)})"


def _negative(random: Random, name: str, names: list[str], share: float) -> str:
    others = [one for one in (*names, *_VIRTUAL) if one != name]
    if random.random() > share or not others:
        return ""
    other = random.choice(others)
    return random.choice([other, f"{other} (<< {random.choice(_VERSIONS)})"])


def _provides(random: Random, share: float) -> str:
    if random.random() > share:
        return ""
    name = random.choice(_VIRTUAL)
    return random.choice([name, name, f"{name} (= {random.choice(_VERSIONS)})"])


def _installed(random: Random, packages: list[Fields]) -> list[Fields]:
    """Packages that fit together: each is added when what it needs is there."""
    found: list[Fields] = []
    for _ in range(3):
        for one in random.sample(packages, len(packages)):
            known = any(other["Package"] == one["Package"] for other in found)
            native = one["Architecture"] in {"amd64", "all"}
            older = {**one, "Version": "0.9-1"} if random.random() < 0.3 else one
            if not known and native and random.random() < 0.3 and _fits(older, found):
                found.append(older)
    left_out = {"SHA256", "Size", "Filename"}
    return [{name: value for name, value in one.items() if name not in left_out} for one in found]


def _fits(one: Fields, found: list[Fields]) -> bool:
    together = [*found, one]
    return all(_is_fulfilled(each, together) for each in together)


def _is_fulfilled(one: Fields, found: list[Fields]) -> bool:
    for name, kind in (("Pre-Depends", Kind.PRE_DEPENDS), ("Depends", Kind.DEPENDS)):
        for clause in clauses_of(one[name], kind):
            if not any(
                _meets(other, alt.name, alt.operator, alt.version)
                for alt in clause.alternatives
                for other in found
            ):
                return False
    for name, kind in (("Conflicts", Kind.CONFLICTS), ("Breaks", Kind.BREAKS)):
        for clause in clauses_of(one[name], kind):
            alt = clause.alternatives[0]
            if any(_meets(other, alt.name, alt.operator, alt.version) for other in found if other is not one):
                return False
    return True


def _meets(one: Fields, name: str, operator: str, version: str) -> bool:
    if one["Package"] == name and satisfies(one["Version"], operator, version):
        return True
    return any(
        provided.name == name
        and (not operator or (bool(provided.version) and satisfies(provided.version, operator, version)))
        for provided in provided_of(one["Provides"])
    )


def _preferences(random: Random, names: list[str]) -> str:
    if random.random() < 0.6:
        return ""
    pins = []
    for _ in range(random.randint(1, 2)):
        package = random.choice(["*", random.choice(names), random.choice(names), "a*"])
        pin = random.choice(
            [
                "release a=stable-backports",
                "release n=code-stable",
                f"origin {SITE}",
                "release a=stable-security, l=Example",
                *([f"version {random.choice(_VERSIONS)}", "version 1.*"] if package != "*" else []),
            ]
        )
        priority = random.choice([-1, 1, 50, 100, 400, 600, 995, 1001])
        pins.append(f"Package: {package}\nPin: {pin}\nPin-Priority: {priority}\n")
    return "\n".join(pins)


def _command(random: Random, made: World, names: list[str]) -> None:
    made.action = random.choice(["install"] * 7 + ["upgrade", "dist-upgrade"])
    options = []
    if random.random() < 0.5:
        options.append(("no-install-recommends", ""))
    if random.random() < 0.1:
        options.append(("target-release", random.choice(list(made.suites))))
    made.options = tuple(options)
    if made.action == "install":
        typed = [_word(random, made, names) for _ in range(random.randint(1, 3))]
        removed = {word.removesuffix("-") for word in typed if word.endswith("-")}
        made.words = tuple(word for word in typed if word not in removed)


def _word(random: Random, made: World, names: list[str]) -> str:
    installed = {one["Package"] for one in made.installed}
    missing = [name for name in names if name not in installed] or names
    name = random.choice([*names, *missing * 4, *_VIRTUAL])
    kind = random.random()
    if kind < 0.08:
        return f"{name}={random.choice([*_VERSIONS, '1.*'])}"
    if kind < 0.14:
        return f"{name}/{random.choice(list(made.suites))}"
    if kind < 0.18:
        return f"{name}-"
    if kind < 0.21 and made.foreign:
        return f"{name}:{made.foreign[0]}"
    return name
