"""Comments that are directives. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.errors import DockerfileError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import seconds_of
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.reference import shown


class Directives(Struct, frozen=True, array_like=True):
    """The comments directly above an instruction. ``ttl`` in seconds; 0: probe at each build.

    ``packages``: None where the settings decide.
    """

    ignore: bool = False
    immutable: bool = False
    no_advice: bool = False
    ttl: int = 0
    watch: tuple[str, ...] = ()
    packages: PackagePolicy | None = None


NO_DIRECTIVES = Directives()
"""Of an instruction without such a comment."""
_IGNORED = Directives(ignore=True)
_NOTE = compiled(r"\s*+#\s*+freshlayer:\s*+(.*\S|)")
MARK = "freshlayer:"
"""Each of them has it, and few lines do."""
_SWITCHES = {"ignore": "ignore", "immutable": "immutable", "no-advice": "no_advice"}
_PACKAGES = compiled(rf"packages\s*=\s*({'|'.join(PackagePolicy)})")
_TTL = compiled(r"ttl\s*=(.*)")


def read_directives(text: str, instructions: Sequence[tuple[int, int, str]]) -> dict[int, Directives]:
    """First line of an instruction → the ``# freshlayer:`` comments directly above it.

    ``instructions``: (first line, last line, keyword). Raises DockerfileError, with the line, for a comment
    that is not a directive, or that is not directly above an instruction.
    """
    if MARK not in text:
        return {}
    lines = text.split("\n")
    notes = {n: _NOTE.match(lines[n - 1]) for n in _marked(text)}
    # No comment is on the first line of an instruction.
    inside: set[int] = set()
    for first, last, _ in instructions:
        if last > first:
            inside.update(range(first, last + 1))
    found: dict[int, Directives] = {}
    used: set[int] = set()
    below = _below(notes, lines)
    for first, _, name in [it for it in instructions if it[0] in below]:
        above = first - 1
        watched: list[str] = []
        while above > 0 and above not in inside and lines[above - 1].lstrip().startswith("#"):
            match = notes.get(above)
            if match:
                before = found.get(first, NO_DIRECTIVES)
                found[first] = _noted(before, match[1], watched, (name, above))
                used.add(above)
            above -= 1
        if watched:
            found[first] = replace(found[first], watch=tuple(watched))
    for number, match in notes.items():
        if match and number not in inside and number not in used:
            raise DockerfileError("this '# freshlayer:' comment is not directly above an instruction", number)
    return found


def _marked(text: str) -> Iterator[int]:
    """The numbers of the lines that have the mark."""
    number, place = 1, 0
    while (found := text.find(MARK, place)) >= 0:
        number += text.count("\n", place, found)
        yield number
        place = text.find("\n", found)
        if place < 0:
            return


def _below(notes: Iterable[int], lines: Sequence[str]) -> set[int]:
    """The first line behind each of these that is no comment. ``notes``: lines in their order."""
    found: set[int] = set()
    line = 0
    for note in notes:
        if note < line:
            continue
        line = note + 1
        while line <= len(lines) and lines[line - 1].lstrip().startswith("#"):
            line += 1
        found.add(line)
    return found


def _noted(before: Directives, text: str, watched: list[str], place: tuple[str, int]) -> Directives:
    """With one more comment; what it watches is added to ``watched``. ``place``: keyword and line."""
    if text == "ignore" and before is NO_DIRECTIVES:
        return _IGNORED
    name, line = place
    verb, _, rest = text.partition(" ")
    if text in _SWITCHES:
        return replace(before, **{_SWITCHES[text]: True})
    ttl = _TTL.fullmatch(text)
    seconds = seconds_of(ttl[1]) if ttl else None
    if seconds is not None:
        return replace(before, ttl=seconds)
    policy = _PACKAGES.fullmatch(text)
    if policy:
        return replace(before, packages=PackagePolicy(policy[1]))
    if verb == "watch" and rest.strip():
        if name != "RUN":
            raise DockerfileError(f"'# freshlayer: watch' is for a RUN, and is above {name}", line)
        watched.append(rest.strip())
        return before
    known = (
        f"ignore, watch URL, immutable, ttl=1d (s, m, h, d, w), packages={'|'.join(PackagePolicy)}, no-advice"
    )
    message = f"'# freshlayer: {shown(text, 40)}' is not a directive (known: {known})"
    raise DockerfileError(message, line)
