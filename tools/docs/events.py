"""docs/events.md and docs/zh/events.md: every event that webhooks tell of, when, its data and an example, from the
shapes that tests go by.
"""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from shiming.support.webhook_events import EVENTS
from shiming.support.webhook_samples import sample
from shiming.web.api.schemas.messages import EVENTS as SHAPES
from tools.docs.words import LANGUAGES, same, words

HEAD = {
    "en": """# Events

Told by webhook, by the Standard Webhooks convention: `webhook-id` (the same at each try), `webhook-timestamp`,
`webhook-signature`, and a body with `type`, `timestamp` and `data`. Nothing in them is personal. Answer with any 2xx
within 15 seconds; do nothing twice that bears an id which you have seen. Events and fields are added, never taken
away: pass over what you do not know.

`shiming listen --forward-to http://localhost:3000/hooks` brings those of a test side to your machine, and
`shiming trigger EVENT` fires one: both with a test key in `SHIMING_KEY` and the installation's address in
`SHIMING_URL`.
""",
    "zh": """# 事件

通过 webhook 通知，遵循 Standard Webhooks 约定：`webhook-id`（每次重试都相同）、`webhook-timestamp`、
`webhook-signature`，正文有 `type`、`timestamp` 和 `data`，不含任何个人信息。
请在 15 秒内用任意 2xx 应答；处理过的编号不要再处理一次。
事件和字段只增不减，不认识的请忽略。

`shiming listen --forward-to http://localhost:3000/hooks` 把测试环境的事件转到您的电脑，
`shiming trigger EVENT` 发出一个：两者都用 `SHIMING_KEY` 里的测试密钥和 `SHIMING_URL` 里的服务地址。
""",
}
FIELD_OF, MAY_MISS = {"en": "field of `data`", "zh": "`data` 的字段"}, {"en": "may be missing", "zh": "可能没有"}


def events(language: str = "en") -> str:
    said = words("events")
    same("events", said["events"], EVENTS)
    same("events", said["fields"], {field for name in EVENTS for field in SHAPES[name].model_fields})
    return HEAD[language] + "".join(_event(name, said, language) for name in EVENTS)


def _event(name: str, said: Mapping[str, Any], language: str) -> str:
    at, shape, numbers = LANGUAGES.index(language), SHAPES[name], count(1)
    _, data = sample(name, lambda prefix: f"{prefix}_01m{next(numbers):023d}")
    body = {"type": name, "timestamp": "2026-11-22T08:00:00.000Z", "data": {"sequence": 1, **data}}
    rows = "".join(f"| `{field}` | {said['fields'][field][at]}{'' if info.is_required() else _missing(language)} |\n"
                   for field, info in shape.model_fields.items())  # fmt: skip
    return (f"\n## {name}\n\n{said['events'][name][at]}\n\n| {FIELD_OF[language]} | |\n|---|---|\n{rows}\n```json\n"
            f"{json.dumps(body, ensure_ascii=False)}\n```\n")  # fmt: skip


def _missing(language: str) -> str:
    return f" ({MAY_MISS[language]})" if language == "en" else f"（{MAY_MISS[language]}）"
