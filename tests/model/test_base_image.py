"""Which files of a base image are kept."""

from __future__ import annotations

import pytest

from freshlayer.model.base_image import is_kept


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/etc/os-release", True),
        ("/etc/debian_version", True),
        ("/etc/apt/sources.list.d/debian.sources", True),
        ("/etc/apt/trusted.gpg.d/debian.gpg", False),
        ("/etc/apt/trusted.gpg", False),
        ("/etc/apt/auth.conf.d/90ubuntu", False),
        ("/etc/apk/keys/a.rsa.pub", False),
        ("/etc/apk/repositories", True),
        ("/etc/apt", False),
        ("/etc/aptitude/x", False),
        ("/etc/shadow", False),
    ],
)
def test_settings_are_kept_and_keys_are_not(path: str, kept: bool) -> None:  # noqa: FBT001
    assert is_kept(path) is kept
