"""The builders. One module each, a row each; ``detect`` chooses as the user's environment would."""

from freshlayer.builders.base import Builder, DerivedFile, Ended, Job, Reader
from freshlayer.builders.command_line.build import BuildCommand, read
from freshlayer.builders.detect import BUILDERS, detect

__all__ = [
    "BUILDERS",
    "BuildCommand",
    "Builder",
    "DerivedFile",
    "Ended",
    "Job",
    "Reader",
    "detect",
    "read",
]
