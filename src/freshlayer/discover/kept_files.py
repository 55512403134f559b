"""Downloads into a cache mount that only fetch what is missing there: a new run changes nothing.

A cache mount (``RUN --mount=type=cache``) is not a part of a layer: it outlives the instruction's key.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from freshlayer.discover.syntaxes import curl, wget
from freshlayer.discover.syntaxes.aria2c import TABLE as ARIA2C
from freshlayer.discover.syntaxes.found import Missed
from freshlayer.discover.syntaxes.options import Option, OptionTable, read
from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.scope import Environment
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell import Call, Surroundings, follow, follow_words, known

_TEST = compiled(
    r"(?<![\w.-])(?P<test>test|\[\[?)\s+(?:!\s+)?-[aedfsrxhLGONw]\s+"
    r"(?P<path>\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s\];&|()]{1,400})"
)
_DIRECTORY = compiled(r"(?<![\w.-])cd\s+(\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s;&|()]{1,400})")
_ASSIGNED = compiled(r"(?:^|[\s;&])([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|()]*)")
_NAME = compiled(r"\$\{?([A-Za-z_]\w*)\}?")
_LONGEST = 64 * 1024
_PROGRAMS: dict[str, tuple[OptionTable, frozenset[str]]] = {
    "wget": (
        wget.TABLE,
        frozenset({"-nc", "no-clobber", "N", "timestamping", "c", "continue", "start-pos"}),
    ),
    "curl": (curl.TABLE, frozenset({"time-cond", "continue-at", "skip-existing", "no-clobber"})),
    "aria2c": (ARIA2C, frozenset({"c", "continue", "conditional-get", "auto-file-renaming"})),
    "axel": (ARIA2C, frozenset({"c", "no-clobber"})),
}
"""Program → its options that leave a file alone that is there already."""


def kept_files(
    instruction: Instruction,
    script: str,
    environment: Environment,
    surroundings: Surroundings,
    directory: str,
) -> Iterator[Missed]:
    """A warning for each cache mount in which a RUN may keep the old file. ``directory`` is its WORKDIR's."""
    mounts = list(_cache_mounts(instruction, environment))
    if not mounts or len(script) > _LONGEST:
        return
    values = _values(script, surroundings)
    directories = [posixpath.join(directory, path) for path in _paths(_DIRECTORY, script, values)]
    places = [directory, *directories]
    found = dict.fromkeys(
        (*_tests(script, values, places), *_commands(instruction, script, surroundings, places))
    )
    for mount in mounts:
        how = next((what for path, what in found if _is_below(path, mount)), "")
        if how:
            detail = f"{shown(how, 80)} may keep the old file, so a new run has no effect"
            hint = "remove the test, or the file"
            reason = Reason("cache-mount-keeps-file", detail=detail, hint=hint)
            yield Missed(f"cache mount {mount}", reason, warns=True)


def _cache_mounts(instruction: Instruction, environment: Environment) -> Iterator[str]:
    for flag in instruction.flags:
        name, _, value = flag.partition("=")
        fields = dict(item.partition("=")[::2] for item in value.split(","))
        target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
        if name == "--mount" and fields.get("type") == "cache" and target:
            expanded = environment.expand(target)
            yield posixpath.normpath(expanded if isinstance(expanded, str) else target)


def _tests(script: str, values: Callable[[str], str], places: list[str]) -> Iterator[tuple[str, str]]:
    """(path, what tests it) of ``test -f PATH``, ``[ -e PATH ]`` and the like."""
    for match in _TEST.finditer(script):
        path = values(match["path"])
        for place in places:
            yield posixpath.join(place, path), match[0].strip()


def _commands(
    instruction: Instruction, script: str, surroundings: Surroundings, places: list[str]
) -> Iterator[tuple[str, str]]:
    """(path, command) of downloads that leave a file alone."""
    if instruction.exec_form:
        calls = follow_words(instruction.words, surroundings).calls
    elif not re.search("|".join(_PROGRAMS), script):
        return
    else:
        calls = follow(script, surroundings).calls
    for call in calls:
        option = _keeps(call)
        words = [word for word in map(known, call.words[1:]) if word]
        for word in [*places, *words] if option else []:
            value = word.partition("=")[2] if word.startswith("--") else word
            value = re.sub(r"^-[OPod](?=/)", "", value)
            for place in places if not value.startswith("-") else []:
                yield posixpath.join(place, value), option


def _keeps(call: Call) -> str:
    """The program and the option by which it leaves a file alone; empty where there is none."""
    name = posixpath.basename((known(call.words[0]) if call.words else None) or "")
    if name not in _PROGRAMS:
        return ""
    table, options = _PROGRAMS[name]
    words = [word for word in map(known, call.words[1:]) if word is not None]
    for item in read(list(words), table):
        if isinstance(item, Option) and item.name in options and item.value != "false":
            dashes = "" if item.name.startswith("-") else "-" if len(item.name) == 1 else "--"
            return f"{name} {dashes}{item.name}"
    return ""


def _values(script: str, surroundings: Surroundings) -> Callable[[str], str]:
    """What expands the variables of a word, as far as they are known."""
    own = {match[1]: match[2].strip("\"'") for match in _ASSIGNED.finditer(script)}

    def value(name: str) -> str:
        outer = own.get(name, surroundings.value(name))
        return outer if isinstance(outer, str) else f"${name}"

    def expanded(word: str) -> str:
        word = word if word.startswith("'") else _NAME.sub(lambda match: value(match[1]), word)
        return word.strip("\"'")

    return expanded


def _paths(pattern: re.Pattern[str], script: str, values: Callable[[str], str]) -> Iterator[str]:
    yield from (values(match[1]) for match in pattern.finditer(script))


def _is_below(path: str, mount: str) -> bool:
    path = posixpath.normpath(path)
    return path == mount or path.startswith(mount.rstrip("/") + "/")
