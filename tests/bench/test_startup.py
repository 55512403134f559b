"""What commands load and start before they do anything."""

from __future__ import annotations

import os
from pathlib import Path

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


HEAVY = frozenset(
    (
        *("ast", "asyncio", "email", "http", "importlib.resources", "inspect", "logging", "rich"),
        *("tarfile", "tokenize", "tomllib", "unittest", "xml.etree"),
    )
)
"""What no library of a usual run needs, whoever imports it."""

INPUTS = 282
CHECK = 399
"""The most modules, libraries and Python's own included."""


def test_reading_a_dockerfile_loads_neither_the_state_nor_what_probes(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nRUN wget https://example.com/a\n")
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    modules = loaded("inputs", str(tmp_path), environment=environment)
    assert "freshlayer.workflows.inputs" in modules
    assert modules & (HEAVY | {"pycurl", "sqlite3", "freshlayer.probe", "freshlayer.state"}) == set()
    assert len(modules) <= INPUTS


def test_a_check_starts_no_program_and_loads_no_protocol_but_the_one_it_speaks() -> None:
    with startup.site(tls=True) as made, made.origin.watched() as asked:
        run = made.trace("check", str(made.context))
        modules = loaded("--state", str(made.state), "check", str(made.context), environment=made.environment)
    assert (run.code, run.started) == (1, ())
    assert [request.status for request in asked] == [304, 304]
    assert modules & HEAVY == set()
    assert len(modules) <= CHECK
    assert "freshlayer.probe.http.ladder" in run.modules
    assert {"freshlayer.probe.ftp", "freshlayer.probe.object_stores.s3", "rich"}.isdisjoint(run.modules)
    assert not any(name.startswith(("jinja2", "freshlayer.report.page")) for name in run.modules)
