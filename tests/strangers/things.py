"""Things of every kind on a running server, so that a stranger who calls by the description alone meets what there is.

One thing a call, made anew for each role: nobody takes away what another call needs.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shiming.demo import Server
from shiming.demo.cast import by_slug
from shiming.demo.sample_cases import screenshot
from shiming.names import check_digit
from tests.stories.keys import key
from tools.site.bodies import FACTS, PERSON, PHONE

CHILD = {"name": "张小满", "number": "170213201503140137"}
REJECT = {"verdict": "reject", "codes": ["rejected_by_reviewer"]}
VIDEO = b"\0\0\0\x18ftypmp42" + b"\0" * 300
ROLES = ("platform", "holder", "reviewer", "operator", "support")
SECONDS = 240.0
names, numbers = (f"stranger-{n}" for n in itertools.count()), itertools.count(100)


@dataclass(frozen=True)
class Given:
    """What one call is made with: names in its address, fields of its body (bytes: a file's), a key of its own."""

    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | bytes | None = None
    key: str | None = None


def until(done: Callable[[], Any]) -> None:
    """Wait for what a worker does."""
    ends = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < ends, "what a worker does was not done"
        time.sleep(0.2)


class Things:
    """What the platform and its holders' tokens, and support, call about."""

    def __init__(self, server: Server, role: str):
        self.platform, (self.reviewer, self.second) = server.api(), (server.api(each) for each in server.reviewers)
        self.support = server.api(key(server, role="support", name=next(names)))
        self.operators = [server.api(key(server, role="operator", name=next(names))) for _ in range(2)]
        self.role = role
        self.made: dict[str, Given] = {}

    def give(self, calls: str, make: Callable[[], Given]) -> None:
        """Each of these calls its own."""
        for call in calls.split():
            self.made[call] = make()

    def account(self, *requirements: str, reason: str = "login_risk") -> tuple[str, str]:
        """An account that is held; its name and the hold."""
        asked = {"reason": reason, "capabilities": ["withdraw"], "requirements": [*requirements]}
        return (name := next(names)), self.platform.post(f"/accounts/{name}/holds", asked)["holds"][-1]["id"]

    def named(self) -> Given:
        return Given({"account": self.account("pledge")[0]})

    def verification(self, level: str = "basic", person: Mapping[str, str] | None = None, account: str = "") -> Given:
        begun = self.platform.post("/verifications", {"account": account or next(names), "level": level})
        if person:
            self.platform.post(f"/verifications/{begun['id']}/identity", dict(person))
        return Given({"id": begun["id"]}, key=begun["token"] if self.role == "holder" else None)

    def submitted(self, person: Mapping[str, str]) -> str:
        id = self.verification(person=person).path["id"]
        self.platform.post(f"/verifications/{id}/submit")
        return id

    def consented(self, person: Mapping[str, str] = PERSON) -> Given:
        made = self.verification("standard", person)
        path = f"/verifications/{made.path['id']}"
        named = self.platform.get(path)["recipients"]
        self.platform.post(f"{path}/consent", {"face": True, "recipients": named})
        return made

    # ── verifications ────────────────────────────────────────────────────────────────────────────

    def verifications(self) -> None:
        self.give("getVerification createHolderLink giveIdentity cancelVerification getHolderStanding",
                  self.verification)  # fmt: skip
        self.give("giveConsent givePhone giveBankCard", lambda: self.verification("enhanced"))
        self.give("submitVerification", lambda: self.verification(person=PERSON))
        self.give("inviteGuardianOfChild", lambda: self.verification("standard", CHILD))
        self.give("createChallenge", self.consented)
        held = self.account("pledge")[0]
        self.give("makeHolderPledge", lambda: self.verification(account=held))
        picture = self.consented()
        body = {"picture": by_slug("hege").picture("front")}
        self.made["addPicture"] = Given({**picture.path, "piece": "card_front"}, body, picture.key)

    def own(self) -> None:
        """What only the platform does with verifications."""
        id = self.verification().path["id"]
        self.platform.post(f"/verifications/{id}/cancel")
        self.made["redactVerification"] = Given({"id": id})

    # ── accounts, holds, appeals, support ────────────────────────────────────────────────────────

    def accounts(self) -> None:
        self.give("reportProfile reportPhone cancelAccount listInbox putContact listNotices getReceipt promptHolder "
                  "createAccountLink endAccountVisits listGuardians eraseAccountEvents checkCapability "
                  "makePledge", self.named)  # fmt: skip
        for call, at_once in (("keepAccount", False), ("eraseAccount", True)):
            account, hold = self.account("review")
            self.reviewer.post(f"/holds/{hold}/verdict", {"verdict": "lift"})
            self.platform.post(f"/accounts/{account}/cancel", {"at_once": at_once})
            self.made[call] = Given({"account": account})
        account = self.made["listInbox"].path["account"]
        message = self.platform.get(f"/accounts/{account}/inbox")["items"][0]["id"]
        self.made["markMessageRead"] = Given({"account": account, "message": message})
        self.made["inviteGuardian"] = Given({"account": self.bound(1)[0]})
        self.platform.post(f"/accounts/{(account := next(names))}/phone", {"phone": PHONE})
        asked = {"reason": "phone_changes", "requirements": ["confirm_phone"]}
        self.platform.post(f"/accounts/{account}/holds", asked)
        self.made["confirmPhone"] = Given({"account": account})
        self.made["openHoldAppeal"] = Given(dict(zip(("account", "hold"), self.account("review"), strict=True)))

    def standing(self) -> None:
        self.give("getStanding openHold listNotices", self.named)

    def appeal(self, handed_in: bool = False) -> Given:
        """Against a hold, with name and number, as these come before what shows a face."""
        account, hold = self.account("review", reason="violation_rumour")
        id = self.platform.post(f"/accounts/{account}/holds/{hold}/appeals")["id"]
        self.platform.post(f"/appeals/{id}/pieces/facts", FACTS)
        if handed_in:
            self.platform.post(f"/appeals/{id}/hand_in")
        return Given({"id": id})

    def appeals(self) -> None:
        self.give("getAppeal addAppealFacts beginUpload withdrawAppeal handInAppeal", self.appeal)
        self.made["addAppealVideo"] = Given(self.appeal().path, {"video": VIDEO})
        shown = {**self.appeal().path, "piece": "error_screenshot"}
        self.made["addAppealPicture"] = Given(shown, {"picture": screenshot()})
        for call in ("getUpload", "sendUploadChunk"):
            size = {"size": len(VIDEO) * 2}
            upload = self.platform.post(f"/appeals/{self.appeal().path['id']}/uploads", size)
            self.made[call] = Given({"id": upload["id"]}, VIDEO if call == "sendUploadChunk" else None)
        turned_down = self.appeal(handed_in=True)
        self.reviewer.post(f"/appeals/{turned_down.path['id']}/answer", {"answer": "turn_down"})
        self.made["reopenAppeal"] = turned_down
        rejected = [self.rejected() for _ in range(2)]
        self.made["openAppeal"] = Given({"id": rejected[0]})
        self.made["reuseForAppeal"] = Given({"id": self.platform.post(f"/verifications/{rejected[1]}/appeals")["id"]})

    def rejected(self) -> str:
        """A verification that a person has turned down."""
        id = self.refer()
        self.reviewer.post(f"/verifications/{id}/verdict", REJECT)
        return id

    def refer(self) -> str:
        """A verification that waits for a person: the register does not take such documents."""
        id = self.submitted({**PERSON, "name": "张不收"})
        until(lambda: self.platform.get(f"/verifications/{id}")["state"] == "in_review")
        return id

    def reads_appeals(self) -> None:
        self.give("getAppeal", self.appeal)

    def ticket(self) -> str:
        asked = {"account": self.account("pledge")[0], "topic": "result_unclear", "text": "为什么？"}
        return self.platform.post("/tickets", asked)["id"]

    def tickets(self) -> None:
        self.give("getTicket writeMessage closeTicket rateTicket followTicket", lambda: Given({"id": self.ticket()}))
        self.support.post(f"/tickets/{self.made['rateTicket'].path['id']}/messages", {"text": "请看。"})
        self.made["openTicket"] = Given(body={"account": self.account("pledge")[0]})
        self.made["addTicketPicture"] = Given({"id": self.ticket()}, {"picture": screenshot()})
        file = {"picture": ("screen.jpg", screenshot(), "image/jpeg")}
        shown = self.platform.post(f"/tickets/{(id := self.ticket())}/pictures", files=file)["messages"][-1]
        self.made["getTicketPicture"] = Given({"id": id, "message": shown["id"]})

    def webhooks(self) -> None:
        add = {"url": "http://127.0.0.1:9/hooks"}
        self.give("changeWebhookEndpoint removeWebhookEndpoint rotateWebhookSecret sendTestWebhook",
                  lambda: Given({"id": self.platform.post("/webhook_endpoints", add)["id"]}))  # fmt: skip
        endpoint = self.made["sendTestWebhook"].path["id"]
        sent = self.platform.post(f"/webhook_endpoints/{endpoint}/test")
        self.made["resendWebhook"] = Given({"id": sent["delivery"]})
        self.made["resendFailedWebhooks"] = Given(body={"endpoint": endpoint})
        client = self.platform.post("/clients", {"name": "x", "min_version": "1"})
        self.made["removeClient"] = Given({"id": client["id"]})

    def bound(self, many: int) -> list[str]:
        """Accounts of so many people, brought along from elsewhere."""
        people = {next(names): f"17021319910314{next(numbers):03}" for _ in range(many)}
        said = {"level": "standard", "verified_at": "2026-06-01T10:00:00+08:00", "verified_by": "old"}
        rows = [{**said, "account": account, "number": first + check_digit(first)} for account, first in people.items()]
        assert self.operators[0].post("/imports", {"kind": "verified", "rows": rows})["counts"]["taken"] == many
        return [*people]
