"""What commands load and start before they do anything."""

from __future__ import annotations

from bench import startup
from testing.servers.needs import needs

pytestmark = needs("nginx", "curl")


def test_help_loads_no_library_that_only_some_commands_need() -> None:
    loaded = startup.imported()
    assert "click" in loaded
    assert loaded.isdisjoint({"pycurl", "rich", "sqlite3", "e2b_dockerfile_utils", "tree_sitter"})


def test_a_check_starts_no_program_and_loads_no_protocol_but_the_one_it_speaks() -> None:
    with startup.site(tls=True) as made, made.origin.watched() as asked:
        run = made.trace("check", str(made.context))
    assert (run.code, run.started) == (1, ())
    assert [request.status for request in asked] == [304]
    assert "freshlayer.probe.http.ladder" in run.modules
    assert {"freshlayer.probe.ftp", "freshlayer.probe.object_stores.s3", "rich"}.isdisjoint(run.modules)
