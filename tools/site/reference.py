"""The API reference of the site, in English and Chinese: a page for each noun, a section for each call, with its
examples and errors.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.docs.api import in_chinese
from tools.site.examples import Example

METHODS = ("get", "post", "put", "patch", "delete")
BEGIN = {
    "Python": "from shiming_client import Shiming\nfrom shiming_client.made.types import File\n\n"
              "api = Shiming()  # SHIMING_URL and SHIMING_KEY",
    "TypeScript": "import { file, form, ok, shiming } from 'shiming-client'\n\n"
                  "const api = shiming({ baseUrl: process.env.SHIMING_URL!, key: process.env.SHIMING_KEY! })",
    "curl": "export API=https://id.your.app/v1 KEY=sk_test_…",
}  # fmt: skip
SAYS = {
    "en": {
        "title": "API reference", "frame": "The whole description, for generators, is [openapi.json]"
        "(../openapi.json). The examples go on from here:", "more": "Errors: [errors](../errors.md). Reasons: "
        "[reasons](../reasons.md). "
        "Webhooks: [events](../events.md).", "for": "for {}", "anybody": "for anybody", "token": "the holder's token",
        "and": ", ", "query": "in the query", "answers": "Answers: {}.",
    },
    "zh": {
        "title": "接口参考", "frame": "完整的描述（供生成器使用）是 [openapi.json](../../openapi.json)。"
        "下面的例子从这里接着写：",
        "more": "错误见[错误代码](../errors.md)，原因见[原因与解决办法](../reasons.md)，通知见[事件](../events.md)。",
        "for": "可以用：{}", "anybody": "任何人都可以", "token": "用户的令牌", "and": "、", "query": "查询参数",
        "answers": "应答状态：{}。",
    },
}  # fmt: skip
ROLES = {"platform": "平台密钥", "reviewer": "审核密钥", "operator": "运营密钥", "support": "客服密钥"}
LANGUAGE = {"curl": "bash", "Python": "python", "TypeScript": "ts"}


def calls(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in document["paths"].items():
        yield from ((method, path, methods[method]) for method in METHODS if method in methods)


def pages(document: Mapping[str, Any], language: str = "en") -> dict[str, str]:
    """Markdown by the name of its page, `index` first."""
    says, said = SAYS[language], in_chinese(document) if language == "zh" else None
    made = {"index": _index(says)}
    for method, path, call in calls(document):
        tag = call["tags"][0]
        made.setdefault(tag, f"# {tag.capitalize()}\n\n{said['tags'][tag] if said else _about(document, tag)}\n")
        made[tag] += _section(Example(method, path, call), call, says, said)
    return made


def _about(document: Mapping[str, Any], tag: str) -> str:
    return next((each.get("description", "") for each in document["tags"] if each["name"] == tag), "")


def _index(says: Mapping[str, str]) -> str:
    begin = "".join(_tab(name, BEGIN[name]) for name in ("curl", "Python", "TypeScript"))
    return f"# {says['title']}\n\n{says['frame']}\n\n{begin}\n{says['more']}\n"


def _section(example: Example, call: Mapping[str, Any], says: Mapping[str, str], said: Mapping[str, Any] | None) -> str:
    shown = {"curl": example.curl(), "Python": example.python(), "TypeScript": example.typescript()}
    text = said["calls"][example.id] if said else call.get("description", call["summary"])
    statuses = ", ".join(f"`{status}`" for status in sorted(call["responses"]))
    return (f"\n## {example.id}\n\n`{example.method} {example.path}` — {_who(call, says, bool(said))}\n\n{text}\n\n"
            + _rows(call, says, said) + "".join(_tab(name, code) for name, code in shown.items())
            + f"\n{says['answers'].format(statuses)}\n")  # fmt: skip


def _who(call: Mapping[str, Any], says: Mapping[str, str], chinese: bool) -> str:
    named = [role for each in call.get("security", []) for role in each.get("apiKey", [says["token"]])]
    if chinese:
        named = [ROLES.get(role, role) for role in named]
    return says["for"].format(says["and"].join(named)) if named else says["anybody"]


def _rows(call: Mapping[str, Any], says: Mapping[str, str], said: Mapping[str, Any] | None) -> str:
    rows = {p["name"]: p.get("description", "") for p in call.get("parameters", []) if p.get("in") == "query"}
    if not rows:
        return ""
    lines = "".join(f"| `{name}` | {said['query'][name] if said else about} |\n" for name, about in rows.items())
    return f"| {says['query']} | |\n|---|---|\n{lines}\n"


def _tab(name: str, code: str) -> str:
    block = "\n".join(f"    {line}" for line in f"```{LANGUAGE[name]}\n{code}\n```".split("\n"))
    return f'=== "{name}"\n\n{block}\n\n'
