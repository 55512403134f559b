from __future__ import annotations

import pytest

from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import reachable, sources_of
from freshlayer.errors import DockerfileError


def labels(text: str, target: str = "", *, every_earlier: bool = False) -> list[str]:
    found = reachable(parse(text), target, lambda stage: stage.base, every_earlier=every_earlier)
    return [stage.label for stage in found]


CASES = [
    ("a single stage", "FROM a", "", ["0"]),
    ("the last stage alone", "FROM a AS x\nFROM b AS y", "", ["y"]),
    ("FROM stage", "FROM a AS x\nFROM b AS y\nFROM x AS z", "", ["x", "z"]),
    ("FROM stage, in other letters", "FROM a AS x\nFROM X AS z", "", ["x", "z"]),
    ("COPY --from name", "FROM a AS x\nFROM b AS y\nCOPY --from=x /a /a", "", ["x", "y"]),
    ("COPY --from number", "FROM a\nFROM b\nFROM c\nCOPY --from=1 /a /a", "", ["1", "2"]),
    ("COPY --from image", "FROM a AS x\nFROM b AS y\nCOPY --from=busybox /a /a", "", ["y"]),
    (
        "RUN --mount=from",
        "FROM a AS x\nFROM b AS y\nRUN --mount=type=bind,from=x,target=/m a",
        "",
        ["x", "y"],
    ),
    (
        "RUN --mount=from in any order, second flag",
        "FROM a AS x\nFROM b AS y\nRUN --mount=type=cache,target=/c --mount=from=x,target=/m a",
        "",
        ["x", "y"],
    ),
    (
        "a chain",
        "FROM a AS w\nFROM w AS x\nFROM b AS other\nFROM c AS y\nCOPY --from=x /a /a\nFROM y",
        "",
        ["w", "x", "y", "4"],
    ),
    ("a target", "FROM a AS x\nFROM x AS y\nFROM y AS z", "y", ["x", "y"]),
    ("a target in other letters", "FROM a AS x\nFROM x AS y\nFROM y AS z", "Y", ["x", "y"]),
    ("a target by number", "FROM a AS x\nFROM b AS y", "0", ["x"]),
    ("a later stage is an image to an earlier one", "FROM y AS x\nFROM b AS y", "x", ["x"]),
    ("COPY --from itself", "FROM a AS x\nCOPY --from=x /a /a", "", ["x"]),
]


@pytest.mark.parametrize(
    ("text", "target", "wanted"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_only_what_the_target_needs_is_built(text: str, target: str, wanted: list[str]) -> None:
    assert labels(text, target) == wanted


def test_the_classic_builder_builds_every_earlier_stage() -> None:
    text = "FROM a AS x\nFROM b AS y\nFROM c AS z\n"
    assert labels(text, "y", every_earlier=True) == ["x", "y"]
    assert labels(text, every_earlier=True) == ["x", "y", "z"]


@pytest.mark.parametrize("every_earlier", [True, False])
def test_an_unknown_target_is_an_error_that_names_it(*, every_earlier: bool) -> None:
    with pytest.raises(DockerfileError, match="nowhere"):
        labels("FROM a AS x", "nowhere", every_earlier=every_earlier)


def test_the_base_of_a_stage_is_compared_expanded() -> None:
    dockerfile = parse("ARG B=x\nFROM a AS x\nFROM $B\n")
    found = reachable(dockerfile, "", lambda stage: stage.base.replace("$B", "x"), every_earlier=False)
    assert [stage.label for stage in found] == ["x", "1"]


@pytest.mark.parametrize(
    ("name", "flags", "wanted"),
    [
        ("COPY", ("--chown=1", "--from=x"), ["x"]),
        ("ADD", ("--from=x",), ["x"]),
        ("RUN", ("--mount=type=bind,from=x,source=/a", "--mount=type=bind,from=y"), ["x", "y"]),
        ("RUN", ("--mount=type=cache,target=/c", "--from=x"), []),
        ("COPY", ("--link",), []),
    ],
)
def test_an_instruction_names_its_sources(name: str, flags: tuple[str, ...], wanted: list[str]) -> None:
    assert list(sources_of(name, flags)) == wanted
