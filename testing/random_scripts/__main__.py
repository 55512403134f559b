"""Any number of random scripts, by hand."""

from __future__ import annotations

import argparse
import sys

from testing.random_scripts.compare import cases, failures
from testing.random_scripts.shells import SHELLS


def main() -> int:
    """Run them; 1 where one went wrong."""
    parser = argparse.ArgumentParser(prog="python -m testing.random_scripts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--shell", choices=sorted(SHELLS), help="one alone; else all by turns")
    given = parser.parse_args()
    wrong = 0
    for failure in failures(cases(given.seed, given.count, [given.shell] if given.shell else list(SHELLS))):
        print(failure, flush=True)
        wrong += 1
    print(f"{wrong} of {given.count} scripts went wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
