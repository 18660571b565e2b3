"""What a change of the OpenAPI document breaks for a client that was written by the one before.

A client sends what it sent and reads what it read. So of a request nothing may be asked that was not, nor less be
taken; of an answer nothing may be missing that was there, nor be of another kind. Words may be added to an enumeration
that is answered, and fields and errors to an answer: the document says so.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Doc = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
NARROWER = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1, "minimum": 1, "minItems": 1}
"""Limits of what is taken; which way they get narrower."""


def breaks(old: Doc, new: Doc) -> Iterator[str]:
    """Each break in words, which begin with the operation, or the webhook, that it is found in."""
    for (path, method), before in _calls(old, "paths").items():
        name, after = before["operationId"], _calls(new, "paths").get((path, method))
        if after is None:
            yield f"{name}: {method.upper()} {path} is gone"
            continue
        if after["operationId"] != name:
            yield f"{name}: its operationId is {after['operationId']} now"
        yield from (f"{name}: {each}" for each in _call(before, after, old, new))
    for (event, method), before in _calls(old, "webhooks").items():
        name, after = before["operationId"], _calls(new, "webhooks").get((event, method))
        if after is None:
            yield f"{name}: the webhook {event} is gone"
        else:
            body = _contents(before, after, "requestBody", _Way(old, new, narrow=False))
            yield from (f"{name}: {each}" for each in body)


def unnamed(found: Iterator[str], changelog: str) -> list[str]:
    """The breaks that the newest version in the changelog does not name, each by its `operationId` in a line with
    "breaking".
    """
    newest = changelog.split("\n## ")[1]
    told = [line for line in newest.split("\n- ") if "breaking" in line.lower()]
    return [each for each in found if not any(f"`{each.split(':')[0]}`" in line for line in told)]


def _calls(doc: Doc, part: str) -> dict[tuple[str, str], Doc]:
    return {(path, m): calls[m] for path, calls in doc.get(part, {}).items() for m in METHODS if m in calls}


def _call(before: Doc, after: Doc, old: Doc, new: Doc) -> Iterator[str]:
    yield from _parameters(before, after, old, new)
    if "requestBody" in after and "requestBody" not in before and after["requestBody"].get("required"):
        yield "a body is asked for"
    yield from _contents(before, after, "requestBody", _Way(old, new, narrow=True))
    if len(after["security"]) and not all(each in after["security"] for each in before["security"] or [None]):
        yield "who may call it is narrower"
    for status, said in before["responses"].items():
        if status.startswith("2") and status not in after["responses"]:
            yield f"{status} is not answered any more"
        elif status.startswith("2"):
            yield from _contents({status: said}, after["responses"], status, _Way(old, new, narrow=False))


def _parameters(before: Doc, after: Doc, old: Doc, new: Doc) -> Iterator[str]:
    had = {(p["in"], p["name"]): p for p in (_seen(old, each) for each in before.get("parameters", ()))}
    has = {(p["in"], p["name"]): p for p in (_seen(new, each) for each in after.get("parameters", ()))}
    for key, parameter in has.items():
        if parameter.get("required") and not had.get(key, {}).get("required"):
            yield f"{key[0]} parameter {key[1]} is asked for"
    for key, parameter in had.items():
        if key not in has:
            yield f"{key[0]} parameter {key[1]} is gone"
        else:
            yield from _Way(old, new, narrow=True).compare(parameter["schema"], has[key]["schema"], key[1])


def _contents(before: Doc, after: Doc, part: str, way: "_Way") -> Iterator[str]:
    had, has = (side.get(part, {}).get("content", {}) for side in (before, after))
    for media, content in had.items():
        if media not in has:
            yield f"{media} is not {'taken' if way.narrow else 'answered'} any more"
        else:
            yield from way.compare(content["schema"], has[media]["schema"], "")


def _seen(doc: Doc, node: Doc) -> Doc:
    """What a reference leads to."""
    while "$ref" in node:
        found: Any = doc
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


class _Way:
    """Compares schemas. `narrow`: what is taken may not become less; else what is given may not become more."""

    def __init__(self, old: Doc, new: Doc, narrow: bool):
        self._old, self._new, self.narrow, self._met = old, new, narrow, set()

    def compare(self, before: Doc, after: Doc, at: str) -> Iterator[str]:
        key = (str(before.get("$ref", id(before))), str(after.get("$ref", id(after))))
        if key in self._met:
            return
        self._met.add(key)
        had, has = _seen(self._old, before), _seen(self._new, after)
        for these in ((_kinds(had, self._old), _kinds(has, self._new)), (set(_choices(had)), set(_choices(has)))):
            if lost := these[0] - these[1] if self.narrow else these[1] - these[0]:
                yield f"{at or 'body'}: {', '.join(sorted(lost))} is {'refused' if self.narrow else 'possible'} now"
        yield from self._limits(had, has, at) if self.narrow else ()
        yield from self._fields(had, has, at)
        for part in ("items", "additionalProperties"):
            if isinstance(had.get(part), dict) and isinstance(has.get(part), dict):
                yield from self.compare(had[part], has[part], f"{at}[]")
        for name in _choices(had).keys() & _choices(has).keys():
            yield from self.compare(_choices(had)[name], _choices(has)[name], at)

    def _limits(self, had: Doc, has: Doc, at: str) -> Iterator[str]:
        if "enum" in has and (lost := set(had.get("enum", ["anything"])) - set(has["enum"])):
            yield f"{at}: {', '.join(sorted(map(str, lost)))} is not taken any more"
        for limit, way in NARROWER.items():
            if limit in has and (limit not in had or (has[limit] - had[limit]) * way > 0):
                yield f"{at}: {limit} is {has[limit]} now"

    def _fields(self, had: Doc, has: Doc, at: str) -> Iterator[str]:
        before, after = had.get("properties", {}), has.get("properties", {})
        for name in before:
            here = f"{at}.{name}" if at else name
            if name not in after:
                yield f"{here} is gone"
            else:
                yield from self.compare(before[name], after[name], here)
        asked, given = set(has.get("required", ())), set(had.get("required", ()))
        for name in sorted(asked - given if self.narrow else given & after.keys() - asked):
            yield f"{at}.{name} is asked for" if self.narrow else f"{at}.{name} may be missing now"


def _choices(node: Doc) -> dict[str, Doc]:
    """The alternatives, by what they are called or their kind."""
    listed = node.get("anyOf") or node.get("oneOf") or []
    return {each.get("$ref", each.get("type", "")).rpartition("/")[2]: each for each in listed}


def _kinds(node: Doc, doc: Doc) -> set[str]:
    """The kinds of JSON that it may be."""
    if choices := _choices(node).values():
        return {kind for each in choices for kind in _kinds(_seen(doc, each), doc)}
    return {"number": {"number", "integer"}}.get(node.get("type"), {node.get("type", "anything")})
