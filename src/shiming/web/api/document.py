"""The OpenAPI document: parameters and bodies as the routes declare them, all else from the table of operations.

Made when somebody asks for it, never while the server starts. docs/openapi.json is the same, committed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from shiming import __version__
from shiming.web.api import document_links as links
from shiming.web.api import document_parts as parts
from shiming.web.api.operations import OPERATIONS, Operation
from shiming.web.api.schemas.messages import PAYLOADS
from shiming.web.api.schemas.platform import Ready
from shiming.web.api.schemas.problems import Problem

REF = "#/components/schemas/{model}"
JSON, PROBLEM = "application/json", "application/problem+json"
ALWAYS, KNOWN, BODIES = (400, 414, 422, 500, 503), (401, 403, 429), (408, 413)
FRAMEWORKS = {"HTTPValidationError", "ValidationError"}
"""What FastAPI says of errors, and we do not."""


def document(routes: Sequence[APIRoute]) -> dict[str, Any]:
    """The description of these routes, each of which has its row in the table."""
    made = get_openapi(title="Shiming 实名", version=__version__, routes=routes, **parts.ABOUT)
    bodies, (schemas, refs) = made["components"]["schemas"], _schemas(routes)
    if twice := [name for name in bodies.keys() & schemas if bodies[name] != schemas[name]]:
        raise ValueError(f"two shapes are called {twice}: a name of the API is one shape's alone")
    made["components"] = parts.components(refs[Problem])
    for route in routes:
        for method in route.methods:
            call = made["paths"][route.path_format][method.lower()]
            _describe(call, route, OPERATIONS[key(method, route)], refs)
    links.add(made["paths"])
    made["webhooks"] = {event: {"post": _webhook(event, body, refs)} for event, body in PAYLOADS.items()}
    named = _named(bodies | schemas, made)
    made["components"]["schemas"] = {name: named[name] for name in sorted(_used(made, named))}
    return made


def key(method: str, route: APIRoute) -> str:
    return f"{method} {route.path_format}"


def roles_of(route: APIRoute) -> tuple[str, ...]:
    """Who may: the roles of keys, and `holder` for a holder's token; empty where no key is asked for."""
    found = [each.call.roles for each in route.dependant.dependencies if hasattr(each.call, "roles")]
    return found[0] if found else OPERATIONS[key(min(route.methods), route)].roles


def errors_of(method: str, route: APIRoute) -> tuple[int, ...]:
    """The statuses of all errors that a call can end in."""
    found = {*ALWAYS, *OPERATIONS[key(method, route)].also}
    found |= {*KNOWN} if roles_of(route) else set()
    found |= {404} if route.dependant.path_params or "{" in route.path_format else set()
    found |= {409, *BODIES} if method == "POST" else {*BODIES} if method in ("PATCH", "PUT") else set()
    return tuple(sorted(found))


def _describe(call: dict[str, Any], route: APIRoute, row: Operation, refs: Mapping[Any, dict]) -> None:
    method = min(route.methods)
    roles, errors = roles_of(route), errors_of(method, route)
    call["operationId"] = row.id
    call["security"] = [{"holderToken": []} if role == "holder" else {"apiKey": [role]} for role in roles]
    if method == "POST":
        call.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    if row.asks is not None:
        call["requestBody"] = {"required": True, "content": _content(row.asks, refs)}
    call["responses"] = {str(status): {"$ref": f"#/components/responses/{parts.name(status)}"} for status in errors}
    call["responses"][str(route.status_code or 200)] = _success(method, route, row, bool(roles), refs)
    if row.answer is Ready:
        call["responses"]["503"] = _success(method, route, row, False, refs)


def _success(method: str, route: APIRoute, row: Operation, known: bool, refs: Mapping[Any, dict]) -> dict[str, Any]:
    headers = ["X-Request-Id", *(parts.RATES if known else ()), *(["Idempotent-Replay"] if method == "POST" else [])]
    said: dict[str, Any] = {"description": HTTPStatus(route.status_code or 200).phrase,
                            "headers": {name: parts.header(name) for name in headers}}  # fmt: skip
    return said | ({"content": _content(row.answer, refs)} if row.answer is not None else {})


def _content(shape: Any, refs: Mapping[Any, dict]) -> dict[str, Any]:
    """A body: a shape as JSON, or a media type of bytes."""
    if isinstance(shape, str):
        return {shape: {"schema": {"type": "string"} if shape.startswith("text/") else parts.BINARY}}
    return {JSON: {"schema": refs[shape]}}


def _webhook(event: str, body: Any, refs: Mapping[Any, dict]) -> dict[str, Any]:
    name = "".join(part.capitalize() for part in event.replace(".", "_").split("_"))
    return {
        "operationId": f"on{name}", "tags": ["webhooks"], "summary": body.__doc__, "security": [],
        "description": f"{body.__doc__} Signed by the Standard Webhooks convention; any 2xx says that it has arrived.",
        "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in parts.SIGNED],
        "requestBody": {"required": True, "content": _content(body, refs)},
        "responses": {"2XX": {"description": "It has arrived."}, "4XX": {"description": "It is sent again later."}},
    }  # fmt: skip


def _schemas(routes: Iterable[APIRoute]) -> tuple[dict[str, Any], dict[Any, dict]]:
    """The schemas of all shapes in the table, by name, and what stands for each shape."""
    rows = [OPERATIONS[key(method, route)] for route in routes for method in route.methods]
    shapes = [each for row in rows for each in (row.answer, row.asks) if each is not None and not isinstance(each, str)]
    shapes = list(dict.fromkeys([*shapes, Problem, *PAYLOADS.values()]))
    asked = [(n, "validation", TypeAdapter(shape)) for n, shape in enumerate(shapes)]
    by_number, defined = TypeAdapter.json_schemas(asked, ref_template=REF)
    refs = {shape: by_number[n, "validation"] for n, shape in enumerate(shapes)}
    return defined["$defs"], refs


def _named(schemas: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Every schema under a name that generated clients can bear, which is its title; fields need no titles."""
    forms = {name: f"{id[0].upper()}{id[1:]}Form" for name, id in _forms(made)}
    new = {forms.get(name, name): schema for name, schema in schemas.items() if name not in FRAMEWORKS}
    for each in (made, new):
        _rewrite(each, {REF.format(model=old): REF.format(model=name) for old, name in forms.items()})
    return {name: {"title": name, **schema} for name, schema in new.items()}


def _forms(made: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The framework's names for forms, each with the operation that it is sent to."""
    for call in (call for path in made["paths"].values() for call in path.values()):
        for content in call.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            if name.startswith("Body_"):
                yield name, call["operationId"]


def _rewrite(node: Any, refs: Mapping[str, str]) -> None:
    """Within `node`: titles of fields away, references changed, files described as such for older tools too."""
    if isinstance(node, list):
        for each in node:
            _rewrite(each, refs)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str) and "version" not in node:
        del node["title"]
    if node.get("$ref") in refs:
        node["$ref"] = refs[node["$ref"]]
    if node.get("contentMediaType") == "application/octet-stream":
        node["format"] = "binary"
    for each in node.values():
        _rewrite(each, refs)


def _used(made: Mapping[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    """The schemas that the document speaks of, directly or by another."""
    found: set[str] = set()
    left = [ref for part in ("paths", "webhooks", "components") for ref in _refs(made[part])]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(_refs(schemas[name]))
    return found


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if str(ref := node.get("$ref", "")).startswith(REF.format(model="")):
            yield ref.rpartition("/")[2]
        for each in node.values():
            yield from _refs(each)
    elif isinstance(node, list):
        for each in node:
            yield from _refs(each)
