"""The verdicts of a run: of an answer of 304 they are made again from the record."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.inputs import Place, RemoteInput
from freshlayer.model.observation import Change, Observation, ProbeOutcome, Recorded, Verdict, brief_of
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference, parse
from freshlayer.state.observations import Recalled, row_of
from freshlayer.workflows.judged import InOrder, Judged

A, B, C = (parse(f"https://example.org/{name}") for name in "abc")


def known(value: str) -> Recorded:
    found = (Evidence("etag", value, Strength.STRONG),)
    return Recorded(Identity("etag", value, Strength.STRONG), found, Validators(f'"{value}"'), 7, 7)


RECORDED = {A: known("1"), B: known("2")}


def seen(reference: Reference, outcome: ProbeOutcome, *evidence: Evidence) -> Observation:
    return Observation(reference, outcome, Reason("not-modified"), evidence)


def judged(*observations: Observation) -> tuple[Judged, dict[Reference, Verdict]]:
    found, plain = Judged(RECORDED), {}
    for one in observations:
        verdict = judge(RECORDED.get(one.reference), one)
        plain[one.reference] = verdict
        found.add(verdict, RECORDED.get(one.reference))
    return found, plain


OBSERVED = (
    seen(B, ProbeOutcome.NOT_MODIFIED),
    seen(C, ProbeOutcome.UNKNOWN),
    seen(A, ProbeOutcome.SEEN, Evidence("etag", "3", Strength.STRONG)),
)


def test_each_verdict_is_what_it_was() -> None:
    found, plain = judged(*OBSERVED)
    assert dict(found) == plain
    assert list(found) == [B, C, A]
    assert found.unobserved == (plain[C],)
    assert (found[B].change, found[A].change) == (Change.UNCHANGED, Change.CHANGED)


def test_a_brief_verdict_lacks_the_record_alone() -> None:
    rows = [row_of(it, recorded, 7) for it, recorded in RECORDED.items()]
    found = Judged(Recalled(rows, {it.text: it for it in RECORDED}))
    plain = {one.reference: judge(RECORDED.get(one.reference), one) for one in OBSERVED}
    for one, known in zip(OBSERVED, (RECORDED[B], None, RECORDED[A]), strict=True):
        found.add(plain[one.reference], known)
    assert found.brief(B) == replace(plain[B], keep=None)
    assert [brief_of(found, it) for it in (A, C)] == [plain[A], plain[C]]
    assert [brief_of(plain, it) for it in (A, B)] == [plain[A], plain[B]]


def test_only_of_a_304_the_record_stays() -> None:
    found, _ = judged(*OBSERVED, seen(A, ProbeOutcome.NOT_MODIFIED))
    assert [it for it in (A, B, C) if it in found.as_recorded] == [A, B]


def test_verdicts_of_one_dockerfile_are_in_its_order() -> None:
    unknown = [seen(it, ProbeOutcome.UNKNOWN) for it in (C, A)]
    found, plain = judged(*unknown, seen(B, ProbeOutcome.NOT_MODIFIED))
    inputs = [RemoteInput(it, (Place(1, "RUN", "0", "curl"),)) for it in (A, B, C)]
    in_order = InOrder(found, inputs)
    assert list(in_order.items()) == [(it, plain[it]) for it in (A, B, C)]
    assert in_order.unobserved == (plain[A], plain[C])


def test_another_record_is_not_taken_for_that_of_the_verdict() -> None:
    found = Judged({A: known("1")})
    verdict = judge(known("1"), seen(A, ProbeOutcome.NOT_MODIFIED))
    found.add(replace(verdict, identity=known("9").identity), verdict.keep)
    assert found[A].identity == known("9").identity
    assert A not in found.as_recorded
