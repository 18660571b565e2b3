"""The words of the pages that the server itself draws, from `words.toml`; the script's are in `web/flow/public`."""

import tomllib
from functools import cache
from importlib.resources import files

from fastapi import Request

LANGUAGES = ("zh", "en")


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("shiming.web.flow").joinpath("words.toml").read_text("utf-8"))


def words(language: str) -> dict[str, str]:
    """All words in one language, "zh" or "en"."""
    return _all()[language]


def language_of(request: Request) -> str:
    """What the person chose with ?lang=…, else Chinese unless the browser prefers English."""
    chosen = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "en" if chosen.lower().startswith("en") else "zh"
