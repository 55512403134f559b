"""Names of the files that compose and bake read where none is named, in their order."""

from __future__ import annotations

COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The first that is there counts."""
COMPOSE_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
BAKE = ("docker-bake.json", "docker-bake.hcl")
"""All that are there count, behind the files of compose (buildx, ``bake/bake.go``)."""
BAKE_OVERRIDES = ("docker-bake.override.json", "docker-bake.override.hcl")
