"""M27: the package by e-mail. 陈无照 writes; somebody else writes in her name; machines write."""

import smtplib
import time
from base64 import b64encode
from email.message import EmailMessage

import pytest

from shiming.commands.mail import Listener
from shiming.store.crypto.sealed import Erased
from shiming.support import mail
from shiming.support.appeals import FACTS
from shiming.workflows.support import mail_intake
from tests.account.guardians import XIAO
from tests.application import free_port, jpeg
from tests.holders import CHEN, in_review

SUBJECT = f"个人实名认证失败材料-{CHEN.account}"
BODY = f"""您好:
1. 账号名称:陈
2、姓名: {CHEN.name}
身份证号:{CHEN.number}
失败提示:人脸与照片不一致
手机型号:X
APP版本:9.1
联系方式:13800001234
"""
PASS = "mx.platform.test; spf=pass smtp.mailfrom=example.test; dmarc=pass (p=reject) header.from=example.test"


@pytest.mark.parametrize("subject", [
    "个人实名认证失败材料-小陈的频道", "Re: 个人实名认证失败材料-小陈的频道", "回复:个人实名认证失败材料-小陈的频道",
    "FWD: Re:个人实名认证失败材料——小陈的频道", "个人实名认证失败材料 - 小陈的频道 ",
    "转发: 个人实名认证失败材料:小陈的频道",
    "RE[2]: 个人实名认证失败材料~小陈的频道",
])  # fmt: skip
def test_the_agreed_subject_in_all_its_widths(subject):
    assert mail.account_named(subject) == "小陈的频道"


@pytest.mark.parametrize("subject", ["", "你好", "个人实名认证失败材料", "关于材料-小陈", "Re: Re:"])
def test_other_subjects_name_nobody(subject):
    assert mail.account_named(subject) is None


def test_facts_are_read_from_lines_in_either_width_and_never_from_quotes():
    found = mail.facts_in(BODY + "\n> 姓名:别人\n姓名:后来的人")
    assert set(found) == set(FACTS)
    assert (found["name"], found["number"], found["app_version"]) == (CHEN.name, CHEN.number, "9.1")


@pytest.mark.parametrize(("results", "expected"), [
    ([PASS], True), ([PASS.replace("dmarc=pass", "dmarc=fail")], False), ([], False),
    ([PASS.replace("mx.platform.test", "mx.evil.test")], False), (["mx.platform.test; none", PASS], False),
    ([PASS.replace("header.from=example.test", "header.from=evil.test")], False),
    (["mx.platform.test; spf=fail (dmarc=pass header.from=example.test)"], False),
    ([PASS.replace("mx.platform.test", "mx.platform.test.evil")], False),
])  # fmt: skip
def test_only_our_own_server_on_top_vouches_and_only_for_that_domain(results, expected):
    assert mail.believed(results, "mx.platform.test", "chen@example.test") is expected
    assert not mail.believed(results, "", "chen@example.test")


FAIL = "dmarc=fail header.from=example.test"


@pytest.mark.parametrize("said", [
    f'spf=pass smtp.mailfrom="x; dmarc=pass header.from=example.test"@evil.test; {FAIL}',
    f'spf=pass smtp.mailfrom="\\"; dmarc=pass header.from=example.test; \\""@evil.test; {FAIL}',
    f"spf=pass smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass_header.from=3Dexample.test?=@evil.test; {FAIL}",
    "spf=none smtp.helo=dmarc=pass header.from=example.test", f"x-dmarc=pass header.from=example.test; {FAIL}",
    "dmarc=fail (a (p=none) dmarc=pass) header.from=example.test", f"{FAIL}; {FAIL.replace('fail', 'pass')}",
    "dmarc=fail (p=none; (x) dmarc=pass) header.from=example.test", "dmarc=pass header.from=example.test.evil.test",
    "dmarc=pass header.from=evil.test header.from=example.test", "dmarc=pass (header.from=example.test",
    "dmarc=pass smtp.mailfrom=header.from=example.test",
])  # fmt: skip
def test_what_our_server_repeats_of_a_strangers_words_vouches_for_nobody(home, rejected, said):
    """Envelope addresses and greetings stand in Authentication-Results too, and their sender chose them."""
    arrives(home, f"Authentication-Results: mx.platform.test; {said}\r\n".encode() + written(results=None))
    assert appeal_of(home, rejected) is None


@pytest.mark.parametrize(("written_as", "read"), [
    ("chen@example.test", "chen@example.test"), ("陈 <Chen@Example.test>", "chen@example.test"),
    ('"chen, b@x (" <chen@example.test>', "chen@example.test"), ("chen@a.test <chen@a.test>", "chen@a.test"),
    ("=?utf-8?q?b=40x.test?= <chen@example.test> (b@x)", "chen@example.test"),
    ("chen@example.test <thief@example.test>", None), ("<chen@example.test> <thief@example.test>", None),
    ("=?utf-8?q?chen=40example.test?=", None), ("=?utf-8?q?chen?=@example.test", None),
    ("chen@example.test)<thief@example.test>", None), ("a <chen@example.test>(<thief@example.test>", None),
    ('"thief"chen@example.test', None), ("<@thief.test:chen@example.test>", None), ("chen", None), ("((", None),
    ("chen\\@example.test", None), ("chen@example.test\0", None),
])  # fmt: skip
def test_a_sender_is_one_address_however_it_is_read(written_as, read):
    """Whoever may send from a domain must not be read as somebody else of that domain."""
    assert mail.sender_of([written_as]) == read
    assert mail.sender_of([written_as, "chen@example.test"]) is None


@pytest.mark.parametrize("headers", [
    {"Return-Path": "<>"}, {"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List-Id": "<x>"},
    {"From": "MAILER-DAEMON@example.test"}, {"From": "noreply@example.test"},
])  # fmt: skip
def test_machines_are_noise(headers):
    assert mail.noise(headers)
    person = {"From": "chen@example.test", "Auto-Submitted": "no", "Return-Path": "<chen@example.test>"}
    assert mail.noise(person) is None


def written(sender="chen@example.test", subject=SUBJECT, results=PASS, body=BODY, pictures=(), **headers) -> bytes:
    message = EmailMessage()
    for name, value in {"From": sender, "To": "id@platform.test", "Subject": subject, **headers}.items():
        message[name.replace("_", "-")] = value
    if results:
        message["Authentication-Results"] = results
    message.set_content(body)
    for name in pictures:
        message.add_attachment(jpeg(), "image", "jpeg", filename=name)
    return bytes(message)


@pytest.fixture
def rejected(home):
    """陈无照 was rejected; her mail address is known to be hers."""
    return ruled(home, {"verdict": "reject", "codes": ["identity_not_found"]})


def ruled(home, ruling):
    key = home.key()
    id = in_review(home)
    given = {"channel": "mail", "address": "chen@example.test", "verified": True}
    key.post(f"/v1/accounts/{CHEN.account}/contact", json=given)
    home.key("reviewer", "k").post(f"/v1/verifications/{id}/verdict", json=ruling)
    home.sent = []
    home.context.channels.mail[0].send = lambda to, subject, text, headers, key: home.sent.append((to, text, headers))
    home.later(seconds=1)
    home.sent.clear()
    return key


def arrives(home, raw: bytes) -> str:
    state = mail_intake.receive(home.context, "demo.test", raw)
    home.later(seconds=1)
    return state


def appeal_of(home, key):
    row = home.context.database.engine.connect().exec_driver_sql("SELECT id FROM appeals").first()
    return key.get(f"/v1/appeals/{row[0]}").json() if row else None


def test_a_believed_mail_fills_the_appeal_and_what_is_missing_is_answered(home, rejected):
    """Facts are parsed, attachments checked like uploads, and the reply names what is missing and quotes nothing."""
    arrives(home, written(pictures=("失败截图.jpg", "军人证.jpg")))
    seen = appeal_of(home, rejected)
    assert {"facts", "error_screenshot", "military_papers"} <= set(seen["pieces"])
    ((to, text, headers),) = home.sent
    assert to == "chen@example.test" and headers["Auto-Submitted"] == "auto-replied"
    assert "国徽面" in text and "免费" in text
    assert CHEN.name not in text and CHEN.number not in text and "13800001234" not in text


def test_before_the_retry_that_its_reason_asks_for_a_mail_is_told_to_try_again(home):
    ruled(home, {"verdict": "ask_again", "codes": ["face_document_mismatch"], "redo": ["face"]})
    arrives(home, written())
    assert "再试一次" in home.sent[0][1] and appeal_of(home, None) is None


def test_a_second_mail_goes_into_the_same_appeal_without_a_second_reply_within_the_hour(home, rejected):
    arrives(home, written(body="见附件", pictures=("截图.jpg",)))
    arrives(home, written(subject=f"回复:{SUBJECT}"))
    assert {"facts", "error_screenshot"} <= set(appeal_of(home, rejected)["pieces"])
    assert len(home.sent) == 1
    home.later(hours=1)
    arrives(home, written(subject=f"Re: {SUBJECT}", body="还差什么?"))
    assert len(home.sent) == 2


@pytest.mark.parametrize("forged", [
    {"results": None}, {"sender": "thief@example.test"}, {"sender": "chen@example.test, b@example.test"},
    {"results": PASS.replace("dmarc=pass", "dmarc=fail")}, {"subject": "你好"},
])  # fmt: skip
def test_who_cannot_be_believed_fills_nothing(home, rejected, forged):
    arrives(home, written(**forged))
    assert appeal_of(home, rejected) is None
    assert all("登录" in text and CHEN.name not in text for _, text, _ in home.sent)


def test_a_mail_kept_back_is_taken_in_when_its_sender_has_signed_in(home, rejected):
    arrives(home, written(sender="chen@other.test", pictures=("截图.jpg",)))
    token = home.sent[0][1].partition("#mail=")[2].split()[0]
    path = f"/v1/accounts/{CHEN.account}/mail"
    assert rejected.post(path, json={"token": "guessed"}).status_code == 404
    assert rejected.post(path, json={"token": token}).json() == {"state": "taken"}
    assert {"facts", "error_screenshot"} <= set(appeal_of(home, rejected)["pieces"])
    assert rejected.post(path, json={"token": token}).status_code == 404


def test_machines_get_no_answer_and_the_same_mail_counts_once(home, rejected):
    arrives(home, written(Auto_Submitted="auto-replied"))
    arrives(home, b"Return-Path: <>\r\n" + written())
    arrives(home, b"\xff\xfe garbage \0" * 50)
    assert home.sent == [] and appeal_of(home, rejected) is None
    raw = written()
    assert (arrives(home, raw), arrives(home, raw)) == ("new", "again")


def test_huge_and_deeply_nested_mails_are_harmless(home, rejected, monkeypatch):
    nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(300))
    arrives(home, f"From: chen@example.test\nSubject: {SUBJECT}\n{nested}".encode())
    monkeypatch.setattr(mail_intake, "LARGEST", 1000)
    assert arrives(home, written(pictures=("a.jpg",) * 9)) == "too_large"
    assert appeal_of(home, rejected) is None


def test_a_flood_in_the_names_of_innocent_people_is_not_passed_on_to_them(home, rejected, monkeypatch):
    monkeypatch.setattr(mail_intake, "MOST_STRANGERS", 3)
    for n in range(6):
        arrives(home, written(sender=f"somebody{n}@else.test", results=None))
    assert len(home.sent) == 3
    arrives(home, written())
    assert home.sent[-1][0] == "chen@example.test"  # who is vouched for has an answer all the same
    home.later(hours=1)
    arrives(home, written(sender="late@else.test"))
    assert home.sent[-1][0] == "late@else.test"


MANY = 1_000_000
DEEP = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3000))
MONSTERS = {
    "deep": DEEP, "mails in mails": "Content-Type: message/rfc822\n\n" * 3000, "many lines": DEEP[:1500] + "\n" * MANY,
    "tags": "Content-Type: text/html\n\n" + "<" * MANY, "comments": f"To: {'(a)' * MANY}\n\nx",
    "open comments": f"To: {'(' * MANY}\n\nx", "type": f"Content-Type: {'(' * MANY}\n\nx",
    "parameters": f"Content-Type: text/plain; {'x=a;' * MANY}\n\nx", "words": f"X: {'=?utf-8?q?a?= ' * MANY}\n\nx",
    "punycode": "Content-Type: text/plain; charset=punycode\n\n" + "b" * MANY, "zip": "Content-Type: text/plain; "
    "charset=zlib_codec\n\nx", "line feed": "Reply-To: =?utf-8?q?a=0Ab?= <a@b.test>\n\nx",
}  # fmt: skip


@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monster_keeps_no_worker_busy_and_is_done_with(home, rejected, monster):
    """Each of these took hours or was never done with: what the library does takes the square of a header's length."""
    before = time.monotonic()
    head = f"Authentication-Results: {PASS}\nFrom: chen@example.test\n".encode()
    arrives(home, head + f"Subject: =?utf-8?b?{b64encode(SUBJECT.encode()).decode()}?=\n{MONSTERS[monster]}".encode())
    with home.context.database.read() as connection:
        assert connection.exec_driver_sql("SELECT state FROM mails").scalar() in ("taken", "dropped")
    assert time.monotonic() - before < 20


def test_a_mail_nobody_signs_in_for_is_forgotten_and_one_that_was_taken_lies_with_its_verification(home, rejected):
    """Erasing the verification reaches what came by mail, too; a mail's own key is gone when it is done with."""
    arrives(home, written())
    arrives(home, written(sender="thief@else.test"))
    assert mail_intake.keep_up(home.context) == 0
    home.later(days=31)
    assert mail_intake.keep_up(home.context) == 1
    with home.context.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, state, sealed_sender FROM mails ORDER BY id").all()
    assert [(r.state, r.sealed_sender) for r in rows] == [("taken", None), ("dropped", None)]
    for row in rows:
        with pytest.raises(Erased):
            home.context.sealer.seal(row.id, "x", b"x")


def test_nothing_personal_of_a_mail_lies_in_the_clear(home, rejected, tmp_path):
    arrives(home, written(sender="chen@example.test"))
    arrives(home, written(sender="thief@else.test"))
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for secret in (CHEN.name, CHEN.number, "chen@example.test", "thief@else.test", "13800001234"):
        assert secret.encode() not in kept, secret


def test_the_mail_server_in_front_hands_over_by_lmtp(home, rejected):
    """A real LMTP dialogue; the envelope's sender is kept as Return-Path, so that bounces are told."""
    took = []
    listener = Listener(lambda raw: took.append(raw) or mail_intake.receive(home.context, "demo.test", raw),
                        "127.0.0.1", free_port())  # fmt: skip
    listener.start()
    try:
        with smtplib.LMTP("127.0.0.1", listener.port) as client:
            client.sendmail("chen@example.test", ["id@platform.test"], written())
    finally:
        listener.stop()
    assert took[0].startswith(b"Return-Path: <chen@example.test>")
    home.later(seconds=1)
    assert "facts" in appeal_of(home, rejected)["pieces"]


def test_a_childs_mail_leaves_its_facts_only(home, rejected):
    """Pictures of an earlier mail stayed, and each mail as it came, with all pictures in it (order 19 of 2025, M42)."""
    arrives(home, written(pictures=("失败截图.jpg", "军人证.jpg")))
    id = appeal_of(home, rejected)["id"]
    assert len([key for key in home.context.files.keys() if id in key]) == 3  # noqa: SIM118
    arrives(home, written(body=BODY.replace(CHEN.number, XIAO.number), pictures=("手持.jpg", "军人证.jpg")))
    assert appeal_of(home, rejected)["pieces"] == ["facts"]
    assert [key for key in home.context.files.keys() if id in key] == []  # noqa: SIM118
