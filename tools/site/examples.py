"""One call in curl, Python and TypeScript: what the API reference shows, made from the description."""

import builtins
import json
import keyword
import re
from collections.abc import Mapping
from typing import Any

from tools.site.bodies import BODIES, FILES, in_path

STREAM, JSON, FORM = "application/offset+octet-stream", "application/json", "multipart/form-data"
PLAIN = ("reportEvents", "proposePolicy")
"""Shapes within shapes: as JSON it is shorter."""
RESERVED = {*dir(builtins), "self", "true", "false", "datetime"} - {"id"}


class Example:
    """The call of an operation with what it takes."""

    def __init__(self, method: str, path: str, call: Mapping[str, Any]):
        self.id, self.method, self.path = call["operationId"], method.upper(), path
        self.given = {p["name"]: in_path(path, p["name"], p["schema"])
                      for p in call.get("parameters", []) if p.get("in") == "path"}  # fmt: skip
        media = next(iter(call.get("requestBody", {}).get("content", {})), None)
        self.body = BODIES.get(self.id) if media == JSON else None
        self.form = FILES.get(self.id) if media == FORM else None
        self.chunk = media == STREAM

    def curl(self) -> str:
        address = self.path.removeprefix("/v1")
        for name, value in self.given.items():
            address = address.replace("{" + name + "}", value)
        parts = [f"curl -s {'' if self.method in ('GET', 'POST') else f'-X {self.method} '}$API{address}",
                 '-H "Authorization: Bearer $KEY"']  # fmt: skip
        if self.body is not None:
            parts.append(f"--json '{json.dumps(self.body, ensure_ascii=False)}'")
        elif self.form:
            parts.append(" ".join(f"-F {name}={value}" for name, value in self.form.items()))
        elif self.chunk:
            parts.append(f"-H 'Upload-Offset: 0' -H 'Content-Type: {STREAM}' --data-binary @part-1")
        elif self.method == "POST":
            parts[0] = parts[0].replace("curl -s ", "curl -s -X POST ")
        return " \\\n     ".join(parts)

    def python(self) -> str:
        name = re.sub("([A-Z])", r"_\1", self.id).lower()
        given = [repr_(value) for value in self.given.values()]
        if self.chunk:
            return f'api.{name}({", ".join(given)}, upload_offset=0, body=File(payload=open("part-1", "rb")))'
        if self.id in PLAIN:
            return f"api.request({repr_(self.method)}, {repr_(self._address())}, json={repr_(self.body)})"
        for field, value in ((self.body or self.form) or {}).items():
            given.append(f"{safe(field)}={_file(field, value) if self.form else repr_(value)}")
        return f"answer = api.{name}({', '.join(given)})"

    def _address(self) -> str:
        address = self.path
        for name, value in self.given.items():
            address = address.replace("{" + name + "}", value)
        return address

    def typescript(self) -> str:
        options = []
        if self.given:
            header = ", header: { 'upload-offset': 0 }" if self.chunk else ""
            options.append(f"params: {{ path: {literal(self.given)}{header} }}")
        if self.body is not None:
            options.append(f"body: {literal(self.body)}")
        elif self.form:
            fields = ", ".join(f"{name}: {_blob(name, value)}" for name, value in self.form.items())
            options += [f"body: {{ {fields} }}", "bodySerializer: form"]
        elif self.chunk:
            options += ["body: file(blob)", "bodySerializer: (body: unknown) => body as Blob"]
        more = f", {{ {', '.join(options)} }}" if options else ""
        return f"const answer = await ok(api.{self.method}('{self.path}'{more}))"


def safe(name: str) -> str:
    """A field's name as the Python client bears it."""
    return f"{name}_" if name in RESERVED or keyword.iskeyword(name) else name.replace("-", "_")


def repr_(value: Any) -> str:
    """Python, with double quotes as people here write it."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{repr_(k)}: {repr_(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(repr_, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def literal(value: Any) -> str:
    """TypeScript, with single quotes."""
    if isinstance(value, Mapping):
        rows = (f"{k if k.isidentifier() else repr(k)}: {literal(v)}" for k, v in value.items())
        return "{ " + ", ".join(rows) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    return json.dumps(value)


def _file(field: str, value: str) -> str:
    if not value.startswith("@"):
        return repr_(value)
    one = f"File(payload=open({repr_(value[1:])}, \"rb\"), file_name={repr_(value[1:])})"
    return f"[{one}]" if field.endswith("s") else one


def _blob(field: str, value: str) -> str:
    if not value.startswith("@"):
        return literal(value)
    return "[file(blob)]" if field.endswith("s") else "file(blob)"
