"""What to do, above the fold of a small phone, for every reason that a result can give (issue 18)."""

import re
import time

import pytest
from sqlalchemy import update

from shiming import reasons
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.reasons import CATALOGUE, Action, Outcome
from shiming.store.review import cases
from shiming.store.tables import verifications
from shiming.store.verification import verifications as verification_rows
from tests.browser.conftest import PHONE

SMALL = {**PHONE, "viewport": {"width": 360, "height": 640}}
STATES = {Outcome.ASK_AGAIN: "needs_input", Outcome.REFER: "in_review", Outcome.REJECT: "rejected"}
ON_RESULT = [r for r in CATALOGUE.values() if r.outcome in STATES and r.code != "result_pending_adoption"
             and not any(Action.LIFTS in step or Action.VERIFY in step for step in r.actions)]  # fmt: skip
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
# The first control; without one, the last step of what to do. Where it ends, and whether it is what lies on top there.
SEEN = """() => {
  const one = document.querySelector('.do .button:not(.second), .do button:not(.second)')
    || document.querySelector('.do li:last-child')
  const box = one.getBoundingClientRect()
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return { bottom: box.bottom, free: one.contains(top), wide: document.documentElement.scrollWidth,
           buttons: [...document.querySelectorAll('.do .button, .do button')].map((each) => each.innerText.trim()) }
}"""


@pytest.fixture
def handed_in(api, opened):
    """A phone on the page of 张合格, who has handed in all; nothing is decided."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "every-reason"})
    walk.hand_in_papers(api, f"/verifications/{made['id']}", person)
    phone = opened(SMALL)
    phone.opens(made, person)
    phone.shows("刷一下脸")
    return phone, made["id"]


def test_every_result_says_what_to_do_with_its_button_above_the_fold(handed_in, database):
    """Who failed often had to scroll for the remedy, and found remedies without a button."""
    phone, id = handed_in
    below, blank = {}, {}
    for language in ("zh", "en"):
        for reason in ON_RESULT:
            _is(database, id, state=STATES[reason.outcome], codes=[reason.code], redo=list(reason.redo))
            phone.page.evaluate(LOOK)
            phone.page.get_by_role("heading", level=1, name=reasons.rendered(reason.code, language).title).wait_for()
            seen = phone.page.evaluate(SEEN)
            if seen["bottom"] > 640 or not seen["free"] or seen["wide"] > 360:
                below[reason.code, language] = seen
            if reason.redo and not seen["buttons"]:
                blank[reason.code] = seen
            if language == "zh":
                assert not re.search("[a-z]{4,} [a-z]{2,}", phone.page.inner_text("main")), reason.code
            phone.snap(f"{language}-{reason.code}")
        if language == "zh":
            phone.page.get_by_role("button", name="English").click()
    assert not below and not blank
    _waits(phone, database, id)


def _waits(phone, database, id) -> None:
    """A source is away: not "30 seconds". A person looks: until when. And a way to leave."""
    now = time.time_ns() // 1_000_000
    _is(database, id, state="checking", codes=["authority_unavailable"], redo=[], retry_at=now + 600_000)
    phone.page.evaluate(LOOK)
    phone.page.get_by_text("We try again today at").or_(phone.page.get_by_text("We try again tomorrow")).wait_for()
    assert "seconds" not in phone.page.inner_text("main")
    phone.snap("waits-for-source")
    with database.write() as connection:
        row = verification_rows.get(connection, "demo.test", id)
        cases.add(connection, row.app, "verification", id, row.account, now, now + 86_400_000, [], verification=id)
    _is(database, id, state="in_review", codes=["review_by_person"])
    phone.page.evaluate(LOOK)
    phone.page.get_by_text("You will have a result by tomorrow at").wait_for()
    phone.snap("waits-for-person")


def _is(database, id, **values) -> None:
    with database.write() as connection:
        connection.execute(update(verifications).where(verifications.c.id == id).values(**values))


def test_the_card_can_be_taken_again_where_the_words_say_so(opened, api):
    """M20.8: face against portrait says that the card may be taken again, too; only the face was offered."""
    person, made = by_slug("tishen"), api.post("/verifications", {"account": "tishen-both"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    phone = opened(SMALL)
    phone.opens(made, person)
    phone.shows("人脸和身份证上的照片没有对上")
    phone.tap("重拍身份证人像面")
    phone.shows("拍身份证人像面")
    phone.be(person)
    phone.tap("打开摄像头")
    phone.page.get_by_role("button", name="拍照").click()
    phone.shows("刷一下脸")  # which is still asked for
    phone.page.go_back()


def test_a_used_link_leads_back_to_the_app(opened, api):
    """It offered to try the used link again, and nothing else."""
    made = api.post("/verifications", {"account": "used-link"})
    first, second = opened(), opened(SMALL)
    first.opens(made, by_slug("hege"))
    first.shows("确认是您本人")
    second.opens(made, by_slug("hege"))
    second.shows("这个链接已经打开过了")
    assert second.page.get_by_role("button", name="再试一次").count() == 0
    assert "400-000-0000" in second.page.inner_text("main")
    second.tap("回到 App")
    second.page.get_by_text("切换到原来的 App").wait_for()


def test_without_a_camera_the_other_way_is_above_the_bar(before_face):
    """Camera denied: the way without face recognition lay hidden under the bar."""
    phone = before_face("mire", "denied-small", device=SMALL)
    phone.acts(fault="NotAllowedError")
    phone.tap("准备好了，开始")
    other = phone.page.get_by_role("button", name="改为不刷脸")
    other.wait_for()
    box, bar = other.bounding_box(), phone.page.locator(".actions").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]
    other.click()
    phone.shows("拍手持身份证照片")
