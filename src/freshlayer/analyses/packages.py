"""What an analysis has of packages, as bytes: where it has none, none of its types is loaded."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.lock_advice import Unlocked
from freshlayer.model.packages import PackageChain, PackageCommand


class OfPackages(Struct, frozen=True, array_like=True):
    """Fields of an analysis and of its discovery."""

    packages: dict[int, tuple[PackageCommand, ...]]
    unlocked: tuple[Unlocked, ...]
    chains: tuple[PackageChain, ...]

    def added_to(self, found: Discovery) -> Discovery:
        """With what it lacks."""
        return replace(found, packages=self.packages, unlocked=self.unlocked)


def written_packages(analysis: Analysis) -> bytes:
    """An ``OfPackages``."""
    found = analysis.discovery
    return msgspec.msgpack.encode(OfPackages(dict(found.packages), found.unlocked, analysis.package_chains))
