"""A program of this machine."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.watch.settings_table import SecretPlace, Table


class CommandTarget(Struct, frozen=True):
    """``argv``: the program and its arguments. ``timeout`` in seconds; then it is ended."""

    argv: tuple[str, ...]
    timeout: int = 3600
    secret: SecretPlace = SecretPlace()


def read(table: Table) -> CommandTarget:
    """Raises OptionError."""
    argv = table.words("command")
    if not argv or not argv[0]:
        raise table.fault("command", "a list with a program and its arguments")
    return CommandTarget(argv, table.seconds("timeout", 3600, least=1))
