"""The words of the pages that the server itself draws, from `texts.toml`; the script's are in `web/flow/public`."""

import tomllib
from functools import cache
from importlib.resources import files

from fastapi import Request

from shiming.web import cookies

LANGUAGES = ("zh", "en")
CHOSEN = "shiming_language"  # the cookie that keeps it from form to form


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("shiming.web.flow").joinpath("texts.toml").read_text("utf-8"))


def words(language: str) -> dict[str, str]:
    """All words in one language, "zh" or "en"."""
    return _all()[language]


def language_of(request: Request) -> str:
    """What the person chose with ?lang=…, here or earlier, else Chinese unless the browser prefers English."""
    said = request.query_params.get("lang"), cookies.value_of(request, CHOSEN), request.headers.get("accept-language")
    return "en" if next(filter(None, said), "").lower().startswith("en") else "zh"
