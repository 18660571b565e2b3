"""小林 signs in by single sign-on; the issuer says who somebody is, and what they may do only if asked."""

import base64
import hmac
import json
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from shiming.errors import BadInput
from shiming.providers.configured import roles_of
from shiming.providers.directory.oidc import Oidc
from shiming.store.staff import members
from shiming.web.console.staff.login_throttle import PER_ADDRESS
from shiming.workflows.staff import membership
from tests.review.staff.issuer import CLIENT, SECRET, issuer
from tests.review.staff.loopback import HERE

API, MAIL = "/console/api", "lin@house.test"


@pytest.fixture
def house_account(home):
    """A house whose issuer is set, and 小林, a reviewer, on the list with a mail address."""
    with issuer(home.moment) as made:
        directory = Oidc(made.address, CLIENT, SECRET, egress=HERE)
        home.web.state.context = home.context = replace(home.context, directory=directory)
        zhou = home.person("laozhou", "admin")
        membership.enlist(home.context, "xiaolin", "demo.test", ["reviewer"], " LIN@house.test")
        yield made, zhou


def browser(home):
    return TestClient(home.web, base_url="https://console.test", follow_redirects=False)


def arrives(home, issuer, client=None):
    """A browser goes there and comes back; returns it, and where it is sent in the end."""
    client = client or browser(home)
    went = client.get("/console/outside")
    back = issuer.agree(went.headers["location"])
    return client, client.get(back.replace(home.web.state.site.address, "")).headers["location"]


def test_the_house_account_opens_the_session_of_who_is_on_the_list_with_the_roles_that_stand_here(home, house_account):
    made, _ = house_account
    made.who = {"roles": ["admin"], "groups": ["admin"]}
    client, where = arrives(home, made)
    said = client.get(f"{API}/session").json()
    assert (where, said["name"], said["roles"]) == ("/console", "xiaolin", ["reviewer"])
    assert client.get(f"{API}/ways").json()["outside"] is True
    assert client.cookies.get("shiming_outside") is None and client.cookies.get("__Host-shiming_outside") is None


def test_once_known_by_subject_the_mail_address_opens_nothing_for_somebody_else(home, house_account):
    """Who left gave the address back; whoever gets it next is not 小林."""
    made, zhou = house_account
    assert arrives(home, made)[1] == "/console"
    made.who = {"sub": "u-99"}
    assert arrives(home, made)[1] == "/console#outside-refused"
    made.who = {"email": "new@house.test"}
    assert arrives(home, made)[1] == "/console"
    assert zhou.patch(f"{API}/staff/xiaolin", json={"mail": ""}).status_code == 200
    assert arrives(home, made)[1] == "/console#outside-refused"


WRONG = {
    "another issuer": {"iss": "https://evil.test"}, "another audience": {"aud": "other"},
    "no audience": {"aud": None}, "for another client": {"aud": [CLIENT, "other"], "azp": "other"},
    "over": {"exp": 1_000}, "without an end": {"exp": None}, "from tomorrow": {"iat": 4_000_000_000},
    "another nonce": {"nonce": "x"}, "one factor": {"amr": ["pwd"]}, "no word of factors": {"amr": None},
    "nobody on the list": {"email": "other@house.test"}, "mail not verified": {"email_verified": False},
    "mail verified in words": {"email_verified": "true"}, "no subject": {"sub": None},
    "no mail address": {"email": "lin"}, "a list of addresses": {"email": ["lin@house.test"]},
}  # fmt: skip


def test_a_word_that_is_not_for_this_sign_in_opens_nothing(home, house_account):
    made, _ = house_account
    client, opened = browser(home), {}
    for what, made.who in WRONG.items():
        opened[what] = arrives(home, made, client)[1]
    assert set(opened.values()) == {"/console#outside-refused"}, opened
    assert client.get(f"{API}/session").status_code == 401


def test_only_the_issuers_own_keys_sign_and_a_new_key_is_found(home, house_account):
    made, _ = house_account
    honest, stranger = made.key, RSAKey.generate_key(2048, {"kid": "first"})
    made.published, made.key = [honest.as_dict(private=False)], stranger
    assert arrives(home, made)[1] == "/console#outside-refused"
    made.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert arrives(home, made)[1] == "/console#outside-refused"
    assert made.asked_for_keys == 1  # a token with a made-up key does not send us asking at every try
    made.published = [made.key.as_dict(private=False)]
    home.context.directory._issuer._asked -= 60
    assert arrives(home, made)[1] == "/console"


def test_a_token_signed_with_the_public_key_as_a_secret_or_not_at_all_is_refused(home, house_account):
    made, _ = house_account
    public = made.key.as_pem(private=False)
    for alg in ("HS256", "none"):
        signature = {"HS256": lambda text: hmac.digest(public, text, "sha256"), "none": lambda text: b""}[alg]
        made.signed = lambda said, alg=alg, signature=signature: by_hand({"alg": alg, "kid": "first"}, said, signature)
        assert arrives(home, made)[1] == "/console#outside-refused"


def by_hand(header, said, signature):
    """A token that no library would make."""
    parts = [json.dumps(part).encode() for part in (header, said)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(signature(text)).rstrip(b"=")).decode()


def test_a_way_back_that_another_browser_began_opens_nothing_here(home, house_account):
    """Nobody is signed in as somebody else by a link that was sent to them."""
    made, _ = house_account
    back = made.agree(browser(home).get("/console/outside").headers["location"])
    mine = browser(home)
    mine.get("/console/outside")
    assert mine.get(back.replace(home.web.state.site.address, "")).headers["location"] == "/console#outside-refused"
    again, _ = arrives(home, made)
    assert again.get("/console/outside/back?code=code-0&state=x").headers["location"] == "/console#outside-refused"


def gives(home, issuer, **groups):
    """From now on the issuer is asked for roles: groups' names by the role that each gives."""
    directory = Oidc(issuer.address, CLIENT, SECRET, claim="groups", roles={v: k for k, v in groups.items()},
                     egress=HERE)  # fmt: skip
    home.web.state.context = home.context = replace(home.context, directory=directory)


def test_where_a_claim_gives_roles_it_gives_all_of_them_and_what_nobody_mapped_gives_none(home, house_account):
    made, _ = house_account
    gives(home, made, reviewer="pruefer", privacy="cn=privacy,ou=house")
    made.who = {"groups": ["pruefer", "cn=privacy,ou=house", "admin", 7, None]}
    client, _ = arrives(home, made)
    assert client.get(f"{API}/session").json()["roles"] == ["privacy", "reviewer"]
    made.who = {"groups": "pruefer"}
    arrives(home, made)
    assert client.get(f"{API}/session").json()["roles"] == ["reviewer"]  # in the session that was open before, too


def test_whom_the_house_gives_no_role_is_told_so_and_may_do_nothing_any_more(home, house_account):
    made, _ = house_account
    open_before, _ = arrives(home, made)
    gives(home, made, reviewer="pruefer")
    for said in ({"groups": []}, {}, {"groups": {"pruefer": True}}, {"groups": ["Pruefer"]}):
        made.who = said
        assert arrives(home, made)[1] == "/console#outside-no-role"
    assert open_before.get(f"{API}/session").json()["may"] == []


def test_the_house_gives_roles_only_where_somebody_is_on_the_list_and_one_admin_puts_nobody_there(home, house_account):
    """Else 老周 would add a colleague of another app to demo.test as one who sees figures, and the claim would do the
    rest: a reviewer in demo.test whom nobody has confirmed.
    """
    made, zhou = house_account
    gives(home, made, reviewer="pruefer", **{"admin@other.live": "chefs"})
    made.who = {"groups": ["pruefer", "chefs"]}
    arrives(home, made)
    membership.enlist(home.context, "xiaowang", "other.live", ["policy"])
    assert zhou.post(f"{API}/staff", json={"name": "xiaowang", "roles": ["policy"]}).status_code == 202
    membership.grant(home.context, "xiaolin", "other.live", ["policy"])
    arrives(home, made)
    with home.context.database.read() as connection:
        given = members.named(connection, "xiaolin").grants
    assert given == {"demo.test": ["reviewer"], "other.live": ["admin", "reviewer"]}


def test_settings_of_roles_that_make_no_sense_are_refused_at_the_start():
    assert roles_of("groups", "cn=a,ou=b=reviewer; audit = privacy;") == {"cn=a,ou=b": "reviewer", "audit": "privacy"}
    assert roles_of("", "") == {}
    assert roles_of("groups", "a=reviewer@demo.live") == {"a": "reviewer@demo.live"}
    for claim, table in (("groups", ""), ("", "a=reviewer"), ("groups", "a=king"), ("groups", "reviewer"),
                         ("groups", "a=king@demo.live"), ("groups", "a=reviewer;a=support")):  # fmt: skip
        with pytest.raises(BadInput, match="SHIMING_OIDC_ROLES"):
            roles_of(claim, table)


def test_shut_out_is_shut_out_and_an_issuer_that_is_away_is_said(home, house_account):
    made, zhou = house_account
    zhou.post(f"{API}/staff/xiaolin/disable")
    assert arrives(home, made)[1] == "/console#outside-refused"
    nowhere = Oidc("http://127.0.0.1:9", CLIENT, egress=HERE)
    home.web.state.context = replace(home.context, directory=nowhere)
    assert browser(home).get("/console/outside").headers["location"] == "/console#outside-away"


def test_failures_from_one_address_end(home, house_account):
    made, _ = house_account
    made.who = {"aud": "other"}
    client = browser(home)
    for _ in range(PER_ADDRESS):
        client.get("/console/outside/back?code=x&state=x")
    assert client.get("/console/outside/back?code=x&state=x").headers["location"] == "/console#outside-away"


def test_without_an_issuer_there_is_no_such_way_and_one_without_https_is_refused(home):
    assert browser(home).get("/console/outside").status_code == 404
    assert browser(home).get(f"{API}/ways").json()["outside"] is False
    with pytest.raises(BadInput, match="https"):
        Oidc("http://login.house.test", CLIENT)
