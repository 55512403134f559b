"""What instructions install from the indexes that one of them reads: each package by its own policy."""

from __future__ import annotations

from collections.abc import Iterable

from freshlayer.model.package_policy import PackagePolicy, widest
from freshlayer.model.packages import ChosenPackage, Resolution, with_wider
from freshlayer.model.reasons import Reason

OF_TRIGGER = Reason(
    "trigger-of-base",
    detail="a trigger of the base image stores the index of packages, and no key can take part in a trigger",
)
"""Of an instruction that takes packages from such an index."""


class Collected:
    """The packages of one instruction that reads indexes, with those of the instructions behind it."""

    def __init__(self) -> None:
        self._packages: dict[str, ChosenPackage] = {}
        self._unwatched: dict[str, None] = {}
        self._policies: set[PackagePolicy] = set()

    @property
    def watched(self) -> bool:
        """Whether an instruction whose packages count installs any."""
        return bool(self._policies)

    def add(self, packages: Iterable[ChosenPackage], policy: PackagePolicy) -> None:
        """What an instruction with a policy installs. Of two that want a package, the wider policy counts."""
        if policy is not PackagePolicy.OFF:
            self._policies.add(policy)
        for item in packages:
            if policy is PackagePolicy.OFF or (policy is PackagePolicy.NAMED and not item.named):
                self._unwatched[item.purl] = None
                continue
            self._packages[item.purl] = with_wider(item, policy, self._packages.get(item.purl))

    def resolution(self, notes: tuple[Reason, ...] = ()) -> Resolution:
        """All of them, sorted."""
        return Resolution(
            tuple(self._packages[purl] for purl in sorted(self._packages)),
            notes=notes,
            policy=widest(*self._policies) if self._policies else None,
            unwatched=tuple(purl for purl in self._unwatched if purl not in self._packages),
        )
