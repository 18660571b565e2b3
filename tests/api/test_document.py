"""The OpenAPI document says all that a stranger's client needs, and nothing less than the release before."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import Strict

from shiming import __version__
from shiming.support.webhook_events import EVENTS
from shiming.web.api import document
from shiming.web.api.operations import OPERATIONS
from shiming.web.api.schemas.messages import EVENTS as DESCRIBED_EVENTS
from shiming.web.application import described
from shiming.web.routers import API
from tools.docs import api_changes, openapi

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
ROUTES = [route for part in API for route in part.router.routes if route.include_in_schema]
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def doc() -> dict[str, Any]:
    return described()


def operations(doc) -> Iterator[tuple[str, dict]]:
    for path, calls in (*doc["paths"].items(), *doc["webhooks"].items()):
        yield from ((f"{method.upper()} {path}", call) for method, call in calls.items() if method in METHODS)


def nodes(node: Any, at: str = "") -> Iterator[tuple[str, dict]]:
    """Every object in it, with its place."""
    if isinstance(node, dict):
        yield at, node
        for name, each in node.items():
            yield from nodes(each, f"{at}/{name}")
    elif isinstance(node, list):
        for n, each in enumerate(node):
            yield from nodes(each, f"{at}/{n}")


def test_every_call_has_its_row_and_every_row_its_call():
    """The message is for whoever adds a route."""
    there = {document.key(method, route) for route in ROUTES for method in route.methods}
    said = "give each a row in src/shiming/web/api/operations.py: its operationId, and the shape of its answer"
    assert not there - OPERATIONS.keys(), said
    assert not OPERATIONS.keys() - there, "these rows have no route"


def test_the_committed_document_is_fresh():
    assert openapi.FILE.read_text("utf-8") == openapi.text(), "run `make docs`"


def test_it_says_what_it_is(doc):
    assert doc["openapi"].startswith("3.1")
    assert doc["info"]["version"] == __version__
    assert all(doc["info"][part] for part in ("title", "summary", "description", "license", "contact"))
    assert doc["servers"]
    tags = {tag["name"] for tag in doc["tags"]}
    assert all(tag["description"] for tag in doc["tags"])
    assert {tag for _, call in operations(doc) for tag in call["tags"]} == tags


def test_every_call_has_a_name_of_its_own_a_tag_and_says_who_may(doc):
    calls = list(operations(doc))
    ids = Counter(call["operationId"] for _, call in calls)
    assert [id for id, n in ids.items() if n > 1 or not re.fullmatch("[a-z]+([A-Z][a-z]+)*", id)] == []
    for name, call in calls:
        assert len(call["tags"]) == 1 and call["summary"] and "security" in call, name
    schemes = doc["components"]["securitySchemes"]
    assert {scheme for _, call in calls for each in call["security"] for scheme in each} == schemes.keys()
    closed = [name for name, call in calls if not call["security"] and " /v1" in name]
    assert [name.split(" /v1/")[1] for name in closed] == [
        "texts/pledge", "event_types", "contact_points", "reasons", "health", "ready"]  # fmt: skip


def test_every_answer_and_body_is_typed(doc):
    """No bare objects, lists or values: each says what is in it."""
    bare = [at for at, node in nodes(doc) if "/examples/" not in at and (
        (node.get("type") == "object" and not node.get("properties")
         and not isinstance(node.get("additionalProperties"), dict))
        or node.get("additionalProperties") is True
        or (node.get("type") == "array" and "items" not in node) or node.get("schema") == {})]  # fmt: skip
    assert bare == []
    for name, call in operations(doc):
        good = {status: answer for status, answer in call["responses"].items() if status.startswith("2")}
        assert len(good) == 1, name
        status, answer = next(iter(good.items()))
        assert status in ("204", "2XX") or all(content["schema"] for content in answer["content"].values()), name


def test_every_error_is_a_problem_of_one_shape(doc):
    for name, call in operations(doc):
        if name.split(" ")[1] in doc["webhooks"]:
            continue
        errors = {status for status in call["responses"] if not status.startswith("2")}
        assert {"400", "422", "500", "503"} <= errors, name
        assert not call["security"] or {"401", "403", "429"} <= errors, name
    for name, answer in doc["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
    problem = doc["components"]["schemas"]["Problem"]["properties"]
    assert {"code", "detail", "fields", "request_id"} <= problem.keys()


def test_titles_are_unique_and_references_lead_somewhere(doc):
    schemas = doc["components"]["schemas"]
    assert [name for name, schema in schemas.items() if schema["title"] != name] == []
    assert [name for name in schemas if not re.fullmatch("[A-Z][A-Za-z]+", name)] == []
    for at, node in nodes(doc):
        if isinstance(ref := node.get("$ref"), str):
            assert api_changes._seen(doc, node), f"{at}: {ref}"


def test_links_lead_from_what_names_a_thing_to_every_call_about_it(doc):
    """Each names a value that the answer has, and a parameter that the call it leads to asks for."""
    calls = {call["operationId"]: (path, call) for path, methods in doc["paths"].items() for call in methods.values()}
    led = set()
    for _, call in calls.values():
        good = next(answer for status, answer in call["responses"].items() if status.startswith("2"))
        for id, link in good.get("links", {}).items():
            path, target = calls[link["operationId"]]
            (name, value), = link["parameters"].items()
            assert {"name": name, "in": "path"}.items() <= target["parameters"][0].items() and id == link["operationId"]
            shape = good["content"]["application/json"]["schema"]
            for step in value.removeprefix("$response.body#/").split("/"):
                shape = api_changes._seen(doc, shape)
                shape = shape["items"] if step == "0" else shape["properties"][step]
            led.add(path)
    alone = {path for path, _ in calls.values() if "{" in path} - led
    assert alone == set()


def test_states_levels_codes_and_roles_are_enumerations(doc):
    schemas = doc["components"]["schemas"]
    for name in ("VerificationState", "Level", "ReasonCode", "ProblemCode", "AppealState", "EventName", "Piece"):
        assert len(schemas[name]["enum"]) > 3, name
    roles = {role for _, call in operations(doc) for each in call["security"] for role in each.get("apiKey", ())}
    assert roles == {"platform", "reviewer", "support", "operator"}


def test_every_event_has_its_webhook(doc):
    assert set(EVENTS) == set(DESCRIBED_EVENTS) == set(doc["webhooks"])


def test_nothing_breaks_for_clients_of_the_last_release():
    """A break has to stand in the changelog: a line with "breaking" and the operation's name in backticks."""
    old = json.loads(openapi.RELEASED.read_text("utf-8"))
    found = api_changes.unnamed(api_changes.breaks(old, described()), CHANGELOG.read_text("utf-8"))
    assert found == [], "name each in CHANGELOG.md, or take it back"


def test_yes_and_no_in_a_body_are_true_and_false_alone():
    """1, "yes" and "on" had passed for a consent to face data, which the document calls a boolean."""
    given = [each for route in ROUTES for body in route.dependant.body_params
             for each in (body.field_info.annotation, *get_args(body.field_info.annotation))
             if hasattr(each, "model_fields")]  # fmt: skip
    loose = {f"{model.__name__}.{name}" for model in given for name, field in model.model_fields.items()
             if field.annotation is bool and not any(isinstance(each, Strict) for each in field.metadata)}  # fmt: skip
    assert len(given) > 20 and loose == set()
