"""Somebody of the staff opens their one-time link in a browser of their own and sets up how they sign in."""

import pyotp
from fastapi.testclient import TestClient

API = "/console/api"
PASSWORD = "a horse, a lamp, a boat"


def browser(home) -> TestClient:
    return TestClient(home.web, base_url="https://console.test")


def opens(home, link: str, code: str = ""):
    """The answer to opening a link (the address, or only its secret)."""
    return browser(home).post(f"{API}/welcome", json={"link": link.rpartition("/")[2], "code": code or ""})


def sets_up(home, link: str, code: str = "", password: str = PASSWORD) -> str:
    """Open the link, take a password and an authenticator; returns the name. `home.code(name)` works from then on."""
    begun = opens(home, link, code)
    assert begun.status_code == 200, begun.text
    name, setup = begun.json()["name"], begun.json()["setup"]
    home.codes[name] = begun.json()["secret"]
    given = {"setup": setup, "password": password, "code": home.code(name)}
    done = browser(home).post(f"{API}/welcome/finish", json=given)
    assert done.status_code == 204, done.text
    return name


def signs_in(home, name: str, password: str = PASSWORD, app: str | None = None) -> TestClient:
    """The same person at the console, half a minute later: a code works once."""
    home.later(seconds=30)
    client = browser(home)
    given = {"name": name, "password": password, "code": home.code(name), "app": app}
    answer = client.post(f"{API}/session", json=given)
    assert answer.status_code == 201, answer.text
    client.headers["x-csrf"] = answer.json()["csrf"]
    return client


def proves(home, client: TestClient, name: str, password: str = PASSWORD) -> None:
    """Both factors once more."""
    home.later(seconds=30)
    given = {"password": password, "code": pyotp.TOTP(home.codes[name]).at(home.moment[0])}
    answer = client.post(f"{API}/session/proof", json=given)
    assert answer.status_code == 204, answer.text
