"""Commands timed in turn, so that noise of the machine falls on both alike."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Pairs:
    """Seconds of the peer and of freshlayer, run by run."""

    theirs: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def peer(self) -> float:
        return median(self.theirs)

    @property
    def freshlayer(self) -> float:
        return median(self.ours)

    @property
    def more(self) -> float:
        """Median of the differences within a pair."""
        return median(ours - theirs for theirs, ours in zip(self.theirs, self.ours, strict=True))

    @property
    def ratio(self) -> float:
        """Median of the ratios within a pair."""
        return median(ours / theirs for theirs, ours in zip(self.theirs, self.ours, strict=True))


def timed(
    theirs: Sequence[str], ours: Sequence[str], environment: Mapping[str, str], pairs: int, *, code: int = 0
) -> Pairs:
    """`code`: the exit code that ours has to end with. Both ran before, so that all caches are warm."""
    taken = [(seconds(theirs, environment), seconds(ours, environment, code=code)) for _ in range(pairs)]
    return Pairs(tuple(peer for peer, _ in taken), tuple(our for _, our in taken))


def seconds(argv: Sequence[str], environment: Mapping[str, str], *, code: int = 0) -> float:
    """What a run takes. Raises CalledProcessError where it ends in another way."""
    started = time.perf_counter()
    done = subprocess.run(argv, env=dict(environment), capture_output=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode != code:
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
    return taken
