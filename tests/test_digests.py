"""Digests without OpenSSL are those of hashlib."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from freshlayer import digests
from freshlayer.analyses.seal import _SHORT as SHORT
from freshlayer.analyses.seal import opened, sealed

TEXTS = [b"", b"a", bytes(range(256)) * 5]


@pytest.mark.parametrize("text", TEXTS)
def test_digests_are_those_of_hashlib(text: bytes) -> None:
    assert digests.sha256(text).hexdigest() == hashlib.sha256(text).hexdigest()
    assert digests.shake_256(text).digest(100) == hashlib.shake_256(text).digest(100)
    keyed = digests.blake2b(text, key=b"k", person=b"p", digest_size=32)
    assert keyed.digest() == hashlib.blake2b(text, key=b"k", person=b"p", digest_size=32).digest()


def test_openssl_is_not_loaded_for_them() -> None:
    program = "import sys, freshlayer.digests; print('_hashlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("length", [0, 1, SHORT, SHORT + 1, 5 * SHORT])
def test_what_is_sealed_is_opened_whichever_makes_the_stream(length: int) -> None:
    content = b"x" * length
    assert opened(b"key", memoryview(sealed(b"key", content))) == content
