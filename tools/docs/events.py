"""docs/events.md: every event that webhooks tell of, its data and an example, from the shapes that tests go by."""

import json
from itertools import count
from typing import Any

from shiming.support.webhook_events import EVENTS
from shiming.support.webhook_samples import sample
from shiming.web.api.schemas.messages import EVENTS as SHAPES

HEAD = """# Events

Told by webhook, by the Standard Webhooks convention: `webhook-id` (the same at each try), `webhook-timestamp`,
`webhook-signature`, and a body with `type`, `timestamp` and `data`. Nothing in them is personal. Answer with any 2xx
within 15 seconds; do nothing twice that bears an id which you have seen. Events and fields are added, never taken
away: pass over what you do not know.

`shiming listen --forward-to http://localhost:3000/hooks` brings those of a test side to your machine, and
`shiming trigger EVENT` fires one: both with a test key in `SHIMING_KEY` and the installation's address in
`SHIMING_URL`.
"""


def events() -> str:
    return HEAD + "".join(_event(name) for name in EVENTS)


def _event(name: str) -> str:
    shape, numbers = SHAPES[name], count(1)
    _, data = sample(name, lambda prefix: f"{prefix}_01m{next(numbers):023d}")
    body = {"type": name, "timestamp": "2026-11-22T08:00:00.000Z", "data": {"sequence": 1, **data}}
    rows = "".join(_field(field, info) for field, info in shape.model_fields.items())
    about = (shape.__doc__ or "").strip()
    return (f"\n## {name}\n\n{about}\n\n| field of `data` | |\n|---|---|\n{rows}\n```json\n"
            f"{json.dumps(body, ensure_ascii=False)}\n```\n")  # fmt: skip


def _field(name: str, info: Any) -> str:
    optional = "" if info.is_required() else "may be missing"
    return f"| `{name}` | {'; '.join(part for part in (info.description or '', optional) if part)} |\n"
