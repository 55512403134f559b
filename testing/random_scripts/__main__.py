"""Any number of random scripts, by hand."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from testing.random_scripts.compare import cases, failures
from testing.random_scripts.shells import SHELLS


def main() -> int:
    """Run them; 1 where one went wrong in a way that is not known."""
    parser = argparse.ArgumentParser(prog="python -m testing.random_scripts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--shell", choices=sorted(SHELLS), help="one alone; else all by turns")
    parser.add_argument("--all", action="store_true", help="those that are known, too")
    given = parser.parse_args()
    known: Counter[str] = Counter()
    wrong = 0
    for failure in failures(cases(given.seed, given.count, [given.shell] if given.shell else list(SHELLS))):
        known[failure.known] += 1
        if given.all or not failure.known:
            print(failure, f"  known: {failure.known}" if failure.known else "", flush=True)
        wrong += not failure.known
    for reason, count in known.items():
        print(f"{count} times: {reason or 'not known'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
