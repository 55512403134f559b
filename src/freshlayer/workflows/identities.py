"""The identities file of a run: what it knows of a Dockerfile, and what a build or a render writes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from freshlayer.context import Source
from freshlayer.decisions.packages import manager_of
from freshlayer.decisions.plan import Expected
from freshlayer.decisions.verdict import relative_to
from freshlayer.errors import StateError
from freshlayer.lock.identities_file import is_gone, user_name, write_identities
from freshlayer.model.build import Pairs
from freshlayer.model.evidence import Identity
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import Reference, shown
from freshlayer.workflows.session import Session


def expected(
    source: Source,
    verdicts: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
    session: Session,
) -> Expected | None:
    """The verdicts relative to the file; None without a file, or with an empty one.

    An entry counts for the Dockerfiles that it names: a new one that reads the same URL was never built.
    """
    if session.identities_path is None or not (session.identities or session.installed):
        return None
    user = _user(session.identities_path, source)
    found: dict[Reference, Verdict] = {}
    missing: dict[Reference, Reason] = {}
    for reference, verdict in verdicts.items():
        entry = session.identities.get(reference.text)
        if entry is None:
            detail = "it is not in the identities file"
            missing[reference] = Reason("identities-lack-it", str(reference), detail)
        elif entry.used_by and user not in entry.used_by:
            others = ", ".join(entry.used_by)
            detail = f"the identities file has it for {shown(others, 80)} only"
            missing[reference] = Reason("identities-of-others", str(reference), detail)
        else:
            found[reference] = relative_to(entry.identity, verdict, recorded.get(reference))
    return Expected(found, missing)


def keep_identities(built: Sequence[tuple[Source, Report]], session: Session) -> None:
    """Several targets may share a Dockerfile, which then uses what any of them reads."""
    path, found = session.identities_path, dict[str, dict[str, Identity]]()
    packages: dict[str, dict[str, Pairs]] = {}
    if path is None:
        return
    for source, report in built:
        known = {r.text: verdict.identity for r, verdict in report.verdicts.items() if verdict.identity}
        found.setdefault(_user(path, source), {}).update(known)
        packages.setdefault(_user(path, source), {}).update(_installed(report))
    try:
        for user, identities in found.items():
            gone = partial(is_gone, path)
            write_identities(path, user, list(identities.items()), gone, packages[user])
    except OSError as error:
        session.warn(f"{path}: the identities were not written: {error.strerror} (name another file)")
    except StateError as error:
        session.warn(f"{error}; the identities were not written")


def installed(source: Source, session: Session) -> dict[str, Pairs]:
    """Digest of an instruction → the packages that the file has for it."""
    if session.identities_path is None:
        return {}
    user = _user(session.identities_path, source)
    return {instruction: pairs for (name, instruction), pairs in session.installed.items() if name == user}


def _installed(report: Report) -> Iterator[tuple[str, Pairs]]:
    for item in report.instructions:
        pairs = tuple(pair for pair in item.pairs if manager_of(pair[0]))
        if item.packages and pairs:
            yield item.digest, pairs


def _user(path: Path, source: Source) -> str:
    return user_name(path, source.path) if source.path else source.shown
