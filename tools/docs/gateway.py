"""docs/gateway.openapi.json: the contract of a house's own gateway, from the shapes that the adapter reads and writes.

`python -m tools.docs.gateway` writes it.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from shiming.providers.vendors.gateway import DOORS, Failed, Pushed

FILE = Path(__file__).parents[2] / "docs" / "gateway.openapi.json"
ABOUT = """What a house's own gateway speaks so that Shiming can ask it about people, send by it and tell it of
play (adapter `http`).

Every request has the headers of Standard Webhooks: `webhook-id` (new each time; refuse one that comes twice),
`webhook-timestamp` (seconds; refuse more than five minutes away), `webhook-signature` (`v1,` and the Base64 of
HMAC-SHA256 over `id.timestamp.body`; compare in constant time). The key is the Base64 behind `whsec_`. Every answer has
`webhook-timestamp` and `webhook-signature` over `id of the request.timestamp.body`.

Answer 200 with an outcome, or 503 with why nobody could answer. Anything else is taken for a fault of the set-up, and
alarms people. Receipts are pushed as an array of `Pushed` to the address that the operator gives you,
signed likewise. docs/examples/gateway.py is such a gateway in 60 lines."""
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def contract() -> dict[str, Any]:
    """The OpenAPI document."""
    models = {model for asked, said, _ in DOORS.values() for model in (asked, said)} | {Failed, Pushed}
    modes = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0", "info": {"title": "Shiming's gateway", "version": "1", "description": ABOUT},
        "paths": {f"/{question.replace('.', '/')}": {"post": _door(question)} for question in DOORS},
        "components": {"schemas": schemas["$defs"]},
    }  # fmt: skip


def _door(question: str) -> dict[str, Any]:
    asked, said, words = DOORS[question]
    headers = [{"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in HEADERS]
    signed = {name: {"required": True, "schema": {"type": "string"}} for name in HEADERS[1:]}
    return {
        "operationId": question, "summary": words, "parameters": headers,
        "requestBody": {"required": True, "content": _json(asked.__name__)},
        "responses": {
            "200": {"description": "An outcome.", "headers": signed, "content": _json(said.__name__)},
            "503": {"description": "Nobody could answer.", "headers": signed, "content": _json("Failed")},
        },
    }  # fmt: skip


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def text() -> str:
    return json.dumps(contract(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
