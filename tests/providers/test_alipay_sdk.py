"""Alipay's own client as an oracle: our vendor server takes what it signs, says what it can verify and read; what our
client signs is what that one signs."""

import base64
import time
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.domain.AlipayUserCertifyOpenCertifyModel import AlipayUserCertifyOpenCertifyModel
from alipay.aop.api.domain.AlipayUserCertifyOpenInitializeModel import AlipayUserCertifyOpenInitializeModel
from alipay.aop.api.domain.AlipayUserCertifyOpenQueryModel import AlipayUserCertifyOpenQueryModel
from alipay.aop.api.domain.OpenCertifyIdentityParam import OpenCertifyIdentityParam
from alipay.aop.api.domain.OpenCertifyMerchantConfig import OpenCertifyMerchantConfig
from alipay.aop.api.exception.Exception import ResponseException
from alipay.aop.api.request.AlipayUserCertifyOpenCertifyRequest import AlipayUserCertifyOpenCertifyRequest
from alipay.aop.api.request.AlipayUserCertifyOpenInitializeRequest import AlipayUserCertifyOpenInitializeRequest
from alipay.aop.api.request.AlipayUserCertifyOpenQueryRequest import AlipayUserCertifyOpenQueryRequest
from alipay.aop.api.response.AlipayUserCertifyOpenInitializeResponse import AlipayUserCertifyOpenInitializeResponse
from alipay.aop.api.response.AlipayUserCertifyOpenQueryResponse import AlipayUserCertifyOpenQueryResponse
from alipay.aop.api.util import SignatureUtils, WebUtils
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shiming.providers.vendors import signing
from shiming.vendor_server import alipay
from tests.providers.numbers import id_number

BACK = "https://shiming.test/back?state=s"
MODELS = {"initialize": AlipayUserCertifyOpenInitializeModel, "certify": AlipayUserCertifyOpenCertifyModel,
          "query": AlipayUserCertifyOpenQueryModel}  # fmt: skip


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    """It stamps its requests by the clock on the wall, and knows no ports but 80 and 443."""

    def connected(url, query, timeout):
        place = urlsplit(url)
        return f"{place.path}?{query}", HTTPConnection(place.hostname, place.port, timeout=timeout)

    with monkeypatch.context() as patch:
        patch.setattr(WebUtils, "get_http_connection", connected)
        patch.setenv("TZ", "CST-8")
        time.tzset()
        yield
    time.tzset()


def plain(key):
    """A private key as this client takes it: the Base64 of PKCS #1."""
    shape = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return base64.b64encode(key.private_bytes(serialization.Encoding.DER, *shape)).decode()


def client(vendor, private=None, public=None):
    address, server = vendor
    config = AlipayClientConfig()
    config.server_url, config.app_id = f"{address}/gateway.do", server.alipay.app_id
    config.app_private_key = plain(private or server.alipay.app_key)
    config.alipay_public_key = public or server.alipay.public_key()
    return DefaultAlipayClient(alipay_client_config=config)


def began(own, name="张合格", number=None):
    """What it reads of a matter's beginning."""
    person = OpenCertifyIdentityParam()
    person.identity_type, person.cert_type = "CERT_INFO", "IDENTITY_CARD"
    person.cert_name, person.cert_no = name, number or id_number(1)
    model, ours = MODELS["initialize"](), OpenCertifyMerchantConfig()
    ours.return_url = BACK
    model.outer_order_no, model.biz_code, model.identity_param, model.merchant_config = "order1", "FACE", person, ours
    said = AlipayUserCertifyOpenInitializeResponse()
    said.parse_response_content(own.execute(AlipayUserCertifyOpenInitializeRequest(biz_model=model)))
    return said


def about(word, certify_id):
    model = MODELS[word]()
    model.certify_id = certify_id
    return model


def found(own, certify_id):
    said = AlipayUserCertifyOpenQueryResponse()
    said.parse_response_content(own.execute(AlipayUserCertifyOpenQueryRequest(biz_model=about("query", certify_id))))
    return said


@pytest.mark.parametrize(("name", "passed"), [("张合格", "T"), ("李不像", "F"), ("王半答", None)])
def test_the_vendor_s_own_client_goes_the_whole_way(vendor, name, passed):
    own = client(vendor)
    begun = began(own, name)
    assert begun.is_success() and begun.certify_id
    asked = AlipayUserCertifyOpenCertifyRequest(biz_model=about("certify", begun.certify_id))
    opened = httpx.get(own.page_execute(asked, http_method="GET"), trust_env=False, timeout=60)
    assert (opened.status_code, opened.headers["location"]) == (302, BACK)
    assert found(own, begun.certify_id).passed == passed


def test_it_reads_every_fault(vendor):
    own = client(vendor)
    said = [began(own, number=id_number(800 + row)) for row in range(len(alipay.rows()))]
    assert [f"{each.code} {each.sub_code}" for each in said] == alipay.rows()
    assert not [each for each in said if each.is_success() or not each.sub_msg or not each.msg]
    assert found(own, "long ago").sub_code == "OPEN_CERTIFY_BILL_NOT_EXIST"


def test_a_key_of_somebody_else_is_refused_on_either_side(vendor):
    other = rsa.generate_private_key(65537, 2048)
    assert began(client(vendor, private=other)).sub_code == "isv.invalid-signature"
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(other.public_key().public_bytes(*der)).decode()
    with pytest.raises(ResponseException, match="verify failed"):
        began(client(vendor, public=public))


def test_what_our_client_signs_is_what_the_vendor_s_own_signs(vendor, party):
    """RSA2 has one signature for one text: the texts are the same, and so are the signatures."""
    address = party._client.signed_url("alipay.user.certify.open.certify", {"id": "张 &=+"})
    params = dict(parse_qsl(urlsplit(address).query))
    sign = params.pop("sign")
    text = SignatureUtils.get_sign_content(params)
    assert signing.rsa2_text(params) == text.encode()
    assert SignatureUtils.sign_with_rsa2(plain(vendor[1].alipay.app_key), text, "utf-8") == sign


def test_the_server_s_fields_are_those_of_the_vendor_s_package():
    fields = {word: {name.removeprefix("_") for name in vars(MODELS[word]())} for word in MODELS}
    for method, needed in alipay.METHODS.items():
        assert set(needed) <= fields[method.rpartition(".")[2]]
    assert set(alipay.PERSON) <= {name.removeprefix("_") for name in vars(OpenCertifyIdentityParam())}
    assert "_return_url" in vars(OpenCertifyMerchantConfig())
