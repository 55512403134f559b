"""A message as the text that people read, by a template. Pure.

A value is made safe for display and is never read as a template. What a service would read as markup is the
matter of its module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from freshlayer.lazy_regex import compiled
from freshlayer.model.watched import Message
from freshlayer.reference import shown
from freshlayer.watch.settings_table import Table

USUAL = "{event}: {dockerfile} is stale since {since}\n{causes}"
_FIELDS = ("causes", "count", "dockerfile", "event", "key", "since", "trigger")
_FIELD = compiled(r"\{([^{}]*)\}")
_MOST_CAUSES = 20
_LONGEST_VALUE = 300


def template_of(table: Table, name: str = "text", default: str = USUAL) -> str:
    """The template of a trigger's table. Raises OptionError for a field that there is not."""
    template = table.text(name, default)
    if not template.strip() or any(field not in _FIELDS for field in _FIELD.findall(template)):
        raise table.fault(name, f"a text with fields of {', '.join('{' + it + '}' for it in _FIELDS)}")
    return template


def text_of(template: str, message: Message, longest: int) -> str:
    """At most so many characters."""
    values = fields_of(message)
    text = _FIELD.sub(lambda it: values[it[1]], template)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def fields_of(message: Message) -> Mapping[str, str]:
    """What a template may name."""
    document = json.loads(message.body)
    causes = document["causes"]
    since = datetime.fromtimestamp(document["stale_since"], UTC)
    return {
        "causes": "\n".join(_causes(causes)),
        "count": str(len(causes)),
        "dockerfile": shown(message.dockerfile, _LONGEST_VALUE),
        "event": document["event"],
        "key": message.key,
        "since": f"{since:%Y-%m-%d %H:%M} UTC",
        "trigger": message.trigger,
    }


def dockerfile_of(message: Message) -> str:
    """The name that a build of it is reported with, and not the one for display; as text, of any bytes."""
    return message.dockerfile.encode("utf-8", "replace").decode()


def variables_of(message: Message, longest: int) -> dict[str, str]:
    """What a build gets in its environment; the document in at most so many characters."""
    document = document_of(message, longest)
    return {
        "FRESHLAYER_DOCKERFILE": dockerfile_of(message),
        "FRESHLAYER_EVENT": document["event"],
        "FRESHLAYER_IDEMPOTENCY_KEY": message.key,
        "FRESHLAYER_MESSAGE": json.dumps(document),
        "FRESHLAYER_TRIGGER": message.trigger,
    }


def _causes(causes: list[dict[str, Any]]) -> Iterator[str]:
    for cause in causes[:_MOST_CAUSES]:
        yield f"{shown(cause['reference'], _LONGEST_VALUE)} ({cause['kind']}, line {cause['line']})"
    if len(causes) > _MOST_CAUSES:
        yield f"and {len(causes) - _MOST_CAUSES} more"


def document_of(message: Message, longest: int) -> dict[str, Any]:
    """The document that a webhook gets, with as many causes as fit into so many characters."""
    document: dict[str, Any] = json.loads(message.body)
    causes = document["causes"]
    if len(message.body) > longest:
        document["causes_omitted"] = 0
        while causes and len(json.dumps(document)) > longest:
            document["causes_omitted"] += len(causes) - len(causes) // 2
            del causes[len(causes) // 2 :]
    return document
