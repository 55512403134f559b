"""Any number of histories, by hand."""

from __future__ import annotations

import argparse
import sys
import time

from testing.origin_histories.play import Counts, run


def main() -> int:
    """Play them all; 1 where one went wrong."""
    parser = argparse.ArgumentParser(prog="python -m testing.origin_histories", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first; replays a history that went wrong")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--most", type=int, default=5, help="stop after so many that went wrong")
    given = parser.parse_args()
    counts, started, found = Counts(), time.monotonic(), 0
    for wrong in run(given.seed, given.count, counts):
        print(wrong, flush=True)
        found += 1
        if found == given.most:
            return 1
    spent = time.monotonic() - started
    print(f"{given.count} histories, {counts.probes} probes, {counts.certain} certain, ", end="")
    print(f"{counts.changed} changes: {found} wrong, {spent:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
