"""docs/errors.md: every code of an error, what it means and what to do, in English and Chinese."""

import tomllib
from pathlib import Path

from shiming.web.api.schemas.problems import CODES

TEXTS = Path(__file__).with_name("errors.toml")
HEAD = """# Errors

Every error is a problem (RFC 9457): `application/problem+json` with the status, a stable `code`, a `detail` that says
what to do, the `request_id`, and `fields` where fields are wrong. Act by the code. Codes are added, never taken away.
What stands against a verification itself is told by the codes of [reasons](reasons.md), which may stand here too.

| code | what it means, and what to do | 含义与处理 |
|---|---|---|
"""


def errors() -> str:
    """Raises LookupError where a code has no text, or a text no code."""
    texts = tomllib.loads(TEXTS.read_text("utf-8"))
    if differing := texts.keys() ^ {*CODES}:
        raise LookupError(f"tools/docs/{TEXTS.name} and schemas/problems.py have to name the same: {sorted(differing)}")
    return HEAD + "".join(f"| `{code}` | {texts[code][0]} | {texts[code][1]} |\n" for code in CODES)
