"""What is printed where docker has no history of a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from freshlayer.builders.build_history import built_image
from freshlayer.errors import BuilderError


def test_without_docker_the_message_names_the_image_and_what_to_do(tmp_path: Path) -> None:
    message = r"^app:1: there is no docker in PATH, .* \(install docker, or .*\)$"
    with pytest.raises(BuilderError, match=message):
        built_image("app:1", {"PATH": str(tmp_path)})
