"""``StrEnum``: Python's own, or one that takes a sixth of its time to make and not the module ``enum``. Pure.

msgspec reads and writes the members of both, as it is loaded.
"""

from __future__ import annotations

from freshlayer.lean_libraries import StrEnumType, is_without, load_lean

TYPE_CHECKING = False  # typing's would load re, and so enum

load_lean("msgspec")

if TYPE_CHECKING or not is_without("msgspec", "enum"):
    # Where other code has loaded it already.
    from enum import StrEnum
else:

    class StrEnum(str, metaclass=StrEnumType):
        """What Python's has that we use."""

        __slots__ = ("_value_", "name", "value")

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce_ex__(self, _protocol: int) -> tuple[type, tuple[str]]:
            return type(self), (self.value,)


__all__ = ["StrEnum"]
