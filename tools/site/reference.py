"""The API reference of the site: a page for each noun, a section for each call, with its examples and errors."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.site.examples import Example

METHODS = ("get", "post", "put", "patch", "delete")
BEGIN = {
    "Python": "from shiming_client import Shiming\nfrom shiming_client.made.types import File\n\n"
              "api = Shiming()  # SHIMING_URL and SHIMING_KEY",
    "TypeScript": "import { file, form, ok, shiming } from 'shiming-client'\n\n"
                  "const api = shiming({ baseUrl: process.env.SHIMING_URL!, key: process.env.SHIMING_KEY! })",
    "curl": "export API=https://id.your.app/v1 KEY=sk_test_…",
}  # fmt: skip
LANGUAGE = {"curl": "bash", "Python": "python", "TypeScript": "ts"}


def calls(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in document["paths"].items():
        yield from ((method, path, methods[method]) for method in METHODS if method in methods)


def pages(document: Mapping[str, Any]) -> dict[str, str]:
    """Markdown by the name of its page, `index` first."""
    made = {"index": _index()}
    for method, path, call in calls(document):
        tag = call["tags"][0]
        made.setdefault(tag, f"# {tag.capitalize()}\n\n{_about(document, tag)}\n")
        made[tag] += _section(method, path, call)
    return made


def _about(document: Mapping[str, Any], tag: str) -> str:
    return next((each.get("description", "") for each in document["tags"] if each["name"] == tag), "")


def _index() -> str:
    begin = "".join(_tab(name, BEGIN[name]) for name in ("curl", "Python", "TypeScript"))
    return ("# API reference\n\nThe whole description, for generators, is [openapi.json](../openapi.json). The "
            f"examples go on from here:\n\n{begin}\nErrors: [errors](../errors.md). Reasons: [reasons](../reasons.md). "
            "Webhooks: [events](../events.md).\n")  # fmt: skip


def _section(method: str, path: str, call: Mapping[str, Any]) -> str:
    example = Example(method, path, call)
    shown = {"curl": example.curl(), "Python": example.python(), "TypeScript": example.typescript()}
    text = call.get("description", call["summary"])
    return (f"\n## {call['operationId']}\n\n`{method.upper()} {path}` — {_who(call)}\n\n{text}\n\n{_rows(call)}"
            + "".join(_tab(name, code) for name, code in shown.items())
            + f"\nAnswers: {', '.join(f'`{status}`' for status in sorted(call['responses']))}.\n")  # fmt: skip


def _who(call: Mapping[str, Any]) -> str:
    named = [role for each in call.get("security", []) for role in each.get("apiKey", ["the holder's token"])]
    return f"for {', '.join(named)}" if named else "for anybody"


def _rows(call: Mapping[str, Any]) -> str:
    rows = [p for p in call.get("parameters", []) if p.get("in") == "query"]
    if not rows:
        return ""
    lines = "".join(f"| `{p['name']}` | {p.get('description', '')} |\n" for p in rows)
    return f"| in the query | |\n|---|---|\n{lines}\n"


def _tab(name: str, code: str) -> str:
    block = "\n".join(f"    {line}" for line in f"```{LANGUAGE[name]}\n{code}\n```".split("\n"))
    return f'=== "{name}"\n\n{block}\n\n'
