"""小林 signs in at an issuer that we did not write: there, and back with a code that PKCE ties to the browser."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from shiming.errors import NotAuthenticated
from shiming.providers.directory.oidc import Oidc
from shiming.workflows.staff import membership
from tests.review.staff.foreign import foreign
from tests.review.staff.issuer import CLIENT, SECRET
from tests.review.staff.loopback import HERE

API = "/console/api"


@pytest.fixture(params=["client_secret_basic", "client_secret_post"])
def abroad(request, home):
    """A house that signs in there, by the clock on the wall; 小林 is on the list."""
    home.moment[0] = datetime.now(UTC)
    membership.enlist(home.context, "xiaolin", "demo.test", ["support"], "lin@house.test")
    with foreign(request.param) as issuer:
        directory = Oidc(issuer.address, CLIENT, SECRET, claim="realm.groups", roles={"/reviewers": "reviewer"},
                         egress=HERE)  # fmt: skip
        home.web.state.context = home.context = replace(home.context, directory=directory)
        issuer.who["realm"] = {"groups": ["/reviewers", "/everybody"]}
        yield issuer


def test_the_whole_way_with_code_and_pkce_and_the_role_that_a_claim_gives(home, abroad):
    client = TestClient(home.web, base_url="https://console.test", follow_redirects=False)
    agreed = httpx.get(client.get("/console/outside").headers["location"], timeout=60)
    assert agreed.status_code == 302
    back = agreed.headers["location"].replace(home.web.state.site.address, "")
    assert client.get(back).headers["location"] == "/console"
    said = client.get(f"{API}/session").json()
    assert (said["name"], said["roles"]) == ("xiaolin", ["reviewer"])


def test_a_code_that_was_stolen_is_worth_nothing_without_the_browsers_verifier(home, abroad):
    client = TestClient(home.web, follow_redirects=False)
    there = client.get("/console/outside").headers["location"]
    back = httpx.get(there, timeout=60).headers["location"]
    (code,), (nonce,) = parse_qs(urlsplit(back).query)["code"], parse_qs(urlsplit(there).query)["nonce"]
    with pytest.raises(NotAuthenticated, match="does not know this code"):
        home.context.directory.vouched(code, "v" * 64, nonce, back.partition("?")[0], home.context.now())
    own = back.replace(home.web.state.site.address, "")
    assert client.get(own).headers["location"] == "/console"
    assert code not in abroad.codes
