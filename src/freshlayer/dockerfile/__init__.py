"""Dockerfile text → stages of instructions with their lines; ARG and ENV scope; reachability. Pure."""

from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.platforms import normalised
from freshlayer.dockerfile.reach import reachable
from freshlayer.dockerfile.scope import Environment, environments
from freshlayer.dockerfile.syntax import knows_run_mount, syntax_image

__all__ = [
    "Dockerfile",
    "Environment",
    "Instruction",
    "Stage",
    "environments",
    "knows_run_mount",
    "normalised",
    "parse",
    "reachable",
    "syntax_image",
]
