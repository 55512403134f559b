"""Why an instruction ran, or did not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from freshlayer.decisions.causes import attempted, explain_outcomes, remembered, totals_of
from freshlayer.decisions.key import key_of
from freshlayer.decisions.plan import Known, plan
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import parent_stage
from freshlayer.model.build import Built, InstructionVerdict, LastBuild, StepOutcome
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Certainty, Change, Verdict
from freshlayer.model.progress_event import Counting, ProgressEvent
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past
from freshlayer.reference import parse as reference

URL = reference("https://example.org/a")
TEXT = """\
FROM base AS s1
ARG A
RUN curl https://example.org/a
RUN two
FROM s1
COPY a b
FROM base
COPY --from=s1 /a /a
RUN last
"""
RUN_A, RUN_TWO, COPY_A, COPY_FROM, RUN_LAST = 3, 4, 6, 8, 9


def planned(
    value: str = "v1", *, built: str = "v1", text: str = TEXT, **build_args: str
) -> tuple[InstructionVerdict, ...]:
    """The plan of a Dockerfile whose line 3 reads an origin at one tag, and was built with another."""
    dockerfile = parse(text)
    identity = Identity("etag", value, Strength.STRONG)
    change = Change.UNCHANGED if value == built else Change.CHANGED
    verdict = Verdict(URL, change, Certainty.CERTAIN, Reason("unchanged"), identity)
    line3 = next(i for s in dockerfile.stages for i in s.instructions if i.line == RUN_A)
    parents = {s.number: parent_stage(dockerfile, s, lambda stage: stage.base) for s in dockerfile.stages}
    known = Known({line3.number: (URL,)}, {URL: verdict}, build_args=build_args)
    digest = next(i.digest for i in plan(dockerfile, dockerfile.stages, parents, known) if i.line == RUN_A)
    pairs = ((URL.text, f"etag:{built}"),)
    known = replace(known, built={("s1", digest): Built(pairs, key_of(pairs))})
    return plan(dockerfile, dockerfile.stages, parents, known)


def plain(text: str, **build_args: str) -> tuple[InstructionVerdict, ...]:
    """The plan of a Dockerfile that reads nothing."""
    dockerfile = parse(text)
    return plan(dockerfile, dockerfile.stages, {}, Known({}, {}, build_args=build_args))


def history(instructions: tuple[InstructionVerdict, ...]) -> dict[tuple[str, str], LastBuild]:
    """As if these had just been built, each in two seconds."""
    done = [replace(item, outcome=StepOutcome(cached=False, seconds=2.0)) for item in instructions]
    return {(item.stage, item.digest): remembered(item, None, 7) for item in done}


def outcomes(
    instructions: tuple[InstructionVerdict, ...],
    earlier: Mapping[tuple[str, str], LastBuild],
    ran: set[int],
    *,
    no_cache: bool = False,
    no_cache_stages: tuple[str, ...] = (),
    untold: frozenset[int] = frozenset(),
    given: Mapping[str, Reason] | None = None,
) -> dict[int, StepOutcome]:
    told = {
        item.line: ProgressEvent(
            Counting.FILE, "", 1, 1, "", item.line not in ran, 1.0 if item.line in ran else None
        )
        for item in instructions
        if item.instruction in {"RUN", "COPY"} and item.line not in untold
    }
    found = explain_outcomes(
        instructions,
        told,
        Past(history=earlier, given=given or {}),
        no_cache=no_cache,
        no_cache_stages=no_cache_stages,
    )
    return {item.line: item.outcome for item in found if item.outcome}


def code(outcome: StepOutcome) -> str:
    return outcome.because.code if outcome.because else ""


EVERYTHING = {RUN_A, RUN_TWO, COPY_A, COPY_FROM, RUN_LAST}


def test_a_first_build_was_never_built_here() -> None:
    found = outcomes(planned(), {}, EVERYTHING)
    assert {str(outcome.because) for outcome in found.values()} == {"it was never built here"}
    assert not any(outcome.again for outcome in found.values())


def test_an_input_that_changed_and_all_that_follows() -> None:
    now = planned("v2")
    found = outcomes(now, history(planned()), EVERYTHING)
    assert str(found[RUN_A].because).startswith("its own input: https://example.org/a: was")
    assert str(found[RUN_TWO].because) == "line 3 before it ran"
    assert str(found[COPY_A].because) == "line 3 before it ran"
    assert str(found[COPY_FROM].because) == "it reads from stage s1, where line 3 ran"
    assert str(found[RUN_LAST].because) == "line 8 before it ran"
    assert [line for line, outcome in found.items() if not outcome.follows] == [RUN_A]
    assert all(outcome.expected for outcome in found.values())


def test_a_copy_whose_files_changed() -> None:
    found = outcomes(planned(), history(planned()), {COPY_A})
    assert str(found[COPY_A].because) == "the files that it copies changed"


def test_a_stage_that_continues_a_cached_one_starts_from_no_other_image() -> None:
    text = TEXT.replace("COPY a b", "RUN continued")
    found = outcomes(planned(text=text), history(planned(text=text)), {COPY_A})
    assert not found[COPY_A].expected


@pytest.mark.parametrize("mount", ["target=/x", "type=bind,target=/x", "from=base,target=/x"])
def test_files_that_a_run_mounts_may_have_changed(mount: str) -> None:
    text = TEXT.replace("RUN two", f"RUN --mount={mount} two")
    found = outcomes(planned(text=text), history(planned(text=text)), {RUN_TWO})
    assert str(found[RUN_TWO].because) == "the files that it mounts may have changed"


def test_a_cache_mount_explains_nothing() -> None:
    text = TEXT.replace("RUN two", "RUN --mount=type=cache,target=/x two")
    assert not outcomes(planned(text=text), history(planned(text=text)), {RUN_TWO})[RUN_TWO].expected


def test_an_argument_before_the_first_stage_is_part_of_what_stands_before() -> None:
    text = f"ARG G\n{TEXT}"
    (_, one, *_), (_, other, *_) = (plain(text, G=value) for value in ("1", "2"))
    assert one.chain != other.chain
    assert one.digest == other.digest


def test_a_builder_that_finds_an_addition_unchanged_is_right() -> None:
    item = replace(planned("v2")[2], instruction="ADD", key="")
    told = ProgressEvent(Counting.FILE, "", 1, 1, "", cached=True)
    (found,) = explain_outcomes([item], {item.line: told}, Past(history=history(planned())), no_cache=False)
    assert found.outcome == StepOutcome(cached=True, saved=2.0)


def test_no_cache_explains_everything() -> None:
    found = outcomes(planned(), history(planned()), EVERYTHING, no_cache=True)
    assert {str(outcome.because) for outcome in found.values()} == {"the builder was run with --no-cache"}
    assert [line for line, outcome in found.items() if not outcome.follows] == [RUN_A]


def test_no_cache_for_a_stage_explains_what_ran_there_alone() -> None:
    stages = {item.line: item.stage for item in planned()}
    found = outcomes(planned(), history(planned()), EVERYTHING, no_cache_stages=(stages[RUN_A],))
    told = {
        line
        for line, outcome in found.items()
        if str(outcome.because) == "the builder was run with --no-cache"
    }
    assert told == {line for line in EVERYTHING if stages[line] == stages[RUN_A]} != EVERYTHING


def test_an_emptied_cache_or_another_image_shows_where_a_stage_starts() -> None:
    found = outcomes(planned(), history(planned()), EVERYTHING)
    assert (
        str(found[RUN_A].because) == "its stage starts from another image, or the builder's cache was emptied"
    )
    assert found[RUN_A].expected


@pytest.mark.parametrize("now", [planned(A="2"), planned(text=TEXT.replace("ARG A", "ARG A=2"))])
def test_a_build_arg_or_another_instruction_before_it(now: tuple[InstructionVerdict, ...]) -> None:
    found = outcomes(now, history(planned(A="1")), {RUN_A, RUN_TWO})
    assert str(found[RUN_A].because) == "an earlier instruction or a build argument changed"
    assert found[COPY_FROM].cached


def test_a_build_arg_that_a_stage_does_not_declare_explains_nothing() -> None:
    found = outcomes(planned(B="2"), history(planned(B="1")), {RUN_TWO})
    assert not found[RUN_TWO].expected


def test_what_nothing_explains_is_said_to_be_wrong() -> None:
    found = outcomes(planned(), history(planned()), {RUN_TWO})
    assert not found[RUN_TWO].expected
    assert code(found[RUN_TWO]) == "unexpected-rebuild"
    assert "please report it" in str(found[RUN_TWO].because)


def test_a_key_in_an_older_format_explains_one_rebuild() -> None:
    before = {
        place: replace(last, keys=tuple(key * 2 for key in last.keys))
        for place, last in history(planned()).items()
    }
    found = outcomes(planned(), before, {RUN_A})
    assert (code(found[RUN_A]), found[RUN_A].expected) == ("key-format-changed", True)
    again = {
        (item.stage, item.digest): remembered(item, before[item.stage, item.digest], 8) for item in planned()
    }
    assert code(outcomes(planned(), again, {RUN_A})[RUN_A]) != "key-format-changed"


def test_where_something_is_not_told_it_may_be_the_cause() -> None:
    found = outcomes(planned(), history(planned()), {RUN_TWO, COPY_A, RUN_LAST}, untold=frozenset({RUN_A}))
    assert (found[RUN_TWO].because, found[RUN_TWO].expected) == (None, True)
    assert str(found[COPY_A].because) == "line 4 before it ran"
    assert not found[RUN_LAST].expected
    found = outcomes(planned(), history(planned()), {COPY_A, COPY_FROM}, untold=frozenset({RUN_A}))
    assert found[COPY_A].because is found[COPY_FROM].because is None


def test_a_new_key_that_was_cached_is_said_to_be_wrong() -> None:
    found = outcomes(planned("v2"), history(planned()), set())
    assert not found[RUN_A].expected
    assert code(found[RUN_A]) == "unexpected-cache"


def test_a_key_that_was_built_before_may_be_cached() -> None:
    before = history(planned())
    later = planned("v2")
    before |= {
        (item.stage, item.digest): remembered(item, before[item.stage, item.digest], 8) for item in later
    }
    found = outcomes(planned("v1", built="v2"), before, set())
    assert found[RUN_A] == StepOutcome(cached=True, saved=2.0, because=Reason("built-before"))


def test_a_key_that_a_failed_build_left_behind_may_be_cached() -> None:
    before = history(planned())
    before |= {
        (item.stage, item.digest): attempted(item, before[item.stage, item.digest]) for item in planned("v2")
    }
    assert outcomes(planned("v2"), before, set())[RUN_A].expected


def test_a_cold_state_is_surprised_by_no_cache() -> None:
    found = outcomes(planned("v2"), {}, set())
    assert str(found[RUN_A].because) == "the builder had it from another build with the same inputs"
    assert found[RUN_A].expected


def test_a_random_key_is_not_remembered() -> None:
    item = replace(planned()[2], key="f" * 32, pairs=((URL.text, "nonce:1"),))
    assert remembered(item, None, 7).keys == ()


def test_how_long_it_took_is_kept_while_it_is_cached() -> None:
    item = planned()[2]
    before = LastBuild(item.chain, (item.key,), 2.0, 7)
    assert remembered(replace(item, outcome=StepOutcome(cached=True)), before, 9) == before
    ran = remembered(replace(item, outcome=StepOutcome(cached=False, seconds=3.0)), before, 9)
    assert (ran.seconds, ran.at) == (3.0, 9)
    assert remembered(item, before, 9) == before


def test_the_sum_of_it() -> None:
    every = [
        StepOutcome(cached=False, seconds=1.5, again=False),
        StepOutcome(cached=True, saved=2.0),
        StepOutcome(cached=True),
    ]
    total = totals_of(every)
    assert (total.ran, total.again, total.cached, total.seconds, total.saved) == (1, False, 2, 1.5, 2.0)


def test_another_build_that_had_the_key_explains_a_cached_instruction() -> None:
    now = planned("v2")
    key = next(item.key for item in now if item.line == RUN_A)
    found = outcomes(now, history(planned()), set(), given={key: Reason("built-elsewhere", "/b/Dockerfile")})
    assert str(found[RUN_A].because) == "/b/Dockerfile: another build had the same inputs"
    assert found[RUN_A].expected


def test_what_follows_an_instruction_with_other_inputs_may_run_though_that_was_cached() -> None:
    now = planned("v2")
    found = outcomes(
        now,
        history(planned()),
        {RUN_TWO, COPY_A},
        given={it.key: Reason("built-elsewhere") for it in now if it.key},
    )
    assert str(found[RUN_TWO].because) == "line 3 before it was built with other inputs, and was cached"
    assert found[RUN_TWO].follows
    assert str(found[COPY_A].because) == "line 4 before it ran"


def test_an_edited_instruction_is_its_own_reason_and_that_of_what_follows() -> None:
    before = history(planned())
    now = tuple(replace(item, edited=item.line == RUN_TWO) for item in planned())
    unknown = {
        place: it
        for place, it in before.items()
        if place != next((it.stage, it.digest) for it in now if it.line == RUN_TWO)
    }
    found = outcomes(now, unknown, {RUN_TWO, COPY_A})
    assert str(found[RUN_TWO].because) == "it was edited since the last build"
    assert str(found[COPY_A].because) == "line 4 before it ran"
    shifted = {place: replace(it, chain="another") for place, it in before.items()}
    edited = tuple(replace(item, edited=item.line == 2) for item in planned())
    assert (
        str(outcomes(edited, shifted, {RUN_A})[RUN_A].because)
        == "line 2 before it was edited since the last build"
    )


def test_a_chain_of_an_older_freshlayer_explains_nothing() -> None:
    older = {place: replace(it, chain="") for place, it in history(planned()).items()}
    assert not str(outcomes(planned(), older, {RUN_TWO})[RUN_TWO].because).startswith("an earlier")
