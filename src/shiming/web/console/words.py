"""The console's words on the server, for what leaves it as a sheet: the same files that its pages are worded by."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi import Request

from shiming import reasons

Locale = Literal["zh", "en"]
REASON = "reason"
"""The group of codes whose words stand in the catalogue of reasons."""


class Words:
    """Words of one language; empty where there are none for a code, or the front end is not built."""

    def __init__(self, request: Request, locale: Locale):
        built = request.app.state.console_built.files.get(f"{locale}.json")
        self._texts: dict[str, str] = json.loads(built[0]) if built else {}
        self._locale = locale

    def say(self, group: str, code: Any) -> str:
        """The words for one code, or for each of several."""
        if isinstance(code, list | tuple):
            return "；".join(filter(None, (self.say(group, each) for each in code)))
        if group == REASON:
            return reasons.rendered(code, self._locale).title if code in reasons.CATALOGUE else ""
        return self._texts.get(f"{group}.{code}", "")

    def beside(self, items: Sequence[Mapping[str, Any]], groups: Mapping[str, str]) -> list[dict[str, Any]]:
        """Each row with a column of words after every column of codes; `groups` names the words' group by column."""
        return [self._row(item, groups) for item in items]

    def _row(self, item: Mapping[str, Any], groups: Mapping[str, str]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in item.items():
            made[name] = value
            if name in groups:
                made[f"{name}_words"] = self.say(groups[name], value)
        return made
