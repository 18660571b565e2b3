"""Every call of the application with a body that it takes, made from its own declarations, and every place in it where
something else can be put."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from fastapi.params import File, Form
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from shiming.web.routers import ROUTERS

KNOWN = {"name": "张合格", "number": "170213199103140138", "phone": "13800138000", "card": "6222021234567890128",
         "at": 1_763_600_000_000, "text": "name = 'a'", "locale": "en", "return_url": "https://a.test",
         "profile_url": "https://a.test", "phone_url": "https://a.test", "url": "https://a.test",
         "capabilities": ["live"], "reason": "login_risk", "requirements": ["verify:standard"], "capability": "live",
         "times_ms": "0,100", "camera": '{"label": "a"}', "filled": ["nickname"], "channel": "sms",
         "ground": "violation_fraud", "address": "13800138000", "corrected": {"sex": "男"},
         "codes": ["photo_glare"], "topic": "result_unclear",
         "waves": [{"at": "2026-12-01T00:00:00+08:00", "share": 100}],
         "code": "123456", "min_version": "1.0"}  # fmt: skip
EVENT = {"id": "evt-1", "account": "zhang", "type": "transaction", "at": KNOWN["at"], "amount": 100, "kind": "gift",
         "counterparty": "li", "device": "d", "ip": "192.0.2.7"}  # fmt: skip
PRIVATE = (KNOWN["name"], KNOWN["number"], KNOWN["phone"], KNOWN["card"])
"""What no answer that refuses may repeat."""


@dataclass(frozen=True)
class Call:
    """One call: what is put in where. `form` makes `body` a form; `files` are its files."""

    method: str
    template: str
    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: bool = False
    files: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The path with its parameters, percent-encoded."""
        made = self.template
        for name, value in self.path.items():
            written = quote(value, safe="", errors="surrogatepass")
            made = re.sub(rf"{{{name}(:\w+)?}}", lambda _, written=written: written, made)
        return made

    @property
    def asked(self) -> str:
        given = {name: value for name, value in self.query.items() if value is not None}
        return urlencode(given, doseq=True, errors="surrogatepass")

    def places(self) -> list[tuple]:
        """Every place at which something else can stand."""
        found = [(part, name) for part in ("path", "query", "headers") for name in getattr(self, part)]
        return found + [("body", *place) for place in _within(self.body)]

    def put(self, place: tuple, value: Any) -> "Call":
        """The same call with `value` at that place."""
        part, *inner = place
        if part == "path":
            return replace(self, path={**self.path, inner[0]: str(value)})
        if part == "headers":
            return replace(self, headers={**self.headers, inner[0]: str(value)})
        if part == "query":
            return replace(self, query={**self.query, inner[0]: value})
        if not inner:
            return replace(self, body=value)
        body = deepcopy(self.body)
        holder = body
        for step in inner[:-1]:
            holder = holder[step]
        holder[inner[-1]] = value
        return replace(self, body=body)


def _within(value: Any, place: tuple = ()) -> Iterator[tuple]:
    yield from [place] if value is not None else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from _within(inner, (*place, name))


def every() -> list[Call]:
    """All calls of all doors, also those that the API page does not show."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [_call(route, method) for route in routes for method in sorted(route.methods)]


def _call(route: APIRoute, method: str) -> Call:
    flat = _params(route.dependant)
    path = {p.alias: "x" for p in flat["path_params"]}
    query = {name: value for p in flat["query_params"] for name, value in _example_of(p)}
    headers = {p.alias: "1" for p in flat["header_params"]}
    call = Call(method, route.path, path, query, headers)
    fields = flat["body_params"]
    if any(isinstance(p.field_info, Form) for p in fields):
        files = tuple(p.alias for p in fields if isinstance(p.field_info, File))
        texts = {p.alias: KNOWN.get(p.alias, "1") for p in fields if p.alias not in files}
        return replace(call, body=texts, form=True, files=files)
    if fields:
        return replace(call, body=EVENT if route.path == "/v1/events" else _example(_schema(fields[0])))
    return call


def _params(dependant: Any) -> dict[str, list]:
    found = {
        kind: list(getattr(dependant, kind)) for kind in ("path_params", "query_params", "header_params", "body_params")
    }
    for inner in dependant.dependencies:
        for kind, more in _params(inner).items():
            found[kind] += more
    return found


def _schema(param: Any) -> dict:
    return TypeAdapter(param.field_info.annotation).json_schema()


def _example_of(param: Any) -> Iterator[tuple[str, Any]]:
    """A query parameter; a model of several gives each of its own."""
    schema = _schema(param)
    if "properties" in schema:
        yield from ((name, _example(inner, schema, name)) for name, inner in schema["properties"].items())
    else:
        yield param.alias, _example(schema, schema, param.alias)


def _example(schema: dict, whole: dict | None = None, name: str = "") -> Any:
    """A value that a schema takes."""
    whole = whole or schema
    if "$ref" in schema:
        return _example(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, name)
    for inner in schema.get("anyOf", ()):
        if inner.get("type") != "null":
            return _example(inner, whole, name)
    if name in KNOWN and type(KNOWN[name]) is {"string": str, "integer": int, "array": list, "object": dict}.get(
        schema.get("type")
    ):
        return KNOWN[name]
    if schema.get("default") not in (None, "", [], {}):
        return schema["default"]
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {n: _example(inner, whole, n) for n, inner in schema.get("properties", {}).items()} or {"a": 1}
        case "array":
            return [_example(schema["items"], whole, name)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return schema.get("examples", ["zhang"])[0]
