"""What came of it all: the clients' journal against what is in the database, at the receiver and at the authority.

Each function names what is wrong, one line per fault, and nothing where all is well.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from shiming.store import tables as t
from tests.long.chaos.authority import Asked
from tests.long.chaos.journal import Intent
from tests.long.chaos.journeys import ENDED


def lost(connection: Connection, intents: Sequence[Intent]) -> list[str]:
    """Intents that were answered with a success, and whose effect is not there."""
    there = _Effects(connection)
    return [f"{i.id} {i.kind}: answered {i.status}, but {said}" for i in intents if i.done and (said := there.lacks(i))]


class _Effects:
    """What is in the database, by what it is looked up by."""

    def __init__(self, connection: Connection):
        self.verifications = {row.id: row for row in connection.execute(select(t.verifications))}
        self.events = set(connection.scalars(select(t.events.c.id)))
        self.appeals = {row.id: row for row in connection.execute(select(t.appeals))}
        refs = select(t.holds, t.accounts.c.ref).join(t.accounts, t.accounts.c.id == t.holds.c.account)
        self.holds = {row.ref: row for row in connection.execute(refs)}
        pieces = select(t.evidence.c.verification, t.evidence.c.piece).where(t.evidence.c.current)
        self.pieces = {tuple(row) for row in connection.execute(pieces)}
        self.judged = set(connection.scalars(select(t.judgements.c.verification)))

    def lacks(self, i: Intent) -> str:
        """What is missing of an intent's effect; nothing: it is all there."""
        what = i.what
        if i.kind == "create":
            return "" if i.got["id"] in self.verifications else "there is no such verification"
        if i.kind == "submit":
            row = self.verifications.get(what["verification"])
            return "" if row and row.state in ENDED and row.id in self.judged else f"it is {row and row.state}"
        if i.kind == "cancel":
            row = self.verifications[what["verification"]]
            return "" if row.state == "cancelled" else f"it is {row.state}"
        if i.kind == "picture":
            return "" if (what["verification"], what["piece"]) in self.pieces else "the piece is not there"
        if i.kind == "events":
            return ", ".join(f"{id} is not there" for id in what["events"] if id not in self.events)
        return self._lacks_of_account(i)

    def _lacks_of_account(self, i: Intent) -> str:
        if i.kind in ("hold", "pledge"):
            row = self.holds.get(i.what["account"])
            if row is None:
                return "there is no hold"
            return "it is open" if i.kind == "pledge" and not row.lifted_at else ""
        if i.kind == "appeal":
            return "" if i.got["id"] in self.appeals else "there is no such appeal"
        if i.kind == "facts":
            return "" if "facts" in self.appeals[i.what["appeal"]].pieces else "the facts are not there"
        return ""


def doubled(connection: Connection, intents: Sequence[Intent], happenings: Mapping[str, str]) -> list[str]:
    """One intent with two effects, one round with two decisions, one happening told twice."""
    ref = t.accounts.c.ref
    of = {name: select(ref).join_from(table, t.accounts, t.accounts.c.id == table.c.account)
          for name, table in (("create", t.verifications), ("hold", t.holds), ("appeal", t.appeals))}  # fmt: skip
    found = []
    for kind, query in of.items():
        wanted = Counter(i.account for i in intents if i.kind == kind)
        made = Counter(connection.scalars(query))
        found += [f"{kind}: {n} for {who}, asked for {wanted[who]}" for who, n in made.items() if n > wanted[who]]
    found += _twice("judged", connection.execute(select(t.judgements.c.verification, t.judgements.c.round)))
    found += _pieces_twice(connection, intents)
    told = connection.execute(select(t.messages.c.about, t.messages.c.event, t.messages.c.payload))
    found += _twice("told", ((row.about, row.event, str(sorted(row.payload.items()))) for row in told))
    found += _twice("webhook", ((said,) for said in happenings.values()))
    ours = select(t.events.c.account).where(t.events.c.type == "verification")
    submits = Counter(i.account for i in intents if i.kind == "submit")
    refs = dict(map(tuple, connection.execute(select(t.accounts.c.id, ref))))
    counted = Counter(refs[account] for account in connection.scalars(ours))
    return found + [f"outcome counted {n} times for {who}" for who, n in counted.items() if n > submits[who]]


def _pieces_twice(connection: Connection, intents: Sequence[Intent]) -> list[str]:
    """Pictures that were taken in more often than they were sent."""
    sent = Counter((i.what["verification"], i.what["piece"]) for i in intents if i.kind == "picture")
    rows = connection.execute(select(t.evidence.c.verification, t.evidence.c.piece))
    kept = Counter(tuple(row) for row in rows)
    return [f"picture: {n} of {piece} kept, {sent[piece]} sent" for piece, n in kept.items() if n > sent[piece]]


def _twice(what: str, rows: Iterable) -> list[str]:
    return [f"{what} {n} times: {' '.join(map(str, row))}" for row, n in Counter(map(tuple, rows)).items() if n > 1]


def untold(connection: Connection, bodies: Mapping[str, Sequence[bytes]]) -> list[str]:
    """Messages that never came, came with two different bodies, or whose numbers have gaps."""
    messages = connection.execute(select(t.messages.c.id, t.messages.c.about, t.messages.c.sequence)).all()
    sequences = defaultdict(list)
    for row in messages:
        sequences[row.about].append(row.sequence)
    found = [f"webhook {row.id} never came" for row in messages if row.id not in bodies]
    found += [f"webhook {id} came with two bodies" for id, came in bodies.items() if len(set(came)) > 1]
    delivered = select(t.deliveries.c.id, t.deliveries.c.state).where(
        t.deliveries.c.state.not_in(("delivered", "accepted"))  # a mail is accepted at most
    )
    found += [f"delivery {row.id} is {row.state}" for row in connection.execute(delivered)]
    return found + [f"numbered {sorted(numbers)}: {about}" for about, numbers in sequences.items()
                    if sorted(numbers) != list(range(1, len(numbers) + 1))]  # fmt: skip


def wedged(intents: Sequence[Intent]) -> list[str]:
    """Keys that still answer `in_progress` long after nothing was broken any more."""
    return [f"{i.id} {i.kind} {i.key}" for i in intents if i.gave_up and i.tries[-1] == "409 in_progress"]


def refused(intents: Sequence[Intent]) -> list[str]:
    """Intents that a good client may expect to succeed, and that were answered with a refusal."""
    return [f"{i.id} {i.kind}: {i.status} {i.got.get('code')} ({i.got.get('detail')}) after {i.tries[:-1]}"
            for i in intents if i.status and not i.expected]  # fmt: skip


def given_up(intents: Sequence[Intent]) -> list[str]:
    """Intents that were never answered, for another reason than a wedged key."""
    return [f"{i.id} {i.kind}: {i.tries[-5:]}" for i in intents if i.gave_up and i.tries[-1] != "409 in_progress"]


def troubles(intents: Sequence[Intent]) -> Counter[str]:
    """What tries met other than a success, by kind."""
    return Counter(said for i in intents for said in i.tries if not said.isdigit())


def asked_again(connection: Connection, lookup, log: Sequence[Asked], ends: Mapping[int, Sequence[float]]
                ) -> tuple[int, int, list[str]]:  # fmt: skip
    """Questions to the authority beyond those that had to be put: how many, how many unavoidable, and the others.

    One is unavoidable for each asking process that died soon after its question, and before the question was put
    again. `lookup` hashes a number as the database keeps it; `log` is what the authority wrote down itself.
    """
    needed, A = Counter(), t.authority_answers.c
    level = select(A.number_hash, t.verifications.c.level)
    for row in connection.execute(level.join(t.verifications, t.verifications.c.id == A.verification)):
        needed[row.number_hash] += QUESTIONS[row.level]
    by_number = defaultdict(list)
    for one in log:
        by_number[one.number].append(one)
    beyond = unavoidable = 0
    avoidable = []
    for number, questions in by_number.items():
        more = len(questions) - needed[lookup(number)]
        crashes = sum(_died(one, questions, ends) for one in questions)
        beyond += max(more, 0)
        unavoidable += min(max(more, 0), crashes)
        if more > crashes:
            said = f"asked {len(questions)} times, {needed[lookup(number)]} needed, {crashes} crashes"
            avoidable.append(f"{number}: {said}")
    return beyond, unavoidable, avoidable


QUESTIONS = {"basic": 1, "standard": 3}  # name and number; and the live face and the card's portrait with the photo
NOTICED = 1.0  # seconds until an end is noticed
DYING = 30.0  # seconds: an answer that is not kept so long after its question was not lost by a crash


def _died(one: Asked, questions: Sequence[Asked], ends: Mapping[int, Sequence[float]]) -> bool:
    """Whether the process that asked ended soon after, and somebody had to ask again."""
    again = [other.at for other in questions if other.question == one.question and other.at > one.at]
    return any(0 <= end - one.at < DYING and any(at > end - NOTICED for at in again) for end in ends.get(one.pid, ()))
