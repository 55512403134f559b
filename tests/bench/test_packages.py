"""What the bench of packages counts, at a small size."""

from bench import packages
from testing.servers.needs import require
from testing.stores.registry import Registry


def test_each_index_and_each_base_is_read_once_and_no_body_is_moved_again() -> None:
    require("nginx", Registry.PROGRAM, "apt-ftparchive")
    found = packages.counts(packages=300, files=30, lines=4)
    assert found.most_of_a_file == 1
    assert found.indexes == 3
    assert found.manifests_of_the_image == 1
    # Of each suite InRelease, which is not there, and Release.
    assert found.again == 6
    assert found.bytes_again == 0
