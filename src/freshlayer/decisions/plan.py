"""Verdicts → state, reason and key of every instruction. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.decisions.key import key_of
from freshlayer.decisions.marks import Mark, marks
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.reach import sources_of
from freshlayer.model.build import Built, InstructionState, InstructionVerdict, Pairs
from freshlayer.model.evidence import Evidence, Identity, contrast
from freshlayer.model.key_identities import KeyIdentity, Nonce, Tainted, Unseen, read_key_identity
from freshlayer.model.observation import Change, Verdict, brief_of
from freshlayer.model.reasons import Reason, about, followed_by, joined
from freshlayer.reference import Reference, shown

if TYPE_CHECKING:
    from freshlayer.model.packages import PackagesRead, PackageVerdict

NEVER_BUILT = Reason("never-built", detail="never built through freshlayer")
_NO_INPUT = Reason("no-input", detail="no remote input")
_LONGEST_PATH = 200


class Expected(Struct, frozen=True):
    """What a lock file has of the references of one Dockerfile, where nothing was built here.

    ``verdicts``: relative to the identity in the file. ``missing``: why a reference has none.
    """

    verdicts: Mapping[Reference, Verdict] = field(default_factory=dict)
    missing: Mapping[Reference, Reason] = field(default_factory=dict)


class Known(Struct, frozen=True):
    """What the plan is made from, besides the Dockerfile.

    ``built``: (stage label, digest of the instruction) → what it was last built with; ``unbuilt``: why no
    build is known. ``edited``: those whose text is another than at the last build. ``taints``: (reference,
    identity) → how often a build may have mixed it up with another version (rule 9). ``nonce``: not empty
    where an unknown input has to rebuild (``--on-unknown rebuild``). ``build_args``: those that are given.
    ``expected``: None where no identities file is compared. ``marks``: as of ``marks.marks``, if they are
    known already. ``packages``: instruction number → the packages that it
    installs. ``installed``: digest of an instruction → its packages in the lock file. ``resolved``:
    instruction number → the images that the builder itself resolves there and keys its cache on, so that they
    are no part of our key. ``local``: the numbers of instructions that read an image of this machine alone.
    ``created``: the day on which an image was made, by its configuration. ``now``: seconds since 1970.
    """

    by_instruction: Mapping[int, tuple[Reference, ...]]
    verdicts: Mapping[Reference, Verdict]
    built: Mapping[tuple[str, str], Built] = field(default_factory=dict)
    taints: Mapping[tuple[str, str], int] = field(default_factory=dict)
    nonce: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    expected: Expected | None = None
    unbuilt: Callable[[tuple[str, str]], Reason] | None = None
    edited: Collection[tuple[str, str]] = ()
    marks: Mapping[int, Mark] = field(default_factory=dict)
    packages: Mapping[int, tuple[PackagesRead, ...]] = field(default_factory=dict)
    installed: Mapping[str, Pairs] = field(default_factory=dict)
    resolved: Mapping[int, frozenset[Reference]] = field(default_factory=dict)
    local: frozenset[int] = frozenset()
    created: Mapping[Reference, str] = field(default_factory=dict)
    now: int = 0


class _Earlier(Struct, frozen=True):
    """The first instruction before this one in its stage that is not fresh, if any.

    ``reason``: that of what has none of its own.
    """

    state: InstructionState = InstructionState.FRESH
    reason: Reason = _NO_INPUT


def plan(
    dockerfile: Dockerfile, stages: Iterable[Stage], parents: Mapping[int, Stage | None], known: Known
) -> tuple[InstructionVerdict, ...]:
    """InstructionState, reason and key of every instruction of these stages, in the order of the file."""
    wanted = list(stages)
    if not known.marks:
        known = replace(known, marks=marks(dockerfile, wanted, parents, known.build_args))
    planner = _Planner(dockerfile, parents, known)
    return tuple(verdict for stage in wanted for verdict in planner.stage(stage))


class _Planner:
    """Walks the stages in order, and remembers how each of them ended."""

    def __init__(self, dockerfile: Dockerfile, parents: Mapping[int, Stage | None], known: Known) -> None:
        self._dockerfile = dockerfile
        self._parents = parents
        self._known = known
        self._ends: dict[int, _Earlier] = {}

    def stage(self, stage: Stage) -> Iterator[InstructionVerdict]:
        parent = self._parents.get(stage.number)
        earlier = self._ends.get(parent.number, _Earlier()) if parent else _Earlier()
        label = stage.label
        for instruction in (stage.start, *stage.instructions):
            mark = self._known.marks[instruction.number]
            if self._is_plain(instruction, mark):
                verdict = self._plain(label, instruction, mark, earlier)
            else:
                verdict = self._instruction(stage, instruction, mark, earlier)
            yield verdict
            if _goes_before(verdict, earlier):
                earlier = _Earlier(verdict.state, _because(verdict))
        self._ends[stage.number] = earlier

    def _is_plain(self, instruction: Instruction, mark: Mark) -> bool:
        """Whether nothing of its own decides its state, as of most."""
        known, number = self._known, instruction.number
        return not (
            instruction.flags
            or instruction.name == "FROM"
            or number in known.by_instruction
            or number in known.packages
            or number in known.local
            or (known.built and mark.place in known.built)
        )

    def _plain(
        self, label: str, instruction: Instruction, mark: Mark, earlier: _Earlier
    ) -> InstructionVerdict:
        edited = self._known.edited
        return InstructionVerdict(
            instruction.line,
            instruction.end_line,
            label,
            instruction.name,
            earlier.state,
            earlier.reason,
            digest=mark.digest,
            chain=mark.chain,
            edited=bool(edited) and mark.place in edited,
        )

    def _sources(self, stage: Stage, instruction: Instruction) -> tuple[str, ...]:
        """The labels of the stages that an instruction continues or reads."""
        if not instruction.flags and instruction.name != "FROM":
            return ()
        parent = self._parents.get(stage.number) if instruction.name == "FROM" else None
        named = [self._dockerfile.stage_named(n) for n in sources_of(instruction.name, instruction.flags)]
        return tuple(dict.fromkeys(found.label for found in (parent, *named) if found))

    def _instruction(
        self, stage: Stage, instruction: Instruction, mark: Mark, earlier: _Earlier
    ) -> InstructionVerdict:
        references = self._known.by_instruction.get(instruction.number, ())
        packages, of_packages = self._packages(instruction.number, mark)
        pairs = self._pairs(references, of_packages)
        resolved = self._known.resolved.get(instruction.number)
        keyed = pairs
        if resolved:
            keyed = self._pairs((it for it in references if it not in resolved), of_packages)
        state, reason = self._own(instruction, mark, references, pairs, packages)
        changed = state is InstructionState.STALE
        if earlier.state is not InstructionState.FRESH and not changed:
            state, reason = earlier.state, earlier.reason
        return InstructionVerdict(
            line=instruction.line,
            end_line=instruction.end_line,
            stage=stage.label,
            instruction=instruction.name,
            state=state,
            reason=reason,
            key=key_of(keyed) if keyed and instruction.name == "RUN" else "",
            pairs=pairs,
            digest=mark.digest,
            chain=mark.chain,
            changed=changed,
            edited=mark.place in self._known.edited,
            sources=self._sources(stage, instruction),
            mounts=any(map(_binds, instruction.flags)),
            packages=packages,
        )

    def _packages(self, number: int, mark: Mark) -> tuple[tuple[PackageVerdict, ...], Pairs]:
        """What an instruction installs, against its last build; and the pairs of that."""
        known, read = self._known, self._known.packages.get(number)
        if not read:
            return (), ()
        from freshlayer.decisions.packages import judged, tainted  # noqa: PLC0415 - few install packages

        built = known.built.get(mark.place)
        if built is None and mark.digest in known.installed:
            built = Built(known.installed[mark.digest], "")
        found = [judged(it, built, known.nonce) for it in read]
        pairs = [
            (text, tainted(text, identity, known.taints)) for _, of_one in found for text, identity in of_one
        ]
        return tuple(verdict for verdict, _ in found), tuple(pairs)

    def _pairs(self, references: Iterable[Reference], of_packages: Pairs) -> Pairs:
        of_references = tuple([(it.text, str(_identity(it, self._known))) for it in references])
        if len(of_references) == 1 and not of_packages:
            return of_references
        return tuple(sorted({**dict(of_packages), **dict(of_references)}.items()))

    def _own(
        self,
        instruction: Instruction,
        mark: Mark,
        references: tuple[Reference, ...],
        pairs: Pairs,
        packages: tuple[PackageVerdict, ...],
    ) -> tuple[InstructionState, Reason]:
        """InstructionState and reason, as if nothing before it were stale."""
        built = self._known.built.get(mark.place)
        if pairs and built is None:
            return _unbuilt(references, self._known, mark, packages)
        if pairs and built is not None:
            return self._of_inputs(references, pairs, built, packages)
        if built is not None and built.key:
            removed = str(difference(built.pairs, ()))
            detail = f"it had a key and has none now: {removed}"
            return InstructionState.STALE, Reason("key-removed", detail=detail)
        return self._without_input(instruction)

    def _of_inputs(
        self,
        references: tuple[Reference, ...],
        pairs: Pairs,
        built: Built,
        packages: tuple[PackageVerdict, ...],
    ) -> tuple[InstructionState, Reason]:
        verdicts = [brief_of(self._known.verdicts, reference) for reference in references]
        unknown = [verdict.explanation for verdict in verdicts if not verdict.is_observed]
        unknown += _unknown(packages)
        by = f" (built by {shown(built.dockerfile, _LONGEST_PATH)})" if built.dockerfile else ""
        if built.pairs != pairs:
            moved = self._dated(references, difference(built.pairs, pairs, packages))
            return InstructionState.STALE, replace(moved, detail=f"{moved.detail}{by}")
        if unknown:
            return InstructionState.UNKNOWN, _kept(unknown)
        if any(verdict.change is Change.CHANGED for verdict in verdicts):
            detail = f"its inputs are again what it was built with{by}"
            return InstructionState.FRESH, Reason("input-restored", detail=detail)
        same = Reason("unchanged", detail=f"no input changed{by}")
        notes = [about(str(it.reference), note) for it in verdicts for note in it.notes]
        return InstructionState.FRESH, joined([same, *notes])

    def _dated(self, references: Iterable[Reference], moved: Reason) -> Reason:
        """With the age of the image that it is about, where it or the registry states that."""
        from freshlayer.model.age import age  # noqa: PLC0415 - of an image that moved

        verdict = next((self._known.verdicts[it] for it in references if it.text == moved.subject), None)
        if verdict is None:
            return moved
        stated = _created(verdict.keep.evidence) if verdict.keep else ""
        day = stated or self._known.created.get(verdict.reference, "")
        ago = age(day, self._known.now)
        return replace(moved, detail=f"{moved.detail} (created {ago})") if ago else moved

    def _without_input(self, instruction: Instruction) -> tuple[InstructionState, Reason]:
        for name in sources_of(instruction.name, instruction.flags):
            source = self._dockerfile.stage_named(name)
            if source and self._ends.get(source.number, _Earlier()).state is not InstructionState.FRESH:
                detail = f"reads from stage {source.label}: it runs again if the files there differ"
                return InstructionState.UNKNOWN, Reason("reads-stage", detail=detail)
        if instruction.number in self._known.local:
            return InstructionState.FRESH, Reason("local-image")
        return InstructionState.FRESH, _NO_INPUT


def _created(evidence: tuple[Evidence, ...]) -> str:
    """The date that a registry states of an image."""
    from freshlayer.evidence.images import CREATED, value_of  # noqa: PLC0415 - an image that moved

    return value_of(evidence, CREATED)


def _unbuilt(
    references: tuple[Reference, ...], known: Known, mark: Mark, packages: tuple[PackageVerdict, ...]
) -> tuple[InstructionState, Reason]:
    """An instruction without a record: the lock file knows what another machine built it with."""
    expected = known.expected
    why = known.unbuilt(mark.place) if known.unbuilt is not None else NEVER_BUILT
    if expected is None:
        return InstructionState.STALE, why
    missing = [expected.missing[r] for r in references if r in expected.missing]
    if packages and mark.digest not in known.installed:
        missing.append(Reason("identities-lack-it", "packages", "they are not in the lock file"))
    if missing:
        return InstructionState.STALE, joined([why, *missing])
    verdicts = [expected.verdicts[reference] for reference in references]
    changed = [item.explanation for item in verdicts if item.change is Change.CHANGED]
    changed += _changed(packages)
    if changed:
        reason = joined(changed)
        compared = replace(reason, detail=f"{reason.detail} (compared with the lock file)")
        return InstructionState.STALE, compared
    unknown = [item.explanation for item in verdicts if not item.is_observed] + _unknown(packages)
    if unknown:
        return InstructionState.UNKNOWN, _kept(unknown)
    detail = "no input changed since the lock file was written"
    return InstructionState.FRESH, Reason("unchanged", detail=detail)


def _changed(packages: Iterable[PackageVerdict]) -> list[Reason]:
    from freshlayer.decisions.packages import changes_text  # noqa: PLC0415 - where there is a lock file

    return [Reason("packages-changed", detail=changes_text(it)) for it in packages if it.changes]


def _unknown(packages: Iterable[PackageVerdict]) -> list[Reason]:
    return [about(it.manager, it.problem) for it in packages if it.problem and it.kept]


def _kept(unknown: Iterable[Reason]) -> Reason:
    return followed_by(joined(unknown), "the recorded identity is kept")


def _goes_before(verdict: InstructionVerdict, earlier: _Earlier) -> bool:
    """Whether this is the cause for later instructions: the first stale one, else the first unknown one.

    An input that can't be probed keeps its key, so it changes nothing after it.
    """
    if verdict.state is InstructionState.STALE:
        return earlier.state is not InstructionState.STALE
    return (
        verdict.state is InstructionState.UNKNOWN
        and not verdict.pairs
        and earlier.state is InstructionState.FRESH
    )


def _binds(flag: str) -> bool:
    """Whether a flag of a RUN mounts files: a mount of no type is a bind mount."""
    name, _, value = flag.partition("=")
    fields = dict(item.partition("=")[::2] for item in value.split(","))
    return name == "--mount" and fields.get("type", "bind") == "bind"


def _because(cause: InstructionVerdict) -> Reason:
    what = "is stale" if cause.state is InstructionState.STALE else "may run again"
    return Reason("follows", detail=f"follows line {cause.line}, which {what}")


def _identity(reference: Reference, known: Known) -> KeyIdentity:
    verdict = brief_of(known.verdicts, reference)
    if known.nonce and not verdict.is_observed:
        return Nonce(known.nonce)
    if verdict.identity is None:
        return Unseen()
    times = known.taints.get((reference.text, str(verdict.identity)), 0) if known.taints else 0
    return Tainted(verdict.identity, times) if times else verdict.identity


def difference(old: Pairs, new: Pairs, packages: Sequence[PackageVerdict] = ()) -> Reason:
    """Why a key differs: which inputs changed, which were added and removed; packages by manager."""
    from freshlayer.decisions.packages import moved_packages  # noqa: PLC0415 - where something changed

    before, now = _without_packages(old), _without_packages(new)
    reasons = [
        _moved(reference, before[reference], now[reference])
        for reference in sorted(before.keys() & now.keys())
        if before[reference] != now[reference]
    ]
    added, removed = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    reasons += [Reason("input-added", detail=f"now reads {reference}") for reference in added]
    reasons += [Reason("input-removed", detail=f"no longer reads {reference}") for reference in removed]
    reasons += moved_packages(old, new, packages)
    return joined(reasons) if reasons else Reason("input-changed")


def _without_packages(pairs: Pairs) -> dict[str, str]:
    from freshlayer.model.package_references import manager_of  # noqa: PLC0415 - where something changed

    return {reference: identity for reference, identity in pairs if not manager_of(reference)}


def _moved(reference: str, old: str, new: str) -> Reason:
    before, now = read_key_identity(old), read_key_identity(new)
    if isinstance(now, Nonce):
        detail = "it can't be probed, and --on-unknown is rebuild"
        return Reason("rebuild-on-unknown", reference, detail)
    if isinstance(now, Tainted):
        return Reason("moved-during-build", reference, f"was {shown(old)}, now {shown(new)}")
    if isinstance(before, Identity) and isinstance(now, Identity):
        return Reason("input-changed", reference, shown(contrast(before, now), 2 * _LONGEST_PATH))
    return Reason("input-changed", reference, f"was {shown(old)}, now {shown(new)}")
