"""Mails as ten common mailers, and one gateway, write them: made from a seed, of people who do not exist.

Each comes with what it means. Numbers use an area code that is not assigned.
"""

import base64
import io
import random
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy

JPEG, PNG = b"\xff\xd8\xff\xe0" + b"\1" * 20_000, b"\x89PNG\r\n\x1a\n" + b"\2" * 20_000
HEIC = b"\0\0\0\x18ftypheic" + b"\3" * 20_000
LOGO = b"\x89PNG\r\n\x1a\n" + b"\4" * 900
_NAMES = ("陈喆", "王堃", "李玥彤", "欧阳昕", "赵钱", "买买提·吐尔逊", "张镕", "刘珺瑶", "孙淼", "周旻昊")
_ACCOUNTS = ("小陈的频道", "大理石_live", "游戏·阿喆", "user-0042", "深夜厨房")


@dataclass(frozen=True)
class Sent:
    """A mail, and what its sender meant by it."""

    mailer: str
    raw: bytes
    account: str
    name: str
    number: str
    pieces: tuple[str, ...]
    unused: tuple[str, ...] = ()


class Draft:
    """What one person wants to say, before a mailer writes it."""

    def __init__(self, chance: random.Random, at: int):
        self.chance, self.at = chance, at
        self.account, self.name = chance.choice(_ACCOUNTS), chance.choice(_NAMES)
        self.number = f"170213{chance.randint(1950, 2004)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}" + (
            f"{chance.randint(0, 999):03}{chance.choice('0123456789X')}")  # fmt: skip
        self.subject = f"个人实名认证失败材料-{self.account}"

    def lines(self) -> list[str]:
        """The list as a person fills it in."""
        n, d = self.name, self.number
        return self.chance.choice([
            [f"姓名：{n}", f"身份证号：{d}", "联系电话：13800001234"],
            [f"1. 姓名:{n}；", f"2. 身份证号码:{d}；"], [f"- 真实姓名：{n}", f"- 身份证：{d}"],
            [f"【姓名】{n}", f"【身份证号】{d}"], [f"姓 名：{n}", f"身 份 证 号：{d[:6]} {d[6:14]} {d[14:]}"],
            [f"您好，姓名：{n}，身份证号：{d}，手机型号：P60"], ["姓名：", n, "身份证号：", d],
            [f"我的姓名是{n}。", f"身份证号 {d}"], [f"● 姓名（必填）＝{n}", f"● 身份证号＝{d}。"],
        ])  # fmt: skip


def _word(text: str, label: str, codec: str) -> str:
    """An encoded word, now and then split within a character as some mailers do."""
    data = text.encode(codec)
    cut = len(data) // 2 | 1
    return " ".join(f"=?{label}?B?{base64.b64encode(each).decode()}?=" for each in (data[:cut], data[cut:]) if each)


def _part(kind: str, data: bytes, *more: str) -> bytes:
    head = "\r\n".join([f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *more])
    return head.encode("utf-8") + b"\r\n\r\n" + base64.encodebytes(data)


def _many(kind: str, parts: list[bytes], mark: str) -> bytes:
    inside = b"".join(b"--" + mark.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n\r\n'.encode() + inside + f"--{mark}--\r\n".encode()


def _mail(
    draft: Draft, mailer: str, body: bytes, label="utf-8", codec="utf-8", before="", pieces=(), unused=()
) -> Sent:
    subject = _word(before + draft.subject, label, codec)
    head = f"From: chen@example.test\r\nTo: id@platform.test\r\nSubject: {subject}\r\nX-Mailer: {mailer}\r\n"
    head += "MIME-Version: 1.0\r\n"
    return Sent(mailer, head.encode() + body, draft.account, draft.name, draft.number, tuple(pieces), tuple(unused))


def _page(draft: Draft, style: str) -> str:
    lines, chance = draft.lines(), draft.chance.randrange(4)
    if chance == 0:
        return (
            (
                "<table><tbody><tr><td><p>姓名</p></td><td><p>&nbsp;NAME</p></td></tr><tr><td>身份证号</td><td>NUMBER&nbsp;</td></tr>"
                "</tbody></table>"
            )
            .replace("NAME", draft.name)
            .replace("NUMBER", draft.number)
        )
    if chance == 1:
        return (
            f"<table><tr><th>姓名</th><th>身份证号</th></tr>"
            f"<tr><td>{draft.name}</td><td>{draft.number}</td></tr></table>"
        )
    if chance == 2:
        return "".join(f"<p class={style}>" + "".join(f"&#{ord(c)};" for c in line) + "</p>" for line in lines)
    return "<style>p{}</style><!-- 姓名：别人 -->" + "".join(
        f"<div style='font:{style}'><span>{line[:2]}</span><span>{line[2:]}</span><br></div>" for line in lines
    )


def _both(draft: Draft, label: str, codec: str, plain: str | None = None) -> bytes:
    page = _page(draft, "MsoNormal")
    plain = "\n".join(draft.lines()) if plain is None else plain
    return _many("alternative", [_part(f'text/plain; charset="{label}"', plain.encode(codec)),
                                 _part(f'text/html; charset="{label}"', page.encode(codec))], "alt")  # fmt: skip


def _attached(kind: str, name: str, data: bytes, label: str, codec: str, way="attachment") -> bytes:
    coded = _word(name, label, codec)
    return _part(f'{kind}; name="{coded}"', data, f'Content-Disposition: {way}; filename="{coded}"')


def qq(draft: Draft) -> Sent:
    label, codec = draft.chance.choice([("gb18030", "gb18030"), ("GB2312", "gbk"), ("utf-8", "utf-8")])
    picture = _attached("application/octet-stream", "失败截图.jpg", JPEG, label, codec)
    body = _many("mixed", [_both(draft, label, codec), picture], "NextPart")
    return _mail(
        draft, "QQMail 2.x", body, label, codec, draft.chance.choice(["", "回复：", "转发："]), ["error_screenshot"]
    )


def netease(draft: Draft) -> Sent:
    label, codec = draft.chance.choice([("GBK", "gbk"), ("gb2312", "gbk"), ("x-gbk", "gbk"), ("utf-8", "gbk")])
    body = _many(
        "mixed", [_both(draft, label, codec, " \n"), _attached("image/jpg", "手持身份证.jpg", JPEG, "GBK", "gbk")], "B"
    )
    return _mail(
        draft, "Coremail Webmail (163/126)", body, "GBK", "gbk", draft.chance.choice(["", "Re:"]), ["handheld_front"]
    )


def foxmail(draft: Draft) -> Sent:
    label = draft.chance.choice(["GB2312", "us-ascii", "GB_2312-80", "windows-936"])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("材料/身份证正面.jpg", JPEG[:50] + draft.chance.randbytes(9_000))
        archive.writestr("__MACOSX/._x.jpg", b"x")
    body = _many("mixed", [_part(f"text/plain; charset={label}", "\n".join(draft.lines()).encode("gbk")),
                           _attached("application/x-zip", "材料.zip", made.getvalue(), "GB2312", "gbk")],
                 "F")  # fmt: skip
    return _mail(
        draft, "Foxmail 7", body, "GB2312", "gbk", draft.chance.choice(["", "答复: ", "Re[2]: "]), ["card_front"]
    )


def outlook(draft: Draft) -> Sent:
    body = _many(
        "mixed",
        [_both(draft, "gb2312", "gbk"), _attached("application/x-jpg", "身份证反面.jpg", JPEG, "gb2312", "gbk")],
        "O",
    )
    return _mail(
        draft,
        "Microsoft Outlook 16.0",
        body,
        "gb2312",
        "gbk",
        draft.chance.choice(["", "答复: ", "RE: "]),
        ["card_back"],
    )


def outlook_web(draft: Draft) -> Sent:
    inner = _mail(
        draft,
        "inner",
        _many(
            "mixed", [_both(draft, "utf-8", "utf-8"), _attached("image/png", "截图.png", PNG, "utf-8", "utf-8")], "I"
        ),
    )
    text = _part("text/html; charset=utf-8", "<div>见附件</div>".encode())
    body = _many("mixed", [text, b"Content-Type: message/rfc822\r\n\r\n" + inner.raw], "W")
    return _mail(draft, "Outlook Web", body, before="Fw: ", pieces=["error_screenshot"])


def gmail(draft: Draft) -> Sent:
    data = base64.b64encode(b"x").decode()
    name = "".join(f"%{byte:02X}" for byte in "失败截图.png".encode())
    picture = _part("image/png", PNG, "Content-Disposition: attachment;", f" filename*0*=UTF-8''{name[:20]};",
                    f" filename*1*={name[20:]}",
                    f"X-Attachment-Id: {data}")  # fmt: skip
    body = _many("mixed", [_both(draft, "UTF-8", "utf-8"), picture], "G")
    return _mail(draft, "Gmail", body, before=draft.chance.choice(["", "Fwd: Re: "]), pieces=["error_screenshot"])


def ios(draft: Draft) -> Sent:
    picture = _part(
        "application/octet-stream; name=IMG_0042.HEIC", HEIC, "Content-Disposition: inline; filename=IMG_0042.HEIC"
    )
    text = "\n".join(draft.lines()) + "\n\n发自我的 iPhone\n\n> 姓名：别人\n> 身份证号：170213190001010000\n"
    body = _many("mixed", [_part("text/plain; charset=utf-8", text.encode()), picture], "Apple-Mail")
    return _mail(draft, "iPhone Mail (20A)", body, before="回复：", pieces=["?"])


def android(draft: Draft) -> Sent:
    text = "\n".join(draft.lines()) + "\n来自我的华为手机\n从超大附件发送：https://wx.mail.qq.com/ftn/x"
    label, codec = draft.chance.choice([(None, "utf-8"), (None, "gbk"), ("gb2312", "utf-8")])
    kind = "text/plain" + (f"; charset={label}" if label else "")
    return _mail(draft, "小米/华为 Mail", _part(kind, text.encode(codec)), before="转发:", unused=["link"])


def thunderbird(draft: Draft) -> Sent:
    made = draft.chance.choice(
        [
            (b"%PDF-1.4 x", "document"),
            (b"Rar!\x1a\x07 x", "archive_format"),
            (b"", "empty"),
            (_locked(), "zip_encrypted"),
        ]
    )
    text = _part("text/plain; charset=UTF-8; format=flowed", "\n".join(draft.lines()).encode())
    body = _many("mixed", [text, _attached("image/jpeg", "正面.jpg", made[0], "UTF-8", "utf-8")], "T")
    return _mail(draft, "Thunderbird", body, before=draft.chance.choice(["", "Re: ", "AW: "]), unused=[made[1]])


def _locked() -> bytes:
    """A zip whose member says that it has a password."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.jpg", JPEG)
    data = bytearray(made.getvalue())
    data[data.find(b"PK\1\2") + 8] |= 1
    return bytes(data)


def exchange(draft: Draft) -> Sent:
    def attribute(level: int, name: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    data = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x69007, struct.pack("<II", 936, 0))
    data += attribute(1, 0x2800C, "\r\n".join(draft.lines()).encode("gbk") + b"\0")
    data += (
        attribute(2, 0x69002, b"\0" * 14)
        + attribute(2, 0x18010, "手持照.jpg".encode("gbk") + b"\0")
        + attribute(2, 0x6800F, JPEG)
    )
    body = _many(
        "mixed",
        [_part("text/plain; charset=us-ascii", b" \r\n"), _part("application/ms-tnef; name=winmail.dat", data)],
        "X",
    )
    return _mail(draft, "Exchange", body, "gb2312", "gbk", "答复: ", ["handheld_front"])


def gateway(draft: Draft) -> Sent:
    note = "\n\n免责声明：本邮件及附件可能含有保密信息。This message is confidential. Phone: +86 10 0000\n"
    logo = _part(
        "image/png; name=logo.png", LOGO, "Content-ID: <logo>", "Content-Disposition: inline; filename=logo.png"
    )
    text = "[外部邮件，请勿点击链接]\n" + "\n".join(draft.lines()) + note
    before = draft.chance.choice(
        ["[External] ", "【外部邮件】答复：", "[EXT] Re: [SPAM?] ", "***SPAM*** ", "回覆: (外部) "]
    )
    body = _many("related", [_part("text/plain; charset=utf-8", text.encode()), logo], "Z")
    return _mail(draft, "enterprise gateway", body, before=before)


MAILERS = (qq, netease, foxmail, outlook, outlook_web, gmail, ios, android, thunderbird, exchange, gateway)


def corpus(seed: int = 20, each: int = 24) -> Iterator[Sent]:
    chance = random.Random(seed)
    for at in range(each):
        for mailer in MAILERS:
            yield mailer(Draft(chance, at))


def opened(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)
