"""A made history for the benches: events of accounts with a heavy tail, over 90 days. No person is behind it."""

from collections.abc import Iterator

from shiming.risk.events import BLANK, Event
from shiming.risk.sql import COLUMNS

DAYS = 90
START = 1_790_000_000_000
ACCOUNTS_PER = 50
"""Events per account, on average; the busiest account has some hundred times as many."""
TYPES = (
    (850, "engagement"), (940, "login"), (985, "transaction"), (990, "user_report"), (994, "password_change"),
    (997, "phone_bind"), (1000, "violation"),
)  # fmt: skip
"""Per mille of the events, added up."""
PLACES = ((-2173, 4377, 4088), (-2848, 4655, 3300), (-2400, 5372, 2443), (1112, -4832, 4001))


def made(count: int) -> str:
    """The query that makes `count` events with the columns of `history`."""
    accounts = max(1, count // ACCOUNTS_PER)
    given = {
        "n": "i",
        "at": f"{START} + (hash(i, 1) % {DAYS * 86_400_000})::BIGINT",
        "seen": "0",
        "id": "printf('e%09d', i)",
        "account": "'a' || who",
        "type": _case("hash(i, 3) % 1000", *TYPES),
        "account_kind": "'personal'",
        "level": "who % 4",
        "device": "'d' || (who * 3 + hash(i, 4) % 3 // 2)",
        "ip": f"'i' || (hash(who, 5) % {max(1, accounts // 3)} + hash(i, 5) % 20 // 19)",
        "network": "'n'",
        "place": "'p' || p",
        **{axis: _case("p", *((n + 1, place[at]) for n, place in enumerate(PLACES))) for at, axis in enumerate("xyz")},
        "amount": "(hash(i, 6) % 100000 + CASE WHEN hash(i, 7) % 300 = 0 THEN 6000000 ELSE 0 END)::BIGINT",
        "kind": "'like'",
        "target": f"'a' || (hash(i, 8) % {accounts})",
        "category": "'vulgar'",
        "severity": "(hash(i, 9) % 5 + 1)::BIGINT",
        "reporter": "'r' || (hash(i, 10) % 1000)",
        "phone": "'t' || (hash(i, 11) % 100000)",
    }  # fmt: skip
    blank = {name: "''" if kind == "string" else "0" for name, kind in COLUMNS.items()}
    columns = ", ".join(f'{(blank | given)[name]} AS "{name}"' for name in ("n", *COLUMNS))
    spread = f"(pow((hash(i, 2) % 1000000) / 1000000.0, 2) * {accounts})::BIGINT"
    place = f"CASE WHEN hash(i, 12) % 200 = 0 THEN hash(i, 13) % {len(PLACES)} ELSE who % {len(PLACES)} END::BIGINT"
    whose = f"SELECT i, {spread} AS who FROM range({count}) t(i)"
    return f"SELECT {columns} FROM (SELECT i, who, {place} AS p FROM ({whose}))"


def _case(of: str, *rows: tuple) -> str:
    told = " ".join(f"WHEN {of} < {below} THEN {value!r}" for below, value in rows)
    return f"CASE {told} END"


def events(database, accounts: int) -> Iterator[Event]:
    """The events of the accounts numbered below `accounts`, as live judging takes them."""
    found = database.execute(f"SELECT * FROM history WHERE substr(account, 2)::BIGINT < {accounts}")
    names = [column[0] for column in found.description]
    while rows := found.fetchmany(10_000):
        for row in rows:
            facts = dict(zip(names, row, strict=True))
            own = (facts.pop("id"), facts.pop("account"), facts.pop("type"), facts.pop("at"))
            seen = facts.pop("seen")
            facts.pop("n")
            yield Event(*own, {k: v for k, v in facts.items() if v != BLANK[k]}, seen)
