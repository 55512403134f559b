"""What the bench of packages counts, at a small size."""

import pytest

from bench import packages
from testing.servers.needs import require
from testing.stores.registry import Registry


def test_each_index_and_each_base_is_read_once_and_no_body_is_moved_again() -> None:
    require("nginx", Registry.PROGRAM, "apt-ftparchive")
    found = packages.counts(packages=300, files=30, lines=4)
    assert found.most_of_a_file == 1
    assert found.indexes == 3
    assert found.blobs_of_the_base == 1
    # Of each suite InRelease, which is not there, and Release.
    assert found.again == 6
    assert found.bytes_again == 0


@pytest.mark.parametrize(
    ("counted", "failed"),
    [
        (packages.Counts(1, 3, 6, 0, 1), []),
        (packages.Counts(2, 3, 6, 0, 1), [0]),
        (packages.Counts(1, 4, 6, 0, 1), [1]),
        (packages.Counts(1, 3, 6, 0, 2), [2]),
        (packages.Counts(1, 3, 6, 7, 1), [3]),
    ],
)
def test_the_count_that_misses_its_target_has_its_own_row(
    counted: packages.Counts, failed: list[int]
) -> None:
    rows = [[it.strip() for it in line.split("|")] for line in packages.rows_of(counted, "some files")]
    assert [number for number, it in enumerate(rows) if "**no**" in it] == failed
    assert all((it[2] == it[3]) is (number not in failed) for number, it in enumerate(rows))
