"""What a build costs others where everything is cached."""

from __future__ import annotations

import pytest

from bench import tax
from bench.loaded import loaded
from bench.tax import Counts
from testing.engine import PrivateEngine
from testing.servers.needs import needs

pytestmark = [pytest.mark.slow, needs("nginx")]

BUILD = 252
"""The most modules that a cached build loads, libraries and Python's own included."""

RARE = frozenset(
    (
        *("base64", "click", "enum", "hashlib", "json", "locale", "platform", "re", "selectors", "shutil"),
        *("signal", "socket", "subprocess", "tempfile", "threading", "urllib.parse", "uuid"),
        *("freshlayer.builders.docker_containers", "freshlayer.context.ignore_patterns"),
        *("freshlayer.indexes", "freshlayer.lock", "freshlayer.packages", "freshlayer.workflows.as_locked"),
        *("freshlayer.analyses.packages", "freshlayer.workflows.index_files"),
        "freshlayer.workflows.package_pins",
    )
)
"""What only failures, help, other builders, lock files or packages need."""


def test_a_cached_build_asks_each_input_once_moves_no_body_and_starts_the_builder_alone(
    engine: PrivateEngine,
) -> None:
    assert tax.counts(engine) == Counts(requests=tax.INPUTS, body_bytes=0, programs=1)


def test_a_cached_build_loads_no_parser_of_words_and_nothing_for_what_it_has_not(
    engine: PrivateEngine,
) -> None:
    with tax.site(engine, 0.0) as made:
        modules = loaded("--state", str(made.state), *made.words, environment=made.environment)
    assert "freshlayer.workflows.build" in modules
    assert modules & RARE == set()
    assert len(modules) <= BUILD
