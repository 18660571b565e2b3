"""`shiming report`: face-filing — what the form of the filing asks, with what this installation knows filled in;
yearly — a year's compliance report.
"""

import argparse
import json
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from shiming.settings import Settings

LOOKED_BACK = 180 * 86_400_000


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="REPORT")
    filing = each.add_parser("face-filing", help="Chinese Markdown for the filing of order 19, at 100,000 stored faces")
    filing.set_defaults(run=_face_filing)
    year = each.add_parser("yearly", help="a year's compliance report: counts, looks of staff, erasures, alarms, faces")
    year.add_argument("--year", type=int, help="such as 2026; without it, the year in which this is run")
    year.add_argument("--side", choices=("live", "test"), default="live")
    year.add_argument("--json", action="store_true", help="every figure, as JSON; without it a page of Markdown")
    year.set_defaults(run=_yearly)


def _face_filing(_: argparse.Namespace) -> None:
    from shiming import app

    settings = Settings.load()
    with app.command_context(settings, sources=True) as context:
        print(written(facts(context, settings)))


def _yearly(options: argparse.Namespace) -> None:
    from shiming import app
    from shiming.account.standing import day_of
    from shiming.commands import yearly_page
    from shiming.workflows.operations import yearly_report

    with app.command_context(Settings.load()) as context:
        year = options.year or day_of(context.now()).year
        made = yearly_report.report(context, year, options.side)
    print(json.dumps(made, ensure_ascii=False, indent=2) if options.json else yearly_page.written(made))


def written(known: dict[str, Any]) -> str:
    return files("shiming.commands").joinpath("face_filing.md").read_text("utf-8").format(**known).rstrip()


def facts(context: Any, settings: Settings) -> dict[str, Any]:
    """What the form asks and we know, by the blanks of `face_filing.md`. Nothing of it is about anybody."""
    from shiming.account.standing import day_of
    from shiming.store.operations import figures
    from shiming.workflows.operations import face_filing

    with context.database.read() as connection:
        live = face_filing.stored(connection)
        counted = figures.filing(connection, context.now() - LOOKED_BACK)
        since = face_filing.told_first(connection, face_filing.STEPS[-1])
    people = sum(live.values())
    searched = any(context.policy_in(name).face_search for name in live)
    return {
        **counted, "day": context.today(), "people": people,
        "more": "（或更多）" if people >= figures.MOST_FACES else "",
        "apps": "\n".join(f"  - {name.removesuffix('.live')}：{live[name]}" for name in sorted(live)) or "  - （无）",
        "search": "发现同一人用不同证件认证" if searched else "不用于检索",
        "recipients": "、".join(f"{one.name}（{one.region}）" for one in context.recipients(test_mode=False)) or "无",
        "reached": f"；{day_of(since)} 首次提示达到 10 万人" if since else "",
        "database": _where(settings.place("database_url")), "files": _where(settings.place("files_url")),
        "event_days": context.event_days, "address_days": context.address_days,
    }  # fmt: skip


def _where(address: str) -> str:
    """Of which kind it is and on which machine; never a password."""
    found = urlsplit(address)
    return f"{found.scheme.partition('+')[0]} {found.hostname or '本机'}"
