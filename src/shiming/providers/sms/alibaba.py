"""Alibaba Cloud SMS: approved templates without variables, receipts by push and by pull.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from shiming.errors import BadInput
from shiming.providers.calling import Caller
from shiming.providers.contracts import Receipt, Receipts, Sent, Text
from shiming.providers.terms import Secret
from shiming.providers.vendors.alibaba import CODES, DYSMS, Client
from shiming.providers.vendors.codes import failed, plain
from shiming.providers.vendors.templates import listed, sendable, template

ACTION, PULL = "SendSms", "QuerySendDetails"
STATES = {1: "waiting", 2: "undelivered", 3: "delivered"}
CHINA = timedelta(hours=8)
PAGE = "50"
SURE_MS = 1_800_000  # what was accepted stands in the list at once; what does not after this long never came
TAKEN = b'{"code":0,"msg":"ok"}'


class Alibaba:
    """Speaks the `Sms` contract. `templates` maps `event.language` to a template's code; `sign` is the signature."""

    simulated = False
    reports = True

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, sign: str, templates: dict[str, str],
                 endpoint: str = "", abroad: bool = False):  # fmt: skip
        self.name, self._sign, self._templates = name, sign, templates
        self._client = Client(call, key_id, secret, DYSMS, endpoint, abroad)

    def send(self, to: str, text: Text, key: str) -> Sent:
        asked = {"PhoneNumbers": to, "SignName": self._sign, "OutId": key,
                 "TemplateCode": template(self.name, self._templates, text)}  # fmt: skip
        said = self._client.ask(ACTION, {}, asked)
        sendable(self.name, self._client.meaning(ACTION, said), said.code, said.request_id)
        if not said.result.get("BizId"):
            raise failed(self.name, f"{ACTION} OK without a number of its own", "unknown", "OK", said.request_id)
        return Sent(str(said.result["BizId"]))

    def find(self, to: str, id: str, key: str, at: int) -> Receipt | None:
        """By the day (in China) of sending, with our key as `OutId`. A message that is nowhere was not sent, where the
        whole list was seen and time enough has passed.
        """
        day = (datetime.fromtimestamp(at / 1000, UTC) + CHINA).strftime("%Y%m%d")
        asked = {"PhoneNumber": to.removeprefix("+86"), "SendDate": day, "PageSize": PAGE, "CurrentPage": "1"}
        said = self._client.ask(PULL, {}, asked | ({"BizId": id} if id else {}))
        if said.code != "OK":
            meaning = CODES.said(self.name, ACTION, said.code, said.request_id)
            raise failed(self.name, f"{PULL} {said.code}", meaning.value, said.code, said.request_id)
        rows = (said.result.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or ()
        for row in rows:
            if (row.get("OutId") == key or (id and not row.get("OutId"))) and row.get("SendStatus") in STATES:
                return Receipt(STATES[row["SendStatus"]], id, key, plain(str(row.get("ErrCode") or ""))[:40])
        whole = said.result.get("TotalCount") == len(rows)
        late = time.time_ns() // 1_000_000 - at > SURE_MS
        return Receipt("not_sent", key=key) if not id and whole and late else None

    def pushed(self, body: bytes, headers: Mapping[str, str]) -> Receipts:
        try:
            rows = listed(body)
            made = [Receipt("delivered" if _flag(row["success"]) else "undelivered", str(row["biz_id"]),
                            str(row.get("out_id") or ""), plain(str(row.get("err_code") or ""))[:40])
                    for row in rows]  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadInput("This is no receipt as Alibaba Cloud pushes them.") from None
        return Receipts(tuple(made), TAKEN)


def _flag(value: object) -> bool:
    """JSON's true, or the word; anything else is no receipt. Raises ValueError."""
    said = {"true": True, "false": False}.get(str(value).lower())
    if said is None:
        raise ValueError("neither true nor false")
    return said
