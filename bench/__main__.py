"""``make bench``: the figures that the README quotes."""

from __future__ import annotations

import sys

from bench import tax
from testing.engine import PrivateEngine, available


def main() -> int:
    """Print every figure; 1 where none could be taken."""
    reason = available()
    if reason:
        print(f"the tax: not measured, {reason}")
        return 1
    with PrivateEngine() as engine:
        version = engine.run("version", "--format", "{{.Server.Version}}").stdout.strip()
        print(f"Everything cached, {tax.INSTRUCTIONS} instructions, {tax.INPUTS} inputs, Docker {version}:")
        for name, buildkit in (("BuildKit", True), ("classic", False)):
            print(f"  {name}: {tax.measure(engine, buildkit=buildkit)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
