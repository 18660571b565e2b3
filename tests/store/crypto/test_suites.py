"""The commercial suite against the vectors that its standards publish, and both suites beside each other."""

import io
import os
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import Engine, select

from shiming.errors import BadInput
from shiming.store.crypto import key_check, key_file, suites
from shiming.store.crypto.data_keys import data_keys
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.crypto.key_file import KeyFileFault
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.crypto.sealed import Erased, Lookup, MasterKeys, Sealer, Tampered
from shiming.store.crypto.sm2 import Sm2PrivateKey, Sm2PublicKey
from shiming.store.crypto.suites import COMMERCIAL, INTERNATIONAL, SUITES, NoSuite, Sm4Gcm
from tests.store.crypto.test_outside_key import Safe

NAME, NUMBER = "王国密".encode(), "660101199001011234"
BOTH = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)


def other(suite):
    return next(each for each in SUITES if each is not suite)


def test_sm3_is_that_of_gb_t_32905():
    """Annex A.1 and A.2."""
    for message, digest in (
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ):
        made = hashes.Hash(hashes.SM3())
        made.update(message)
        assert made.finalize().hex() == digest


def test_sm4_is_that_of_gb_t_32907():
    """Annex A.1: one block."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    made = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305  # one block
    assert made.update(key) + made.finalize() == bytes.fromhex("681edf34d206965e86b3e94f536e4246")


def test_sm4_gcm_is_that_of_rfc_8998():
    """Appendix A.1."""
    aead = Sm4Gcm(bytes.fromhex("0123456789abcdeffedcba9876543210"))
    nonce, about = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([each]) * 8 for each in bytes.fromhex("aabbccddeeffeeaa"))
    sealed = aead.encrypt(nonce, plain, about)
    assert sealed == bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert aead.decrypt(nonce, sealed, about) == plain


# The example of GB/T 32918.5 on the recommended curve, which every implementation is held against.
POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SECRET = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
R = bytes.fromhex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3")
S = bytes.fromhex("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")


def der(r: bytes, s: bytes) -> bytes:
    body = b"".join(bytes([2, 33, 0]) + each if each[0] & 0x80 else bytes([2, 32]) + each for each in (r, s))
    return bytes([0x30, len(body)]) + body


def test_sm2_is_that_of_gb_t_32918():
    """The signature of `message digest` by signer 1234567812345678 is taken, and with any byte changed it is not."""
    key = Sm2PublicKey(POINT)
    good = der(R, S)
    key.verify(good, b"message digest")
    for place in range(len(good)):
        wrong = bytearray(good)
        wrong[place] ^= 1
        with pytest.raises(InvalidSignature):
            key.verify(bytes(wrong), b"message digest")
    for signature, message in ((good, b"message digest!"), (good + b"\0", b"message digest"), (b"", b"message digest")):
        with pytest.raises(InvalidSignature):
            key.verify(signature, message)
    pair = Sm2PrivateKey(SECRET, key)
    key.verify(pair.sign(b"message digest"), b"message digest")
    assert pair.open(key.seal(b"secret")) == b"secret"


def test_openssl_knows_the_key_by_its_pem(tmp_path: Path):
    """The PEM is read back, and refused where it is another kind of file."""
    pair = Sm2PrivateKey.generate()
    assert Sm2PublicKey.of_pem(pair.public.pem()) == pair.public
    assert repr(pair).find(pair.secret.hex()) < 0 and Sm2PrivateKey.of(pair.raw) == pair
    with pytest.raises(ValueError, match="no PEM"):
        Sm2PublicKey.of_pem("anything")


def test_a_suite_is_one_of_two_and_says_what_is_missing(monkeypatch):
    assert suites.of("commercial") is COMMERCIAL and suites.of("international") is INTERNATIONAL
    with pytest.raises(BadInput, match="SHIMING_CRYPTO"):
        suites.of("guomi")
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    with pytest.raises(NoSuite, match=r"shiming\[commercial\]"):
        Sm2PrivateKey.generate()


@BOTH
def test_what_either_suite_sealed_opens_by_both_and_no_changed_byte_does(key_path: Path, keys: Engine, suite) -> None:
    """王国密's name, and a film: the other suite's process reads it, and refuses what was changed."""
    sealer, reader = (Sealer(MasterKeys.load(key_path), keys, suite=each) for each in (suite, other(suite)))
    sealed = sealer.seal("ver_1", "name", NAME)
    assert sealed[:1] == suite.value and reader.open("ver_1", "name", sealed) == NAME
    assert reader.open_many([("ver_1", "name", sealed)]) == [NAME]
    for place in range(len(sealed)):
        wrong = bytearray(sealed)
        wrong[place] ^= 2  # the format becomes the other suite's
        with pytest.raises(Tampered):
            reader.open("ver_1", "name", bytes(wrong))
        with pytest.raises(Tampered):
            reader.open("ver_1", "name", sealed[:place])
    film, stored, shown = os.urandom(300_000), io.BytesIO(), io.BytesIO()
    sealer.seal_file("ver_1", "film", io.BytesIO(film), stored)
    reader.open_file("ver_1", "film", io.BytesIO(stored.getvalue()), shown)
    assert stored.getvalue()[:1] == suite.stream and shown.getvalue() == film
    for place in (0, 5, 18, 40, len(stored.getvalue()) - 1):
        wrong = bytearray(stored.getvalue())
        wrong[place] ^= 6 if place == 0 else 1
        with pytest.raises(Tampered):
            reader.open_file("ver_1", "film", io.BytesIO(bytes(wrong)), io.BytesIO())


@BOTH
def test_rotating_wraps_by_the_suite_that_is_set_and_the_erased_stay_so(key_path: Path, keys: Engine, suite) -> None:
    before = Sealer(MasterKeys.load(key_path), keys, suite=other(suite))
    sealed, gone = (before.seal(owner, "name", NAME) for owner in ("ver_1", "ver_2"))
    before.erase("ver_2")
    key_file.add(key_path, "master", suite=suite)
    sealer = Sealer(MasterKeys.load(key_path), keys, suite=suite)
    assert (sealer.wrapped_by(suite), sealer.wrapped_by(other(suite))) == (0, 1)
    assert sealer.rotate() == 1 and sealer.rotate() == 0
    assert (sealer.wrapped_by(suite), sealer.wrapped_by(other(suite))) == (1, 0)
    with keys.connect() as connection:
        rows = {row.owner: bytes(row.wrapped) for row in connection.execute(select(data_keys))}
    assert rows["ver_1"][:1] == suite.value and len(rows["ver_1"]) == 61 and not any(rows["ver_2"])
    fresh = Sealer(MasterKeys.load(key_path), keys, suite=suite)
    moved = fresh.reseal("ver_1", "name", sealed)
    assert moved[:1] == suite.value and {each.open("ver_1", "name", moved) for each in (fresh, before)} == {NAME}
    fresh.erase("ver_1")
    for each in (sealed, moved):
        with pytest.raises(Erased):
            fresh.open("ver_1", "name", each)
    with pytest.raises(Erased):
        fresh.open("ver_2", "name", gone)


def test_a_look_up_key_hashes_by_one_suite_for_ever(key_path: Path) -> None:
    """王国密 was known before the house moved to SM3, and again after it moved back."""
    before = Lookup.load(key_path).hash("number", NUMBER)
    key_file.add(key_path, "lookup", suite=COMMERCIAL)
    moved = Lookup.load(key_path)
    newer = moved.hash("number", NUMBER)
    assert (moved.suite, newer[:2], len(newer)) == (COMMERCIAL, "2:", 66) and newer[2:] != before[2:]
    key_file.add(key_path, "lookup")
    back = Lookup.load(key_path)
    assert back.suite is INTERNATIONAL and {before, newer} < set(back.candidates("number", NUMBER))
    # HMAC-SM3 as OpenSSL makes it, told apart from HMAC-SHA256 by nothing but the key file
    assert Lookup({2: key_file.read(key_path).lookup[2]}, [2]).hash("number", NUMBER) == newer
    key_file.retire(key_path, "lookup", 2)
    assert key_file.read(key_path).sm3 == frozenset()


def test_a_key_file_says_so_where_it_holds_something_of_the_commercial_suite(tmp_path: Path, key_path: Path) -> None:
    """An earlier release refuses the format; one that was never commercial stays as it was."""
    assert '"format": 1' in key_path.read_text() and "sm" not in key_path.read_text()
    made = key_file.create(tmp_path / "commercial.keys", suite=COMMERCIAL)
    text = (tmp_path / "commercial.keys").read_text()
    assert '"format": 3' in text and key_file.read(tmp_path / "commercial.keys") == made
    assert made.sm3 == {1} and made.sm2 and made.sm2.secret.hex() not in repr(made)
    key_file.add(tmp_path / "commercial.keys", "master", suite=COMMERCIAL)
    assert key_file.read(tmp_path / "commercial.keys").sm2 == made.sm2
    for wrong in (text.replace('"sm3": [\n    1\n  ]', '"sm3": [7]'), text.replace('"format": 3', '"format": 5')):
        with pytest.raises(KeyFileFault, match="damaged"):
            key_file.loads(wrong, "it")


def test_a_file_that_was_told_another_suite_is_not_this_installations(main, keys: Engine, tmp_path: Path) -> None:
    """A server whose copy forgot that its look-up key is one of SM3 would take everybody for new."""
    path = tmp_path / "commercial.keys"
    key_file.create(path, suite=COMMERCIAL)
    key_check.enrol(keys, main, path)
    key_check.verify(keys, main, path)
    path.write_text(path.read_text().replace('"sm3": [\n    1\n  ]', '"sm3": []'))
    with pytest.raises(OtherKeys, match="another one"):
        key_check.verify(keys, main, path)


@BOTH
def test_the_key_outside_seals_the_file_by_either_suite(tmp_path: Path, suite) -> None:
    safe = Safe()
    path, guard = tmp_path / "outside.keys", KeyGuard("safe", {"safe": safe}.__getitem__, suite=suite)
    made = key_file.create(path, guard, suite)
    assert f'"format": {suite.page}' in path.read_text() and key_file.outside(path) == "safe"
    reader = KeyGuard("safe", {"safe": safe}.__getitem__, suite=other(suite))
    assert key_file.read(path, reader) == made
    path.write_text(path.read_text().replace(f'"format": {suite.page}', f'"format": {other(suite).page}'))
    with pytest.raises(KeyFileFault, match="damaged"):
        key_file.read(path, KeyGuard("safe", {"safe": safe}.__getitem__))
