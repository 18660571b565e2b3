"""`shiming keys`: add | list | renew | revoke, for API keys; `rotate`, `rewrap` and `reseal` are about what seals."""

import argparse
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from shiming.errors import BadInput
from shiming.settings import Settings
from shiming.store.access import api_keys

_SPAN = re.compile(r"(\d{1,4})([hd])")
_UNITS = {"h": 3_600_000, "d": api_keys.DAY_MS}


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    add = each.add_parser("add", help="make an API key; it is shown once")
    add.add_argument("--app", default="demo", help="the product that the key is for")
    add.add_argument("--live", action="store_true", help="for real people; without it, for tests")
    add.add_argument("--role", default="platform", choices=api_keys.ROLES)
    add.add_argument("--name", default="server", help="who uses it; a reviewer's name is kept with their decisions")
    add.add_argument("--expires", metavar="SPAN", help="how long it works, such as 90d; without it, until revoked")
    add.add_argument("--scope", action="append", metavar="NOUN:WAY",
                     help="what it may do, such as gate:read; may be repeated. "
                     f"{', '.join(api_keys.NOUNS)}")  # fmt: skip
    add.add_argument("--from", action="append", dest="networks", metavar="NETWORK",
                     help="from where it works, such as 203.0.113.0/24; may be given again")  # fmt: skip
    add.set_defaults(run=_add)
    each.add_parser("list", help="list API keys").set_defaults(run=_list)
    renew = each.add_parser("renew", help="make another key for the same use; the old one goes on for a while")
    renew.add_argument("id")
    renew.add_argument("--overlap", default="24h", metavar="SPAN", help="how long the old one still works: 24h, 7d")
    renew.set_defaults(run=_renew)
    revoke = each.add_parser("revoke", help="make an API key useless")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)
    rotate = each.add_parser("rotate", help="new master key; wrap every data key under it")
    rotate.add_argument("--lookup", action="store_true", help="new look-up key instead, with every process stopped")
    rotate.set_defaults(run=_rotate)
    rewrap = each.add_parser("rewrap", help="seal the key file as SHIMING_KEY_PROVIDER says, by the newest key outside")
    rewrap.set_defaults(run=_rewrap)
    reseal = each.add_parser("reseal", help="seal what is kept by the algorithms that SHIMING_CRYPTO names")
    reseal.add_argument("--pictures", action="store_true", help="and the pictures, with every process stopped")
    reseal.set_defaults(run=_reseal)


def span(text: str) -> int:
    """Milliseconds of a time such as 90d or 12h. Raises BadInput."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise BadInput(f"Write a time as 90d or 12h, not '{text}'.")
    return int(found[1]) * _UNITS[found[2]]


def _context():
    from shiming import app

    return app.command_context(Settings.load())


def _add(options: argparse.Namespace) -> None:
    with _context() as context, context.database.write() as connection:
        now = context.now()
        expires_at = now + span(options.expires) if options.expires else None
        print(api_keys.make(connection, options.app, options.live, options.role, options.name, now, expires_at,
                        options.scope, options.networks))  # fmt: skip


def _list(options: argparse.Namespace) -> None:
    with _context() as context, context.database.read() as connection:
        now = context.now()
        for key in api_keys.listed(connection):
            ended = "revoked" if key.revoked_at else "expired" if key.expires_at and key.expires_at <= now else "works"
            print(key.id, key.app, key.role, key.name, ended, f"until {_day(key.expires_at)}",
                  f"used {_day(key.used_at)}", " ".join(key.scopes or ("all",)),
                  "from " + " ".join(key.addresses or ("anywhere",)), sep="\t")  # fmt: skip


def _day(at: int | None) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat() if at else "-"


def _renew(options: argparse.Namespace) -> None:
    with _context() as context, context.database.write() as connection:
        print(api_keys.renew(connection, options.id, context.now(), span(options.overlap)))


def _revoke(options: argparse.Namespace) -> None:
    with _context() as context, context.database.write() as connection:
        api_keys.revoke(connection, options.id, context.now())


def _rotate(options: argparse.Namespace) -> None:
    from shiming import key_changes

    _tell(key_changes.rotate_lookup if options.lookup else key_changes.rotate)


def _rewrap(_: argparse.Namespace) -> None:
    from shiming import key_changes

    _tell(key_changes.rewrap)


def _reseal(options: argparse.Namespace) -> None:
    from shiming import key_changes

    _tell(partial(key_changes.reseal, pictures=options.pictures))


def _tell(act: Callable[[Settings], Iterator[str]]) -> None:
    for line in act(Settings.load()):
        print(line, flush=True)
