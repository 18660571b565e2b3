"""docs/errors.md and docs/zh/errors.md: every code of an error, what it means and what to do."""

from shiming.web.api.schemas.problems import CODES
from tools.docs.words import LANGUAGES, same, words

HEAD = {
    "en": """# Errors

Every error is a problem (RFC 9457): `application/problem+json` with the status, a stable `code`, a `detail` that says
what to do, the `request_id`, and `fields` where fields are wrong. Act by the code. Codes are added, never taken away.
What stands against a verification itself is told by the codes of [reasons](reasons.md), which may stand here too.

| code | what it means, and what to do | 含义与处理 |
|---|---|---|
""",
    "zh": """# 错误代码

每个错误都是一个 problem（RFC 9457）：`application/problem+json`，带状态码、稳定的 `code`、
说明怎么办的 `detail`、`request_id`；字段有误时另有 `fields`。程序请按 `code` 处理。代码只增不减。
认证本身为什么没有通过，由[原因](reasons.md)的代码说明；这些代码也可能出现在这里。

| 代码 | 含义与处理 |
|---|---|
""",
}


def errors(language: str = "en") -> str:
    texts = words("errors")
    same("errors", texts, CODES)
    shown = LANGUAGES if language == "en" else ("zh",)
    cells = (" | ".join(texts[code][LANGUAGES.index(each)] for each in shown) for code in CODES)
    return HEAD[language] + "".join(f"| `{code}` | {cell} |\n" for code, cell in zip(CODES, cells, strict=True))
