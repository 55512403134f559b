"""Any number of histories, by hand."""

from __future__ import annotations

import argparse
import sys

from testing.builders.table import MEMBERS, Builders
from testing.histories.play import EVENTS, play, seeds


def main() -> int:
    """Play them; 1 at the first that went wrong."""
    parser = argparse.ArgumentParser(prog="python -m testing.histories", description=__doc__)
    parser.add_argument("--builder", choices=sorted(MEMBERS), default="buildkit")
    parser.add_argument("--seed", type=int, default=1, help="the first; replays a history that went wrong")
    parser.add_argument("--seconds", type=float, default=0, help="go on with the next seeds for so long")
    parser.add_argument("--events", type=int, default=EVENTS, help="events in each history")
    given = parser.parse_args()
    with Builders() as builders:
        builder = builders[given.builder]
        for seed in seeds(given.seed, max(given.seconds, 0.001)):
            wrong = play(seed, builder, events=given.events)
            print(wrong or f"seed {seed}: as it should be", flush=True)
            if wrong:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
