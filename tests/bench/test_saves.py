"""What a build fetches, in the three ways that the bench compares: counts, not times."""

from __future__ import annotations

import pytest

from bench import saves
from bench.saves import SMALL, Built
from testing.engine import PrivateEngine
from testing.servers.needs import needs

LARGE = 2 * saves.MEGABYTE
pytestmark = [pytest.mark.slow, needs("nginx")]


@pytest.fixture(scope="module")
def built(engine: PrivateEngine) -> dict[str, Built]:
    return saves.counts(engine)


def test_without_a_cache_everything_is_fetched_again(built: dict[str, Built]) -> None:
    anew = built["docker build --no-cache"]
    assert (anew.downloads, anew.body_bytes, anew.current) == (10, LARGE + 9 * SMALL, True)


def test_with_the_cache_nothing_is_fetched_and_the_image_is_old(built: dict[str, Built]) -> None:
    plain = built["docker build"]
    assert (plain.downloads, plain.body_bytes, plain.probes, plain.current) == (0, 0, 0, False)


def test_what_changed_is_fetched_with_what_stands_behind_it(built: dict[str, Built]) -> None:
    ours = built["freshlayer build"]
    assert (ours.downloads, ours.current) == (5, True)
    # nginx makes its tag of length and time, so that a small body is looked at once more.
    assert ours.body_bytes == 6 * SMALL


def test_each_input_is_asked_once_and_those_of_what_ran_once_more(built: dict[str, Built]) -> None:
    assert built["freshlayer build"].probes == 10 + 1 + 5
