"""All that pip would install for a command: the requirements of its packages, resolved as pip does it.

resolvelib, which pip itself uses, decides. What it needs is found out by a walk that takes the best file of
each project; only where that differs from the resolution are more files needed, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from resolvelib import ResolutionImpossible, ResolutionTooDeep, Resolver

from freshlayer.model.packages import ChosenPackage, Resolution
from freshlayer.model.reasons import Reason
from freshlayer.packages.decided import Decisions
from freshlayer.packages.in_step import Steps
from freshlayer.packages.pypi.choose import fitting
from freshlayer.packages.pypi.known import (
    Conditions,
    Known,
    NoMetadataError,
    UnansweredError,
    UnreachableError,
)
from freshlayer.packages.pypi.needs import Need, dependencies, needs_of, provided
from freshlayer.packages.pypi.provider import Pick, Provider
from freshlayer.packages.pypi.uv import UvProvider

_MOST_ROUNDS = 48
_MOST_FILES = 4000
_MOST_STEPS = 2000
_UNKNOWN = "closure-unknown"


def closure(
    wanted: Sequence[tuple[str, Requirement]], conditions: Conditions, left_out: Sequence[Requirement] = ()
) -> Steps[Resolution]:
    """All packages of a command. ``wanted``: word and requirement, those whose marker holds.

    ``left_out``: what has to fit with them, and is not installed: it adds no package. With the problem
    ``closure-unknown``, the named packages can be known all the same.
    """
    if conditions.target.python is None:
        return _unknown("the version of Python in the base image is not known")
    known = Known(conditions)
    for _ in range(_MOST_ROUNDS):
        known.missing.clear()
        found = _resolved(wanted, left_out, known)
        if not known.missing or found.unreachable:
            return found
        if len(known.answers) + len(known.missing) > _MOST_FILES:
            return _unknown(f"it needs more than {_MOST_FILES} files of the index")
        files = tuple(known.missing)
        known.answers.update((yield files))
    return _unknown(f"it needs more than {_MOST_ROUNDS} rounds of requests")


def _unknown(detail: str) -> Resolution:
    return Resolution(problem=Reason(_UNKNOWN, detail=detail))


def _resolved(
    wanted: Sequence[tuple[str, Requirement]], left_out: Sequence[Requirement], known: Known
) -> Resolution:
    """The packages; with ``known.missing``, as far as it can be seen now."""
    own = [need for word, it in wanted for need in needs_of(it, word)]
    needs = [*own, *(need for it in left_out for need in needs_of(it, ""))]
    try:
        _walk(needs, known)
        if known.missing:
            return Resolution()
        provider = (UvProvider if known.conditions.first else Provider)(known, needs)
        result = Resolver(provider, Decisions[Need, Pick](provider)).resolve(needs, max_rounds=_MOST_STEPS)
    except UnansweredError:
        return Resolution()
    except UnreachableError as error:
        return Resolution(problem=error.reason, unreachable=True)
    except NoMetadataError as error:
        return _unknown(f"the index has no metadata of {error}, so that what it requires is not known")
    except ResolutionTooDeep:
        return _unknown(f"it takes more than {_MOST_STEPS} steps")
    except ResolutionImpossible:
        return _unknown("no versions fit together")
    graph = result.graph
    above = {key: next((it for it in graph.iter_parents(key) if it is not None), None) for key in graph}
    installed = _reached((need.key for need in own), graph.iter_children)
    picks = (pick for key, pick in result.mapping.items() if key in installed)
    return Resolution(tuple(_chosen(own, picks, above)))


def _reached(
    keys: Iterable[str], children: Callable[[str | None], Iterable[str | None]]
) -> frozenset[str | None]:
    """These, and what they require."""
    waiting: list[str | None] = list(keys)
    found: dict[str | None, None] = {}
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = None
            waiting += children(key)
    return frozenset(found)


def _chosen(
    needs: Sequence[Need], picks: Iterable[Pick], above: dict[str | None, str | None]
) -> Iterator[ChosenPackage]:
    words: dict[str, str] = {}
    for need in needs:
        words.setdefault(need.name, need.word)
    found: dict[str, ChosenPackage] = {}
    for pick in picks:
        file = pick.candidate.file if pick.candidate else None
        if file is None or pick.candidate is None:
            continue
        digest = f"sha256:{file.sha256}" if file.sha256 else ""
        named = pick.name in words
        parent = (above.get(pick.name) or "").partition("[")[0]
        by = words[pick.name] if named else parent
        found[f"pkg:pypi/{pick.name}"] = ChosenPackage(
            f"pkg:pypi/{pick.name}", pick.name, str(pick.candidate.version), digest, by, named=named
        )
    yield from (found[purl] for purl in sorted(found))


def _walk(needs: Sequence[Need], known: Known) -> None:
    """Note what is missing where each project's best file that fits is taken."""
    waiting, specifiers = list(needs), dict[str, list[SpecifierSet]]()
    seen: set[tuple[str, frozenset[str], str]] = set()
    while waiting:
        need = waiting.pop(0)
        bounds = specifiers.setdefault(need.name, [*known.conditions.bounds(need.name)])
        bounds.append(need.specifier)
        try:
            offered = known.offered(need.name)
            by_candidate = {id(it): page for page, it in offered}
            best = next(iter(fitting((it for _, it in offered), bounds, pre=known.conditions.pre)), None)
            if best is None or (need.name, need.extras, best.file.name) in seen:
                continue
            seen.add((need.name, need.extras, best.file.name))
            metadata = known.metadata(by_candidate[id(best)], best)
        except UnansweredError:
            continue
        if len(seen) < _MOST_FILES:
            waiting += dependencies(metadata.requires, need.extras & provided(metadata.extras), known)
