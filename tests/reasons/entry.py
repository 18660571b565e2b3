"""Reasons on the way in: wrong apps, old links, consent, results of another provider."""

import re
from html import unescape
from urllib.parse import urlsplit

import httpx
from fastapi.testclient import TestClient

from shiming.web.flow import launch_clients
from tests.reasons.catalogue import reaches
from tests.reasons.door import Door, front_of


def phone(door: Door, id: str, launch: str = "") -> tuple[TestClient, httpx.Response]:
    """A holder's browser that has opened its link, and what it was answered."""
    browser = TestClient(door.web, base_url="https://testserver", headers={"Accept-Language": "zh-CN"})
    secret = urlsplit(door.does(f"/verifications/{id}/links")["url"]).fragment
    return browser, browser.post(f"/v/{id}/open", json={"link": secret, "launch": launch})


def launched(door: Door, version: str | None) -> dict:
    """What a phone is told where one app may open verifications, from version 5 on, and this one opens it."""
    client, id = door.does("/clients", {"name": "android", "min_version": "5.0"}), door.begins()
    until = int(door.moment[0].timestamp()) + 300
    launch = version and launch_clients.sign(client["secret"].encode(), "android", version, id, until)
    try:
        return phone(door, id, launch or "")[1].json()
    finally:
        door.by("platform").delete(f"/v1/clients/{client['id']}")


@reaches("client_not_allowed")
def an_app_that_may_not(door: Door, code: str):
    """A link is opened without a launch, where only one app may open it."""
    return launched(door, None)


@reaches("client_outdated")
def an_old_app(door: Door, code: str):
    """The same, by that app in a version that is too old."""
    return launched(door, "4.9")


@reaches("handoff_unavailable")
def a_code_that_another_site_picks(door: Door, code: str):
    """Another site's page sends the form that takes a computer's code over."""
    browser = TestClient(door.web, base_url="https://testserver", headers={"Accept-Language": "zh-CN"})
    return browser.post("/h/abc", data={"pick": "1"}, headers={"Origin": "https://elsewhere.test"}).text


@reaches("session_expired")
def a_week_later(door: Door, code: str):
    """A verification that nobody finished within a week."""
    id = door.begins()
    door.upkeep(days=8)
    return door.get(f"/verifications/{id}")


@reaches("session_interrupted")
def a_face_check_that_broke_off(door: Door, code: str):
    """A face check is begun, the phone goes away, and the page is opened again."""
    id, who = door.begins(), door.somebody()
    door.does(f"/verifications/{id}/consent", {"face": True})
    door.shows(id, "card_front", front_of(who), who.portrait)
    browser, _ = phone(door, id)
    assert browser.get(f"/v/{id}/state").json()["interrupted"] is None
    door.does(f"/verifications/{id}/challenge", {"light": False})
    return browser.get(f"/v/{id}/state").json()["interrupted"]


@reaches("consent_missing")
def a_face_before_consent(door: Door, code: str):
    """A face check is asked for before the holder has agreed to it; who this is, is known."""
    id, who = door.begins(), door.somebody()
    door.does(f"/verifications/{id}/identity", {"name": who.name, "number": who.number})
    return door.post(f"/verifications/{id}/challenge", {"light": False})


def at_provider(browser: TestClient, door: Door, id: str) -> str:
    """To the provider and through its page; the address to which it leads back."""
    page = browser.post(f"/v/{id}/external/go", headers={"Origin": "https://testserver"})
    address = unescape(re.search(r'href="(http://127[^"]+authorize[^"]+)"', page.text)[1])
    asked, who = dict(httpx.URL(address).params), door.somebody()
    sent = {"state": asked["state"], "back": asked["redirect_uri"], "name": who.name, "number": who.number}
    return httpx.post(address, data=sent, timeout=60).headers["location"]


@reaches("result_pending_adoption", identity="tells")
def a_result_that_nobody_took(door: Door, code: str):
    """Verified at another provider; the browser was closed before it came back, and opens the link again."""
    id = door.begins("basic")
    browser, _ = phone(door, id)
    at_provider(browser, door, id)
    return browser.get(f"/v/{id}").text


@reaches("age_unknown", identity="opaque")
def known_by_an_id_alone(door: Door, code: str):
    """A provider vouches for the person without telling a number; then money is asked for."""
    account = door.account()
    id = door.begins("basic", account)
    browser, _ = phone(door, id)
    back = urlsplit(at_provider(browser, door, id))
    browser.get(f"{back.path}?{back.query}")
    assert door.submits(id)["state"] == "approved"
    return door.get(f"/accounts/{account}/may/gift")


PRESSED = {
    "appeal": "/basic/appeal", "places": "/basic/places", "account": "/basic/account", "submit": "/piece/submit/now",
    "face": "/piece/consent", "without_face": "/piece/consent", "consent": "/piece/consent", "app": "回到 App",
    "ask": "",  # by phone or mail, where the platform has said how
}  # fmt: skip
"""By what the simple mode does what a control says; a piece of its own otherwise."""


def without_script(door: Door, id: str) -> tuple[TestClient, str]:
    """A browser without script that has come in, and its page."""
    browser = TestClient(door.web, base_url="https://testserver", headers={"Accept-Language": "zh-CN"})
    link = door.does(f"/verifications/{id}/links?simple=true")["url"]
    return browser, browser.post(urlsplit(link).path).text
