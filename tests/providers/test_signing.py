"""Our signers against the vectors that the vendors publish themselves: nothing here is ours."""

import re

import pytest

from shiming.providers.vendors import signing

JSON_TYPE = "application/json; charset=utf-8"
STARS = "*" * 32
NAMELESS = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
TENCENT = {
    "two headers": (
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", {},
        "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
    ),
    "with the action": (
        f"AKID{STARS}", STARS, {"x-tc-action": "DescribeInstances"},
        "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
    ),
}  # fmt: skip
WINDOWS = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
ALIBABA = {
    ("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d"):
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    ("2023-10-26T09:01:01Z", "d410180a5abf7fe235dd9b74aca91fc0"):
        "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
}  # fmt: skip


@pytest.mark.parametrize("vector", TENCENT)
def test_tencent_s_published_signatures_come_out(vector):
    key_id, secret, more, signature = TENCENT[vector]
    headers = {"content-type": JSON_TYPE, "host": "cvm.tencentcloudapi.com"} | more
    made = signing.tc3(key_id, secret, "cvm", headers, NAMELESS, 1551113065)
    assert made == (f"TC3-HMAC-SHA256 Credential={key_id}/2019-02-25/cvm/tc3_request, "
                    f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}")  # fmt: skip


@pytest.mark.parametrize("when", ALIBABA)
def test_alibaba_s_published_signatures_come_out(when):
    date, nonce = when
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-version": "2014-05-26",
        "x-acs-date": date, "x-acs-signature-nonce": nonce, "x-acs-content-sha256": signing.sha256(b""),
    }  # fmt: skip
    made = signing.acs3("YourAccessKeyId", "YourAccessKeySecret", headers, b"",
                        {"RegionId": "cn-shanghai", "ImageId": WINDOWS})  # fmt: skip
    assert re.search(r"Signature=(\w+)$", made)[1] == ALIBABA[when]
    assert made.startswith("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;")


def test_the_published_signature_of_standard_webhooks_comes_out():
    key = signing.standard_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signing.standard(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZ=="])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValueError):
        signing.standard_key(secret)


def test_what_alipay_has_signed_is_sorted_and_holds_no_empty_value():
    assert signing.rsa2_text({"b": "2&", "a": "一", "c": "", "sign": "x"}) == "a=一&b=2&".encode()
