"""A result of an outside identity provider is adopted once, about the same person only (M22, M20.16)."""

import re

import httpx
import pytest

from shiming import demo
from shiming.demo.cast import by_slug
from shiming.providers.identity import simulated
from tests.stories.holder import Browser, heading


@pytest.fixture(scope="module")
def provider():
    with simulated.serve() as address:
        yield address


@pytest.fixture(scope="module")
def joined(provider, tmp_path_factory):
    """A server that knows this provider."""
    with demo.server(tmp_path_factory.mktemp("external"), identity=f"simulated={provider}", vision_workers="1") as one:
        yield one


@pytest.fixture
def begun(joined, request):
    """A holder who has come in, has gone to the provider and was verified there; the browser has not come back yet."""

    def one(slug: str = "hege"):
        made = joined.api().post("/verifications", {"account": f"ext-{request.node.name[:30]}", "level": "basic"})
        phone = Browser(joined.address)
        phone.opens(made["url"])
        phone.id = made["id"]
        return phone, goes_there(phone, by_slug(slug))

    return one


def goes_there(phone: Browser, person) -> str:
    """To the provider and through its page; returns the address that it would lead back to."""
    page = phone.post(f"/v/{phone.id}/external/go")
    address = re.search(r'href="(http://127[^"]+authorize[^"]+)"', page.text)[1].replace("&amp;", "&")
    asked = dict(httpx.URL(address).params)
    sent = {"state": asked["state"], "back": asked["redirect_uri"], "name": person.name, "number": person.number}
    return httpx.post(address, data=sent, timeout=60).headers["location"]


def identity_of(joined, phone) -> dict | None:
    return joined.api().get(f"/verifications/{phone.id}")["identity"]


def test_there_and_back_fills_in_name_and_number(begun, joined):
    phone, back = begun()
    phone.get(back)
    assert identity_of(joined, phone)["name"] == "张*格"


def test_the_way_there_reloaded_leads_back_to_where_it_began(begun):
    phone, _ = begun()
    for form in ("go", "adopt", "drop"):
        page = phone.get(f"/v/{phone.id}/external/{form}")
        assert page.url.path == f"/v/{phone.id}/external" and heading(page)


def test_closed_before_coming_back_nothing_is_lost(begun, joined):
    """M20.16: the page was closed or refreshed; opened again, it says that there is a result, and one tap takes it."""
    phone, _ = begun()
    page = phone.get(f"/v/{phone.id}")
    assert "submit" not in str(page.url) and "外部认证" in heading(page) + page.text
    assert identity_of(joined, phone) is None
    phone.post(f"/v/{phone.id}/external/adopt")
    assert identity_of(joined, phone)["name"] == "张*格"


def test_refreshed_and_adopted_twice_it_counts_once(begun, joined):
    phone, back = begun()
    for _ in range(2):
        phone.get(back)
        phone.post(f"/v/{phone.id}/external/adopt")
    exported = joined.api().get(f"/verifications/{phone.id}")
    assert exported["pieces"] == ["identity"]


def test_verified_again_the_earlier_result_is_gone(begun, joined):
    phone, old = begun()
    goes_there(phone, by_slug("yan"))
    phone.get(old)
    assert identity_of(joined, phone) is None
    phone.get(f"/v/{phone.id}")
    phone.post(f"/v/{phone.id}/external/adopt")
    assert identity_of(joined, phone)["name"] == "韩*"


def test_another_person_s_result_is_not_taken(begun, joined):
    """The same subject only."""
    phone, back = begun("yan")
    typed = {"name": by_slug("hege").name, "number": by_slug("hege").number}
    joined.api().post(f"/verifications/{phone.id}/identity", typed)
    page = phone.get(back)
    assert "不是同一个人" in page.text and identity_of(joined, phone)["name"] == "张*格"


def test_somebody_else_s_way_back_leads_nowhere(begun, joined):
    phone, _ = begun()
    phone.get(f"/v/{phone.id}/external/back", params={"state": "guessed"})
    assert identity_of(joined, phone) is None


def test_who_would_rather_type_does_without(begun, joined):
    phone, _ = begun()
    phone.get(f"/v/{phone.id}")
    page = phone.post(f"/v/{phone.id}/external/drop")
    assert page.url.path == f"/v/{phone.id}" and identity_of(joined, phone) is None
