"""The words of mails to staff, in both languages at once (`staff_notices.toml`)."""

import tomllib
from importlib.resources import files
from types import MappingProxyType

_ROWS = tomllib.loads((files("shiming.support") / "staff_notices.toml").read_text("utf-8"))
EVENTS = MappingProxyType({event: row for event, row in _ROWS.items() if event != "end"})
"""What staff are told about, with subject and text per language."""


def rendered(event: str) -> tuple[str, str]:
    """Subject and text of a mail."""
    row, end = EVENTS[event], _ROWS["end"]
    (title_zh, zh), (title_en, en) = row["zh"], row["en"]
    return f"{title_zh} · {title_en}", f"{zh}\n{end['zh']}\n\n{en}\n{end['en']}\n"
