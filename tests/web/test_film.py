"""A second device films for an appeal (issue 18): by which code it comes in; its session opens nothing else."""

from urllib.parse import urlsplit

import pytest
from anyio import CapacityLimiter
from fastapi.testclient import TestClient

from shiming.web.flow.camera.frame_rate import FrameRate
from tests.application import jpeg
from tests.holders import CHEN, holder, in_review
from tests.review.day import REJECT
from tests.web.test_me import inside

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(300)
PART = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


@pytest.fixture
def me(home):
    """陈无照, whom a reviewer has rejected, in her own pages."""
    home.verification, home.lin = in_review(home), home.key("reviewer", "lin")
    home.lin.post(f"/v1/verifications/{home.verification}/verdict", json=REJECT)
    return inside(home, home.key())


@pytest.fixture
def appeal(home, me) -> str:
    return me.post("/appeals", {"verification": home.verification}).json()["id"]


def another_phone(home) -> TestClient:
    return TestClient(home.web, base_url="https://id.test", headers={"Accept-Language": "zh-CN"})


def comes_in(home, me, appeal) -> TestClient:
    """Another phone that has scanned the code and picked the number."""
    code, phone = me.post(f"/appeals/{appeal}/film").json(), another_phone(home)
    landed = phone.post(urlsplit(code["url"]).path, data={"pick": code["number"]}, follow_redirects=False)
    assert landed.headers["location"] == f"/film/{appeal}"
    return phone


def sends(phone, appeal) -> str:
    """The address of a film of a few bytes, sent."""
    key = {"Idempotency-Key": "as the script sends it"}
    made = phone.post(f"/film/{appeal}/uploads", json={"size": len(VIDEO)}, headers=key).json()
    at = f"/film/{appeal}/uploads/{made['id']}"
    assert phone.patch(at, content=VIDEO, headers=PART).json()["offset"] == len(VIDEO)
    return at


def test_the_other_phone_picks_the_number_and_sends_the_film(home, me, appeal):
    """M26: the failing screen itself is in the picture, which the phone that fails cannot film."""
    code, phone = me.post(f"/appeals/{appeal}/film").json(), another_phone(home)
    assert code["image"].startswith("data:image/svg+xml") and me.get(f"/appeals/{appeal}").json()["film"] == "fresh"
    path = urlsplit(code["url"]).path
    page = phone.get(path)
    assert "用这台手机拍申诉视频" in page.text and f'value="{code["number"]}"' in page.text
    assert phone.post(path, data={"pick": code["number"]}).status_code == 200
    assert me.get(f"/appeals/{appeal}").json()["film"] == "used"
    assert phone.get(f"/film/{appeal}/state").json()["there"] is False
    sends(phone, appeal)
    assert phone.get(f"/film/{appeal}/state").json()["there"] is True
    assert "failure_video" in me.get(f"/appeals/{appeal}").json()["pieces"]


def test_another_number_makes_the_code_void_and_the_first_phone_says_so(home, me, appeal):
    code, phone = me.post(f"/appeals/{appeal}/film").json(), another_phone(home)
    path = urlsplit(code["url"]).path
    assert "这个码已经作废" in phone.post(path, data={"pick": 0}).text
    assert phone.post(path, data={"pick": code["number"]}).status_code == 409
    assert me.get(f"/appeals/{appeal}").json()["film"] == "disowned"
    assert phone.get(f"/film/{appeal}/state").status_code == 401


def test_a_code_is_good_for_two_minutes_and_the_newest_one_only(home, me, appeal):
    old, new = (me.post(f"/appeals/{appeal}/film").json() for _ in range(2))
    assert "二维码已经换新了" in another_phone(home).get(urlsplit(old["url"]).path).text
    home.later(minutes=3)
    assert "这个码过期了" in another_phone(home).get(urlsplit(new["url"]).path).text
    assert me.get(f"/appeals/{appeal}").json()["film"] == "expired"


def test_the_session_films_and_does_nothing_else(home, me, appeal):
    """No page, no result, no name, no other appeal; for two hours."""
    phone, stranger = comes_in(home, me, appeal), holder(7)
    other = in_review(home, stranger)
    home.lin.post(f"/v1/verifications/{other}/verdict", json=REJECT)
    others = home.key().post(f"/v1/verifications/{other}/appeals").json()["id"]
    secret = {"Authorization": f"Bearer {next(iter(phone.cookies.values()))}"}
    account, v = me.path.rpartition("/")[2], home.verification
    for path in (f"/v1/verifications/{v}", f"/v1/appeals/{appeal}", f"/v1/accounts/{CHEN.account}/standing",
                 f"/v/{v}/state", f"/me/{account}/state", f"/me/{v}/state", f"/me/{appeal}/state",
                 f"/film/{others}/state", "/console/api/cases"):  # fmt: skip
        assert phone.get(path, headers=secret).status_code in (401, 403), path
    for path in (f"/v/{v}/guide?what=face", f"/me/{appeal}/appeals/{appeal}/hand_in", f"/film/{others}/guide",
                 f"/film/{others}/uploads", f"/v1/verifications/{v}/appeals"):  # fmt: skip
        assert phone.post(path, headers=secret, json={"size": 9}).status_code in (401, 403), path
    begun = me.post("/appeals", {"verification": v}).json()
    assert begun.get("code") == "appeal_under_way"
    foreign = home.key().post(f"/v1/appeals/{others}/uploads", json={"size": 9}).json()["id"]
    assert phone.get(f"/film/{appeal}/uploads/{foreign}").status_code == 404
    home.later(hours=3)
    assert phone.get(f"/film/{appeal}/state").status_code == 401


def test_who_may_not_make_a_code_or_film(home, me, appeal):
    """Nobody; another account; her own pages' session in the place of the phone's; anybody once the appeal is over."""
    nobody = another_phone(home)
    assert nobody.post(f"{me.path}/appeals/{appeal}/film").status_code == 401
    assert nobody.get(f"/film/{appeal}/state").status_code == 401
    hers = {"Authorization": f"Bearer {next(iter(me.http.cookies.values()))}"}
    assert nobody.get(f"/film/{appeal}/state", headers=hers).status_code == 403
    assert nobody.post(f"/film/{appeal}/uploads", json={"size": 9}, headers=hers).status_code == 403
    other = home.key().post("/v1/accounts/somebody-else/me", json={}).json()["url"]
    them = type(me)(home, other)
    them.comes_in()
    assert them.post(f"/appeals/{appeal}/film").status_code == 404
    phone = comes_in(home, me, appeal)
    assert me.post(f"/appeals/{appeal}/withdraw").json()["state"] == "withdrawn"
    assert phone.get(f"/film/{appeal}/state").json()["open"] is False
    assert phone.post(f"/film/{appeal}/uploads", json={"size": 9}).json()["code"] == "wrong_state"
    assert me.post(f"/appeals/{appeal}/film").json()["code"] == "wrong_state"


def test_a_frame_is_looked_at_for_who_films(home, me, appeal):
    """What it shows is said; a frame too large for words to be read on it is refused."""
    phone = comes_in(home, me, appeal)
    home.web.state.frame_rate, home.web.state.guidance_threads = FrameRate(1), CapacityLimiter(1)
    object.__setattr__(home.context, "look", lambda task, frame, phrases: type("F", (), {"sights": ("own_face",)}))
    said = phone.post(f"/film/{appeal}/guide", content=jpeg()).json()
    assert said["sights"] == ["own_face"] and said["rate"] > 0
    large = phone.post(f"/film/{appeal}/guide", content=bytes(200 * 1024))
    assert large.status_code == 422 and "192 KB" in large.json()["detail"], "it was told another limit than its own"


def test_pages_that_lead_there_have_the_operator_s_look(home, me, appeal):
    """Issue 18: the page of a code and of a ready link were the only ones without it."""
    code, phone = me.post(f"/appeals/{appeal}/film").json(), another_phone(home)
    style = urlsplit(code["url"]).path + "/brand.css"
    assert f'href="{style}"' in phone.get(urlsplit(code["url"]).path).text
    assert phone.get(style).headers["content-type"].startswith("text/css")
    ready = home.key().get(f"/v1/accounts/{CHEN.account}/may/withdraw").json()["verify_url"]
    way = urlsplit(ready).path
    assert f'href="{way}/brand.css"' in phone.get(way).text
    for path in (way, f"/film/{appeal}", "/h/0000000000", "/go/nobodys"):
        assert phone.get(f"{path}/brand.css").status_code == 200
