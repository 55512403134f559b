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

INPUTS_AT_FIRST, INPUTS = 253, 109
CHECK = 172
"""The most modules, libraries and Python's own included; without "at first" of what was analysed before."""

READING = frozenset(
    (
        *("e2b_dockerfile_utils.lexer", "freshlayer.shell", "freshlayer.dockerfile.parse"),
        *("freshlayer.discover.reading", "freshlayer.discover.instructions"),
    )
)
"""What reads a Dockerfile: not needed where it was read before."""

RARE = frozenset(
    (
        *(
            "bisect",
            "datetime",
            "enum",
            "hashlib",
            "heapq",
            "json",
            "re",
            "socket",
            "sqlite3.dump",
            "subprocess",
            "tempfile",
        ),
        *("urllib.parse", "freshlayer.builders.command_line.build", "freshlayer.builders.local_images"),
        *("freshlayer.dockerfile.inject", "freshlayer.indexes", "freshlayer.workflows.base_images"),
        *("freshlayer.workflows.downloaded_scripts", "freshlayer.workflows.engine_images"),
        *("freshlayer.workflows.identities", "freshlayer.workflows.packages", "freshlayer.packages"),
        *("freshlayer.probe.http.documents", "freshlayer.probe.http.side_files"),
        *(
            "freshlayer.probe.http.body_digest",
            "freshlayer.probe.http.pages",
            "freshlayer.probe.http.redirects",
        ),
        *("freshlayer.probe.network.failures", "freshlayer.builders.base", "freshlayer.context.script_files"),
        *(
            "freshlayer.analyses.more",
            "freshlayer.analyses.packages",
            "freshlayer.discover.lock_advice",
            "freshlayer.discover.package_advice",
        ),
        *("freshlayer.decisions.images", "freshlayer.decisions.locking", "freshlayer.decisions.packages"),
        *("freshlayer.model.all_reasons", "freshlayer.model.base_image", "freshlayer.model.context_files"),
        *("freshlayer.model.history", "freshlayer.model.image_blobs", "freshlayer.model.lock"),
        *("freshlayer.model.downloaded_scripts", "freshlayer.model.packages"),
        *("freshlayer.state.base", "freshlayer.state.history", "freshlayer.state.scripts"),
        "freshlayer.workflows.package_lines",
    )
)
"""What few Dockerfiles, origins and answers need, and a check of one plain URL does not."""


def test_reading_a_dockerfile_loads_neither_the_state_nor_what_probes(tmp_path: Path) -> None:
    homes = {name: str(tmp_path / "home") for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME")}
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nRUN wget https://example.com/a\n")
    first, again = (loaded("inputs", str(context), environment={**os.environ, **homes}) for _ in range(2))
    assert "freshlayer.workflows.inputs" in again
    assert first & (HEAVY | {"pycurl", "sqlite3", "freshlayer.probe", "freshlayer.state"}) == set()
    assert len(first) <= INPUTS_AT_FIRST
    assert first >= READING
    assert again & READING == set()
    assert len(again) <= INPUTS


def test_a_check_starts_no_program_and_loads_no_protocol_but_the_one_it_speaks() -> None:
    with startup.site(tls=True) as made, made.origin.watched() as asked:
        run = made.trace("check", str(made.context))
        modules = loaded("--state", str(made.state), "check", str(made.context), environment=made.environment)
    assert (run.code, run.started, run.compiled) == (1, (), ())
    assert [request.status for request in asked] == [304, 304]
    assert modules & (HEAVY | READING | RARE) == set()
    assert len(modules) <= CHECK
    assert "freshlayer.probe.http.ladder" in run.modules
    assert {"freshlayer.probe.ftp", "freshlayer.probe.object_stores.s3", "rich"}.isdisjoint(run.modules)
    assert not any(name.startswith(("jinja2", "freshlayer.report.page")) for name in run.modules)
