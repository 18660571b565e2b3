"""What holders are told, by event, channel and language. The words are rows in `notices.toml`, which explains them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

CHANNELS = ("sms", "mail")


@dataclass(frozen=True, slots=True)
class Words:
    """One notice in one language."""

    title: str
    text: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event: where it is told besides the inbox, whether it waits for the morning, whether it warns of fraud.

    `sms` is the event whose text message (a registered template) it is told by: its own, or another one's.
    """

    event: str
    channels: tuple[str, ...]
    waits: bool
    warns: bool
    words: Mapping[str, Words]
    sms: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice ready to be sent. SMS has no subject."""

    subject: str
    text: str


def language(locale: str) -> str:
    return "en" if locale.lower().startswith("en") else "zh"


def channels(event: str) -> tuple[str, ...]:
    """Where this event is told besides inbox and webhooks."""
    return NOTICES[event].channels if event in NOTICES else ()


def worded(event: str, data: Mapping[str, object]) -> str:
    """Under which event the words for this message stand: of a hold that is a ban, others."""
    return f"{event}.ban" if data.get("ban") else event


def rendered(event: str, channel: str, locale: str, platform: str) -> Rendered:
    """The words for one channel. They hold no reason and no personal data: those stand behind signing in."""
    notice, spoken = NOTICES[event], language(locale)
    words, filled = notice.words[spoken], {"where": _WHERE[spoken], "platform": platform}
    warning = _WARNING[spoken] if notice.warns else ""
    if channel == "sms":
        short = _SHORT[spoken] if notice.warns else ""
        gap, said = " " if short and spoken == "en" else "", NOTICES[notice.sms].words[spoken].short
        return Rendered("", f"【{platform}】{said.format_map(filled)}{gap}{short}")
    lines = (words.text.format_map(filled), warning, f"— {platform}")
    return Rendered(words.title, "\n\n".join(filter(None, lines)) + "\n")


def title(event: str, locale: str) -> str:
    """What happened, in a line for the inbox; empty for an event that has no notice."""
    return NOTICES[event].words[language(locale)].title if event in NOTICES else ""


def warning(locale: str) -> str:
    """That verification is free, and that nobody asks for codes."""
    return _WARNING[language(locale)]


def quiet_until(hour: int, minute: int, start: int, end: int) -> int:
    """Seconds until quiet hours end; 0 outside them. `start` and `end` are hours; quiet may go over midnight."""
    inside = start <= hour < end if start < end else hour >= start or hour < end
    return ((end - hour) % 24 * 60 - minute) * 60 if inside and start != end else 0


def _notice(row: dict) -> Notice:
    words = MappingProxyType({spoken: Words(**row[spoken]) for spoken in ("zh", "en")})
    return Notice(row["event"], tuple(row["channels"]), row["waits"], row["warns"], words,
                  row.get("sms", row["event"]))  # fmt: skip


_DATA = tomllib.loads(files("shiming").joinpath("support/notices.toml").read_text("utf-8"))
_WARNING, _SHORT, _WHERE = _DATA["warning"], _DATA["warning_short"], _DATA["where"]
NOTICES: Mapping[str, Notice] = MappingProxyType({row["event"]: _notice(row) for row in _DATA["notice"]})
"""All notices by event."""
