"""What is a secret, and how a text is shown and stored without it. Pure, open to every module."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshlayer.masking.commands import (
        masked_script,
        masked_words,
        shown_script,
        shown_words,
        takes_secret,
    )
    from freshlayer.masking.fields import continued, of_private_keys, without_fields
    from freshlayer.masking.names import (
        MASK,
        is_secret,
        is_secret_header,
        is_secret_name,
        looks_random,
        without_known_forms,
    )
    from freshlayer.masking.urls import (
        differ_by_guess,
        in_full,
        is_signed,
        public_path,
        public_text,
        shown,
        without_secrets,
    )
    from freshlayer.masking.values import (
        assigned,
        may_assign_secret,
        secret_values,
        url_without_values,
        without_values,
    )
else:

    def __getattr__(name: str) -> object:
        """Of one of the modules, which is loaded then: most need the masking of URLs alone."""
        if name not in __all__:
            raise AttributeError(name)
        from freshlayer.masking import names, urls  # noqa: PLC0415

        for module in (urls, names):
            if hasattr(module, name):
                return getattr(module, name)
        from freshlayer.masking import commands, fields, values  # noqa: PLC0415

        return next(getattr(it, name) for it in (commands, fields, values) if hasattr(it, name))


__all__ = [
    "MASK",
    "assigned",
    "continued",
    "differ_by_guess",
    "in_full",
    "is_secret",
    "is_secret_header",
    "is_secret_name",
    "is_signed",
    "looks_random",
    "masked_script",
    "masked_words",
    "may_assign_secret",
    "of_private_keys",
    "public_path",
    "public_text",
    "secret_values",
    "shown",
    "shown_script",
    "shown_words",
    "takes_secret",
    "url_without_values",
    "without_fields",
    "without_known_forms",
    "without_secrets",
    "without_values",
]
