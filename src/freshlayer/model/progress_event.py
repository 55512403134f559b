"""What a builder reported of an instruction."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.str_enum import StrEnum


class Counting(StrEnum):
    """What the numbers of a builder's display count.

    ``VERTICES``: the instructions of a stage that do something (BuildKit). ``FILE``: every instruction of the
    Dockerfile (the classic builder). ``STAGE``: every instruction of a stage, which is known by its number
    (buildah, podman).
    """

    VERTICES = "vertices"
    FILE = "file"
    STAGE = "stage"


class ProgressEvent(Struct, frozen=True):
    """What a builder reported about one instruction.

    ``stage``: its name, its number from 0, or nothing where the display names none. ``number``: from 1;
    ``total``: the last number that there is. ``seconds`` is None where no time is known. ``instruction``: its
    name; empty where the display does not have it.
    """

    counting: Counting
    stage: str
    number: int
    total: int
    platform: str
    cached: bool
    seconds: float | None = None
    instruction: str = ""
