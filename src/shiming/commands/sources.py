"""`shiming sources`: list | try NAME, for the outside sources of the file of sources and of the settings."""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.settings import Settings

NOBODY = {"name": "张合格", "number": "170213199103140138", "phone": "12012345678", "card": "9990001234567890"}
"""Who does not exist: the area code is given to no place, the phone and the card to nobody."""
MEANS = {
    "match": "it knows this made-up person: it is a test environment, or it believes everything",
    "mismatch": "it answers: key, signature, permission and network are right",
    "not_found": "it answers: key, signature, permission and network are right; nobody has this number, as expected",
    "unsupported": "it answers, and does not take this made-up number; key, signature and network are right",
    "no_record": "it answers: key, signature, permission and network are right; nobody has this number, as expected",
}
MOST_REFUSED = 10  # reports of play that are listed of each app
REMEDIES = {
    Unavailability.BUSY: "too many calls at once: set per_second below what the vendor allows you, or try again",
    Unavailability.DOWN: "nobody answers: check the address, the network and the vendor's status page",
    Unavailability.LIMITED: "a quota is used up: wait for it to begin anew, or ask the vendor for more",
    Unavailability.MISCONFIGURED: "check key, secret, region, permission and the clock of this machine",
    Unavailability.UNPAID: "the account with the vendor has no money, or its package is used up",
}


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser; without one it lists."""
    parser.set_defaults(run=_list)
    each = parser.add_subparsers(metavar="ACTION")
    each.add_parser("list", help="sources, how well they are, what they were asked and cost today").set_defaults(
        run=_list
    )
    tried = each.add_parser("try", help="one harmless call, about a person who does not exist, and what it means")
    tried.add_argument("name")
    tried.add_argument("--to", help="for a source of messages: your own number or address, which gets one")
    tried.set_defaults(run=_try)


def _list(_: argparse.Namespace) -> None:
    from shiming.workflows import source_figures

    with _context() as context:
        with context.database.read() as connection:
            rows, plays = source_figures.of(context, connection, None), list(_plays(connection))
        for row in rows:
            asked = f"{row['calls']} calls today, {row['failed']} unanswered, {row['cost'] / 10_000:.2f} yuan"
            state = row["state"] if row["state"] == "well" else f"{row['state']} since {row['since']}"
            print(f"{row['side']:<5}{row['kind']:<10}{row['name']:<20}{state}; breaker {row['breaker']}; {asked}")
            if row["receipts"]:
                print(f"{'':<15}receipts: POST {Settings.load().address()}{row['receipts']}")
        for line in plays:
            print(line)


def _plays(connection: Any) -> Iterator[str]:
    """How far reports of play are, and the newest of those that were refused."""
    from shiming.store.risk import plays

    for row in plays.counted(connection):
        yield f"play of {row.app}: {row.reported} reported, {row.waiting} waiting, {row.refused} refused"
        for one in plays.refused(connection, row.app, MOST_REFUSED):
            yield f"{'':<5}{one.id} refused: {one.refused} (event {one.event})"


def _try(options: argparse.Namespace) -> int:
    """0: it answered."""
    from shiming.store.verification import source_outages
    from shiming.workflows import source_health

    with _context() as context:
        kind, source = _named(context, options.name)
        try:
            said = _harmless(kind, source, options.to)()
        except Unavailable as why:
            print("\n".join(_silent(kind, source.name, why)))
            return 1
        except BadInput as refused:
            print(f"{kind} {source.name}: refused ({refused.code}): {refused}")
            return 1
        terms = context.terms.get((kind, source.name))
        with context.database.write() as connection:  # it answers: nobody need wait for it any longer
            source_health.answered(context, connection, source_outages.outage(connection, kind, source.name))
    for line in _explained(kind, source.name, said, terms):
        print(line)
    return 0


def _silent(kind: str, name: str, why: Unavailable) -> Iterator[str]:
    from shiming.account.standing import CHINA
    from shiming.store.database import moment

    code = f" ({why.vendor_code})" if why.vendor_code else ""
    yield f"{kind} {name}: {why.kind}{code}: {why}"
    if why.unsure:
        yield "the question had left: it may have been answered, and billed, without our hearing it"
    if why.until:
        yield f"until: {moment(why.until).astimezone(CHINA):%Y-%m-%d %H:%M} in China"
    if why.request_id:
        yield f"request_id: {why.request_id}"
    yield REMEDIES[why.kind]


def _explained(kind: str, name: str, said: Any, terms: Any) -> Iterator[str]:
    value = getattr(said, "value", said)
    told = getattr(value, "outcome", None) or (value if isinstance(value, str) else "accepted")
    yield f"{kind} {name}: {told}. {MEANS.get(told, MEANS['mismatch'])}."
    for what in ("request_id", "code", "provenance", "charged"):
        if (each := getattr(said, what, None)) not in (None, ""):
            yield f"{what}: {each}"
    if terms is not None:
        action = {"sms": "send", "mail": "send", "play": "report"}.get(kind, "check")
        cost = terms.cost(action, getattr(said, "code", ""), getattr(said, "charged", None))
        yield f"cost by the file of sources: {cost / 10_000:.4f} yuan"


def _harmless(kind: str, source: Any, to: str | None) -> Callable[[], Any]:
    """The call to make. Raises BadInput where there is none without more being known."""
    from shiming.providers.contracts import Person
    from shiming.store.database import new_id
    from shiming.workflows.verification.confirmations import confirms

    name, number = NOBODY["name"], NOBODY["number"]
    if kind == "authority":
        return lambda: source.check(name, number, *([None] if getattr(source, "takes_validity", False) else []))
    if kind == "carrier":
        return lambda: source.check(name, number, NOBODY["phone"])
    if kind == "bank":
        return lambda: source.check(name, number, NOBODY["phone"], NOBODY["card"])
    if kind == "identity":
        person = Person(name, number) if confirms(source) else None
        return lambda: source.begin("try", "https://localhost/", person).address and "accepted"
    if kind == "play":
        return lambda: source.report("try.test", ()) or "accepted"
    if not to:
        raise BadInput("This source sends messages: --to says to whom, which should be you.")
    if kind == "mail":
        return lambda: source.send(to, "Shiming", "shiming sources try", {}, new_id("dlv"))
    return lambda: source.send(to, _text(), new_id("dlv"))


def _text() -> Any:
    from shiming.providers.contracts import Text
    from shiming.support import notices

    event = "verification.approved"
    return Text(event, "zh", notices.rendered(event, "sms", "zh", Settings.load().platform_name).text)


def _named(context: Any, name: str) -> tuple[str, Any]:
    from shiming.workflows import source_figures

    found = [(kind, source) for kind, source in source_figures.all_sources(context) if source.name == name]
    if not found:
        known = ", ".join(sorted({source.name for _, source in source_figures.all_sources(context)}))
        raise BadInput(f"There is no source called '{name}'. There are: {known}.")
    return found[0]


def _context() -> Any:
    from shiming import app

    return app.command_context(Settings.load(), sources=True)
