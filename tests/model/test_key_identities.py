"""The written forms of what stands for an input in a key."""

from __future__ import annotations

import pytest

from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.key_identities import KeyIdentity, Nonce, Tainted, Unseen, read_key_identity

TAG = Identity("etag", "v1", Strength.NONE)


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        (TAG, "etag:v1"),
        (Unseen(), "unseen"),
        (Nonce("7f"), "nonce:7f"),
        (Tainted(TAG, 2), "etag:v1~2"),
        (Identity("etag", "a~b", Strength.NONE), "etag:a~b"),
        (Identity("etag", f"a~{'9' * 5000}", Strength.NONE), f"etag:a~{'9' * 5000}"),
    ],
)
def test_what_is_written_is_read_back(identity: KeyIdentity, text: str) -> None:
    assert str(identity) == text
    assert read_key_identity(text) == identity


def test_a_text_without_a_scheme_is_not_one() -> None:
    with pytest.raises(ValueError, match="not an identity"):
        read_key_identity("v1")
