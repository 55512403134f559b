"""Which remote inputs the instructions name. Pure.

One module per syntax; ``commands.SYNTAXES`` is the table of those in a RUN.
"""

from freshlayer.discover.instructions import Conditions, Discovery, discover

__all__ = ["Conditions", "Discovery", "discover"]
