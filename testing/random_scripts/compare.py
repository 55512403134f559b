"""What a shell requests against what is found and what is reported as not watched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from freshlayer.discover.commands import FETCHERS, of_calls, of_script
from freshlayer.discover.syntaxes.found import Found, Missed
from freshlayer.model.reasons import Reason
from freshlayer.shell import Call, Hole, Surroundings, Why
from testing.random_scripts.generate import VALUES, Generator
from testing.random_scripts.shells import SHELLS, run
from testing.random_scripts.tree import Block, smaller, text_of

_AT_ONCE = 50
_TRIED_AT_ONCE = 10
_NUMBER = re.compile(r"h/[nm]\d+/")
_MAY_BE = "http://h/m"
"""How a URL begins that only some runs of a script request."""
_WHOLE = ("script", "pattern", "wget")
"""How a finding is called that is about all of a script."""

_MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """One script in one shell."""

    seed: int
    shell: str
    script: Block

    @classmethod
    def of(cls, seed: int, shell: str) -> Case:
        return cls(seed, shell, Generator(seed, bash=shell == "bash").script())


@dataclass(frozen=True, slots=True)
class Difference:
    """``missed``: requested, and neither found nor reported; ``invented``: found, and never requested.

    ``followed``: False where the script could not be read to its end.
    """

    missed: frozenset[str]
    invented: frozenset[str]
    followed: bool = True

    def __bool__(self) -> bool:
        return bool(self.missed or self.invented or not self.followed)

    def __str__(self) -> str:
        return "\n".join(
            [
                *(f"  requested, and neither found nor reported: {url}" for url in sorted(self.missed)),
                *(f"  found, and never requested: {url}" for url in sorted(self.invented)),
                *([] if self.followed else ["  not followed to its end"]),
            ]
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A script that was made as small as it gets, and where it differs."""

    case: Case
    difference: Difference

    def __str__(self) -> str:
        head = f"--seed {self.case.seed} --shell {self.case.shell}"
        script = "\n".join(f"    {line}" for line in text_of(self.case.script).split("\n"))
        return f"{head}\n{script}\n{self.difference}"


def failures(cases: Sequence[Case]) -> Iterator[Failure]:
    """Those that differ, each made small."""
    for shell in dict.fromkeys(case.shell for case in cases):
        mine = [case for case in cases if case.shell == shell]
        for start in range(0, len(mine), _AT_ONCE):
            some = mine[start : start + _AT_ONCE]
            for case, difference in zip(some, differences(shell, [it.script for it in some]), strict=True):
                if difference:
                    yield minimised(case, difference)


def differences(shell: str, scripts: Sequence[Block]) -> list[Difference]:
    """Where what a shell requests is not what is found, for each script."""
    texts = [text_of(script) for script in scripts]
    found = [_difference(text, calls) for text, calls in zip(texts, run(texts, shell, VALUES), strict=True)]
    for place, text in enumerate(texts):
        if found[place].invented:
            found[place] = _with_failures(text, shell, found[place])
    return found


def _with_failures(text: str, shell: str, difference: Difference) -> Difference:
    """What is found although no download fails may be for one that does."""
    numbers = dict.fromkeys(_NUMBER.findall(text))
    each = [f":{number[3:-1]}:" for number in numbers]
    for failing in (["all"], each):
        if difference.invented:
            runs = run([text] * len(failing), shell, VALUES, failing)
            difference = replace(difference, invented=difference.invented.difference(*map(_requested, runs)))
    return difference


def minimised(case: Case, difference: Difference) -> Failure:
    """Leave out what can be left out, as long as it goes wrong in the same way."""
    script = case.script
    steps = 0
    going = True
    while going and steps < _MOST_STEPS:
        going = False
        candidates = list(smaller(script))[:_MOST_STEPS]
        for start in range(0, len(candidates), _TRIED_AT_ONCE):
            some = candidates[start : start + _TRIED_AT_ONCE]
            steps += len(some)
            found = differences(case.shell, some)
            worse = next(
                (
                    (one, other)
                    for one, other in zip(some, found, strict=True)
                    if _is_alike(other, difference)
                ),
                None,
            )
            if worse:
                script, difference = worse
                going = True
                break
    return Failure(Case(case.seed, case.shell, script), difference)


def _is_alike(other: Difference, difference: Difference) -> bool:
    """Whether it goes wrong in the same way."""
    return (
        other.followed == difference.followed
        and bool(other)
        and bool(other.missed) >= bool(difference.missed)
    )


def _difference(text: str, calls: Sequence[Sequence[str]]) -> Difference:
    requested = _requested(calls)
    findings = list(of_script(text, _AROUND))
    found = {finding.text for _, finding in findings if isinstance(finding, Found)}
    reported = {
        number
        for _, finding in findings
        if isinstance(finding, Missed)
        for number in _NUMBER.findall(finding.text)
    }
    whole = any(
        isinstance(finding, Missed) and via in _WHOLE and not _NUMBER.search(finding.text)
        for via, finding in findings
    )
    nameless = any(isinstance(it, Missed) and not _NUMBER.search(it.text) for _, it in findings)
    missed = {
        url for url in requested - found if not whole and not _covered(url, reported, nameless=nameless)
    }
    followed = all(via != "pattern" for via, _ in findings)
    invented = {url for url in found - requested if not url.startswith(_MAY_BE)}
    return Difference(frozenset(missed), frozenset(invented), followed)


def _covered(url: str, reported: set[str], *, nameless: bool) -> bool:
    """Whether a line is about it: by its number; a word without one may be about any URL without one."""
    numbers = set(_NUMBER.findall(url))
    return bool(reported & numbers) if numbers else nameless


def _requested(calls: Sequence[Sequence[str]]) -> set[str]:
    """The URLs of the programs' arguments as they came."""
    made = tuple(Call(tuple((word,) if word else () for word in call if word != "-i")) for call in calls)
    return {finding.text for _, finding in of_calls(made) if isinstance(finding, Found)} - {"http://-"}


def _value(name: str) -> str | Hole:
    found = VALUES.get(name)
    return Hole(Why.BASE, Reason("needs-base-image", name), f"${{{name}}}") if found is None else found


_AROUND = Surroundings(_value, "linux/amd64", FETCHERS)


def cases(seed: int, count: int, shells: Sequence[str] = tuple(SHELLS)) -> list[Case]:
    """So many, in the shells by turns."""
    return [Case.of(seed + number, shells[number % len(shells)]) for number in range(count)]
