"""Small repositories of apk, made from a seed, and what apk itself answers where there is one.

apk is in no repository that the tests may install from, so its answers are recorded:
``python -m testing.apk_worlds APK2 APK3 > tests/packages/apk/answers.json`` with binaries of apk-tools 2.14
and 3.0, built from their source. The tests make the same worlds again and compare.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.packages.apk.records import entries
from freshlayer.packages.apk.root import Outcome, performed, root_of

_VERSIONS = ("1.0-r0", "1.0-r1", "1.1", "2.0_rc1", "2.0")
_VIRTUAL = ("web", "so:l.1", "cmd:x", "db")
_CHANGE = re.compile(r"\(\s*\d+/\d+\) (\w+) (\S+) \((\S+?)(?: -> (\S+?))?\)")
_ACTIONS = {"add": PackageAction.INSTALL, "upgrade": PackageAction.UPGRADE, "del": PackageAction.REMOVE}
_WITH_VALUE = {"--virtual": "virtual"}
_SWITCHES = {"-u": "upgrade", "-l": "latest", "-a": "available", "-r": "rdepends"}

Fields = dict[str, str]
"""One package: the fields of an index by their letters."""


class World(Struct, frozen=True):
    """``repositories``: tag and packages; ``world`` and ``installed``: of the root; ``arguments``: of apk."""

    repositories: tuple[tuple[str, tuple[Fields, ...]], ...]
    arguments: tuple[str, ...]
    world: tuple[str, ...] = ()
    installed: tuple[Fields, ...] = ()


class Memory:
    """An index that is held in memory."""

    def __init__(self, text: str) -> None:
        packed = apkindex(text)
        self.digest = hashlib.sha256(packed).hexdigest()
        self._entries = dict(entries(io.BytesIO(gzip.decompress(packed))))

    def get(self, key: str) -> bytes | None:
        return self._entries.get(key)

    def open(self, key: str) -> io.BytesIO:
        return io.BytesIO(self._entries[key])


def package(words: str) -> Fields:
    """``curl 8.1 D:libcurl>=8 so:z`` → fields; a field goes on to the next one."""
    name, version, *others = words.split()
    fields = {"P": name, "V": version}
    letter = ""
    for word in others:
        if word[1:2] == ":" and word[0] in "DpikCox":
            letter, word = word[0], word[2:]  # noqa: PLW2901 - the rest of the word is the first of the field
        fields[letter] = f"{fields[letter]} {word}" if letter in fields else word
    return fields


def packages(text: str) -> tuple[Fields, ...]:
    """A package each line."""
    return tuple(package(line) for line in text.splitlines() if line.strip())


def index_text(found: tuple[Fields, ...]) -> str:
    """An index, or a database of installed packages. ``x``: bytes that differ in nothing else."""
    return "".join(_paragraph(fields) for fields in found)


def _paragraph(fields: Fields) -> str:
    digest = hashlib.sha1(json.dumps(fields, sort_keys=True).encode()).digest()
    checksum = fields.get("C") or f"Q1{base64.b64encode(digest).decode()}"
    others = "".join(f"{letter}:{value}\n" for letter, value in fields.items() if letter not in "Cx")
    return f"C:{checksum}\n{others}A:x86_64\nS:1\nI:1\nT:-\n\n"


def apkindex(text: str) -> bytes:
    """``APKINDEX.tar.gz`` as apk makes it: before the tar, the signature as a tar without its end."""
    signature = _tar(".SIGN.RSA.key", b"x")[:1024]
    return b"".join(gzip.compress(part, mtime=0) for part in (signature, _tar("APKINDEX", text.encode())))


def _tar(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def command(arguments: tuple[str, ...]) -> PackageCommand:
    """What the words mean: ``add -u curl``."""
    verb, *words = arguments
    options: list[tuple[str, str]] = []
    left: list[str] = []
    given = iter(words)
    for word in given:
        if word in _WITH_VALUE:
            options.append((_WITH_VALUE[word], next(given)))
        elif word in _SWITCHES:
            options.append((_SWITCHES[word], ""))
        else:
            left.append(word)
    return PackageCommand("apk", "apk", _ACTIONS[verb], tuple(left), tuple(options))


def ours(world: World) -> Outcome:
    """What freshlayer answers."""
    root = root_of("\n".join(world.world), index_text(world.installed))
    indexes = [(Memory(index_text(found)), tag) for tag, found in world.repositories]
    return performed(root, command(world.arguments), indexes)


def versions(outcome: Outcome) -> dict[str, str] | None:
    """What is installed then; None where apk would fail."""
    if outcome.problems:
        return None
    return {one.name: one.version for one in outcome.root.installed if not one.name.startswith(".")}


def cases(text: str) -> Iterator[tuple[str, World, str]]:
    """Situations: ``== title``, a package each line, ``installed:``, ``world:``, ``do:`` and ``then:``."""
    for block in text.split("\n\n"):
        title, *lines = (line for line in block.splitlines() if line)
        given: dict[str, list[str]] = {}
        for line in lines:
            key, separator, rest = line.partition(" ")
            kind = key if separator and (key.endswith(":") or key == "@edge") else ""
            given.setdefault(kind, []).append(rest if kind else line)
        main, edge, installed = (
            packages("\n".join(given.get(key, ()))) for key in ("", "@edge", "installed:")
        )
        arguments, world = (tuple(" ".join(given.get(key, ())).split()) for key in ("do:", "world:"))
        found = (("", main), ("edge", edge)) if edge else (("", main),)
        yield title.removeprefix("== "), World(found, arguments, world, installed), given["then:"][0]


# Worlds from a seed.


def made(seed: int, *, wild: bool) -> World:
    """A world of its own. ``wild``: with conflicts, shared names, and several versions of a package."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(chance.randint(3, 9))]
    virtual = list(_VIRTUAL[: chance.randint(0, 4)])
    known = _VERSIONS if wild else _VERSIONS[:3]
    main = [
        _made_package(chance, name, version, names, virtual, wild=wild)
        for name in names
        for version in sorted(chance.sample(known, chance.choice((1, 1, 1, 2)) if wild else 1))
    ]
    repositories = [("", tuple(main))]
    if chance.random() < 0.3:
        some = chance.sample(names, chance.randint(1, len(names)))
        edge = [_made_package(chance, name, "3.0", names, virtual, wild=wild) for name in some]
        repositories.append(("edge", tuple(edge)))
    world, installed = _made_root(chance, main, names, wild=wild)
    arguments = _made_arguments(chance, [*names, *virtual], installed, tagged=len(repositories) > 1)
    return World(tuple(repositories), arguments, world, installed)


def _made_package(
    chance: random.Random, name: str, version: str, names: list[str], virtual: list[str], *, wild: bool
) -> Fields:
    fields = {"P": name, "V": version}
    needs = [_made_need(chance, names, virtual, wild=wild) for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))]
    by_name = {re.split(r"[<>=~]", need.lstrip("!"))[0]: need for need in needs}
    by_name.pop(name, None)
    provided = [one for one in virtual if chance.random() < 0.3]
    fields["D"] = " ".join(by_name.values())
    fields["p"] = " ".join(_made_provided(chance, one, name, wild=wild) for one in provided)
    fields["k"] = str(chance.randint(1, 20)) if chance.random() < 0.2 else ""
    if chance.random() < 0.12:
        fields["i"] = " ".join(one for one in chance.sample(names, 2) if one != name)
    return {letter: value for letter, value in fields.items() if value}


def _made_need(chance: random.Random, names: list[str], virtual: list[str], *, wild: bool) -> str:
    need = chance.choice(names + virtual)
    if chance.random() < (0.4 if wild else 0.1):
        how = chance.choice(("=", ">=", "<", ">", "~", "<=")) if wild else ">="
        need += f"{how}{chance.choice(_VERSIONS) if wild else '1.0-r0'}"
    return f"!{need}" if wild and chance.random() < 0.08 else need


def _made_provided(chance: random.Random, one: str, name: str, *, wild: bool) -> str:
    """In most repositories a library or a command has one provider with a version."""
    if not wild:
        return one if ":" not in one else f"{one.partition(':')[0]}:{name}={chance.choice(_VERSIONS)}"
    return one if chance.random() < 0.5 else f"{one}={chance.choice(_VERSIONS)}"


def _made_root(
    chance: random.Random, main: list[Fields], names: list[str], *, wild: bool
) -> tuple[tuple[str, ...], tuple[Fields, ...]]:
    """What our own solver installs from older packages: a base need only be one that holds together."""
    if chance.random() < 0.3:
        return (), ()
    older = {fields["P"]: fields for fields in reversed(main)}
    if not wild:
        older = {name: {**fields, "V": "0.9"} for name, fields in older.items()}
        for fields in older.values():
            fields["D"] = fields.get("D", "").replace(">=1.0-r0", "")
    world = tuple(sorted({chance.choice(names) for _ in range(chance.randint(1, 2))}))
    first = World((("", tuple(older.values())),), ("add", *world))
    found = versions(ours(first))
    return (world, tuple(older[name] for name in found)) if found else ((), ())


def _made_arguments(
    chance: random.Random, names: list[str], installed: tuple[Fields, ...], *, tagged: bool
) -> tuple[str, ...]:
    kind = chance.random()
    if kind < 0.6 or not installed:
        words = [_made_word(chance, names, tagged=tagged) for _ in range(chance.randint(1, 3))]
        by_name = {re.split(r"[<>=~@]", word.lstrip("!"))[0]: word for word in words}
        if chance.random() < 0.1:
            return ("add", "--virtual", ".v", *by_name)
        return ("add", *(("-u",) if chance.random() < 0.2 else ()), *by_name.values())
    one = chance.choice(installed)["P"]
    if kind < 0.85:
        available = ("-a",) if chance.random() < 0.2 else ()
        return ("upgrade", *available, *((one,) if chance.random() < 0.2 else ()))
    return ("del", one)


def _made_word(chance: random.Random, names: list[str], *, tagged: bool) -> str:
    word, kind = chance.choice(names), chance.random()
    if kind < 0.1 and tagged:
        return f"{word}@edge"
    if kind < 0.2:
        return word + chance.choice(("=", ">=", "<", "~")) + chance.choice(_VERSIONS[:3])
    return f"!{word}" if kind > 0.97 else word


# apk itself.


def answered(apk: str, world: World) -> dict[str, str] | None:
    """What apk would have installed; None where it fails. Nothing is installed: ``--simulate``."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-apk-") as directory:
        root = Path(directory)
        _write(root, world)
        done = subprocess.run(
            [apk, "--root", directory, "--allow-untrusted", "--simulate", "--no-cache", *world.arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    text = done.stdout + done.stderr
    if done.returncode or "ERROR" in text:
        return None
    found = {fields["P"]: fields["V"] for fields in world.installed}
    for what, name, version, newer in _CHANGE.findall(text):
        found[name.partition("@")[0]] = newer or version
        if what == "Purging":
            del found[name]
    return {name: version for name, version in found.items() if not name.startswith(".")}


def _write(root: Path, world: World) -> None:
    for directory in ("etc/apk", "lib/apk/db", "var/cache/apk", "tmp"):
        (root / directory).mkdir(parents=True)
    (root / "etc/apk/arch").write_text("x86_64\n")
    (root / "etc/apk/world").write_text("".join(f"{word}\n" for word in world.world))
    (root / "lib/apk/db/installed").write_text(index_text(world.installed))
    lines = []
    for number, (tag, found) in enumerate(world.repositories):
        place = root / f"repository{number}"
        (place / "x86_64").mkdir(parents=True)
        packed = gzip.compress(_tar("APKINDEX", index_text(found).encode()))
        (place / "x86_64/APKINDEX.tar.gz").write_bytes(packed)
        lines.append(f"{f'@{tag} ' if tag else ''}{place}\n")
    (root / "etc/apk/repositories").write_text("".join(lines))


SEEDS = {"plain": range(400), "wild": range(400)}


def recorded(binaries: list[str]) -> Iterator[str]:
    """A line for each world: kind, seed, and the answer of each binary; ``-`` where it fails."""
    for kind, seeds in SEEDS.items():
        for seed in seeds:
            answers = (answered(apk, made(seed, wild=kind == "wild")) for apk in binaries)
            yield "\t".join([kind, str(seed), *(written(answer) for answer in answers)])


def written(answer: dict[str, str] | None) -> str:
    """An answer as text."""
    return "-" if answer is None else " ".join(f"{name}={answer[name]}" for name in sorted(answer))


if __name__ == "__main__":
    print("\n".join(recorded(sys.argv[1:])))
