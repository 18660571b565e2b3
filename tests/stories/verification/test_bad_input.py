"""Bad input: each gets a problem response, or a reason, that says what to do."""

from urllib.parse import quote

import pytest

from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.challenge import MAX_SECONDS
from tests.application import application
from tests.stories import pictures

TYPED = {"name": "张合格", "number": "170213199103140138"}


@pytest.fixture
def path(api):
    """A fresh verification of somebody known by number, with consent given."""
    made = api.post("/verifications", {"account": "bad-input", "level": "standard"})
    api.post(f"/verifications/{made['id']}/identity", TYPED)
    api.post(f"/verifications/{made['id']}/consent", {"face": True})
    return f"/verifications/{made['id']}"


def put(http, path, data, piece="card_front", name="a.jpg"):
    return http.post(f"{path}/evidence/{piece}", files={"picture": (name, data, "image/jpeg")})


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (lambda: b"this is a letter, not a picture" * 50, 422, "not_a_picture"),
        (pictures.truncated, 422, "picture_truncated"),
        (lambda: b"", 422, "picture_empty"),
        (pictures.bomb, 413, "picture_too_many_pixels"),
        (pictures.thirty_megabytes, 413, "picture_too_large"),
        (pictures.animated, 422, "picture_animated"),
    ],
    ids=["not a picture", "truncated", "0 bytes", "100-megapixel bomb", "30 MB", "animated GIF"],
)
def test_a_file_that_cannot_be_used_says_why(http, path, data, status, code):
    answer = put(http, path, data())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20


@pytest.mark.parametrize(
    ("data", "piece", "code"),
    [
        (lambda: by_slug("hege").picture("front"), "card_back", "wrong_side"),
        (lambda: by_slug("hege").picture("back"), "card_front", "wrong_side"),
        (pictures.two_cards, "card_front", "several_cards"),
        (pictures.desk, "card_front", "card_not_found"),
    ],
    ids=["front as back", "back as front", "two cards", "no card"],
)
def test_a_picture_of_the_wrong_thing_is_told_at_once(http, path, data, piece, code):
    """M20.10: the exact finding, before anything is submitted, at no attempt."""
    answer = put(http, path, data(), piece).json()
    assert code in [reason["code"] for reason in answer["reasons"]]


@pytest.mark.parametrize(
    ("picture", "code"),
    [(pictures.wall, "face_not_found"), (pictures.two_faces, "several_faces")],
    ids=["no face", "two faces"],
)
def test_a_clip_without_one_face_is_asked_for_again(api, picture, code):
    made = api.post("/verifications", {"account": f"clip-{code}"})
    path, person = f"/verifications/{made['id']}", by_slug("hege")
    walk.hand_in(api, path, person)
    asked = api.post(f"{path}/challenge")
    parts = [("frames", (f"{n}.jpg", picture(), "image/jpeg")) for n in range(8)]
    data = {"challenge": asked["challenge"], "times_ms": "0,11,19,33,40,52,57,70"}
    api.post(f"{path}/evidence/face", data=data, files=parts)
    api.post(f"{path}/submit")
    assert walk.decided(api, path, person).code == code


@pytest.mark.parametrize("made", [("PNG", {}), ("WEBP", {"quality": 90})], ids=lambda m: m[0])
def test_other_formats_are_read(http, path, made):
    read = put(http, path, pictures.as_format(made[0], **made[1])).json()["read"]
    assert read["number"]["text"] == by_slug("hege").number


def test_a_picture_lying_on_its_side_is_turned_by_its_exif_note(http, path):
    read = put(http, path, pictures.lying_on_its_side()).json()["read"]
    assert read["number"]["text"] == by_slug("hege").number


def test_unknown_fields_are_named(http, path):
    made = http.post("/verifications", json={"account": "x", "levle": "basic"})
    assert (made.status_code, made.json()["fields"][0]["field"]) == (422, "levle")
    form = http.post(f"{path}/evidence/card_front", files={"picture": b"x", "pictrue": b"y"})
    assert (form.status_code, "pictrue" in form.json()["detail"]) == (422, True)


def test_a_wrong_content_type_is_a_problem_and_not_a_crash(http, path):
    assert http.post("/verifications", content=b"<xml/>", headers={"content-type": "text/xml"}).status_code == 422
    assert http.post(f"{path}/evidence/card_front", json={"picture": "base64?"}).status_code == 422


def test_frames_must_carry_times_that_can_be_true(http, path):
    asked = http.post(f"{path}/challenge").json()
    parts = [("frames", ("a.jpg", pictures.wall(), "image/jpeg"))] * 2
    for times in ("0", "5,5", "9,1", "0,60000", "now,then"):
        data = {"challenge": asked["challenge"], "times_ms": times}
        answer = http.post(f"{path}/evidence/face", data=data, files=parts)
        assert answer.status_code in (409, 422), times
        asked = http.post(f"{path}/challenge").json()


def test_a_challenge_is_used_up_by_its_first_answer(http, path):
    asked = http.post(f"{path}/challenge").json()
    sent = {
        "data": {"challenge": asked["challenge"], "times_ms": "0"},
        "files": [("frames", ("a.jpg", pictures.wall()))],
    }
    assert http.post(f"{path}/evidence/face", **sent).status_code == 201
    again = http.post(f"{path}/evidence/face", **sent)
    assert (again.status_code, again.json()["code"]) == (409, "challenge_over")


@pytest.mark.parametrize(
    ("seconds", "last_ms", "status", "code"),
    [
        (40, 30_000, 201, None),
        (149, 60_000, 201, None),
        (149, 60_001, 422, "frames_too_late"),
        (40, 50_000, 422, "frames_too_fast"),
        (150, 30_000, 409, "challenge_over"),
    ],
    ids=["in time", "acted in time, sent late", "acted too late", "of the future", "sent too late"],
)
def test_a_film_acted_within_a_minute_may_be_sent_over_a_poor_line(tmp_path, seconds, last_ms, status, code):
    """A short outage costs nobody the film; what was acted after the minute is refused however soon it comes."""
    with application(tmp_path) as one:
        demo, now = one.key(), one.context.now()
        with one.context.database.write() as connection:
            account = accounts.get_or_open(connection, "demo.test", "film", "personal", "zh-CN", now).id
            made = verifications.create(connection, app="demo.test", account=account, level="standard",
                                        locale="zh-CN", created_at=now, expires_at=now + 3_600_000)  # fmt: skip
        path = f"/v1/verifications/{made.id}"
        demo.post(f"{path}/identity", json=TYPED)
        demo.post(f"{path}/consent", json={"face": True})
        asked = demo.post(f"{path}/challenge").json()
        assert asked["seconds"] == MAX_SECONDS
        one.later(seconds=seconds)
        parts = [("frames", ("a.jpg", pictures.wall(), "image/jpeg"))] * 2
        data = {"challenge": asked["challenge"], "times_ms": f"0,{last_ms}"}
        answer = demo.post(f"{path}/evidence/face", data=data, files=parts)
        assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_face_without_consent_is_refused(http):
    """M39: consent for face data is separate, and first."""
    made = http.post("/verifications", json={"account": "no-consent"}).json()
    http.post(f"/verifications/{made['id']}/identity", json=TYPED)
    answer = http.post(f"/verifications/{made['id']}/challenge")
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_missing")


def test_a_name_that_cannot_be_one_is_told_at_once(http, path):
    answer = http.post(f"{path}/identity", json={"name": "12345", "number": "170213199103140138"})
    assert (answer.status_code, answer.json()["code"]) == (422, "name_invalid")


def test_looking_at_pictures_never_holds_up_the_door(server, api, path):
    """CPU-heavy work happens in other processes: while eight cards are being read, the door answers before them."""
    import time
    from concurrent.futures import ThreadPoolExecutor
    from statistics import median

    import httpx

    front = {"picture": ("f.jpg", by_slug("hege").picture("front"), "image/jpeg")}

    def seconds(asking) -> float:
        began = time.monotonic()
        asking()
        return time.monotonic() - began

    def read_card() -> None:
        assert server.api().post(f"{path}/evidence/card_front", files=front)["side"] == "front"

    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=server.address, timeout=60) as door:
        reading = [pool.submit(seconds, read_card) for _ in range(8)]
        checks = []
        while not all(r.done() for r in reading):
            checks.append(seconds(lambda: door.get("/v1/health").raise_for_status()))
    cards = [r.result() for r in reading]
    assert median(checks) < median(cards) / 2, f"health checks took {checks} s, cards {cards} s"


@pytest.mark.parametrize("ref", ["a%2Fb", "50%", "%", "王 鹤?阁#1;+&=", "ümlaut%C3%BC", "a%252Fb"])
def test_an_account_whose_id_holds_signs_of_addresses_is_reached_by_it(http, ref):
    """On the server's own socket: addresses are decoded once there, by the test client twice."""
    made = http.post("/verifications", json={"account": ref, "level": "basic"})
    assert made.status_code == 201, made.text
    there = f"/accounts/{quote(ref, safe='')}"
    assert http.get(f"{there}/standing").json()["account"] == ref
    gate = http.get(f"{there}/may/withdraw")
    assert (gate.status_code, gate.json()["account"]) == (200, ref)
    assert http.post(f"{there}/me", json={}).status_code == 201
    assert http.get(f"{there}/inbox").status_code == 200
