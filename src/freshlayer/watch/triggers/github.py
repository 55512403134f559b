"""GitHub Actions: an event of a repository, or the start of one workflow.

docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event and
docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

from __future__ import annotations

import json
from urllib.parse import quote

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request, bearer
from freshlayer.watch.triggers.text import dockerfile_of, document_of

_API = "https://api.github.com"
_HEADERS = {**JSON, "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_LONGEST = 60_000
"""Characters; GitHub takes a payload of 65,535."""

_REPOSITORY = r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"
_INPUTS = ("dockerfile", "event", "idempotency_key", "message", "trigger")


class GithubTarget(Struct, frozen=True):
    """``workflow``: a file name or number; empty for an event that workflows wait for. ``api``: base URL.

    ``inputs``: of the workflow, which refuses what it does not declare.
    """

    repository: str
    secret: SecretPlace
    event_type: str = "freshlayer"
    workflow: str = ""
    ref: str = "main"
    inputs: tuple[str, ...] = ()
    api: str = _API
    timeout: int = 10
    file: str = ""
    authorities: str = ""

    def request(self, message: Message, given: Given) -> Request:
        """The answer is 204 (200 where a run is returned)."""
        base = f"{self.api.rstrip('/')}/repos/{self.repository}"
        document = document_of(message, _LONGEST)
        if self.workflow:
            url = f"{base}/actions/workflows/{quote(self.workflow, safe='')}/dispatches"
            values = {
                "dockerfile": dockerfile_of(message),
                "event": document["event"],
                "idempotency_key": message.key,
                "message": json.dumps(document),
                "trigger": message.trigger,
            }
            body = {"ref": self.ref, "inputs": {name: values[name] for name in self.inputs}}
        else:
            url = f"{base}/dispatches"
            body = {"event_type": self.event_type, "client_payload": document}
        return Request(url, json.dumps(body).encode(), {**_HEADERS, **bearer(given)})


def read(table: Table) -> GithubTarget:
    """Raises OptionError."""
    inputs = table.words("inputs")
    if not set(inputs) <= set(_INPUTS):
        raise table.fault("inputs", f"a list of {', '.join(_INPUTS)}")
    repository = table.matching("repository", _REPOSITORY, "OWNER/NAME")
    if {".", ".."} & {*repository.split("/")}:
        raise table.fault("repository", "OWNER/NAME")
    return GithubTarget(
        repository,
        table.secret("token", needed=True),
        table.matching("event_type", r"[!-~]{1,100}", "a word of at most 100 characters", "freshlayer"),
        table.text("workflow"),
        table.matching("ref", r"[^\s\x00-\x1f]+", "a branch or a tag", "main"),
        inputs,
        table.url("api", _API, private=True),
        table.seconds("timeout", 10, least=1),
    )
