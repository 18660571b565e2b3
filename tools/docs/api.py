"""docs/api.md: every call of the API, and of the console's own, from the code."""

from collections.abc import Iterable, Mapping

from fastapi.openapi.utils import get_openapi

from shiming.web.application import described
from shiming.web.console import PARTS


def api() -> str:
    """One table per part of the API; the full description is served at /docs and /openapi.json."""
    lines = ["# API", "", "The whole description, with every field and error, is [openapi.json](openapi.json); a "
             "server serves it at `/docs` and `/openapi.json`."]  # fmt: skip
    lines += _tables(described()["paths"])
    lines += ["", "# The console's own calls", "", "For our console alone, by a staff session or key: they change with "
              "it, without notice, and are not part of the description."]  # fmt: skip
    console = get_openapi(title="", version="", routes=[route for part in PARTS for route in part.router.routes])
    return "\n".join([*lines, *_tables(console["paths"])]) + "\n"


def _tables(paths: Mapping[str, Mapping[str, Mapping]]) -> Iterable[str]:
    parts: dict[str, list[str]] = {}
    for path, calls in paths.items():
        for method, call in calls.items():
            about = call.get("description", call["summary"]).split("\n")[0]
            parts.setdefault(call["tags"][0], []).append(f"| `{method.upper()} {path}` | {about} |")
    for part, rows in parts.items():
        yield from ("", f"## {part.capitalize()}", "", "| call | what it does |", "|---|---|", *rows)
