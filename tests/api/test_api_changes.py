"""What breaks a client is found, what does not is let pass: planted in a small document."""

from copy import deepcopy

import pytest

from tools.docs.api_changes import breaks, unnamed

ANSWER = {"type": "object", "required": ["id", "state"], "properties": {
    "id": {"type": "string"}, "state": {"$ref": "#/components/schemas/State"}, "note": {"type": "string"},
    "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}}}  # fmt: skip
BODY = {"type": "object", "required": ["name"], "properties": {
    "name": {"type": "string", "maxLength": 20}, "level": {"type": "string", "enum": ["basic", "standard"]},
    "to": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}  # fmt: skip
OLD = {
    "paths": {"/v1/things": {"post": {
        "operationId": "makeThing", "security": [{"apiKey": ["platform"]}, {"apiKey": ["support"]}],
        "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
        "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                      "404": {"description": "no"}},
    }}},
    "webhooks": {"thing.made": {"post": {"operationId": "onThingMade", "requestBody": {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}}},
    "components": {"schemas": {"Thing": ANSWER, "State": {"type": "string", "enum": ["open", "done"]}}},
}  # fmt: skip


def call(doc):
    return doc["paths"]["/v1/things"]["post"]


def body(doc):
    return call(doc)["requestBody"]["content"]["application/json"]["schema"]


def thing(doc):
    return doc["components"]["schemas"]["Thing"]


BREAKS = {
    "the call is gone": lambda d: d["paths"].clear(),
    "another name": lambda d: call(d).update(operationId="createThing"),
    "a role less": lambda d: call(d)["security"].pop(),
    "a parameter is asked for": lambda d: call(d)["parameters"].append(
        {"in": "query", "name": "app", "required": True, "schema": {"type": "string"}}),
    "a parameter is gone": lambda d: call(d)["parameters"].clear(),
    "a limit is narrower": lambda d: call(d)["parameters"][0]["schema"].update(maximum=50),
    "a field is asked for": lambda d: body(d)["required"].append("level"),
    "a field is not taken": lambda d: body(d)["properties"].pop("level"),
    "a word is not taken": lambda d: body(d)["properties"]["level"]["enum"].pop(),
    "a text may be less long": lambda d: body(d)["properties"]["name"].update(maxLength=10),
    "null is not taken": lambda d: body(d)["properties"].update(to={"type": "string"}),
    "another media type": lambda d: call(d)["requestBody"].update(
        content={"text/plain": {"schema": {"type": "string"}}}),
    "another status": lambda d: call(d)["responses"].update({"200": call(d)["responses"].pop("201")}),
    "a field is not answered": lambda d: thing(d)["properties"].pop("note"),
    "a field may be missing": lambda d: thing(d)["required"].remove("id"),
    "a field may be null": lambda d: thing(d)["properties"].update(
        id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "a field of another kind": lambda d: thing(d)["properties"].update(id={"type": "integer"}),
    "deep inside": lambda d: thing(d)["properties"]["items"]["items"]["properties"].update(n={"type": "string"}),
    "the webhook is gone": lambda d: d["webhooks"].clear(),
}  # fmt: skip
PASSES = {
    "nothing": lambda d: None,
    "a call more": lambda d: d["paths"].update({"/v1/more": {"get": {**call(d), "operationId": "listMore"}}}),
    "a role more": lambda d: call(d)["security"].append({"holderToken": []}),
    "a parameter that may be left out": lambda d: call(d)["parameters"].append(
        {"in": "query", "name": "state", "schema": {"type": "string"}}),
    "a field that may be sent": lambda d: body(d)["properties"].update(more={"type": "string"}),
    "a wider limit": lambda d: body(d)["properties"]["name"].update(maxLength=40),
    "a word more is taken": lambda d: body(d)["properties"]["level"]["enum"].append("enhanced"),
    "a field more is answered": lambda d: thing(d)["properties"].update(more={"type": "string"}),
    "a word more is answered": lambda d: d["components"]["schemas"]["State"]["enum"].append("kept"),
    "always answered now": lambda d: thing(d)["required"].append("note"),
    "an error more": lambda d: call(d)["responses"].update({"409": {"description": "no"}}),
}  # fmt: skip


@pytest.mark.parametrize("planted", BREAKS)
def test_a_break_is_found(planted):
    new = deepcopy(OLD)
    BREAKS[planted](new)
    found = list(breaks(OLD, new))
    assert found and found[0].split(":")[0] in ("makeThing", "onThingMade")


@pytest.mark.parametrize("changed", PASSES)
def test_what_breaks_nobody_passes(changed):
    new = deepcopy(OLD)
    PASSES[changed](new)
    assert list(breaks(OLD, new)) == []


def test_a_break_passes_where_the_newest_version_of_the_changelog_names_it():
    new = deepcopy(OLD)
    BREAKS["a field is not taken"](new)
    named = "# Changelog\n\n## 2\n\n- **Breaking**: `makeThing` has no level\n\n## 1\n\n- first\n"
    assert unnamed(breaks(OLD, new), named) == []
    assert unnamed(breaks(OLD, new), "# Changelog\n\n## 2\n\n- `makeThing` has no level\n")
    assert unnamed(breaks(OLD, new), "# Changelog\n\n## 3\n\n- other\n\n## 2\n\n- breaking: `makeThing`\n")
