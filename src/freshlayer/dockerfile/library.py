"""The port of BuildKit's parser, loaded without what only its docstrings need."""

from freshlayer.lean_libraries import load_lean

load_lean("e2b_dockerfile_utils")

from e2b_dockerfile_utils import (  # noqa: E402 - after the line above
    DockerfileAst,
    DockerfileHeredoc,
    DockerfileInstruction,
    DockerfileSyntaxError,
    ShellLex,
    parse_dockerfile_ast,
)

__all__ = [
    "DockerfileAst",
    "DockerfileHeredoc",
    "DockerfileInstruction",
    "DockerfileSyntaxError",
    "ShellLex",
    "parse_dockerfile_ast",
]
