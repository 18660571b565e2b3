"""Parties that vouch for people: any OpenID Connect provider by its claims, with or without a number; Alipay, which
confirms a name and a number that it is told first (M22)."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from shiming.egress import Answer
from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.contracts import Asked, Identified, Person
from shiming.providers.identity.alipay import Alipay
from shiming.providers.identity.oidc import Oidc
from shiming.providers.terms import Secret
from tests.providers.conftest import HERE
from tests.providers.numbers import id_number
from tests.review.staff.issuer import CLIENT, SECRET, issuer

CALL = Caller("house", 2.0, 10.0, HERE)
BACK = "https://shiming.test/v/ver_1/external/back"
CLAIMS = {"name": "张合格", "identity": {"number": id_number(1)}, "acr": "urn:house:face"}


@pytest.fixture(scope="module")
def house():
    """An issuer whose clock runs."""
    with issuer([datetime.now(UTC)]) as made:
        yield made


def provider(house, **more):
    given = {"title": "某某账号", "number_claim": "identity.number", "faces": ["urn:house:face"], **more}
    return Oidc("house", CALL, house.address, CLIENT, Secret(SECRET), **given)


def there_and_back(house, provider, who):
    """The holder signs in there and comes back; what the provider then says."""
    house.who = who
    asked = provider.begin("our-state", BACK, None)
    returned = dict(parse_qsl(urlsplit(house.agree(asked.address)).query))
    assert returned["state"] == "our-state"
    return provider.result(Asked(asked.state, asked.back, asked.address, asked.reference, returned))


def test_claims_are_mapped_by_configuration(house):
    said = there_and_back(house, provider(house), CLAIMS)
    assert said == Identified("张合格", id_number(1), face=True)
    assert provider(house).vouches == "tells"


def test_a_provider_that_tells_no_number_knows_people_by_an_id_of_its_own(house):
    """As the national network identity (网号): opaque, made for us alone; nobody asks for a number besides."""
    opaque = provider(house, number_claim="")
    said = there_and_back(house, opaque, CLAIMS | {"sub": "app-17"})
    assert opaque.vouches == "opaque"
    assert said == Identified(opaque=f"{house.address} app-17", face=True) and not said.number


def test_a_word_of_too_low_a_level_is_not_taken(house):
    strict = provider(house, levels=["urn:house:face"])
    assert "acr_values=urn%3Ahouse%3Aface" in strict.begin("s", BACK, None).address
    assert there_and_back(house, strict, CLAIMS | {"acr": "urn:house:password"}) is None
    assert there_and_back(house, strict, CLAIMS).face


def test_a_claim_that_is_not_told_is_for_the_operator_to_ask_for(house):
    with pytest.raises(Unavailable, match=r"identity\.number") as missing:
        there_and_back(house, provider(house), {"name": "张合格"})
    assert missing.value.kind is Unavailability.MISCONFIGURED


def test_nothing_is_taken_over_from_a_way_that_was_declined_or_is_another_s(house):
    one = provider(house)
    asked = one.begin("our-state", BACK, None)
    assert one.result(asked) is None
    assert one.result(Asked("our-state", BACK, asked.address, asked.reference, {"error": "access_denied"})) is None
    returned = dict(parse_qsl(urlsplit(house.agree(asked.address)).query))
    other = one.begin("other-state", BACK, None)
    assert one.result(Asked("other-state", BACK, other.address, other.reference, returned)) is None


# ── Alipay ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def alipay(party):
    return party


@pytest.mark.parametrize(("name", "passed"), [("张合格", True), ("李不像", False), ("王半答", None)])
def test_alipay_confirms_a_person_or_does_not_or_not_yet(alipay, name, passed):
    asked = alipay.begin("our-state", BACK, Person(name, id_number(1)))
    opened = httpx.get(asked.address, trust_env=False, timeout=60)
    assert opened.status_code == 302 and opened.headers["location"] == f"{BACK}?state=our-state"
    said = alipay.result(asked)
    assert (said and said.passed) == passed
    if passed:
        assert said == Identified(face=True, request_id=asked.reference["certify_id"]) and not said.number


def test_a_matter_that_alipay_has_no_more_is_begun_anew(alipay):
    """One that nobody went through with is forgotten after 23 hours; before, every look at it raised an alarm."""
    assert alipay.result(Asked("s", BACK, "", {"certify_id": "long ago"})) is None


def test_a_gateway_that_fails_before_it_can_sign_is_believed_that_it_fails_and_nothing_else(alipay, monkeypatch):
    """`error_response` has no signature; before, every one of them was an alarm, also "try again later"."""

    def said(code, **more):
        body = json.dumps({"error_response": {"code": code, **more}}).encode()
        monkeypatch.setattr(type(alipay._client._call), "post", lambda *_: Answer(200, body))
        with pytest.raises(Unavailable) as why:
            alipay.result(Asked("s", BACK, "", {"certify_id": "c"}))
        return why.value.kind

    assert said("20000", sub_code="aop.unknow-error") is Unavailability.DOWN
    assert said("40005", sub_code="isv.app-call-limited") is Unavailability.BUSY
    assert said("10000", passed="T") is said("40002") is Unavailability.MISCONFIGURED


def test_an_address_that_somebody_changed_leads_nowhere(alipay):
    asked = alipay.begin("our-state", BACK, Person("张合格", id_number(1)))
    changed = asked.address.replace("charset=utf-8", "charset=gbk")
    assert httpx.get(changed, trust_env=False, timeout=60).status_code == 403


def test_who_has_not_alipay_s_key_is_not_believed_to_be_alipay(vendor, alipay, monkeypatch):
    monkeypatch.setattr(alipay._client, "_theirs", vendor[1].alipay.app_key.public_key())
    with pytest.raises(Unavailable, match="without a signature") as forged:
        alipay.begin("s", BACK, Person("张合格", id_number(1)))
    assert forged.value.kind is Unavailability.MISCONFIGURED


def test_a_key_that_is_none_is_told_at_the_start(vendor):
    server = vendor[1]
    with pytest.raises(BadInput, match=r"options\.private_key"):
        Alipay("alipay", CALL, "1", Secret("none"), server.alipay.public_key())
    with pytest.raises(BadInput, match=r"options\.alipay_public_key"):
        Alipay("alipay", CALL, "1", Secret(server.alipay.private_key()), "none")


def test_our_key_that_alipay_does_not_know_is_ours_to_mend(vendor, alipay, monkeypatch):
    monkeypatch.setattr(alipay._client, "_ours", vendor[1].alipay.own_key)
    with pytest.raises(Unavailable) as refused:
        alipay.begin("s", BACK, Person("张合格", id_number(1)))
    assert refused.value.kind is Unavailability.MISCONFIGURED and "张" not in str(refused.value)
