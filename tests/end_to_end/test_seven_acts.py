"""The scenario that this project was born from: seven acts, two ways, every builder, two origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.builders.base import Builder
from testing.origins import Origin, RestifyOrigin, ServeOrigin
from testing.seven_acts import FIRST_TAG, Stage, play


@pytest.mark.parametrize("kind", [ServeOrigin, RestifyOrigin])
@pytest.mark.parametrize("by_flag", [True, False], ids=["flag file", "drop-in"])
def test_the_seven_acts_hold(
    every_builder: Builder,
    by_flag: bool,  # noqa: FBT001 - a parameter of the table above
    kind: type[Origin],
    tmp_path: Path,
) -> None:
    builder = every_builder
    with kind(tmp_path, FIRST_TAG) as origin, ServeOrigin(tmp_path, '"marker"') as markers:
        stage = Stage(
            tmp_path / "context", origin, markers, builder.environment(), "acts", by_flag, builder.image_id,
            builder.command, builder.to_cache, forked=True,
        )  # fmt: skip
        acts = list(play(stage))
    assert len(acts) == 7
    for act in acts:
        assert act.seen == act.expected, f"act {act.number}: {act.title}\n{act.output}"
