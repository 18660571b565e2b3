"""The whole world of a role: beside the things of platform and holder those of reviewers, operators, and of somebody
who has just shown their face.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shiming import demo
from shiming.demo import Server, sample_cases, walk
from shiming.demo.cast import by_slug
from shiming.store.database import Database
from shiming.store.risk import policies
from tests.quick_face import acted, quick
from tests.stories.keys import key
from tests.strangers.things import Given, Things, names, until
from tools.site.bodies import ALL, NOTICE

MANE = "mane"
LATER = {"waves": [{"at": ALL, "share": 100, "notice_at": NOTICE}]}


def key_of(server: Server, role: str) -> str:
    return key(server, role=role, name=next(names))


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A server on which nobody asks too often, with what all roles find on it."""
    with demo.server(folder, requests_per_minute="100000000") as running, quick(running):
        settle(running)
        yield running


def settle(server: Server) -> None:
    """Take 蒋满额's one place, and have `enhanced` ask for a bank card, too."""
    walk.verify(server.api(), by_slug(MANE), next(names), seed=1)
    text = policies.preset("default-1").replace('name = "default"', 'name = "cards"')
    text = text.replace("[limits]\n", '[limits]\nfactors_at = { enhanced = ["phone", "bank"] }\n')
    writer, approver = (server.api(key_of(server, "operator")) for _ in range(2))
    version = writer.post("/policies", {"text": text})["version"]
    trial = writer.post(f"/policies/{version}/try", {})["id"]
    until(lambda: writer.get(f"/policy_trials/{trial}")["state"] == "done")
    writer.post(f"/policies/{version}/propose", {"waves": [{"share": 100}]})
    approver.post(f"/policies/{version}/approve")


class World(Things):
    """What the calls of one role are about."""

    def __init__(self, server: Server, role: str):
        super().__init__(server, role)
        self.server = server

    def all(self) -> dict[str, Given]:
        """By operationId."""
        for part, roles in PARTS.items():
            if self.role in roles:
                part(self)
        return self.made

    def places(self) -> None:
        """蒋满额 again: refused, as her place is taken; she has shown her face and may say what becomes of it."""
        made, mane = self.verification("standard"), by_slug(MANE)
        walk.hand_in(self.platform, path := f"/verifications/{made.path['id']}", mane)
        self.platform.post(f"{path}/submit")
        walk.decided(self.platform, path, mane)
        place = self.platform.get(f"{path}/places")["items"][0]["place"]
        self.made["listPlaces"] = made
        self.made["actOnPlace"] = Given({**made.path, "place": place, "act": "cancel"}, key=made.key)

    def face(self) -> None:
        """Last of all, as a challenge is soon over."""
        person, database = by_slug("hege"), Database(self.server.settings.place("database_url"))
        made = self.consented({"name": person.name, "number": person.number})
        form, frames = acted(database, self.platform, f"/verifications/{made.path['id']}", person)
        self.made["addFace"] = Given(made.path, {**form, "frames": frames}, made.key)
        database.close()

    def persons(self) -> None:
        def asked(what: str, **body: str) -> Given:
            return Given({"order": self.reviewer.post(f"/subjects/{what}", body)["id"]})

        accounts, ground = iter(self.bound(6)), "violation_fraud"
        self.made["askBlock"] = Given(body={"account": next(accounts)})
        self.made["confirmBlock"] = asked("blocks", account=next(accounts), ground=ground)
        for call in ("askUnblock", "confirmUnblock"):
            block = asked("blocks", account=(account := next(accounts)), ground=ground).path["order"]
            self.second.post(f"/subjects/blocks/{block}/confirm")
            self.made[call] = Given(body={"account": account})
        self.made["confirmUnblock"] = asked("unblocks", account=account, ground=ground)
        self.made["askMove"] = Given(body={"source": next(accounts), "target": self.account("pledge")[0]})
        self.made["confirmMove"] = asked("moves", source=next(accounts), target=self.account("pledge")[0])

    def reviews(self) -> None:
        self.made["decideHold"] = Given({"hold": self.account("review")[1]})
        self.made["decideVerification"] = Given({"id": self.refer()})
        self.made["answerAppeal"] = self.appeal(handed_in=True)
        event = {"id": next(names), "account": (account := next(names)), "type": "transaction",
                 "at": datetime.now(UTC).isoformat(), "amount": 6_000_000}  # fmt: skip
        self.platform.post("/events", event)
        until(lambda: self.platform.get("/flags", account=account)["items"])
        self.made["decideFlag"] = Given({"flag": self.platform.get("/flags", account=account)["items"][0]["id"]})
        self.places()
        sample_cases.not_mine(self.platform, self.made["listPlaces"].path["id"])
        self.made["decideClaim"] = Given({"claim": self.reviewer.get("/claims")["items"][0]["id"]})

    def policies(self) -> None:
        """Drafts of other people's, tried by them where a trial has to come first."""
        calls = ("getPolicy", "tryPolicy", "proposePolicy", "approvePolicy", "rollBackPolicy")
        writer, approver = self.operators
        made = {call: writer.post("/policies", {"text": f'name = "{next(names)}"\n'})["version"] for call in calls}
        trials = [writer.post(f"/policies/{made[call]}/try", {})["id"] for call in calls[2:]]
        for trial in trials:
            until(lambda trial=trial: writer.get(f"/policy_trials/{trial}")["state"] == "done")
        for call in calls[3:]:
            writer.post(f"/policies/{made[call]}/propose", LATER)
        approver.post(f"/policies/{made['rollBackPolicy']}/approve")
        self.made |= {call: Given({"version": version}) for call, version in made.items()}
        self.give("getPolicyTrial getPolicyTrialPlot", lambda: Given({"id": trials[0]}))
        rows = [{"account": next(names), "number": "170213199103140138", "by": "old"}]
        writer.post("/imports", {"kind": "bindings", "rows": rows})
        self.made["getImport"] = Given({"id": writer.get("/imports")["items"][0]["id"]})


PARTS: Mapping[Callable[[World], None], Iterable[str]] = {
    World.verifications: ("platform", "holder", "reviewer", "support"), World.own: ("platform",),
    World.places: ("platform", "holder"), World.accounts: ("platform",),
    World.standing: ("platform", "reviewer", "support"), World.appeals: ("platform",),
    World.reads_appeals: ("support",), World.tickets: ("platform", "support"), World.webhooks: ("platform",),
    World.persons: ("reviewer",), World.reviews: ("reviewer",), World.policies: ("operator",),
    World.face: ("platform", "holder"),
}  # fmt: skip
