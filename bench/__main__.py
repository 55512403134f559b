"""``make bench``: the figures that the README quotes."""

from __future__ import annotations

import os
import platform
import sys

from bench import reading, tax
from testing.engine import PrivateEngine, available


def main() -> int:
    """Print every figure; 1 where one could not be taken."""
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    taken = [_reading(), _tax()]
    return 0 if all(taken) else 1


def _reading() -> bool:
    found = reading.measure()
    print(f"Reading: {found}" if found else "Reading: not measured, ../shared/gold is missing", flush=True)
    return found is not None


def _tax() -> bool:
    reason = available()
    if reason:
        print(f"The tax: not measured, {reason}")
        return False
    with PrivateEngine() as engine:
        version = engine.run("version", "--format", "{{.Server.Version}}").stdout.strip()
        print(f"Everything cached, {tax.INSTRUCTIONS} instructions, {tax.INPUTS} inputs, Docker {version}:")
        for name, buildkit in (("BuildKit", True), ("classic", False)):
            print(f"  {name}: {tax.measure(engine, buildkit=buildkit)}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
