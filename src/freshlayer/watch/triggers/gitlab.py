"""GitLab: a pipeline, by a trigger token or by an access token.

docs.gitlab.com/api/pipeline_triggers/#trigger-a-pipeline-with-a-token and
docs.gitlab.com/api/pipelines/#create-a-new-pipeline
"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request
from freshlayer.watch.triggers.text import variables_of

_LONGEST = 30_000
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class GitlabTarget(Struct, frozen=True):
    """``project``: its number or path. ``access``: the secret is an access token, not a trigger token."""

    project: str
    secret: SecretPlace
    ref: str = "main"
    access: bool = False
    url: str = "https://gitlab.com"
    timeout: int = 10
    file: str = ""
    authorities: str = ""

    def request(self, message: Message, given: Given) -> Request:
        """The answer is 201."""
        base = f"{self.url.rstrip('/')}/api/v4/projects/{quote(self.project, safe='')}"
        variables = variables_of(message, _LONGEST)
        if self.access:
            listed = [{"key": name, "value": value} for name, value in variables.items()]
            body = json.dumps({"ref": self.ref, "variables": listed}).encode()
            return Request(f"{base}/pipeline", body, {**JSON, "PRIVATE-TOKEN": given.token})
        form = {"token": given.token, "ref": self.ref}
        form |= {f"variables[{name}]": value for name, value in variables.items()}
        return Request(f"{base}/trigger/pipeline", urlencode(form).encode(), _FORM)


def read(table: Table) -> GitlabTarget:
    """Raises OptionError."""
    return GitlabTarget(
        table.matching("project", r"[A-Za-z0-9_][A-Za-z0-9_./-]*", "the number or the path of a project"),
        table.secret("token", needed=True),
        table.matching("ref", r"[^\s\x00-\x1f]+", "a branch or a tag", "main"),
        table.choice("token_type", "trigger", "trigger", "access") == "access",
        table.url("url", "https://gitlab.com", private=True),
        table.seconds("timeout", 10, least=1),
    )
