"""How outside sources are, for those of the staff who may see figures: of their own side only."""

import pytest
from starlette.testclient import TestClient

from shiming.store.verification import source_outages
from tests.application import application

API = "/console/api/sources"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        with made.context.database.write() as connection:
            now = made.context.now()
            source_outages.failed(connection, "sms", "simulated", "unpaid", "isv.AMOUNT_NOT_ENOUGH", now)
        yield made


def test_an_unpaid_source_is_in_the_banner_and_among_the_figures(home):
    zhou = home.person("laozhou", "policy")
    assert zhou.get(f"{API}/alarms").json() == {"items": [{"kind": "sms", "name": "simulated", "why": "unpaid"}]}
    (sms,) = [row for row in zhou.get(API).json()["items"] if row["kind"] == "sms"]
    assert (sms["state"], sms["vendor_code"], sms["calls"], sms["cost"]) == ("unpaid", "isv.AMOUNT_NOT_ENOUGH", 0, 0)
    assert "receipts" not in sms, "the address of receipts is a secret: whoever may run commands sees it"


@pytest.mark.parametrize("path", [API, f"{API}/alarms"])
def test_nobody_else_hears_of_them(home, path):
    """Not strangers, not the platform's keys, not staff without figures; the live side has sources of its own."""
    assert TestClient(home.web).get(path).status_code == 401
    assert home.key().get(path).status_code == 403
    for role in ("reviewer", "support"):
        assert home.person(f"is-{role}", role).get(path).status_code == 403
    assert home.person("live-zhou", "policy", app="demo.live").get(path).json()["items"] == []
