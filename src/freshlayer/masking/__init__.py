"""What is a secret, and how a text is shown and stored without it. Pure, open to every module."""

from freshlayer.masking.names import MASK, is_secret, is_secret_name, looks_random, without_known_forms

__all__ = ["MASK", "is_secret", "is_secret_name", "looks_random", "without_known_forms"]
