"""The situations of M20 that end with a decision: what the holder reads, and the button that leads on."""

import re

import pytest

from shiming import reasons
from shiming.demo import walk
from shiming.demo.cast import by_slug

# Who, what the page must say (a code of the catalogue), and the buttons straight to what is to be done again.
OUTCOMES = [
    ("jiuzhao", "face_authority_mismatch", ["再刷一次脸"]),  # M20.2
    ("chawu", "identity_not_found", ["修改姓名和号码"]),  # M20.3
    ("yihao", "document_number_mismatch", ["重拍身份证人像面", "修改姓名和号码"]),  # M20.5
    ("bufu", "name_number_mismatch", ["修改姓名和号码"]),  # M20.6
    ("tishen", "face_document_mismatch", ["再刷一次脸", "重拍身份证人像面"]),  # M20.8
    ("huanxiang", "document_authority_mismatch", []),  # M20.9
    ("fanguang", "photo_glare", ["重拍身份证人像面"]),  # M20.10
    ("guoqi", "document_expired", ["重拍身份证人像面", "重拍身份证国徽面"]),
    ("mane", "subject_quota_reached", []),  # M20.12
    ("fengjin", "subject_blocked", []),  # M20.14
]
AGAIN = re.compile("重拍|再刷|修改")


@pytest.mark.parametrize(("slug", "code", "buttons"), OUTCOMES)
def test_the_result_says_why_and_leads_on(opened, api, server, slug, code, buttons):
    """M13, M14, M30: the exact reason, what to do, when again, how to appeal, and a button straight to it."""
    person = by_slug(slug)
    _before(server, api, person)
    made = api.post("/verifications", {"account": f"{slug}-outcome"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    phone = opened()
    phone.opens(made, person)
    said = reasons.rendered(code, "zh", piece="card_front")
    phone.shows(said.title if code != "document_expired" else reasons.rendered(code, "zh").title)
    text = phone.page.inner_text("main")
    assert "什么时候能再试" in text and "不同意怎么办" in text and said.next[:10] in text
    assert phone.page.get_by_role("button", name=AGAIN).all_inner_texts() == buttons


def _before(server, api, person) -> None:
    """What has to be so before: the place is taken, or the person was blocked."""
    if person.code in ("subject_quota_reached", "subject_blocked"):
        walk.verify(api, person, f"{person.slug}-first", seed=1)
    if person.code == "subject_blocked":
        one, two = (server.api(key) for key in server.reviewers)
        asked = one.post("/subjects/blocks", {"account": f"{person.slug}-first", "ground": "violation_fraud"})
        two.post(f"/subjects/blocks/{asked['id']}/confirm")


def test_somebody_else_s_account(opened, api):
    """M20.11: the account is registered to another person."""
    assert walk.verify(api, by_slug("yan"), "registered").expected
    made = api.post("/verifications", {"account": "registered"})
    walk.hand_in(api, f"/verifications/{made['id']}", by_slug("mire"))
    phone = opened()
    phone.opens(made, by_slug("mire"))
    phone.shows(reasons.rendered("subject_mismatch", "zh").title)


def test_too_many_accounts_on_the_platform(opened, api):
    """M20.13, M28: of all kinds together; the person, who has just shown a live face, moves a place here."""
    person = by_slug("mire")
    for kind in ("personal", "studio", "shop"):
        walk.verify(api, person, f"mire-{kind}", kind=kind)
    made = api.post("/verifications", {"account": "mire-fourth", "kind": "game"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    phone = opened()
    phone.opens(made, person)
    phone.shows(reasons.rendered("platform_quota_reached", "zh").title)
    phone.page.get_by_role("link", name="看看我名下的账号").click()
    phone.shows("我名下的账号")
    phone.tap("把它的名额转到这个账号")
    phone.tap("确定转移？再点一次")
    phone.page.get_by_text("名额已经转过来").wait_for()
    assert api.get("/accounts/mire-fourth/standing")["level"] == "standard"


@pytest.mark.real_time
def test_a_misread_validity_is_corrected(opened, api):
    """M24: a card that seems to be expired; the date is shown and can be corrected before anything is decided."""
    person = by_slug("guoqi")
    made = api.post("/verifications", {"account": "misread"})
    phone = opened()
    phone.opens(made, person)
    phone.agrees()
    phone.hands_in_card(person)
    phone.tap("有效期读错了")
    phone.shows("核对姓名和号码")
    until = phone.page.get_by_label("有效期到")
    until.fill("2040年13月1日")
    phone.tap("没有错，继续")
    phone.page.get_by_text("日期写成 2030-01-31").wait_for()
    until.fill("2040年1月15日")
    phone.snap("corrected")
    phone.tap("没有错，继续")
    phone.tap("准备好了，开始")
    phone.shows(reasons.rendered("validity_disputed", "zh").title)


def test_wang_bufu_corrects_only_what_was_wrong(opened, api):
    """M14: from the result straight to the form, and nothing else again."""
    person = by_slug("cuohao")
    made = api.post("/verifications", {"account": "cuohao-again"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    phone = opened()
    phone.opens(made, person)
    phone.shows(reasons.rendered("number_invalid", "zh").title)
    phone.tap("修改姓名和号码")
    phone.shows("核对姓名和号码")
    phone.page.get_by_label("姓名").fill(person.name)
    phone.page.get_by_label("身份证号码", exact=True).fill(person.number[:-1] + "0")
    assert phone.page.get_by_text("号码不对").is_visible()
    phone.page.get_by_label("身份证号码", exact=True).fill(person.number)
    phone.tap("没有错，继续")
    phone.shows("认证通过了")
