"""Which remote inputs the instructions name. Pure.

One module per syntax; ``commands.SYNTAXES`` is the table of those in a RUN.
"""

from freshlayer.discover.discovery import Conditions, Discovery
from freshlayer.discover.instructions import discover

__all__ = ["Conditions", "Discovery", "discover"]
