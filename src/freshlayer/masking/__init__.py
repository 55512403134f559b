"""What is a secret, and how a text is shown and stored without it. Pure, open to every module."""

from freshlayer.masking.commands import masked_script, masked_words, takes_secret
from freshlayer.masking.names import MASK, is_secret, is_secret_name, looks_random, without_known_forms
from freshlayer.masking.urls import (
    differ_by_guess,
    is_signed,
    public_path,
    public_text,
    shown,
    without_secrets,
)

__all__ = [
    "MASK",
    "differ_by_guess",
    "is_secret",
    "is_secret_name",
    "is_signed",
    "looks_random",
    "masked_script",
    "masked_words",
    "public_path",
    "public_text",
    "shown",
    "takes_secret",
    "without_known_forms",
    "without_secrets",
]
