"""Holders whose verification a person has to decide: made from what models would have seen, judged by the real checks.

Everybody here is invented, and their numbers' area codes are given to nobody.
"""

from dataclasses import dataclass

from shiming.store.account import accounts
from shiming.store.verification import authority_calls, verifications
from shiming.store.verification.authority_calls import Inquiry
from shiming.verification.seen import Box, CardSeen, Field, Flaw, LiveSeen, Side, TurnSeen, Typed
from shiming.verification.source_answers import AuthoritySaid, Match
from shiming.workflows import serialization
from shiming.workflows.verification import intake, verify
from tests.application import Application, jpeg

NUMBERS = ("170213199103140138", "170213199103140219")
ONE = tuple([1.0] + [0.0] * 127)


@dataclass(frozen=True)
class Holder:
    """Name, number and account of somebody."""

    name: str
    number: str
    account: str


CHEN = Holder("陈无照", NUMBERS[0], "chen-channel")


def number(serial: int) -> str:
    """A possible number of the test region."""
    body = f"17021319910314{serial % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def holder(serial: int) -> Holder:
    """One of many."""
    return Holder(f"测试{chr(0x4E00 + serial % 500)}", number(serial), f"account-{serial}")


def in_review(
    home: Application, who: Holder = CHEN, likeness: float | None = None, signs: tuple[Flaw, ...] = ()
) -> str:
    """A verification that the machine refers to people: the authority has no photo (or one less alike than it asks).

    `signs` are those of a forged card front.
    """
    context = home.context
    with context.database.write() as connection:
        account = accounts.get_or_open(connection, "demo.test", who.account, "personal", "zh-CN", context.now())
        row = verifications.create(
            connection, app="demo.test", account=account.id, level="standard", locale="zh-CN",
            created_at=context.now(), expires_at=context.now() + 7 * 86_400_000,
        )  # fmt: skip
        given = Typed(who.name, who.number)
        typed = {"sealed_typed": context.sealer.seal(row.id, "typed", serialization.dump(given))}
        typed |= intake.found_by(context, given)
        verifications.change(connection, row.id, state="checking", round=1, face_consent=True, **typed)
        row = verifications.get(connection, "demo.test", row.id)
        verifications.add_consent(connection, row, "face", True, "4", context.now(), context.recipients(True))
    for piece, seen, pictures in _pieces(who, signs):
        _keep(context, row, piece, seen, pictures)
    _answered(context, row, who, likeness)
    verify.conclude(context, "demo.test", row.id, 1, 0)
    return row.id


def _pieces(who: Holder, signs: tuple[Flaw, ...]):
    box = Box(0.2, 0.1, 0.3, 0.1)
    front = {"name": Field(who.name, 0.99, box), "number": Field(who.number, 0.99, box), "sex": Field("男", 0.99)}
    front["birth"] = Field(f"{who.number[6:10]}-{who.number[10:12]}-{who.number[12:14]}", 0.99)
    back = {"valid_from": Field("2020-01-01", 0.99), "valid_until": Field("2040-01-01", 0.99)}
    turns = (TurnSeen("left", 30.0, 900, True), TurnSeen("right", -31.0, 1900, True))
    card = CardSeen(Side.FRONT, 1, front, specimen=True, portrait=ONE, signs=signs)
    yield "card_front", card, ("clean", "rectified", "portrait")
    yield "card_back", CardSeen(Side.BACK, 1, back, specimen=True), ("clean", "rectified")
    yield "face", LiveSeen((1,) * 12, turns, template=ONE), ("frames", "best")


def _keep(context, row, piece, seen, pictures):
    files = {n: context.files.put(row.id, f"{piece}-{n}", jpeg(100 + 20 * i) * (3 if n == "frames" else 1))
             for i, n in enumerate(pictures)}  # fmt: skip
    sealed = context.sealer.seal(row.id, f"seen.{piece}", serialization.dump(seen))
    with context.database.write() as connection:
        verifications.add_evidence(connection, row, piece, files, sealed, context.now())


def _answered(context, row, who, likeness):
    match = Match(likeness, 0.7 if likeness is not None else None)
    said = AuthoritySaid("match", "first", live=match, portrait=match)
    sealed = context.sealer.seal(row.id, "authority", serialization.dump(said))
    with context.database.write() as connection:
        number = context.lookup.hash("number", who.number)
        about = Inquiry(row.id, row.round, row.app, row.account, number)
        call = authority_calls.sent(connection, about, "record", "first", context.now())
        authority_calls.ended(connection, call, "answered", charged=True, cost=3000, ms=120)
        verifications.keep_authority_answer(connection, row, number, sealed, 0, context.now())
