"""How builders differ in what they build at all, and in what they take for a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from testing.builders.base import Builder


@dataclass(frozen=True, slots=True)
class Rules:
    """Measured, without freshlayer.

    `every_earlier`: stages before the target are built whether it needs them or not.
    `arg_is_a_step`: an ARG is a link in the chain of steps, so that what follows runs again where one is
    added, dropped or moved, even if no value differs. To BuildKit an ARG is nothing but its value.
    `secret_sees_bytes`: a RUN with a secret mount is taken from the cache also where the bytes before it are
    those of an earlier build, by whatever steps they came there: https://github.com/moby/buildkit/pull/5251
    """

    every_earlier: bool
    arg_is_a_step: bool
    secret_sees_bytes: bool

    @classmethod
    def of(cls, builder: Builder) -> Self:
        is_classic = "classic" in builder.name
        has_layers = any(name in builder.name for name in ("buildah", "podman"))
        return cls(
            every_earlier=is_classic,
            arg_is_a_step=is_classic or has_layers,
            secret_sees_bytes=builder.name == "trixie-buildx",
        )
