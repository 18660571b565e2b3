"""Things of every kind on a running server, so that a stranger who calls by the description alone meets what there is.

What schemathesis reads is the committed document, with an example for each thing that an address or a body names.
"""

import copy
import itertools
import time
from collections.abc import Mapping
from typing import Any

from shiming.demo import Server
from shiming.demo.walk import ApiClient, Refused
from shiming.names import check_digit
from tools.site.bodies import BODIES, PERSON, in_path
from tools.site.reference import METHODS

CHILD = {"name": "张小满", "number": "170213201503140131"}
names, numbers = (f"stranger-{n}" for n in itertools.count()), itertools.count(200)


def exampled(document: Mapping[str, Any], given: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The document with examples: in addresses what was made for each call, in bodies those of the reference."""
    made = copy.deepcopy(dict(document))
    for path, calls in made["paths"].items():
        for method in METHODS:
            if call := calls.get(method):
                _exampled(path, call, given.get(call["operationId"], {}))
    return made


def _exampled(path: str, call: dict[str, Any], given: Mapping[str, str]) -> None:
    for parameter in call.get("parameters", ()):
        if parameter.get("in") == "path":
            name = parameter["name"]
            parameter["example"] = given.get(name) or in_path(path, name, parameter["schema"])
    media = call.get("requestBody", {}).get("content", {}).get("application/json")
    if media is not None and (body := BODIES.get(call["operationId"])) is not None:
        media["example"] = {**body, **({"account": next(names)} if "account" in body else {})}


class Things:
    """One call a thing: nobody takes away what another call needs."""

    def __init__(self, server: Server, keys: Mapping[str, str]):
        roles = ("platform", "reviewer", "operator")
        self.platform, self.reviewer, self.operator = (ApiClient(server.address, keys[role]) for role in roles)
        self.made: dict[str, dict[str, str]] = {}

    def all(self) -> dict[str, dict[str, str]]:
        """By operationId; what this server cannot be brought to is left out."""
        for part in (self.verifications, self.accounts, self.holds, self.appeals, self.support_, self.webhooks,
                     self.policies, self.persons):  # fmt: skip
            try:
                part()
            except (Refused, LookupError) as fault:
                print(f"{part.__name__}: {fault!r}")
        return self.made

    def verification(self, level: str = "basic", person: Mapping[str, str] | None = None, submit: bool = False) -> str:
        id = self.platform.post("/verifications", {"account": next(names), "level": level})["id"]
        if person:
            self.platform.post(f"/verifications/{id}/identity", dict(person))
        if submit:
            self.platform.post(f"/verifications/{id}/submit")
        return id

    def held(self, *requirements: str) -> tuple[str, str]:
        account = next(names)
        asked = {"reason": "login_risk", "capabilities": ["withdraw"], "requirements": list(requirements)}
        return account, self.platform.post(f"/accounts/{account}/holds", asked)["holds"][-1]["id"]

    def verifications(self) -> None:
        for id in ("getVerification", "createHolderLink", "giveIdentity", "cancelVerification", "getHolderStanding"):
            self.made[id] = {"id": self.verification()}
        for id in ("giveConsent", "givePhone", "giveBankCard"):
            self.made[id] = {"id": self.verification("enhanced")}
        self.made["submitVerification"] = {"id": self.verification(person=PERSON)}
        self.made["inviteGuardianOfChild"] = {"id": self.verification("standard", CHILD)}
        self.platform.post(f"/verifications/{(over := self.verification())}/cancel")
        self.made["redactVerification"] = {"id": over}
        self.made["decideVerification"] = {"id": self.verification(person={**PERSON, "name": "张不收"}, submit=True)}
        asked = self.verification("standard", PERSON)
        named = self.platform.get(f"/verifications/{asked}")["recipients"]
        self.platform.post(f"/verifications/{asked}/consent", {"face": True, "recipients": named})
        self.made["createChallenge"] = {"id": asked}

    def accounts(self) -> None:
        for id in ("getStanding", "reportProfile", "reportPhone", "confirmPhone", "cancelAccount", "listInbox",
                   "putContact", "listNotices", "getReceipt", "promptHolder", "createAccountLink", "endAccountVisits",
                   "inviteGuardian", "listGuardians", "eraseAccountEvents", "checkCapability", "openHold"):  # fmt: skip
            self.made[id] = {"account": self.held("pledge")[0]}
        for id, at_once in (("keepAccount", False), ("eraseAccount", True)):
            account, hold = self.held("review")
            self.reviewer.post(f"/holds/{hold}/verdict", {"verdict": "lift"})
            self.platform.post(f"/accounts/{account}/cancel", {"at_once": at_once})
            self.made[id] = {"account": account}
        account = self.made["listInbox"]["account"]
        message = self.platform.get(f"/accounts/{account}/inbox")["items"][0]["id"]
        self.made["markMessageRead"] = {"account": account, "message": message}

    def holds(self) -> None:
        self.made["makePledge"] = {"account": self.held("pledge")[0]}
        self.made["decideHold"] = {"hold": self.held("review")[1]}
        account, _ = self.held("pledge")
        made = self.platform.post("/verifications", {"account": account, "level": "basic"})
        self.made["makeHolderPledge"] = {"id": made["id"]}
        self.made["openHoldAppeal"] = dict(zip(("account", "hold"), self.held("review"), strict=True))

    def appeal(self) -> str:
        account, hold = self.held("review")
        return self.platform.post(f"/accounts/{account}/holds/{hold}/appeals")["id"]

    def appeals(self) -> None:
        for id in ("getAppeal", "addAppealFacts", "beginUpload", "withdrawAppeal"):
            self.made[id] = {"id": self.appeal()}
        for id in ("getUpload", "sendUploadChunk"):
            begun = self.platform.post(f"/appeals/{self.appeal()}/uploads", {"size": 1_000_000})
            self.made[id] = {"id": begun["id"]}

    def support_(self) -> None:
        for id in ("getTicket", "writeMessage", "addTicketPicture", "closeTicket", "rateTicket"):
            asked = {"account": self.held("pledge")[0], "topic": "result_unclear", "text": "为什么？"}
            self.made[id] = {"id": self.platform.post("/tickets", asked)["id"]}

    def webhooks(self) -> None:
        for id in ("changeWebhookEndpoint", "removeWebhookEndpoint", "rotateWebhookSecret", "sendTestWebhook"):
            self.made[id] = {"id": self.platform.post("/webhook_endpoints", {"url": "http://127.0.0.1:9/hooks"})["id"]}
        endpoint = self.made["sendTestWebhook"]["id"]
        sent = self.platform.post(f"/webhook_endpoints/{endpoint}/test")
        self.made["resendWebhook"] = {"id": sent["delivery"]}
        self.made["removeClient"] = {"id": self.platform.post("/clients", {"name": "x", "min_version": "1"})["id"]}

    def policies(self) -> None:
        for id in ("getPolicy", "tryPolicy"):
            name = self.operator.post("/policies", {"text": f'name = "{next(names)}"\n'})["version"]
            self.made[id] = {"version": name}
        begun = self.operator.post(f"/policies/{self.made['getPolicy']['version']}/try", {})
        self.made["getPolicyTrial"] = {"id": begun["id"]}
        self.operator.post("/imports", {"kind": "bindings", "rows": [{
            "account": next(names), "number": "170213199103140138", "by": "old"}]})  # fmt: skip
        self.made["getImport"] = {"id": self.operator.get("/imports")["items"][0]["id"]}

    def approved(self) -> str:
        """The account of somebody new, verified."""
        account, first = next(names), f"17021319910314{next(numbers):03}"
        id = self.platform.post("/verifications", {"account": account, "level": "basic"})["id"]
        self.platform.post(f"/verifications/{id}/identity", {"name": "张路人", "number": first + check_digit(first)})
        self.platform.post(f"/verifications/{id}/submit")
        while self.platform.get(f"/verifications/{id}")["state"] == "checking":
            time.sleep(0.5)
        return account

    def persons(self) -> None:
        asked = self.reviewer.post("/subjects/blocks", {"account": self.approved(), "ground": "violation_fraud"})
        self.made["confirmBlock"] = {"order": asked["id"]}
        moved = {"source": self.approved(), "target": self.held("pledge")[0]}
        self.made["confirmMove"] = {"order": self.reviewer.post("/subjects/moves", moved)["id"]}
