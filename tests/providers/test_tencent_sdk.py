"""Tencent Cloud's own client as an oracle: our vendor server takes what it signs, says what it can read, and has in its
table what its package documents."""

import base64
import re
from pathlib import Path

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.faceid.v20180301 import errorcodes as faceid_errors
from tencentcloud.faceid.v20180301 import models as faceid
from tencentcloud.faceid.v20180301.faceid_client import FaceidClient
from tencentcloud.sms.v20210111 import errorcodes as sms_errors
from tencentcloud.sms.v20210111 import models as sms
from tencentcloud.sms.v20210111.sms_client import SmsClient

from shiming.vendor_server import tencent
from shiming.vendor_server.server import KEY_ID, SECRET
from tests.application import jpeg
from tests.providers.numbers import card, id_number, phone

PRODUCTS = {"faceid": (faceid, FaceidClient, faceid_errors), "sms": (sms, SmsClient, sms_errors)}


def client(vendor, service, secret=SECRET):
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=vendor[0].removeprefix("http://")))
    return PRODUCTS[service][1](Credential(KEY_ID, secret), "ap-guangzhou", profile)


def asked(action, row=None):
    """Whatever the action needs, and what chooses the row of its table."""
    by_number = row is not None and action in ("IdCardVerification", "CheckIdNameDate", "ImageRecognitionV2")
    values = {
        "Name": "张合格", "IdCard": id_number(800 + row if by_number else 1), "ValidityBegin": "20180615",
        "ValidityEnd": "00000000", "ImageBase64": base64.b64encode(jpeg()).decode(),
        "Phone": phone(row if action == "PhoneVerification" else None), "BankCard": card(row), "VerifyMode": "1",
        "PhoneNumberSet": ["+86" + phone(row)], "SmsSdkAppId": "1400006666", "TemplateId": "1234567",
        "SignName": "示例平台", "BeginTime": 1, "Offset": 0, "Limit": 10, "PhoneNumber": "+8612000000013",
    }  # fmt: skip
    fields = tencent.TABLE["action"][action]
    return {name: values[name] for name in [*fields["required"], *fields["optional"]] if name in values}


def call(client, action, payload):
    """What the client reads: a result, or the code that it raises."""
    models = PRODUCTS[tencent.TABLE["action"][action]["service"]][0]
    request = getattr(models, f"{action}Request")()
    request._deserialize(payload)
    try:
        said = getattr(client, action)(request)
    except TencentCloudSDKException as error:
        assert error.requestId
        return error.code
    assert said.RequestId
    if action == "SendSms":
        return said.SendStatusSet[0].Code
    return " ".join(filter(None, (said.Result, getattr(said, "ResultDetail", ""))))


@pytest.mark.parametrize("action", [a for a in tencent.TABLE["action"] if not a.startswith("Pull")])
def test_the_vendor_s_own_client_is_taken_and_reads_every_code(vendor, action):
    everything = action in ("ImageRecognitionV2", "SendSms")
    rows = [row for row in enumerate(tencent.rows(action)) if everything or row[0] < len(tencent._results(action))]
    rows = [row for row in rows if row[1] != "InternalError.Timeout"]  # it hangs: our own client's tests wait for it
    own = client(vendor, tencent.TABLE["action"][action]["service"])
    assert [call(own, action, asked(action, row)) for row, _ in rows] == [code for _, code in rows]


def test_the_vendor_s_own_client_with_a_wrong_secret_is_refused(vendor):
    assert call(client(vendor, "faceid", "another"), "IdCardVerification", asked("IdCardVerification")) == (
        "AuthFailure.SignatureFailure"
    )


def test_the_vendor_s_own_client_reads_receipts(vendor):
    own, payload = client(vendor, "sms"), asked("SendSms") | {"PhoneNumberSet": ["+8612000000013"]}
    assert call(own, "SendSms", payload | {"SessionContext": "dlv_sdk"}) == "Ok"
    request = sms.PullSmsSendStatusByPhoneNumberRequest()
    request._deserialize(asked("PullSmsSendStatusByPhoneNumber"))
    found = own.PullSmsSendStatusByPhoneNumber(request).PullSmsSendStatusSet
    assert ("dlv_sdk", "SUCCESS") in [(row.SessionContext, row.ReportStatus) for row in found]


@pytest.mark.parametrize("action", ["IdCardVerification", "CheckIdNameDate", "PhoneVerification",
                                    "BankCard4EVerification", "BankCardVerification"])  # fmt: skip
def test_the_server_s_results_are_those_of_the_vendor_s_package_and_so_is_what_is_billed(action):
    words = getattr(faceid, f"{action}Response").__init__.__doc__.partition(":type Result:")[0]
    billed, free = (set(re.findall(r"^\s*'?(-?\d+)'?\s*[:：]", half, re.M)) for half in words.split("不收费结果码"))
    table = tencent.TABLE["action"][action]
    assert (billed, free) == (table["results"].keys() - set(table["free"]), set(table["free"]))


@pytest.mark.parametrize("service", PRODUCTS)
def test_the_server_s_errors_are_those_of_the_vendor_s_package(service):
    source = Path(PRODUCTS[service][2].__file__).read_text("utf-8")
    documented = set(re.findall(r"^[A-Z0-9_]+ = '(.+)'", source, re.M))
    table = tencent.TABLE["errors"]
    assert documented - table["every"].keys() == table[service].keys() - table["every"].keys()
    assert len(documented) > 90
