"""Packages by name. Which version is installed depends on more than the name, so none is probed alone.

``workflows/packages`` observes the packages of an instruction, with its sources and its base image.
"""

from __future__ import annotations

from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.messages import Conversation, Means
from freshlayer.reference import Reference


def probe(reference: Reference, _recorded: Recorded | None, _means: Means) -> Conversation:
    """Without the instruction that installs the package, its repositories are not known."""
    yield from ()
    return Observation(reference, ProbeOutcome.UNKNOWN, Reason("package-alone"))
