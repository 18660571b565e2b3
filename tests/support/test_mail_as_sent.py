"""M27: mail as people really send it. Each of these came from a public report, and was misread or silently left out."""

import base64
import io
import time
import zipfile

import pytest

from shiming import file_kinds
from shiming.support import mail, tnef
from shiming.support.mail_problems import PROBLEMS, kind_of, told
from shiming.support.mail_text import decoded, header_text, html_text
from shiming.workflows.support.mail_intake import _opened
from shiming.workflows.support.mail_parts import parts_of
from shiming.workflows.support.uploads import looks_like_video
from tests.application import jpeg
from tests.support.mails.generator import _locked, opened
from tests.support.test_mail import appeal_of, arrives, rejected, written  # noqa: F401

NUMBERS = ("170213199103140138", "170213199103140111")
TEXT = "姓名：陈喆喆\n身份证号：170213199103140138"


@pytest.mark.parametrize(("codec", "label"), [
    ("gbk", "gb2312"), ("gbk", "x-gbk"), ("gbk", "windows-936"), ("gbk", "GB_2312-80"), ("gb18030", "GB18030"),
    ("gbk", ""), ("gbk", "utf-8"), ("utf-8", "gb2312"), ("gbk", "us-ascii"), ("gbk", "iso-8859-1"), ("gbk", "big5"),
    ("utf-8", "big5"), ("utf-8", ""), ("gbk", "unicode"), ("gbk", "no-such"), ("utf-8", "utf8mb4"),
])  # fmt: skip
def test_a_text_is_what_its_bytes_say(codec, label):
    assert decoded(TEXT.encode(codec), label) == TEXT


@pytest.mark.parametrize("label", ["big5", "", "gb2312", "utf-8"])
def test_big5_is_known_under_any_label(label):
    text = "姓名：陳小明\n身份證號：170213199103140138"
    assert decoded(text.encode("big5"), label) == text


@pytest.mark.parametrize(("body", "name"), [
    ("- 姓名：张三", "张三"), ("姓名：张三；", "张三"), ("【姓名】张三", "张三"), ("姓 名：张 三", "张三"),
    ("姓名：\n张三", "张三"),
    ("您好，姓名：张三，手机号：1", "张三"), ("**姓名：** 张三", "张三"), ("姓名（必填）：张三 男", "张三"),
    ("监护人姓名：李四", None),
    ("姓名：陈\ufffd\ufffd", None), ("姓名：陈??", None), ("> 姓名：别人", None), ("姓名：", None),
    ("姓名：\u202d张三\u202c", "张三"), ("✅姓名：张三", "张三"), ("👉 姓名：张三", "张三"), ("姓名-张三", "张三"),
    ("姓名——张三", "张三"), ("姓名→张三", "张三"), ("__姓名__：张三", "张三"), ("姓名︰张三", "张三"),
])  # fmt: skip
def test_a_list_however_it_is_filled_in(body, name):
    assert mail.facts_in(body).get("name") == name


@pytest.mark.parametrize("body", [
    "姓名【张三】 身份证号【170213199103140138】", "姓名[张三]\n身份证号:[170213199103140138]",
    "【姓名】【张三】\n〔身份证号〕〔170213199103140138〕", "姓名「张三」\n身份证号「170213199103140138」",
    "姓名{张三}，身份证号{170213199103140138}", "姓名[张三]\t身份证号[170213199103140138]",
    "姓名：张三先生\n身份证号：170213199103140138", "姓名：张三老师\n居民身份证号码：170213199103140138",
    "我的名字是张三，身份证号码是170213199103140138", "持证人姓名：张三\n持证人身份证号：170213199103140138",
    "姓名（必填）\n张三\n身份证号（18位）：170213199103140138",
    "> 姓名：\n张三\n> 身份证号：\n170213199103140138", "姓名：张三\n\n姓名：张 三\n身份证号：170213199103140138",
    "姓名：张三\nName: Zhang San\n身份证号：170213199103140138",
    "姓名：张三\n身份证号：170213199103140138\n\n发件人: 支持\n姓名：李四\n身份证号：170213199103140111",
])  # fmt: skip
def test_brackets_titles_and_answers_amid_quotes(body):
    assert mail.facts_in(body) == {"name": "张三", "number": "170213199103140138"}


@pytest.mark.parametrize(("typed", "name"), [
    ("米热古丽 艾山江", "米热古丽·艾山江"), ("阿卜杜拉 买买提 男", "阿卜杜拉·买买提"),
    ("买买提 艾力 江", "买买提·艾力·江"),
    ("叶尔江 阿合买提江", "叶尔江·阿合买提江"), ("马木提 艾则孜", "马木提·艾则孜"),
    ("吴 古丽娜尔", "吴·古丽娜尔"),
    ("米热古丽\t艾山江", "米热古丽·艾山江"), ("米热古丽。艾山江", "米热古丽·艾山江"),
    ("米热古丽_艾山江", "米热古丽·艾山江"), ("米热古丽、艾山江", None), ("陈照明 计算机", None),
    ("陈照明 新疆 乌鲁木齐市", None), ("扎西 多吉", "扎西多吉"),
    ("张三经理", "张三"), ("张三 敬上", "张三"), ("张三😊", "张三"), ("- 张三", "张三"), ("张三&nbsp;", "张三"),
    ("欧阳 明华", "欧阳明华"), ("陈照明 北京市", "陈照明"),
    ("Ms. Anna O'Neil", "Anna O'Neil"),
    ("张先生", None), ("欧阳先生", None), ("Mr Li", None),
])  # fmt: skip
def test_both_parts_of_a_name_and_no_title(typed, name):
    assert mail.facts_in(f"姓名：{typed}").get("name") == name


@pytest.mark.parametrize("said", ["见附件", "详见附件", "同上", "如图", "请填写", "（请填写真实姓名）", "暂无", "没有",
                                  "某某", "XXX", "N/A", "本人", "保密"])  # fmt: skip
def test_a_word_for_a_name_is_no_name(said):
    """It counted as one, and its sender was told that nothing was missing."""
    assert mail.facts_in(f"姓名：{said}\n身份证号：170213199103140138") == {"number": "170213199103140138"}


@pytest.mark.parametrize("typed", ["O70213199103140138", "17O213199103140138", "l70213199103140138",
                                   "1702I3199103140138"])  # fmt: skip
def test_a_number_with_a_letter_in_it_loses_no_digit(typed):
    """What was left of it counted as the number."""
    assert mail.facts_in(f"身份证号：{typed}") == {}


def test_tables_that_are_drawn_in_text():
    for table in ("| 姓名 | 张三 |\n| 身份证号 | 170213199103140138 |",
                  "| 姓名 | 身份证号 |\n|------|:-----|\n| 张三 | 170213199103140138 |",
                  "|姓名|张三|身份证号|170213199103140138|"):
        assert mail.facts_in(table) == {"name": "张三", "number": "170213199103140138"}, table
    two = "| 姓名 | 身份证号 |\n|--|--|\n| 张三 | 170213199103140138 |\n| 李四 | 170213199103140111 |"
    assert mail.two_people(two) and mail.facts_in(two) == {}


def test_a_signature_is_no_answer():
    for signed in ("发自我的 iPhone", "Sent from my iPad", "获取 Outlook for iOS", "--"):
        assert mail.facts_in(f"手机型号：\n\n{signed}\n姓名：\n{signed}") == {}


def test_letters_that_keyboards_give_for_x_end_a_number():
    for sign in "x×хХ✕":
        assert mail.facts_in(f"身份证号：17021319910314013{sign}") == {"number": "17021319910314013X"}


@pytest.mark.parametrize("body", [
    "姓名：张三\n身份证号：170213199103140138\n姓名：李四\n身份证号：170213199103140111",
    "姓名：张三、李四\n身份证号：170213199103140138、170213199103140111",
    "姓名\t身份证号\n张三\t170213199103140138\n李四\t170213199103140111",
    "我的身份证号是170213199103140138。\n\n我妻子的：\n1. 身份证号：170213199103140111",
])  # fmt: skip
def test_of_two_people_neither_is_taken(body):
    assert mail.two_people(body)
    assert mail.facts_in(body) == {}


def test_labels_and_ends_of_lines_are_no_part_of_a_number():
    for line in (
        "身份证：170213199103140138；",
        "身份证号 170213 19910314 0138。",
        "(3) 身份證號=170213-19910314-0138",
        "身份证号码【170213199103140138】",
        "身份證字號：170213199103140138",
        "ID No: 170213199103140138",
        "ID card: 170213199103140138",
        "🆔身份证-170213199103140138",
    ):
        assert mail.facts_in(line) == {"number": "170213199103140138"}
    assert mail.facts_in("身份证：见附件") == {}


@pytest.mark.parametrize("page", [
    "<div>姓名：&nbsp;张三</div>", "<table><tr><td>姓名</td><td>张三</td></tr></table>",
    "<p><b>姓名</b>：<span>张三</span></p>",
    "<table><tr><th>姓名</th><th>版本</th></tr><tr><td>张三</td><td>9</td></tr></table>", "姓名：&#24352;三<br>",
    "<tr><td>姓名</td><td>张三</td><td>版本</td><td>9.1</td></tr>",
    "<style>x</style><!-- 姓名：别人 --><div style='display:none'>姓名：别人</div><p>姓名：张三</p>",
    "<blockquote>姓名：别人</blockquote>姓名：张三",
])  # fmt: skip
def test_html_says_what_its_reader_sees(page):
    assert mail.facts_in(html_text(page)).get("name") == "张三"


@pytest.mark.parametrize("before", [
    "回覆: ", "答复：", "Re[2]: ", "[External] ", "【外部邮件】", "Fwd: [EXT] RE: ", "***SPAM*** ", "轉寄: ", "Odp: ",
    "紧急！", "关于", "🔥", "求助：", "Re: 【急】",
])  # fmt: skip
def test_subjects_with_anything_put_before_them(before):
    assert mail.account_named(f"{before}个人实名认证失败材料-小陈的频道") == "小陈的频道"


def test_a_character_split_between_two_encoded_words_is_whole():
    halves = [base64.b64encode(each).decode() for each in ("陈喆".encode("gbk")[:3], "陈喆".encode("gbk")[3:])]
    assert header_text(" ".join(f"=?gb2312?B?{each}?=" for each in halves)) == "陈喆"


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize(("data", "why"), [
    (_locked(), "zip_encrypted"), (zipped(a=b"\0" * 9_000_000), "zip_too_large"),
    (zipped(a=zipped(b=b"x")), "zip_nested"),
    (zipped(**{f"f{n}": b"x" for n in range(60)}), "zip_too_large"), (b"PK\x03\x04" + b"x" * 99, "zip_broken"),
    (tnef.SIGNATURE + b"\0" * 200, "tnef_broken"), (b"%PDF-1", "document"), (b"", "empty"), (b"\1\0\2", "unknown"),
])  # fmt: skip
def test_what_cannot_be_used_is_named_with_its_reason(data, why):
    message = opened(written())
    message.add_attachment(data, "application", "octet-stream", filename="a.jpg")
    assert why in parts_of(message, _opened).unused
    assert all(told([why], spoken) for spoken in ("zh", "en")) and why in PROBLEMS


def test_pictures_are_pictures_whatever_they_are_called(home, rejected):  # noqa: F811
    """A picture as application/octet-stream was left out, and its sender told that it was missing."""
    message = opened(written())
    message.add_attachment(jpeg(), "application", "octet-stream", filename="失败截图.jpg")
    message.add_attachment(zipped(**{"x/军人证.jpg": jpeg()}), "application", "x-jpg", filename="y.jpg")
    message.add_attachment(_locked(), "image", "jpeg", filename="陈无照的证件.jpg")
    arrives(home, bytes(message))
    assert {"facts", "error_screenshot", "military_papers"} <= set(appeal_of(home, rejected)["pieces"])
    text = home.sent[0][1]
    assert "压缩包有密码" in text and "password-protected zip" in text and "陈无照的证件" not in text


def packed(head: str, data: bytes) -> bytes:
    """A mail whose one part has this head, in base64."""
    body = base64.encodebytes(data).decode()
    return (
        "From: a@example.test\nSubject: x\nDate: y\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=BB\n\n"
        f"--BB\nContent-Type: {head}\nContent-Transfer-Encoding: base64\n\n{body}\n--BB--\n"
    ).encode()


def test_a_mail_within_a_mail_within_a_mail_and_their_coats():
    """As base64, which no mail may be; behind a byte order mark; winmail.dat or a zip in what was forwarded."""
    picture = packed("text/plain", jpeg())
    for head, data in (
        ("message/rfc822", picture), ("application/octet-stream", b"\xef\xbb\xbf" + picture),
        ("application/octet-stream; name=a.eml", packed("application/octet-stream; name=b.eml", picture)),
        ("application/octet-stream; name=a.eml", packed("application/octet-stream", zipped(a=jpeg()))),
    ):  # fmt: skip
        parts = parts_of(_opened(packed(head, data)), _opened)
        assert [kind for _, _, kind in parts.files] == ["picture"] and not parts.unused
    broken = packed("application/ms-tnef", tnef.SIGNATURE + b"\0" * 200)
    assert parts_of(_opened(packed("application/octet-stream", broken)), _opened).unused == ["tnef_broken"]


@pytest.mark.parametrize("said", ["BEGIN:VCALENDAR\nSUMMARY:姓名：李四", "BEGIN:VCARD\n姓名：李四"])
def test_calendars_and_cards_state_nothing(said):
    parts = parts_of(_opened(packed("application/octet-stream", said.encode())), _opened)
    assert (parts.texts, parts.files, parts.unused) == ([], [], [])


def test_a_mail_of_two_people_is_asked_about(home, rejected):  # noqa: F811
    arrives(home, written(body=f"姓名：陈无照\n身份证号：{NUMBERS[0]}\n姓名：李四\n身份证号：{NUMBERS[1]}"))
    assert "两个人" in home.sent[0][1] and "two people" in home.sent[0][1]
    assert "facts" not in appeal_of(home, rejected)["pieces"]


def test_lists_full_of_brackets_take_no_time():
    before = time.process_time()
    for monster in ("姓名(", "姓名()", "姓名( ", "(", "姓名【填", "姓名 \t"):
        mail.facts_in("\n".join([monster * 300] * 50))
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    "monster", ["<" * 300_000, "<a " * 99_000, "<!--" * 70_000, "&" * 300_000, "<script>" * 40_000]
)
def test_broken_html_takes_no_time(monster):
    before = time.process_time()
    html_text(monster)
    assert time.process_time() - before < 5


def test_a_heic_is_a_picture_and_a_film_is_not():
    assert kind_of(b"\0\0\0\x18ftypheic") == "picture" and kind_of(b"\0\0\0\x18ftypisom") == "video"
    assert looks_like_video(b"\0\0\0\x18ftypisom") and not looks_like_video(b"\0\0\0\x18ftypheic")


@pytest.mark.parametrize("kind", file_kinds.TAKEN)
def test_whatever_pictures_are_decoded_are_pictures_in_mails(kind):
    """Mails had a list of their own of what is a HEIC."""
    starts = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF\0\0\0\0WEBP",
              "HEIC": b"\0\0\0\x18ftypmif1\0\0\0\0heix", "AVIF": b"\0\0\0\x18ftypmif1\0\0\0\0avif"}  # fmt: skip
    for before in (b"", b"\r\n", b"Content-Type: application/octet-stream\r\n\r\n"):
        data = file_kinds.picture_in(before + starts[kind] + bytes(80))
        assert file_kinds.kind_of(data) == kind and kind_of(before + data) == "picture"
