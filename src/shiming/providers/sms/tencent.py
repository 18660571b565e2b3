"""Tencent Cloud SMS: approved templates without variables, receipts by push and by pull.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

import time
from collections.abc import Mapping
from typing import Any

from shiming.errors import BadInput
from shiming.providers.calling import Caller
from shiming.providers.contracts import Receipt, Receipts, Sent, Text
from shiming.providers.terms import Secret
from shiming.providers.vendors.codes import failed, plain
from shiming.providers.vendors.templates import listed, sendable, template
from shiming.providers.vendors.tencent import CODES, SMS, Client

ACTION, PULL = "SendSms", "PullSmsSendStatusByPhoneNumber"
STATES = {"SUCCESS": "delivered", "FAIL": "undelivered"}
KEPT_SECONDS = 7 * 24 * 3600  # for which receipts can be pulled
MOST = 100
TAKEN = b'{"result":0,"errmsg":"OK"}'


class Tencent:
    """Speaks the `Sms` contract. `templates` maps `event.language` to the id of a template; `sign` is the signature."""

    simulated = False
    reports = True

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, app_id: str, sign: str,
                 templates: dict[str, str], endpoint: str = "", region: str = "ap-guangzhou",
                 abroad: bool = False):  # fmt: skip
        self.name, self._app_id, self._sign, self._templates = name, app_id, sign, templates
        self._client = Client(call, key_id, secret, SMS, endpoint, region, abroad)

    def send(self, to: str, text: Text, key: str) -> Sent:
        asked = {
            "PhoneNumberSet": [_number(to)], "SmsSdkAppId": self._app_id, "SignName": self._sign,
            "TemplateId": template(self.name, self._templates, text), "TemplateParamSet": [], "SessionContext": key,
        }  # fmt: skip
        said, error, request_id = self._client.ask(ACTION, asked)
        status: dict[str, Any] = next(iter(said.get("SendStatusSet") or ()), {})
        code = error or str(status.get("Code", ""))
        sendable(self.name, CODES.said(self.name, ACTION, code, request_id), code, request_id)
        if not status.get("SerialNo"):
            raise failed(self.name, f"{ACTION} {code} without a number of its own", "unknown", code, request_id)
        return Sent(str(status["SerialNo"]), int(status.get("Fee") or 1))

    def find(self, to: str, id: str, key: str, at: int) -> Receipt | None:
        now = int(time.time())
        begin = max(at // 1000 - 300, now - KEPT_SECONDS + 60)
        asked = {"BeginTime": begin, "EndTime": now, "Offset": 0, "Limit": MOST, "PhoneNumber": _number(to),
                 "SmsSdkAppId": self._app_id}  # fmt: skip
        said, error, request_id = self._client.ask(PULL, asked)
        if error:
            meaning = CODES.said(self.name, ACTION, error, request_id)
            raise failed(self.name, f"{PULL} {error}", meaning.value, error, request_id)
        rows = said.get("PullSmsSendStatusSet") or ()
        found = (row for row in rows if row.get("SerialNo") == id or (not id and row.get("SessionContext") == key))
        return next((receipt for row in found if (receipt := _receipt(row, key))), None)

    def pushed(self, body: bytes, headers: Mapping[str, str]) -> Receipts:
        try:
            rows = listed(body)
            made = [Receipt(STATES[row["report_status"]], str(row["sid"]), code=plain(str(row.get("errmsg", "")))[:40])
                    for row in rows]  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadInput("This is no receipt as Tencent Cloud pushes them.") from None
        return Receipts(tuple(made), TAKEN)


def _number(to: str) -> str:
    """As E.164: numbers without a country are of the mainland."""
    return to if to.startswith("+") else f"+86{to}"


def _receipt(row: Mapping[str, Any], key: str) -> Receipt | None:
    state = STATES.get(str(row.get("ReportStatus")))
    said = plain(str(row.get("Description", "")))[:40]
    return Receipt(state, str(row.get("SerialNo", "")), key, said) if state else None
