"""What of a mail could not be used, and why: kinds of problems in words, and what a file is by its first bytes."""

from collections import Counter
from collections.abc import Iterable

from shiming import file_kinds
from shiming.support import mail_wrapping

PROBLEMS = {
    "zip_encrypted": ("压缩包有密码，打不开", "password-protected zip"),
    "zip_broken": ("压缩包已损坏", "damaged zip"),
    "zip_too_large": ("压缩包里的文件太多或太大", "a zip with too many files, or too large ones"),
    "zip_nested": ("压缩包里还有压缩包", "a zip within a zip"),
    "archive_format": ("不支持这种压缩格式（rar、7z等），请直接附上照片",
        "archive of this kind (rar, 7z …) not taken; attach photos"),
    "document": ("文档（PDF、Word等）不能代替照片，请直接附上照片", "document (PDF, Word …); attach photos"),
    "outlook_item": ("附件是Outlook邮件，请直接附上照片", "an Outlook item; attach the photos themselves"),
    "encrypted": ("邮件经过加密（S/MIME、PGP），我们打不开，请关闭加密后重发",
        "encrypted (S/MIME, PGP), which we cannot open; turn encryption off and send it again"),
    "signature_broken": ("带数字签名的邮件（smime.p7m）打不开，请关闭签名后重发",
        "a signed mail (smime.p7m) that cannot be opened; turn signing off and send it again"),
    "tnef_broken": ("winmail.dat已损坏，请用纯文本或HTML格式重发", "damaged winmail.dat; send as plain text or HTML"),
    "empty": ("附件是空的", "empty attachment"),
    "unknown": ("认不出附件的格式", "unknown kind of file"),
    "link": ("附件只是下载链接（超大附件、云附件），请直接附上文件",
        "a download link (cloud attachment); attach the file itself"),
    "too_many": ("附件太多", "too many attachments"),
    "picture": ("照片的格式不支持或照片已损坏", "picture damaged, or of a kind that is not taken"),
    "picture_too_large": ("照片太大", "picture too large"),
    "video": ("视频不能用", "video that cannot be used"),
    "text_damaged": ("邮件文字有乱码，请重新填写姓名和身份证号", "damaged text; write name and number again"),
    "two_people": ("邮件里写了两个人的身份证号，请只写您本人的姓名和身份证号",
        "numbers of two people; write your own name and number alone"),
    "quoted": ("姓名和身份证号只出现在引用的内容里，请直接写在正文中", "facts in quoted text only; write them"),
}  # fmt: skip
_KINDS = {
    **dict.fromkeys(file_kinds.PICTURES, "picture"), "video": "video", "AVI": "video", "zip": "zip", "tnef": "tnef",
    "PDF": "document", "RTF": "document", "archive": "archive_format", "OLE": "outlook_item",
}  # fmt: skip
_MAIL = (b"from:", b"subject:", b"mime-version:", b"date:")


def kind_of(data: bytes) -> str:
    """picture, video, zip, tnef, wrapped, mail, text, or the problem that a file is, whatever it claims to be."""
    if not data.strip(b"\0\r\n "):
        return "empty"
    if mail_wrapping.is_wrapped(data):
        return "wrapped"
    if found := _KINDS.get(file_kinds.kind_of(file_kinds.picture_in(data))):
        return found
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "unknown"
    start = data[:4096].lower()
    headers = sum(start.startswith(h) or b"\n" + h in start for h in _MAIL)
    return "mail" if headers >= 3 else "text"


def told(codes: Iterable[str], spoken: str) -> list[str]:
    """One line for each kind of problem, with how often; never a file's name, nor a word of what it held."""
    at = ("zh", "en").index(spoken)
    form = ("{n} 处没有用上：{why}", "{n} not used: {why}")[at]
    return [form.format(n=n, why=PROBLEMS[code][at]) for code, n in Counter(codes).items() if code in PROBLEMS]
