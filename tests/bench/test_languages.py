"""What the bench of packages of languages counts, at a small size."""

from __future__ import annotations

import pytest

from bench import languages
from testing.servers.needs import require


@pytest.mark.parametrize("manager", languages.MANAGERS, ids=lambda it: it.name)
def test_a_package_takes_one_request_and_no_body_once_it_is_known(manager: languages.Manager) -> None:
    require("nginx")
    found = languages.counts(manager, packages=60)
    assert (found.by_curl, found.bytes_by_curl) == (60, 0)
    assert (found.first, found.again, found.bytes_again, found.connections) == (60, 60, 0, 1)
