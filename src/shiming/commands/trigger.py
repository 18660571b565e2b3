"""`shiming trigger EVENT`: fire a webhook of a test side, about things that do not exist."""

import argparse

from shiming.commands import developer
from shiming.support.webhook_events import EVENTS


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("event", choices=EVENTS, metavar="EVENT", help=", ".join(EVENTS))
    developer.options(parser)
    parser.set_defaults(run=_trigger)


def _trigger(options: argparse.Namespace) -> None:
    with developer.client(options) as api, developer.reaching(options.url):
        made = developer.asked(api, "POST", "/webhook_messages", json={"event": options.event})
    print(f"{made['event']} {made['id']}")
