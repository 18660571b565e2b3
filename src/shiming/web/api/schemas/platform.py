"""The server itself."""

from typing import Literal

from pydantic import Field

from shiming.web.api.schemas.shape import Shape


class Health(Shape):
    status: Literal["ok"]
    version: str


class Ready(Shape):
    """Whether this server can do its work just now."""

    status: Literal["ready", "degraded", "not_ready"]
    parts: dict[str, str] = Field(
        description="`ok`, or a word for what is wrong, of database, keys, files, pictures, workers, sources and disk; "
        "of outside_key where the key file is sealed by one.",
        examples=[{"database": "ok", "keys": "other_keys", "files": "ok", "pictures": "ok", "workers": "none_alive"}],
    )


class PledgeText(Shape):
    """The pledge as it is shown now."""

    text_version: str
    zh: str
    en: str
