"""Alibaba Cloud, as its adapters call it: one signed POST; what is wrong with the call stands in `Code`."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

from shiming.errors import Unavailable
from shiming.providers.calling import Caller
from shiming.providers.terms import Secret
from shiming.providers.vendors import signing
from shiming.providers.vendors.answers import mainland, no_answer, parsed
from shiming.providers.vendors.codes import Codes, Meaning

CODES = Codes("alibaba")
CLOUDAUTH = ("https://cloudauth.aliyuncs.com", "2019-03-07")
DYSMS = ("https://dysmsapi.aliyuncs.com", "2017-05-25")
FORM = "application/x-www-form-urlencoded"
OK = ("200", "OK")
_POLICY = re.compile(r"策略|权限|policy|permission", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: `code` of the call, or of the result where the call was understood."""

    code: str
    request_id: str
    result: Mapping[str, Any]


class Client:
    """One product of Alibaba Cloud, `product` being its usual address and its version, with one key."""

    def __init__(self, call: Caller, key_id: str, secret: Secret, product: tuple[str, str], endpoint: str = "",
                 abroad: bool = False):  # fmt: skip
        self._call, self._key_id, self._secret = call, key_id, secret
        self._url, self._version = call.place(endpoint or product[0]) + "/", product[1]
        if not abroad:
            mainland(call.source, self._url)

    def ask(self, action: str, form: Mapping[str, str], query: Mapping[str, str] | None = None) -> Said:
        """What it answers. Raises Unavailable where that is no answer in its documented form."""
        body = urlencode(form).encode()
        headers = {
            "host": urlsplit(self._url).netloc, "x-acs-action": action, "x-acs-version": self._version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": signing.sha256(body), "content-type": FORM,
        }  # fmt: skip
        signed = signing.acs3(self._key_id, self._secret.reveal(), headers, body, query)
        url = self._url + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        sent = {name: value for name, value in headers.items() if name != "host"} | {"Authorization": signed}
        answer = self._call.post(url, body, sent)
        try:
            said = parsed(answer.body)
            code, request_id = str(said["Code"]), str(said.get("RequestId", ""))
        except (KeyError, TypeError):
            if answer.status != 200:
                raise no_answer(self._call.source, answer.status) from None
            raise Unavailable(f"{self._call.source} answers in another form than documented.", unsure=True) from None
        if code in OK and answer.status != 200:
            raise no_answer(self._call.source, answer.status, request_id)
        if code == "402" and _POLICY.search(str(said.get("Message", ""))):
            code = "402 policy"
        if code not in OK:
            return Said(code, request_id, {})
        result = said.get("ResultObject") or said
        named = " ".join(str(result[key]) for key in ("BizCode", "SubCode") if result.get(key))
        return Said(named or code, request_id, result)

    def meaning(self, action: str, said: Said) -> Meaning:
        """Raises Unavailable where it is no answer."""
        return CODES.said(self._call.source, action, said.code, said.request_id)
