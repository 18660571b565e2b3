"""`shiming staff`: let people in, list them, make new secrets for them, shut them out."""

import argparse
from datetime import UTC, datetime

from shiming.review.roles import ROLES
from shiming.settings import Settings
from shiming.store import audit, staff, staff_secrets
from shiming.store.database import milliseconds
from shiming.workflows.sign_in import plain_mail


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    add = each.add_parser("add", help="let a person in; password and code secret are shown once")
    add.add_argument("name", help="a handle: it is kept with all that they decide")
    add.add_argument("--role", action="append", required=True, choices=tuple(ROLES), help="may be given several times")
    add.add_argument("--app", default="demo", help="the product whose cases they work on")
    add.add_argument("--live", action="store_true", help="for real people; without it, for tests")
    add.add_argument("--mail", help="by which the house's own sign-in (SHIMING_OIDC_ISSUER) knows them")
    add.set_defaults(run=_add)
    each.add_parser("list", help="everybody, with roles").set_defaults(run=_list)
    for name, run, about in (("reset", _reset, "new password and code secret"), ("disable", _disable, "shut out")):
        action = each.add_parser(name, help=about)
        action.add_argument("name")
        action.set_defaults(run=run)


def _desk():
    from shiming import app

    return app.desk(Settings.load())


def _now() -> int:
    return milliseconds(datetime.now(UTC))


def _add(options: argparse.Namespace) -> None:
    app = f"{options.app}.{'live' if options.live else 'test'}"
    with _desk() as parts, parts.database.write() as connection:
        known_by = parts.lookup.hash("staff.mail", plain_mail(options.mail)) if options.mail else None
        made = staff.add(connection, parts.sealer, options.name, options.role, [app], _now(), known_by)
        row = staff.named(connection, options.name)
        _note(connection, app, "staff.added", row.id, roles=options.role)
    _show(options.name, made)


def _list(options: argparse.Namespace) -> None:
    with _desk() as parts, parts.database.read() as connection:
        for row in staff.listed(connection):
            state = "shut out" if row.disabled_at else "works"
            print(row.name, ",".join(row.roles), ",".join(row.apps), state, sep="\t")


def _reset(options: argparse.Namespace) -> None:
    with _desk() as parts, parts.database.write() as connection:
        made = staff.reset(connection, parts.sealer, options.name, _now())
        row = staff.named(connection, options.name)
        _note(connection, row.apps[0], "staff.reset", row.id)
    _show(options.name, made)


def _disable(options: argparse.Namespace) -> None:
    with _desk() as parts, parts.database.write() as connection:
        staff.disable(connection, options.name, _now())
        row = staff.named(connection, options.name)
        _note(connection, row.apps[0], "staff.disabled", row.id)


def _note(connection, app: str, action: str, object: str, **facts) -> None:
    audit.append(connection, app=app, actor="operator", action=action, object=object, facts=facts, now=_now())


def _show(name: str, made: staff.Secrets) -> None:
    print(f"name      {name}\npassword  {made.password}\ncodes     {staff_secrets.totp_address(made.totp, name)}")
    print("Shown this once. Put the address into an authenticator app; change the password after signing in.")
