"""Alibaba Cloud's own clients as an oracle: our vendor server takes what they sign, says what they can read, and has in
its table what their packages document."""

import base64
import re
import warnings
from importlib import import_module
from pathlib import Path

import pytest
from alibabacloud_cloudauth20190307 import models as cloudauth
from alibabacloud_cloudauth20190307.client import Client as Cloudauth
from alibabacloud_dysmsapi20170525 import models as dysms
from alibabacloud_dysmsapi20170525.client import Client as Dysms
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import DaraException
from darabonba.runtime import RuntimeOptions

from shiming.vendor_server import alibaba
from shiming.vendor_server.server import KEY_ID, SECRET
from tests.application import jpeg
from tests.providers.numbers import card, id_number, phone

PRODUCTS = {"cloudauth": (cloudauth, Cloudauth), "dysms": (dysms, Dysms)}
METHODS = {
    "Id2MetaVerify": "id_2meta_verify", "Id2MetaPeriodVerify": "id_2meta_period_verify",
    "Id3MetaVerifyPRO": "id_3meta_verify_prowith_options", "BankMetaVerify": "bank_meta_verify", "SendSms": "send_sms",
    "Mobile3MetaDetailStandardVerify": "mobile_3meta_detail_standard_verify",
    "Mobile3MetaSimpleStandardVerify": "mobile_3meta_simple_standard_verify", "QuerySendDetails": "query_send_details",
}  # fmt: skip
RESULTS = [action for action in METHODS if action not in ("SendSms", "QuerySendDetails")]


def client(vendor, product, secret=SECRET):
    place = vendor[0].removeprefix("http://")
    return PRODUCTS[product][1](Config(access_key_id=KEY_ID, access_key_secret=secret, endpoint=place, protocol="HTTP"))


def asked(action, row):
    """Whatever the action needs, and what chooses the row of its table."""
    by_number = action.startswith(("Id2", "Id3"))
    values = {
        "ParamType": "normal", "UserName": "张合格", "IdentifyNum": id_number(800 + row if by_number else 1),
        "ValidityStartDate": "20180615", "ValidityEndDate": "20380615", "Crop": "T",
        "FacePicture": base64.b64encode(jpeg()).decode(), "BankCard": card(row), "VerifyMode": "VERIFY_BANK_CARD",
        "ProductType": "BANK_CARD_4_META", "Mobile": phone(row if action.startswith("Mobile") else None),
        "PhoneNumbers": phone(row), "SignName": "示例平台", "TemplateCode": "SMS_1234567",
        "PhoneNumber": "12000000013", "SendDate": "20261120", "PageSize": 10, "CurrentPage": 1,
    }  # fmt: skip
    fields = alibaba.TABLE["action"][action]
    return {name: values[name] for name in [*fields["required"], *fields["optional"]] if name in values}


def call(client, action, given):
    """What the client reads: a result, a code of the call, or what it raises."""
    models = PRODUCTS[alibaba.TABLE["action"][action]["product"]][0]
    request, method = getattr(models, f"{action}Request")().from_map(given), METHODS[action]
    method = method if method.endswith("_options") else f"{method}_with_options"
    try:
        body = getattr(client, method)(request, RuntimeOptions(autoretry=False)).body
    except DaraException as error:
        return re.match(r"[\w.]+", str(error.code))[0]
    assert body.request_id
    result = getattr(body, "result_object", None)
    sub = getattr(result, "sub_code", None)
    return " ".join(filter(None, (result.biz_code, sub))) if result else body.code


@pytest.mark.parametrize("action", [a for a in METHODS if a != "QuerySendDetails"])
def test_the_vendor_s_own_client_is_taken_and_reads_every_code(vendor, action):
    own, rows = client(vendor, alibaba.TABLE["action"][action]["product"]), alibaba.rows(action)
    with warnings.catch_warnings(action="ignore"):
        said = [call(own, action, asked(action, row)) for row in range(len(rows))]
    assert said == [code.removesuffix(" policy") for code in rows]


def test_the_vendor_s_own_client_with_a_wrong_secret_is_refused(vendor):
    own = client(vendor, "cloudauth", "another")
    assert call(own, "Id2MetaVerify", asked("Id2MetaVerify", -799)) == "SignatureDoesNotMatch"


def test_the_vendor_s_own_client_reads_receipts(vendor):
    own, sent = client(vendor, "dysms"), asked("SendSms", 0) | {"PhoneNumbers": "12000000013", "OutId": "dlv_sdk"}
    assert call(own, "SendSms", sent) == "OK"
    request = dysms.QuerySendDetailsRequest().from_map(asked("QuerySendDetails", 0))
    rows = own.query_send_details_with_options(request, RuntimeOptions()).body.sms_send_detail_dtos.sms_send_detail_dto
    assert ("dlv_sdk", 3) in [(row.out_id, row.send_status) for row in rows]


@pytest.mark.parametrize("action", METHODS)
def test_the_server_s_fields_are_those_of_the_vendor_s_package(action):
    table = alibaba.TABLE["action"][action]
    request = getattr(PRODUCTS[table["product"]][0], f"{action}Request")()
    for name in vars(request):
        setattr(request, name, "x")
    assert set(request.to_map()) == {*table["required"], *table["optional"]}


@pytest.mark.parametrize("action", RESULTS)
def test_the_server_s_results_are_those_of_the_vendor_s_package(action):
    body = getattr(cloudauth, f"{action}ResponseBody")
    words = Path(import_module(body.__module__).__file__).read_text("utf-8").partition("ResultObject(")[2]
    named = set(re.findall(r"^\s*#\s*-\s*\**(\d{1,3})\**\s*[:：]", words, re.M))
    known = {part for code in alibaba.TABLE["action"][action]["results"] for part in code.split(" ")}
    assert known - named <= {"101"} and named <= known
