"""The builders. One module each, a row each; ``detect`` chooses as the user's environment would."""

from freshlayer.builders.base import Builder, DerivedFile, Ended, Job, Reader
from freshlayer.builders.command_line.build import BuildCommand, read
from freshlayer.builders.detect import BUILDERS, detect
from freshlayer.builders.plain import PlainBuild
from freshlayer.builders.run.process import run
from freshlayer.docker_client.build_args import build_args
from freshlayer.docker_client.config import proxies as client_proxies

__all__ = [
    "BUILDERS",
    "BuildCommand",
    "Builder",
    "DerivedFile",
    "Ended",
    "Job",
    "PlainBuild",
    "Reader",
    "build_args",
    "client_proxies",
    "detect",
    "read",
    "run",
]
