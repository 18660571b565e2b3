"""docs/api.md: every call of the API, from the code's own OpenAPI description."""

from shiming.app import web


def api() -> str:
    """One table per part of the API; the full description is served at /docs and /openapi.json."""
    parts: dict[str, list[str]] = {}
    for path, calls in web().openapi()["paths"].items():
        for method, call in calls.items():
            about = call.get("description", call["summary"]).split("\n")[0]
            parts.setdefault(call["tags"][0], []).append(f"| `{method.upper()} {path}` | {about} |")
    lines = ["# API", "", "The whole description, with every field, is served at `/docs` and `/openapi.json`."]
    for part, rows in parts.items():
        lines += ["", f"## {part.capitalize()}", "", "| call | what it does |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"
