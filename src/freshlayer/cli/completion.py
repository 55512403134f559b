"""``freshlayer completion``."""

from __future__ import annotations

from freshlayer.cli import declared
from freshlayer.cli.echo import echo


@declared.command(
    "completion",
    short_help="a script that completes commands and options in your shell",
    epilog="\b\nExamples:\n  freshlayer completion bash",
)
@declared.argument("shell", type=declared.choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def command(shell: str) -> int:
    """Print what completes freshlayer's commands and options in a shell.

    \b
    bash: eval "$(freshlayer completion bash)"     in ~/.bashrc
    zsh:  eval "$(freshlayer completion zsh)"      in ~/.zshrc
    fish: freshlayer completion fish | source      in ~/.config/fish/config.fish
    """  # noqa: D301 - click reads the backspace as "do not wrap"
    from click.shell_completion import get_completion_class

    from freshlayer.cli.main import cli

    completion = get_completion_class(shell)
    if completion is not None:
        echo(completion(cli, {}, "freshlayer", "_FRESHLAYER_COMPLETE").source())
    return 0
