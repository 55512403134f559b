"""What the words of compose and those of bake state alike."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.reasons import Reason


class CompositionCommand(Struct, frozen=True, kw_only=True):
    """``words``: everything after the word of the tool, untouched.

    ``unclear``: why it is not known what is built. ``builder``: the value of ``--builder``.
    ``metadata_file``: where the tool writes what it states of the build. ``unknown_options``: their names.
    """

    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    progress: str = ""
    builds: bool = False
    no_cache: bool = False
    unclear: Reason | None = None
    builder: str = ""
    metadata_file: str = ""
    unknown_options: tuple[str, ...] = ()
