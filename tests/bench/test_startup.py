"""What commands load and start before they do anything."""

from __future__ import annotations

import os

from bench import startup
from bench.loaded import loaded
from testing.servers.needs import needs

pytestmark = needs("nginx", "curl")


HELP = 26
"""The most modules that ``--help`` loads; all but 8 are those of runpy."""


def test_help_loads_nothing_that_parses() -> None:
    modules = loaded("--help", environment=os.environ)
    assert "freshlayer.cli.start" in modules
    assert modules.isdisjoint({"click", "enum", "msgspec", "re", "typing"})
    assert len(modules) <= HELP


def test_a_check_starts_no_program_and_loads_no_protocol_but_the_one_it_speaks() -> None:
    with startup.site(tls=True) as made, made.origin.watched() as asked:
        run = made.trace("check", str(made.context))
    assert (run.code, run.started) == (1, ())
    assert [request.status for request in asked] == [304]
    assert "freshlayer.probe.http.ladder" in run.modules
    assert {"freshlayer.probe.ftp", "freshlayer.probe.object_stores.s3", "rich"}.isdisjoint(run.modules)
