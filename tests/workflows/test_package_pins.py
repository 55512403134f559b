"""Which instructions are named where their packages can't be pinned."""

from __future__ import annotations

import pytest

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun
from freshlayer.workflows.package_pins import _installing

UPDATE = PackageCommand("apt", "apt-get", PackageAction.UPDATE)
INSTALL = PackageCommand("apt", "apt-get", PackageAction.INSTALL, ("a",))
REMOVE = PackageCommand("apt", "apt-get", PackageAction.REMOVE, ("a",))
APK = PackageCommand("apk", "apk", PackageAction.INSTALL, ("a",), updates=True)
OFF = PackagePolicy.OFF


@pytest.mark.parametrize(
    ("runs", "lines"),
    [
        ([PackageRun(1, 11, (UPDATE, INSTALL))], [11]),
        ([PackageRun(1, 11, (UPDATE,)), PackageRun(2, 12, (INSTALL,))], [12]),
        ([PackageRun(1, 11, (UPDATE, INSTALL), OFF), PackageRun(2, 12, (INSTALL,))], [12]),
        ([PackageRun(1, 11, (INSTALL,))], []),
        ([PackageRun(1, 11, (UPDATE, REMOVE))], []),
        ([PackageRun(1, 11, (APK,))], []),
        ([PackageRun(-1, 11, (UPDATE, INSTALL))], []),
    ],
)
def test_what_installs_from_lists_that_the_build_reads(runs: list[PackageRun], lines: list[int]) -> None:
    assert list(_installing(PackageChain(("", ""), tuple(runs)))) == lines
