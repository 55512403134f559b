"""A registry that has the referrers API: go-containerregistry's, compiled from a package of Debian."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testing.builders.suites import UNPACKED, out_of_reach
from testing.servers import needs
from testing.stores.registry import Registry

SUITE = "trixie"
SOURCES = UNPACKED / SUITE / "usr/share/gocode"
LIBRARY = SOURCES / "src/github.com/google/go-containerregistry"


def require() -> None:
    """Skip the test where this machine can't have it; CI excuses only a suite that is out of reach."""
    needs.require("nginx", ReferrersRegistry.PROGRAM)
    if not LIBRARY.is_dir():
        said = out_of_reach(SUITE)
        if os.environ.get("CI") and not said:
            pytest.fail(f"CI has to have it: no {LIBRARY}")
        pytest.skip(
            f"no go-containerregistry of Debian {SUITE}: {said or 'scripts/setup builders unpacks it'}"
        )


class ReferrersRegistry(Registry):
    """In memory. To compile it takes 3 s."""

    PROGRAM = "go"

    def prepare(self) -> None:
        super().prepare()
        environment = {
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": str(SOURCES),
            "GOCACHE": str(self.home / "cache"),
            "GOFLAGS": "",
        }
        source = str(Path(__file__).with_suffix(".go"))
        argv = [self.program, "build", "-o", str(self.home / "serve"), source]
        subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)

    def command(self) -> list[str]:
        return [str(self.home / "serve"), f"127.0.0.1:{self.port}"]
