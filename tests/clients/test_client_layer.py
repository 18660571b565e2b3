"""The layer of the Python client that is written by hand: retries, errors, paging, webhooks, launches.

What is generated beneath it, and the installed package, are tried by tests/long/test_clients.py.
"""

import base64
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
from shiming_client import NoAnswer, ShimingError, launches, testing, webhooks
from shiming_client.paging import pages, pages_async
from shiming_client.transport import AsyncRetryingTransport, RetryingTransport

from shiming.web.flow import launch_clients
from shiming.workflows.messaging import notify
from tests.application import on_a_loop

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = SimpleNamespace(id="msg_1", event="account.normal", sequence=3, payload={"account": "li"},
                          at=1_800_000_000_000)  # fmt: skip


def refused(status=503, code="busy", **headers):
    body = {"status": status, "code": code, "detail": "…", "request_id": "req_1", "fields": []}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers={**named, "content-type": "application/problem+json"})


@dataclass
class Called:
    """What a server answers, one thing after another, and what it was asked."""

    answers: list
    asked: list

    def __call__(self, request):
        self.asked.append(request)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)


def call(answers, method="POST", tries=4, path="/v1/verifications", **given):
    """The answer or error, what was waited, and the requests sent; awaited as well, which has to come to the same."""
    came = []
    for waits in (False, True):
        clock, server = testing.Clock(), Called(list(answers), [])
        by = clock.retries(tries=tries)
        try:
            if waits:
                said = on_a_loop(partial(_awaited, server, by, method, path, given))
            else:
                with httpx.Client(transport=RetryingTransport(httpx.MockTransport(server), by)) as client:
                    said = client.request(method, f"http://id.test{path}", **given)
        except ShimingError as fault:
            said = fault
        came.append((said, clock.waited, server.asked))
    (said, waited, asked), (other, other_waited, other_asked) = came
    assert (type(said), waited, len(asked)) == (type(other), other_waited, len(other_asked))
    return said, waited, asked


async def _awaited(server, by, method, path, given):
    async with httpx.AsyncClient(transport=AsyncRetryingTransport(httpx.MockTransport(server), by)) as client:
        return await client.request(method, f"http://id.test{path}", **given)


def test_a_busy_server_is_asked_again_with_the_same_key_when_it_says():
    said, waited, asked = call([refused(retry_after="2"), refused(429, "too_many_requests"), httpx.Response(201)],
                               json={"account": "li"})  # fmt: skip
    assert (said.status_code, waited) == (201, [2, 1])
    keys = {request.headers["idempotency-key"] for request in asked}
    assert len(keys) == 1 and len(keys.pop()) == 36
    assert {request.content for request in asked} == {b'{"account":"li"}'}


def test_each_post_has_a_key_of_its_own_and_a_given_one_stays():
    first, second = (call([httpx.Response(200)])[2][0].headers["idempotency-key"] for _ in "12")
    assert first != second
    assert call([httpx.Response(200)], headers={"Idempotency-Key": "mine"})[2][0].headers["idempotency-key"] == "mine"
    assert "idempotency-key" not in call([httpx.Response(200)], "GET")[2][0].headers


def test_pictures_are_sent_whole_each_time():
    _, _, asked = call([refused(), httpx.Response(201)], files={"picture": ("p.jpg", b"jpeg", "image/jpeg")})
    assert [b"jpeg" in request.content for request in asked] == [True, True]


def test_silence_is_tried_again_but_for_parts_of_a_film():
    quiet = httpx.ReadTimeout("…")
    said, waited, _ = call([quiet, quiet, httpx.Response(201)])
    assert (said.status_code, waited) == (201, [0.5, 1.0])
    said, waited, asked = call([quiet], "PATCH")
    assert isinstance(said, NoAnswer) and waited == [] and said.idempotency_key is None
    said, _, asked = call([quiet] * 4)
    assert said.idempotency_key == asked[0].headers["idempotency-key"]


@pytest.mark.parametrize(("status", "code", "more", "tries"), [
    (409, "in_progress", {"retry_after": "1"}, 2), (409, "idempotency_key_reused", {}, 1), (422, "bad_input", {}, 1),
    (409, "case_taken", {"retry_after": "1"}, 1), (500, "internal_error", {}, 1), (404, "not_found", {}, 1),
    (429, "attempts_exhausted", {"retry_after": "86400"}, 1), (503, "dependency_down", {"retry_after": "5"}, 2),
])  # fmt: skip
def test_what_would_not_go_better_soon_is_told_at_once(status, code, more, tries):
    said, _, asked = call([refused(status, code, **more)] * 2, tries=2)
    assert (said.status, said.code, said.request_id, len(asked)) == (status, code, "req_1", tries)
    assert said.retry_after == (float(more["retry_after"]) if more else None)


def test_a_proxys_page_is_an_error_and_readiness_an_answer():
    page = httpx.Response(502, text="<h1>Bad Gateway</h1>", headers={"x-request-id": "r"})
    said, _, asked = call([page] * 4, "GET")
    assert (said.code, said.detail, said.request_id, len(asked)) == ("http_error", "<h1>Bad Gateway</h1>", "r", 4)
    said, _, asked = call([httpx.Response(502, json={"error": "upstream"})] * 4, "GET")
    assert said.status == 502
    said, _, asked = call([httpx.Response(503, json={"ready": False})], "GET", path="/v1/ready")
    assert (said.json(), len(asked)) == ({"ready": False}, 1)


def test_jitter_adds_and_never_takes_away():
    by = testing.Retries(chance=lambda: 0.5)
    request = httpx.Request("GET", "http://id.test/")
    assert by.pause(1, request, refused(retry_after="2")) == 3
    assert by.pause(4, request, refused(retry_after="2")) is None


def lister(sizes):
    def listed(account, limit=20, after=None):
        number = int(after or 0)
        return SimpleNamespace(items=[f"{account}{number}"] * sizes[number],
                               next_=str(number + 1) if number + 1 < len(sizes) else None)  # fmt: skip

    return listed


def test_pages_go_to_the_end_over_one_that_is_empty():
    assert list(pages(lister([2, 0, 1]), account="li")) == ["li0", "li0", "li2"]

    async def awaited():
        listed = lister([1, 1])

        async def call(**given):
            return listed(**given)

        return [each async for each in pages_async(call, account="li")]

    assert on_a_loop(awaited) == ["li0", "li1"]


def test_what_we_sign_is_believed_whatever_the_case_of_headers():
    body, headers = notify.signed(MESSAGE, [base64.b64decode(SECRET[6:])], 1_800_000_000)
    told = webhooks.verify(body, {name.title(): value for name, value in headers.items()}, SECRET, now=1_800_000_100)
    assert (told.id, told.type, told.data) == ("msg_1", "account.normal", {"sequence": 3, "account": "li"})
    assert told.timestamp.timestamp() == 1_800_000_000
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    two, both = notify.signed(MESSAGE, [b"x" * 24, base64.b64decode(SECRET[6:])], 1_800_000_000)
    for secret in (SECRET, other, [other, SECRET]):
        assert webhooks.verify(two, both, secret, now=1_800_000_000).id == "msg_1"


@pytest.mark.parametrize("change", [
    {"body": b"{}"}, {"now": 1_800_000_301}, {"now": 1_799_999_699}, {"secret": "whsec_AAAA"}, {"secret": []},
    {"headers": {}}, {"headers": {"webhook-timestamp": "²"}}, {"headers": {"webhook-signature": "v1,é"}},
    {"headers": {"webhook-signature": ""}}, {"headers": {"webhook-id": "msg_2"}},
])  # fmt: skip
def test_what_is_not_ours_or_old_is_refused(change):
    body, headers = testing.delivery(SECRET, "account.normal", {"account": "li"}, 1_800_000_000)
    assert webhooks.verify(body, headers, SECRET, now=1_800_000_300).type == "account.normal"
    given = {"body": body, "headers": headers, "secret": SECRET, "now": 1_800_000_000} | change
    if change.get("headers"):
        given["headers"] = headers | change["headers"]
    with pytest.raises(webhooks.NotOurs):
        webhooks.verify(**given)


def test_a_launch_is_what_the_server_reads():
    """The server's own reading of it, so that there is one truth."""
    url = launches.launched("https://id.test/h/abc?simple=1#secret", "ver_1", "android", "5.13.0", "s", now=1_000)
    page, _, link = url.partition("#")
    assert link == "secret" and page.startswith("https://id.test/h/abc?simple=1&launch=")
    launch = page.partition("launch=")[2]
    text, _, mac = launch.partition(".")
    said = launch_clients._said(launch)
    assert (said["for"], said["client"], said["version"], said["until"]) == ("ver_1", "android", "5.13.0", 1_300)
    assert mac == launch_clients._mac(b"s", text)
