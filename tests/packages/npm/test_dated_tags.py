"""A tag whose version was published later names the highest version below it."""

from __future__ import annotations

from time import process_time

import msgspec
import pytest

from freshlayer.packages.npm.choose import choose, dated
from freshlayer.packages.npm.documents import TAGS, VERSIONS, Release, tags_of

RELEASES = [
    Release("garbage"),
    *(Release(f"{major}.{minor}.0") for major in (0, 2, 1) for minor in (0, 2, 10)),
    Release("2.1.0", deprecated=True),
    Release("0.0.1", deprecated=True),
    *(Release(f"3.0.0-{it}") for it in ("beta.2", "beta.10", "alpha", "1")),
    Release("3.0.0-beta.11", deprecated=True),
    *(Release(f"1.3.0+{it}") for it in ("b", "a")),
    *(Release(f"3.0.{it}-rc.1") for it in (1, 2)),
]
TAGGED = (
    *("0.0.0", "0.0.5", "0.1.0", "1.2.9", "1.3.0", "1.3.0+c", "1.3.0-rc", "2.1.5", "2.1.0-rc", "2.20.0"),
    *("3.0.0-0", "3.0.0-beta.1", "3.0.0-beta.3", "3.0.0-beta.12", "3.0.0", "3.0.1-rc.0", "3.0.1-rc.2"),
    *("v2.5.0", "9.9.9"),
)


def tags_by_then(tags: dict[str, str], releases: list[Release]) -> dict[str, str]:
    encode = msgspec.msgpack.encode
    return tags_of(dict(dated([(TAGS, encode(tags)), (VERSIONS, encode(releases))]))[TAGS])


@pytest.mark.parametrize("version", TAGGED)
def test_a_tag_is_what_the_range_below_it_gives(version: str) -> None:
    below = choose(f"<={version}", {}, RELEASES)
    assert tags_by_then({"next": version}, RELEASES) == ({"next": below.version} if below else {})


@pytest.mark.parametrize("version", ["", "beta", "1.x", "x" * 300, "1 || 2", "." * 200])
def test_a_tag_that_names_no_version_names_none_by_then(version: str) -> None:
    assert tags_by_then({"next": version}, RELEASES).get("next", version) == version


def test_many_tags_of_many_versions_take_no_time() -> None:
    releases = [Release(f"1.{number}.0-dev.{number}") for number in range(1000)]
    releases += [Release(f"1.{number}.0") for number in range(1000)]
    tags = {f"tag-{number}": f"1.{number}.1" for number in range(200)}
    begun = process_time()
    assert tags_by_then(tags, releases) == {f"tag-{number}": f"1.{number}.0" for number in range(200)}
    assert process_time() - begun < 3
