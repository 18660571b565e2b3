"""A house's own gateway: our generic signed-JSON contract, published as docs/gateway.openapi.json (made from here).

Requests are signed by Standard Webhooks (`webhook-id`, `-timestamp`, `-signature` over the raw body), for which every
language has a library; `webhook-id` is new each time, and `question` stands in the body, so that no request can be put
to another door. Answers are signed in the same headers, under the id of their request: nobody between can make one up.
"""

import hmac
import time
from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shiming.egress import Answer
from shiming.errors import Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.contracts import MOST_PLAYS, CardProblem, FaceOutcome, FactorsOutcome, PictureFault, Record
from shiming.providers.terms import Secret
from shiming.providers.vendors import signing
from shiming.providers.vendors.answers import no_answer
from shiming.providers.vendors.codes import plain

WINDOW_SECONDS = 300
Question = Literal["authority.check", "authority.compare", "carrier.check", "bank.check", "sms.send", "sms.find",
                   "play.report"]  # fmt: skip


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Dates(Shape):
    since: str = Field(description="YYYY-MM-DD")
    until: str = Field(description="YYYY-MM-DD; empty: for good")


class AskCheck(Shape):
    question: Literal["authority.check"] = "authority.check"
    name: str
    number: str
    validity: Dates | None = None


class AskCompare(Shape):
    question: Literal["authority.compare"] = "authority.compare"
    name: str
    number: str
    face: str = Field(description="JPEG, upright, in Base64: 720 pixels on its short side and 200 kB at most")


class AskCarrier(Shape):
    question: Literal["carrier.check"] = "carrier.check"
    name: str
    number: str
    phone: str


class AskBank(Shape):
    question: Literal["bank.check"] = "bank.check"
    name: str
    number: str
    phone: str
    card: str


class AskSend(Shape):
    question: Literal["sms.send"] = "sms.send"
    to: str
    event: str = Field(description="such as verification.approved")
    locale: str = Field(description="zh or en")
    text: str
    key: str = Field(description="the same for every try of one message: send it once")


class AskFind(Shape):
    question: Literal["sms.find"] = "sms.find"
    to: str
    id: str = Field(description="yours; empty where no answer to `sms.send` came back")
    key: str
    at: int = Field(description="when it was sent, milliseconds since 1970")


class ToldPlay(Shape):
    id: str = Field(description="the same at every try: one id twice is one play")
    what: Literal["begin", "end"]
    at: int = Field(description="when it happened, milliseconds since 1970")
    session: str
    account: str = Field(description="as the platform names it")
    device: str = Field(description="a keyed hash of it; empty where none was named")
    verified: bool = Field(description="false: a guest")
    minor: bool | None = Field(description="under 18; null: not known")


class AskReport(Shape):
    question: Literal["play.report"] = "play.report"
    app: str = Field(description="of which app they are, such as game.live")
    plays: list[ToldPlay] = Field(max_length=MOST_PLAYS, description="oldest first; none where we only try the way")


class Said(Shape):
    """What every answer may have beside its value: none of it may name a person."""

    request_id: str = ""
    charged: bool | None = Field(None, description="whether this call is billed to us; null: not known")
    provenance: str = Field("", description="whose data it was: police, comprehensive, a carrier's name")
    code: str = Field("", description="your source's own code")


class Checked(Said):
    outcome: Record


class Compared(Said):
    outcome: FaceOutcome
    score: float | None = None
    threshold: float | None = None
    why: PictureFault | None = Field(None, description="where the outcome is bad_picture")


class Factored(Said):
    outcome: FactorsOutcome
    name: bool | None = Field(None, description="whether it is the one on record; null: untold")
    number: bool | None = None
    phone: bool | None = None
    card: bool | None = None
    problem: CardProblem | None = Field(None, description="where the outcome is card_problem")

    @model_validator(mode="after")
    def one_sense(self) -> "Factored":
        """A match in which a field differs contradicts itself. Raises ValueError."""
        if self.outcome == "match" and False in (self.name, self.number, self.phone, self.card):
            raise ValueError("a match in which a field differs")
        return self


class Accepted(Said):
    outcome: Literal["accepted", "never"] = Field(description="never: this number takes no messages")
    id: str = ""
    parts: int = 1


class Found(Said):
    state: Literal["delivered", "undelivered", "waiting", "not_sent", "unknown"]


class RefusedPlay(Shape):
    id: str
    why: str = Field(description="a code that names nobody")


class Reported(Said):
    refused: list[RefusedPlay] = Field([], description="those that you will never take; all others you have taken")


class Failed(Shape):
    """Nobody answered: status 503."""

    unavailable: Unavailability
    unsure: bool = Field(False, description="the question may have been answered, and billed, all the same")
    until: int | None = Field(None, description="until when a quota is used up, milliseconds since 1970")
    code: str = ""
    request_id: str = ""


class Pushed(Shape):
    """One receipt; an array of them is pushed to the address that the operator gives you, signed likewise."""

    id: str
    key: str = ""
    state: Literal["delivered", "undelivered"]
    code: str = ""


DOORS: Mapping[str, tuple[type[Shape], type[Said], str]] = {
    "authority.check": (AskCheck, Checked, "Does this number bear this name?"),
    "authority.compare": (AskCompare, Compared, "Is this the face on record?"),
    "carrier.check": (AskCarrier, Factored, "Is this phone registered in their name?"),
    "bank.check": (AskBank, Factored, "Is this bank card theirs, and the phone left with the bank?"),
    "sms.send": (AskSend, Accepted, "Send a notice"),
    "sms.find": (AskFind, Found, "What became of a notice?"),
    "play.report": (AskReport, Reported, "Somebody began to play, or ended"),
}


class Client:
    """One gateway at `address`, with one secret (`whsec_…`). Raises ValueError where that is none."""

    def __init__(self, call: Caller, address: str, secret: Secret):
        self._call, self._address, self._key = call, call.place(address), signing.standard_key(secret.reveal())

    def ask(self, asked: Shape) -> Any:
        """What it answers, as the model that its door has; with our id of the request where it gave none of its own.
        Raises Unavailable.
        """
        body = asked.model_dump_json().encode()
        id, at = f"req_{uuid4().hex}", int(time.time())
        headers = {"content-type": "application/json", "webhook-id": id, "webhook-timestamp": str(at),
                   "webhook-signature": signing.standard(self._key, id, body, at)}  # fmt: skip
        answer = self._call.post(f"{self._address}/{asked.question.replace('.', '/')}", body, headers)
        if answer.status not in (200, 503):
            raise self._refused(answer.status, id)
        if wrong := self._unsigned(answer, id):
            kind = Unavailability.MISCONFIGURED if answer.status == 200 else Unavailability.BUSY
            raise Unavailable(f"{self._call.source} answers {answer.status} {wrong}.", True, kind, request_id=id)
        if answer.status == 503:
            said = self._read(Failed, answer.body, id)
            raise Unavailable(f"{self._call.source} says that it cannot answer ({said.unavailable}).", said.unsure,
                              said.unavailable, said.until, plain(said.code), said.request_id[:60])  # fmt: skip
        return self._read(DOORS[asked.question][1], answer.body, id)

    def _refused(self, status: int, id: str) -> Unavailable:
        """The error for a status that the contract has not."""
        if 400 <= status < 500 and status != 429:
            said = f"{self._call.source} answers with status {status}."
            return Unavailable(said, kind=Unavailability.MISCONFIGURED, vendor_code=str(status), request_id=id)
        return no_answer(self._call.source, status, id)

    def _unsigned(self, answer: Answer, id: str) -> str:
        """Why an answer is not taken for the gateway's own word; empty where it is."""
        at, signature = answer.headers.get("webhook-timestamp", ""), answer.headers.get("webhook-signature", "")
        if not at.isdigit() or abs(time.time() - int(at)) > WINDOW_SECONDS:
            return "with a time that is not now: look at its clock and ours"
        right = signing.standard(self._key, id, answer.body, int(at))
        return "" if hmac.compare_digest(right.encode(), signature.encode()) else "without a signature of our secret"

    def _read(self, shape: type[Shape], body: bytes, id: str) -> Any:
        try:
            said: Any = shape.model_validate_json(body)
            said.request_id = said.request_id or id
            return said
        except ValidationError as wrong:
            where = ", ".join(".".join(map(str, fault["loc"])) for fault in wrong.errors()[:3])
            said = f"{self._call.source} answers otherwise than docs/gateway.openapi.json says ({where})."
            raise Unavailable(said, True, Unavailability.MISCONFIGURED, request_id=id) from None
