"""M27: mails that came within a signature, in the armour of PGP, or encrypted; and files whose names came in parts."""

import base64
import datetime
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from shiming.support import mail
from shiming.support.mail_problems import told
from shiming.support.mail_wrapping import without_armour
from shiming.workflows.support.mail_intake import _opened
from shiming.workflows.support.mail_parts import parts_of
from tests.application import jpeg
from tests.support.test_mail import BODY, appeal_of, arrives, rejected, written  # noqa: F401
from tests.support.test_mail_as_sent import TEXT, packed, zipped

FACTS = {"name": "陈喆喆", "number": "170213199103140138"}
PICTURE = b"\xff\xd8\xff\xe0" + b"\1" * 20_000
ENTITY = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
    TEXT.encode()
)
BINARY, DER = pkcs7.PKCS7Options.Binary, Encoding.DER


@pytest.fixture(scope="module")
def signer():
    return certified(ec.generate_private_key(ec.SECP256R1()))


def certified(key):
    """A certificate that nobody vouches for, and its key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chen@example.test")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime.datetime(2026, 1, 1))
    return made.not_valid_after(datetime.datetime(2027, 1, 1)).sign(key, hashes.SHA256()), key


def signed(signer, data: bytes, *options, encoding=DER) -> bytes:
    made = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(*signer, hashes.SHA256())
    return made.sign(encoding, [BINARY, *options])


def streamed(signer, data: bytes, size: int) -> bytes:
    """The same as Apple's and OpenSSL's programs write it: lengths left open, what is signed in chunks."""

    def element(tag: int, body: bytes) -> bytes:
        return bytes((tag, 0x84)) + len(body).to_bytes(4, "big") + body

    def opened(tag: int, body: bytes) -> bytes:
        return bytes((tag, 0x80)) + body + b"\0\0"

    der = signed(signer, data)
    tail = der[der.index(data) + len(data) :]  # certificates and signatures
    chunks = b"".join(element(4, data[n : n + size]) for n in range(0, len(data), size))
    kind, digests = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", b"1\x0f0\x0d\x06\x09`\x86H\x01e\x03\x04\x02\x01\x05\0"
    held = opened(0x30, kind + b"\x01" + opened(0xA0, opened(0x24, chunks)))
    return opened(0x30, kind + b"\x02" + opened(0xA0, opened(0x30, b"\x02\x01\x01" + digests + held + tail)))


def entire(entity: bytes) -> bytes:
    return b"From: a@example.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + entity


def read(raw: bytes):
    """Facts, kinds of files, what was not used."""
    parts, facts = parts_of(_opened(raw), _opened), {}
    for text in parts.texts:
        facts = {**mail.facts_in(text), **facts}
    return facts, [kind for _, _, kind in parts.files], parts.unused


MIXED = (
    b'Content-Type: multipart/mixed; boundary="in"\r\n\r\n--in\r\n' + ENTITY + b"\r\n--in\r\n"
    b"Content-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(PICTURE) + b"\r\n--in--\r\n"
)  # fmt: skip
HEADS = ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "application/x-pkcs7-mime; name=smime.p7m",
         "application/octet-stream; name=smime.p7m", "application/octet-stream; name=a.dat")  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("way", ["DER", "streamed", "PEM", "within another"])
def test_what_is_held_in_its_signature_is_read(signer, head, way):
    """The whole mail of who signs so was left out as encrypted."""
    made = {
        "DER": lambda: signed(signer, MIXED), "streamed": lambda: streamed(signer, MIXED, 1000),
        "PEM": lambda: signed(signer, MIXED, encoding=Encoding.PEM),
        "within another": lambda: signed(signer, b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: "
                                         b"base64\r\n\r\n" + base64.encodebytes(signed(signer, MIXED))),
    }[way]()  # fmt: skip
    assert read(packed(head, made)) == (FACTS, ["picture"], [])
    whole = f"Content-Type: {head}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + base64.encodebytes(made)
    assert read(entire(whole)) == (FACTS, ["picture"], [])


@pytest.mark.parametrize("held", [TEXT.encode(), TEXT.encode("gbk"), b"Name: x\r\n\r\n" + TEXT.encode(),
                                  zipped(a=jpeg()), PICTURE])  # fmt: skip
def test_a_signature_may_hold_what_is_no_part_of_a_mail(signer, held):
    facts, files, unused = read(packed(HEADS[0], signed(signer, held)))
    assert (facts == FACTS or files == ["picture"]) and not unused


def test_a_signature_apart_or_without_anything_in_it_says_nothing(signer):
    """As smime.p7s whatever it is said to be; certificates alone."""
    apart = signed(signer, ENTITY, pkcs7.PKCS7Options.DetachedSignature)
    for data in (apart, pkcs7.serialize_certificates([signer[0]], DER)):
        for head in (*HEADS, "application/pkcs7-signature; name=smime.p7s"):
            assert read(packed(head, data)) == ({}, [], [])


def test_what_is_encrypted_is_named_with_what_to_do():
    cert, _ = certified(rsa.generate_private_key(65537, 2048))
    sealed = pkcs7.PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(cert).encrypt(DER, [BINARY])
    for head in HEADS:
        assert read(packed(head, sealed)) == ({}, [], ["encrypted"])
    assert "关闭加密" in told(["encrypted"], "zh")[0] and "turn encryption off" in told(["encrypted"], "en")[0]


def test_a_signature_that_is_cut_off_or_made_to_keep_us_busy_is_named(signer):
    whole, before = signed(signer, MIXED), time.process_time()
    many = streamed(signer, MIXED * 20, 3)
    for data in (whole[:300], whole[:40], streamed(signer, MIXED, 1000)[:3000], many,
                 whole[:22] + b"\x30\x80" * 5_000):  # fmt: skip
        assert read(packed(HEADS[0], data)) == ({}, [], ["signature_broken"])
    assert time.process_time() - before < 20
    assert told(["signature_broken"], "zh") and told(["signature_broken"], "en")


def test_a_signed_mail_fills_an_appeal(home, rejected, signer):  # noqa: F811
    head = written(body="").partition(b"\nContent-Type")[0]
    entity = b"Content-Type: text/plain; charset=utf-8\n\n" + BODY.encode()
    body = base64.encodebytes(signed(signer, entity))
    arrives(home, head + f"\nContent-Type: {HEADS[0]}\nContent-Transfer-Encoding: base64\n\n".encode() + body)
    assert "facts" in appeal_of(home, rejected)["pieces"]


SIGNATURE = """-----BEGIN PGP SIGNATURE-----
Version: GnuPG v2.0.22 (GNU/Linux)
Comment: 姓名：别人

iQEzBAEBCgAdFiEEq9Version9phone8device7
=abcd
-----END PGP SIGNATURE-----
"""
CLEAR = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{TEXT}\n{SIGNATURE}"
PUBLIC = SIGNATURE.replace("SIGNATURE", "PUBLIC KEY BLOCK")
MESSAGE = SIGNATURE.replace("SIGNATURE", "MESSAGE").replace("Comment: 姓名：别人\n", "")


@pytest.mark.parametrize("text", [
    CLEAR, CLEAR.replace("\n", "\r\n"), CLEAR.replace("Hash: SHA256\n\n", "Hash: SHA256\nHash: SHA512\n\n"),
    CLEAR.replace("Hash: SHA256\n\n", "Hash: SHA256\n"), CLEAR.replace("Hash: SHA256\n\n", "\n"),
    CLEAR.replace("姓名", "- - 姓名").replace("身份证号", "- - 身份证号"),
    CLEAR.replace("-----END PGP SIGNATURE-----\n", ""), CLEAR.replace("陈喆喆\n", "陈喆喆\n- -----\n"),
    f"您好：\n\n{CLEAR}\n谢谢\n", f"{PUBLIC}\n{TEXT}", f"{TEXT}\n{PUBLIC}",
    f"{TEXT}\n{SIGNATURE.replace('-----END PGP SIGNATURE-----', '')}\n再见",
])  # fmt: skip
def test_armour_states_nothing(text):
    """`Version: GnuPG …` was kept as the version of the app, the end of a name lay behind a dash."""
    plain, encrypted = without_armour(text)
    assert mail.facts_in(plain) == FACTS and not encrypted


def test_what_stands_behind_armour_and_what_only_looks_like_it_is_kept():
    for text in (f"{SIGNATURE}{TEXT}\n版本：9.1", f"{CLEAR}版本：9.1", f"{TEXT}\n-----END PGP\n版本：9.1",
                 f"-----BEGIN PGP SIGNED MESSAGE-----\n\n版本：9.1\n{TEXT}\n{SIGNATURE}"):  # fmt: skip
        assert mail.facts_in(without_armour(text)[0]) == FACTS | {"app_version": "9.1"}, text
    assert without_armour(TEXT) == (TEXT, False)


@pytest.mark.parametrize("head", ["text/plain; charset=utf-8", "application/pgp; x-action=sign; format=text",
                                  "application/octet-stream; name=a.asc", "text/html"])  # fmt: skip
def test_armour_in_any_part_of_a_mail_states_nothing(head):
    text = CLEAR.replace("\n", "<br>\n") if head == "text/html" else CLEAR
    assert read(packed(head, text.encode())) == (FACTS, [], [])
    assert read(packed(head, MESSAGE.encode())) == ({}, [], ["encrypted"])
    assert read(packed(head, SIGNATURE.encode())) == read(packed(head, PUBLIC.encode())) == ({}, [], [])


def many(kind: str, *parts: tuple[str, bytes]) -> bytes:
    inside = "".join(f"--BB\nContent-Type: {head}\nContent-Transfer-Encoding: base64\n\n"
                     f"{base64.encodebytes(data).decode()}\n" for head, data in parts)  # fmt: skip
    return entire(f"Content-Type: multipart/{kind}; boundary=BB\n\n{inside}--BB--\n".encode())


def test_pgp_in_parts():
    """RFC 3156: a signature beside what it signs, with Autocrypt's key; a sealed mail beside the word for it."""
    kept = ("text/plain; charset=utf-8", TEXT.encode())
    for other in (("application/pgp-signature; name=signature.asc", SIGNATURE.encode()),
                  ("application/pgp-keys; name=key.asc", PUBLIC.encode()),
                  ("application/octet-stream; name=signature.asc", SIGNATURE.encode())):  # fmt: skip
        assert read(many("signed; micalg=pgp-sha256", kept, other)) == (FACTS, [], [])
    sealed = ("application/pgp-encrypted", b"Version: 1"), ("application/octet-stream", MESSAGE.encode())
    assert read(many("encrypted; protocol=application/pgp-encrypted", *sealed)) == ({}, [], ["encrypted"])


def names(*headers: str) -> list[str]:
    raw = "\n".join(headers).encode("utf-8", "surrogateescape")
    body = b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(PICTURE)
    return [name for name, _, _ in parts_of(_opened(entire(raw + body)), _opened).files]


def percent(text: str, codec: str = "utf-8") -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode(codec))


GOOD = "我的身份证正面.jpg"
HALF = percent(GOOD)[:17]  # within a character, and within its percents' reach
WORD = base64.b64encode(GOOD.encode("gbk")).decode()
NAMED = {
    "both": f"filename=\"????.jpg\"; filename*=UTF-8''{percent(GOOD)}",
    "both, the other first": f"filename*=UTF-8''{percent(GOOD)}; filename=\"a.jpg\"",
    "both, that in parts": f"filename=a.jpg; filename*0*=UTF-8''{HALF}; filename*1*={percent(GOOD)[17:]}",
    "both, of which that is broken": f"filename*=UTF-8''%FF%FE%FF; filename=\"{GOOD}\"",
    "whole, and in parts": f"filename*=UTF-8''{percent(GOOD)}; filename*0=a; filename*1=.jpg",
    "with a language": f"filename*=utf-8'zh-CN'{percent(GOOD)}",
    "in quotes": f"filename*=\"UTF-8''{percent(GOOD)}\"",
    "without a charset": f"filename*=''{percent(GOOD)}", "without any quote": f"filename*={percent(GOOD)}",
    "GBK said to be UTF-8": f"filename*=UTF-8''{percent(GOOD, 'gbk')}",
    "UTF-8 said to be GBK": f"filename*=GBK''{percent(GOOD)}",
    "a charset of its own": f"filename*=x-none''{percent(GOOD)}",
    "as bytes": f"filename*=UTF-8''{GOOD}", "as an encoded word": f"filename*==?GBK?B?{WORD}?=",
    "a coded part, then a plain": f"filename*0*=UTF-8''{percent('我的身份证')}; filename*1=\"正面.jpg\"",
    "a plain part with a percent": f"filename*0*=UTF-8''{percent('我的身份证正面')}; filename*1=\".jpg\"",
    "parts in another order": f"filename*1*={percent(GOOD)[17:]}; filename*0*=UTF-8''{HALF}",
    "more than ten parts": "; ".join(f"filename*{n}*={chr(39) * 2 * (not n)}{percent(c)}" for n, c in
                                     sorted(enumerate(GOOD + "eg"), key=lambda each: str(each[0]))),
    "a word over two parts": f"filename*0=\"=?GBK?B?{WORD[:8]}\"; filename*1=\"{WORD[8:]}?=\"",
    "percents in a plain name": f"filename=\"{percent(GOOD)}\"",
}  # fmt: skip


@pytest.mark.parametrize("how", NAMED)
def test_a_files_name_is_whole_however_it_was_written(how):
    read_as = names("Content-Type: application/octet-stream", f"Content-Disposition: attachment; {NAMED[how]}")
    assert read_as == [GOOD + "eg" if how == "more than ten parts" else GOOD]


@pytest.mark.parametrize(("type", "about", "name"), [
    (f'; name="=?GBK?B?{WORD}?="', '; filename="????.jpg"', GOOD), (f"; name*=UTF-8''{percent(GOOD)}", "", GOOD),
    ("", r'; filename="\"正面\" 1.jpg"', '"正面" 1.jpg'), ("", '; filename="100% 正面.jpg"', "100% 正面.jpg"),
    ("", f"; filename*=UTF-8''{percent('好' * 250 + GOOD)}", "好" * 250 + GOOD),
    ("", f"; FILENAME*=gb18030''{percent(GOOD, 'gb18030')}", GOOD),
])  # fmt: skip
def test_quotes_long_names_and_a_better_name_beside(type, about, name):
    assert names(f"Content-Type: image/jpeg{type}", f"Content-Disposition: attachment{about}") == [name]
