"""Write the description of the API of ``freshlayer watch``: for the service, and for the documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from freshlayer.workflows.build_reports import BuildReports

ROOT = Path(__file__).parents[1]
PLACES = (
    ROOT / "src" / "freshlayer" / "watch" / "openapi.json",
    ROOT / "docs" / "schema" / "watch-api.json",
)
_SCHEMAS = "#/components/schemas/"
_REF = "$ref"


def _ref(name: str) -> dict[str, str]:
    return {_REF: f"{_SCHEMAS}{name}"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


_TEXT = {"type": "string"}
_TIME = {"type": "integer", "description": "seconds since 1970"}
_VERSION = {"const": 1}


def _moved(value: Any) -> Any:
    """A schema of the documents with its references where components are."""
    if isinstance(value, dict):
        found = {name: _moved(it) for name, it in value.items()}
        if _REF in found:
            found[_REF] = found[_REF].replace("#/$defs/", _SCHEMAS)
        return found
    return [_moved(it) for it in value] if isinstance(value, list) else value


def _schemas() -> dict[str, Any]:
    check = json.loads((ROOT / "docs" / "schema" / "check.json").read_text("utf-8"))
    _, report = msgspec.json.schema_components([BuildReports], ref_template=_SCHEMAS + "{name}")
    standing = _object(
        "dockerfile stale_since causes triggered",
        dockerfile=_TEXT,
        stale_since={**_TIME, "type": ["integer", "null"]},
        causes={"type": "array", "items": _ref("cause")},
        triggered={"type": "object", "additionalProperties": _TIME},
    )
    cause = _object(
        "reference identity kind line",
        reference=_TEXT,
        identity={"type": ["string", "null"]},
        kind={"enum": ["base", "security", "package", "input"]},
        line={"type": "integer"},
    )
    return {
        **report,
        **_moved(check["$defs"]),
        "check": _moved({"oneOf": check["oneOf"]}),
        "cause": cause,
        "standing": standing,
        "standings": _object(
            "version dockerfiles",
            version=_VERSION,
            dockerfiles={"type": "array", "items": _ref("standing")},
        ),
        "error": _object("version error", version=_VERSION, error=_TEXT),
        "taken": _object("version answer", version=_VERSION, answer=_TEXT),
    }


def _answer(meaning: str, media: str, schema: Any) -> dict[str, Any]:
    return {"description": meaning, "content": {media: {"schema": schema}}}


def _json(meaning: str, name: str) -> dict[str, Any]:
    return _answer(meaning, "application/json", _ref(name))


def _plain(meaning: str) -> dict[str, Any]:
    return _answer(meaning, "text/plain", _TEXT)


def _get(summary: str, answers: dict[str, Any], *, is_open: bool = False, **more: Any) -> dict[str, Any]:
    security = [{}] if is_open else [{"token": []}, {}]
    limited = _plain("too many wrong tokens")
    refused = {} if is_open else {"401": _plain("a token is needed"), "429": limited}
    return {"get": {"summary": summary, "security": security, "responses": {**answers, **refused}, **more}}


_DOCKERFILE = {
    "name": "dockerfile",
    "in": "query",
    "required": False,
    "schema": _TEXT,
    "description": "the path of one; without it all are listed",
}
_REFUSED = {
    "400": _json("not a document of its type", "error"),
    "401": _json("the signature or the token is missing or wrong", "error"),
    "405": _json("not a POST", "error"),
    "408": _json("the body took too long", "error"),
    "413": _json("the body is too large", "error"),
    "429": _json("too many", "error"),
    "503": _json("not taken now", "error"),
}


def _post(summary: str, body: Any, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": body}}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": content},
            "responses": {**answers, **_REFUSED},
            **more,
        }
    }


def _path(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": _TEXT}]


def _paths() -> dict[str, Any]:
    image = _answer("the badge", "image/svg+xml", _TEXT)
    taken = {"200": _json("recorded before", "taken"), "201": _json("recorded", "taken")}
    return {
        "/healthz": _get(
            "Whether the service runs",
            {"200": _plain("it does"), "503": _plain("a trigger is not delivered any more")},
            is_open=True,
        ),
        "/readyz": _get(
            "Whether a round has ended", {"200": _plain("it has"), "503": _plain("not yet")}, is_open=True
        ),
        "/metrics": _get("Figures for Prometheus", {"200": _plain("text format 0.0.4")}),
        "/api/dockerfiles": _get(
            "Since when each image is stale, and why", {"200": _json("all Dockerfiles", "standings")}
        ),
        "/api/check": _get(
            "The document of check --json",
            {"200": _json("one, or all", "check"), "404": _json("it is not watched", "error")},
            parameters=[_DOCKERFILE],
        ),
        "/api/openapi.json": _get(
            "This description", {"200": _answer("OpenAPI 3.1", "application/json", {"type": "object"})}
        ),
        "/events": _get(
            "Server-sent events: the page changed",
            {
                "200": _answer("a stream", "text/event-stream", _TEXT),
                "204": {"description": "too many streams"},
            },
        ),
        "/badge/{name}.svg": _get(
            "The state of an image", {"200": image, "404": image}, parameters=_path("name")
        ),
        "/api/builds": _post(
            "Report a build",
            _ref("BuildReports"),
            {**taken, "422": _json("it is refused", "error")},
            security=[{"reports": []}],
        ),
        "/webhooks/{name}": _post(
            "A webhook of the configuration",
            {"type": "object"},
            {"202": _json("noted", "taken")},
            parameters=_path("name"),
            security=[{}],
        ),
    }


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "freshlayer watch",
            "version": "1",
            "description": "The API of the service. Pages for people are not part of it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {**bearer, "description": "that of [api] token_env, where there is one"},
                "reports": {**bearer, "description": "that of [api] report_token_env"},
            },
            "schemas": _schemas(),
        },
    }


def text() -> str:
    """As it is in both places."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for place in PLACES:
        place.write_text(text(), "utf-8")
