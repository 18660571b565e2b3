"""docs/api.md and docs/zh/api.md: every call of the API, and of the console's own, from the code."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.openapi.utils import get_openapi

from shiming.web.application import described
from shiming.web.console import PARTS
from tools.docs.words import same, words

ROW, ZH_ROW = "| call | what it does |", "| 调用 | 做什么 |"
ZH = (
    "# 接口", "", "完整的描述（每个字段、每个错误）是 [openapi.json](../openapi.json)；"
    "运行中的服务在 `/docs` 和 `/openapi.json` 提供。控制台自己用的调用不在其中，见[英文页](../api.md)。",
)  # fmt: skip


def api(language: str = "en") -> str:
    """One table per part of the API; the full description is served at /docs and /openapi.json."""
    if language == "zh":
        return "\n".join([*ZH, *_tables(described()["paths"], in_chinese(described()), ZH_ROW)]) + "\n"
    lines = ["# API", "", "The whole description, with every field and error, is [openapi.json](openapi.json); a "
             "server serves it at `/docs` and `/openapi.json`."]  # fmt: skip
    lines += _tables(described()["paths"])
    lines += ["", "# The console's own calls", "", "For our console alone, by a staff session or key: they change with "
              "it, without notice, and are not part of the description."]  # fmt: skip
    console = get_openapi(title="", version="", routes=[route for part in PARTS for route in part.router.routes])
    return "\n".join([*lines, *_tables(console["paths"])]) + "\n"


def in_chinese(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Words for nouns (`tags`), parameters of queries (`query`) and calls (`calls`, by operationId)."""
    said, all_calls = words("operations"), [call for each in document["paths"].values() for call in each.values()]
    same("operations", said["calls"], (call["operationId"] for call in all_calls))
    same("operations", said["tags"], (each["name"] for each in document["tags"]))
    same("operations", said["query"], (each["name"] for call in all_calls for each in call.get("parameters", ())
                                       if each.get("in") == "query"))  # fmt: skip
    return said


def _tables(
    paths: Mapping[str, Mapping[str, Mapping]], said: Mapping[str, Any] | None = None, row: str = ROW
) -> Iterable[str]:
    parts: dict[str, list[str]] = {}
    for path, calls in paths.items():
        for method, call in calls.items():
            about = call.get("description", call["summary"]).split("\n")[0]
            about = said["calls"][call["operationId"]] if said else about
            parts.setdefault(call["tags"][0], []).append(f"| `{method.upper()} {path}` | {about} |")
    for part, rows in parts.items():
        yield from ("", f"## {part.capitalize()}", "", row, "|---|---|", *rows)
