"""Which hosts of a stranger's references are allowed, and what they get."""

from __future__ import annotations

import pytest

from freshlayer.credentials import Keyring
from freshlayer.probe import Limits
from freshlayer.probe.strangers import is_allowed, keyring_for

ALLOWED = ("*.example.org", "10.0.0.0/8", "registry.example.com")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example.org/x", True),
        ("docker://registry.example.com/a:1", True),
        ("http://10.1.2.3:81/", True),
        ("https://a.example.org.evil.example/", False),
        ("https://a.example.org@evil.example/", False),
        ("http://169.254.169.254/", False),
        ("http:///", False),
    ],
)
def test_a_host_is_allowed_by_its_name_or_its_address(url: str, expected: bool) -> None:  # noqa: FBT001
    assert is_allowed(url, ALLOWED) is expected
    keyring = Keyring({"GH_TOKEN": "secret"})
    found = keyring_for(url, keyring, Limits(strangers=ALLOWED))
    assert (found is keyring) is expected
    assert keyring_for(url, keyring, Limits()) is keyring
