"""Who may read the repositories of `testing.servers.git_http.GitHttp`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def only_for(users: Mapping[str, str], directory: Path) -> str:
    """Lines for nginx that let in `users` (name → password) alone; a file in `directory` holds them.

    with GitHttp(repositories, server=only_for({"somebody": "open-sesame"}, directory)) as served: …
    """
    passwords = directory / "passwords"
    passwords.write_text("".join(f"{n}:{{PLAIN}}{p}\n" for n, p in users.items()), encoding="utf-8")
    return f'auth_basic "repositories"; auth_basic_user_file {passwords};\n'
