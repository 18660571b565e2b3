"""A signed launch opens the holder's pages once (issue 11, row 12): who has listened cannot use it again."""

import time

import pytest
from fastapi.testclient import TestClient

from shiming.web.flow.launch_clients import sign
from tests.security.processes.installation import opened


@pytest.fixture
def home(request, tmp_path):
    on_postgres = getattr(request, "param", "") == "postgresql"
    with opened(tmp_path, request.getfixturevalue("postgres_tables") if on_postgres else "") as made:
        yield made


on_both = pytest.mark.parametrize("home", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def key(home):
    return home.key()


@pytest.fixture
def launch(home, key):
    """Signs a launch of the one app that may open the pages."""
    secret = key.post("/v1/clients", json={"name": "android"}).json()["secret"].encode()
    until = int(home.moment[0].timestamp())
    return lambda id, seconds=300: sign(secret, "android", "1.0", id, until + seconds)


def opens(home, url, launch):
    page, _, secret = url.partition("#")
    path = page[page.index("/v/") if "/v/" in page else page.index("/me/") :]
    return TestClient(home.web).post(f"{path}/open", json={"link": secret, "launch": launch})


def test_a_launch_that_was_used_is_refused_with_a_fresh_link(home, key, launch):
    made = key.post("/v1/verifications", json={"account": "zhang-hege"}).json()
    signed = launch(made["id"])
    assert opens(home, made["url"], signed).status_code == 200
    fresh = key.post(f"/v1/verifications/{made['id']}/links").json()["url"]
    again = opens(home, fresh, signed)
    assert (again.status_code, again.json()["code"]) == (403, "client_not_allowed")
    assert opens(home, fresh, launch(made["id"], 301)).status_code == 200


def test_the_same_for_my_account(home, key, launch):
    made = key.post("/v1/accounts/zhang-hege/me", json={}).json()
    signed = launch(made["for"])
    assert opens(home, made["url"], signed).status_code == 200
    fresh = key.post("/v1/accounts/zhang-hege/me", json={}).json()["url"]
    assert opens(home, fresh, signed).status_code == 403


def test_the_same_without_script(home, key, launch):
    made = key.post("/v1/verifications", json={"account": "zhang-hege"}).json()
    signed = launch(made["id"])
    for expected in (303, 403):
        url = key.post(f"/v1/verifications/{made['id']}/links?simple=true").json()["url"]
        path = f"{url[url.index('/v/') :]}?launch={signed}"
        answer = TestClient(home.web, follow_redirects=False).post(path)
        assert answer.status_code == expected, answer.text


def test_a_refused_link_leaves_the_launch_good(home, key, launch):
    made = key.post("/v1/verifications", json={"account": "zhang-hege"}).json()
    signed = launch(made["id"])
    assert opens(home, f"{made['url']}x", signed).status_code == 410
    assert opens(home, made["url"], signed).status_code == 200


@on_both
def test_of_many_at_once_one_gets_in(home, key, launch):
    """Each has a fresh link of its own."""
    from concurrent.futures import ThreadPoolExecutor

    made = key.post("/v1/verifications", json={"account": "zhang-hege"}).json()
    urls = [key.post(f"/v1/verifications/{made['id']}/links").json()["url"] for _ in range(6)]
    signed = launch(made["id"])
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda url: opens(home, url, signed).status_code, urls))
    assert sorted(codes) == [200, *[403] * 5], time.monotonic() - began
