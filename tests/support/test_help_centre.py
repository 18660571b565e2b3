"""Issue 5, help centre: a reason is found by the words that its holder saw or would use, in both languages."""

import pytest

from shiming import reasons
from shiming.support.help_centre import TOPICS, search, tokens, topics


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("怎么注销", "cancel"),
        ("多久出结果", "waiting"),
        ("要等多久？", "waiting"),
        ("How long does it take", "waiting"),
        ("有人问我要验证码", "free"),
        ("不想刷脸", "without_face"),
        ("Cancel my account!", "cancel"),
        ("把我的资料删掉", "erase"),
        ("一直在审核，没有消息", "waiting"),
        ("认证要交多少钱", "free"),
        ("能不能不刷脸", "without_face"),
        ("名下有不是我的账号", "places"),
        ("身份证到期了怎么更新", "new_card"),
        ("谁看过我的资料", "erase"),
        ("is this a scam?", "free"),
    ],
)
def test_what_is_no_reason_is_found_too(words, topic):
    """Issue 18: "how do I cancel", "how long does it take" found nothing."""
    assert topic in topics(words)


def test_topics_are_there_to_browse_and_do_not_come_unasked():
    assert topics("照片反光") == () and topics("") == ()
    assert all(row[locale]["title"] and row[locale]["text"] for row in TOPICS.values() for locale in reasons.LOCALES)


@pytest.mark.parametrize("code", reasons.CATALOGUE)
@pytest.mark.parametrize("locale", reasons.LOCALES)
def test_every_reason_is_found_by_its_title_and_by_most_of_it(code, locale):
    """What the person saw is typed off the page, or its end, where what is particular about it stands."""
    title = reasons.rendered(code, locale).title
    assert code in search(title)[:3]
    assert code in search(title[len(title) // 4 :])


@pytest.mark.parametrize("code", reasons.CATALOGUE)
def test_every_reason_is_found_by_what_people_call_it(code):
    for words in reasons.get(code).heard_as:
        assert code in search(words), words


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("身份证 过期", "document_expired"),
        ("照片反光", "photo_glare"),
        ("姓名 号码 不一致", "name_number_mismatch"),
        ("id card expired", "document_expired"),
        ("my photo is blurred", "photo_blurred"),
        ("二维码打不开", "handoff_unavailable"),
        ("ＱＲ ｃｏｄｅ", "handoff_unavailable"),
        ("名额满了", "subject_quota_reached"),
        ("人脸和身份证照片不一样", "face_document_mismatch"),
        ("異地登錄 异地登录", "login_risk"),
    ],
)
def test_words_of_one_s_own(words, code):
    assert code in search(words)[:3]


def test_nothing_is_made_up():
    assert search("") == search("？！") == search("鱻龘") == search("zzzz") == ()
    assert tokens("认证 failed, the photos!") == ("认证", "fail", "photo")
