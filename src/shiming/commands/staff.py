"""`shiming staff`: let people in, list them, give and take roles, have them start anew at signing in, shut them out.

Whoever runs this command decides alone, also about the first admins: it is the authority of who runs the machine.
"""

import argparse

from shiming import app
from shiming.commands.app_side import side_of, side_options
from shiming.review.roles import ROLES
from shiming.settings import Settings
from shiming.store.audit import access_log
from shiming.store.database import iso, moment
from shiming.store.staff import members
from shiming.store.staff.one_time_tokens import LINK_HOURS
from shiming.workflows.staff import membership

CASES = "the product whose cases they work on"


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    add = each.add_parser("add", help="let a person in; prints the link by which they set up how they sign in")
    add.add_argument("name", help="a handle: it is kept with all that they decide")
    add.add_argument("--mail", help="by which single sign-on (SHIMING_OIDC_ISSUER) knows them")
    grant = each.add_parser("grant", help="more roles for somebody, perhaps on another side or app")
    grant.add_argument("name")
    for action, run in ((add, _add), (grant, _grant)):
        action.add_argument("--role", action="append", required=True, choices=tuple(ROLES), help="several are possible")
        side_options(action, CASES, "for real people; without it, for tests")
        action.set_defaults(run=run)
    each.add_parser("list", help="everybody, with roles").set_defaults(run=_list)
    looks = each.add_parser("looks", help="what somebody looked at, of whom and why, newest first")
    looks.add_argument("name")
    side_options(looks, CASES)
    looks.add_argument("--limit", type=int, default=1000, help="at most so many")
    looks.set_defaults(run=_looks)
    for name, run, about in (("reset", _reset, "a new start at signing in: prints a link"),
                             ("disable", _disable, "shut out of everything")):  # fmt: skip
        action = each.add_parser(name, help=about)
        action.add_argument("name")
        action.set_defaults(run=run)


def _add(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context:
        _show(options.name, membership.enlist(context, options.name, side_of(options), options.role, options.mail))


def _grant(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context:
        _show(options.name, membership.grant(context, options.name, side_of(options), options.role))


def _list(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context, context.database.read() as connection:
        for row in members.listed(connection):
            roles = "; ".join(f"{side}: {','.join(given) or 'none'}" for side, given in row.grants.items())
            state = "shut out" if row.disabled_at else "works" if members.is_ready(connection, row) else "not set up"
            print(row.name, roles, state, sep="\t")


def _looks(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context, context.database.read() as connection:
        for look in access_log.latest(connection, side_of(options), options.name, None, options.limit):
            at = iso(moment(look.at))
            print(at, look.role, look.account, look.about, look.what, look.why, sep="\t")


def _reset(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context:
        _show(options.name, membership.readmit(context, options.name))


def _disable(options: argparse.Namespace) -> None:
    with app.command_context(Settings.load()) as context:
        membership.disable(context, options.name)


def _show(name: str, link: str | None) -> None:
    print(f"name      {name}")
    if link:
        print(f"link      {Settings.load().address()}/console#welcome/{link}")
        print(f"Shown this once; works once, within {LINK_HOURS} hours. The person opens it and sets up their sign-in.")
