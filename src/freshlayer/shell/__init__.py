"""A RUN's script → its commands and the values that their words can take. Pure: nothing is ever run."""

from freshlayer.shell.evaluate import Lookup, Unknown, words_of
from freshlayer.shell.nodes import Command, Script
from freshlayer.shell.parse import parse

__all__ = ["Command", "Lookup", "Script", "Unknown", "parse", "words_of"]
