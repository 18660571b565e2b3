"""Coming in: one-time links, sessions, what is shown to whom, which apps may open the pages."""

import time

import pytest

from shiming.store.database import Database
from shiming.store.tables import links, sessions
from shiming.web.flow.launch_clients import sign
from tests.stories.holder import Browser, id_of


@pytest.fixture
def made(api, request):
    return api.post("/verifications", {"account": f"links-{request.node.name}"})


def test_a_link_opens_once_and_the_cookie_lasts(server, made):
    """M14, M29: who closes the page comes back by the cookie; who copies the link does not come in."""
    phone, other = Browser(server.address), Browser(server.address)
    assert phone.opens(made["url"]).status_code == 200
    again = other.opens(made["url"])
    assert (again.status_code, again.json()["code"]) == (409, "link_used")
    assert phone.get(f"/v/{made['id']}/state").json()["verification"]["state"] == "open"
    assert other.get(f"/v/{made['id']}/state").status_code == 401


def test_the_cookie_is_no_script_s_business(server, made):
    cookie = Browser(server.address).opens(made["url"]).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie


def test_secrets_are_kept_as_hashes(server, made):
    secret = made["url"].partition("#")[2]
    phone = Browser(server.address)
    phone.opens(made["url"])
    database = Database(server.settings.place("database_url"))
    with database.read() as connection:
        kept = str(connection.execute(links.select()).all()) + str(connection.execute(sessions.select()).all())
    database.close()
    assert secret not in kept and next(iter(phone.http.cookies.values())) not in kept


def test_another_site_s_page_cannot_use_the_cookie(server, made):
    phone = Browser(server.address)
    phone.opens(made["url"])
    path, evil = f"/v1/verifications/{made['id']}/consent", {"Origin": "https://evil.test"}
    assert phone.post(path, json={"face": True}, headers=evil).status_code == 401
    assert phone.post(path, json={"face": True}, headers={"Origin": server.address}).status_code == 200


def test_a_thief_s_fresh_link_shows_nothing_that_the_holder_had_handed_in(server, api, made, hege):
    """What was read from a card is told to the browser that sent it, not to whoever opens the account later."""
    holder, thief = Browser(server.address), Browser(server.address)
    holder.opens(made["url"])
    holder.post(f"/v1/verifications/{made['id']}/consent", json={"face": True})
    front = {"picture": ("f.jpg", hege.picture("front"), "image/jpeg")}
    holder.post(f"/v1/verifications/{made['id']}/evidence/card_front", files=front)
    assert holder.get(f"/v/{made['id']}/state").json()["reading"]["name"]["text"] == "张合格"
    assert holder.get(f"/v/{made['id']}/picture/card_front").headers["content-type"] == "image/jpeg"
    time.sleep(0.01)
    thief.opens(api.post(f"/verifications/{made['id']}/links")["url"])
    seen = thief.get(f"/v/{made['id']}/state").json()
    assert seen["reading"] == {} and seen["pictures"] == {}
    assert thief.get(f"/v/{made['id']}/picture/card_front").status_code == 404
    assert holder.get(f"/v/{made['id']}/picture/face").status_code == 404


def test_a_session_opens_its_own_verification_only(server, api, made):
    phone = Browser(server.address)
    phone.opens(made["url"])
    other = api.post("/verifications", {"account": "links-other"})["id"]
    secret = next(iter(phone.http.cookies.values()))
    answer = phone.get(f"/v1/verifications/{other}", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403


def test_only_apps_with_a_signed_launch_where_the_platform_says_so(server, api, http, made):
    """M20.15, M20.18: an unknown or an old app is told so and does not use the link up; the right one gets in."""
    client = api.post("/clients", {"name": "android", "min_version": "5.12"})
    secret, soon, id = client["secret"].encode(), int(time.time()) + 60, id_of(made["url"])
    try:
        refused = {
            "": "client_not_allowed",
            sign(b"guessed", "android", "6.0", id, soon): "client_not_allowed",
            sign(secret, "android", "6.0", "ver_other", soon): "client_not_allowed",
            sign(secret, "android", "6.0", id, soon - 90): "client_not_allowed",
            sign(secret, "android", "5.9.3", id, soon): "client_outdated",
        }
        for launch, code in refused.items():
            assert Browser(server.address).opens(made["url"], launch).json()["code"] == code
        assert Browser(server.address).opens(made["url"], sign(secret, "android", "5.12.0", id, soon)).is_success
    finally:
        http.delete(f"/clients/{client['id']}")
