"""A key in an HSM, by PKCS#11: tried on SoftHSM's library, which keeps its tokens in a folder (issue 16)."""

import base64

import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers import configured
from shiming.settings import Settings
from tests.operations.outside import PIN, hsm

assert hsm  # a fixture
SECRET = bytes(range(32))


def adapter(hsm, **more):
    return configured.outside_key(Settings(**{**hsm, **more}), "pkcs11")


def test_what_it_wraps_it_unwraps_and_nothing_else(hsm):
    key = adapter(hsm)
    wrapped = key.wrap(SECRET)
    assert adapter(hsm).unwrap(wrapped) == SECRET and wrapped != key.wrap(SECRET)
    start, _, text = wrapped.rpartition(":")
    sealed = bytearray(base64.b64decode(text))
    sealed[20] ^= 1
    with pytest.raises(Unavailable):  # what exactly, each library says in its own way
        key.unwrap(f"{start}:{base64.b64encode(sealed).decode()}")
    for damaged in (f"{start}:", "pkcs11:1:", "x", "vault:v1:AAAA"):
        with pytest.raises(Unavailable) as met:
            key.unwrap(damaged)
        assert met.value.kind is Unavailability.MISCONFIGURED


def test_a_new_key_beside_the_old_one_wraps_and_the_old_one_still_unwraps(hsm):
    import pkcs11

    wrapped = adapter(hsm).wrap(SECRET)
    with pkcs11.lib(hsm["pkcs11_module"]).get_token(token_label="house").open(rw=True, user_pin=PIN) as session:
        session.generate_key(pkcs11.KeyType.AES, 256, label="shiming-2027", store=True)
    key = adapter(hsm, pkcs11_key_label="shiming-2027")
    assert key.unwrap(wrapped) == SECRET and key.wrap(SECRET).split(":")[2] != wrapped.split(":")[2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pkcs11_token_label": "another"}, "no token of the label SHIMING_PKCS11_TOKEN_LABEL"),
        ({"pkcs11_key_label": "another"}, "no AES key of that label"),
        ({"pkcs11_module": "/nowhere/lib.so"}, "no PKCS#11 library"),
        ({"pkcs11_pin_file": "/nowhere/pin"}, "the file of the PIN cannot be read"),
    ],
)
def test_what_is_set_wrong_is_named_and_right_settings_work_after_it(hsm, given, said):
    with pytest.raises(Unavailable, match=said) as met:
        adapter(hsm, **given).wrap(SECRET)
    assert met.value.kind is Unavailability.MISCONFIGURED and PIN not in str(met.value)
    assert adapter(hsm).wrap(SECRET)


def test_a_wrong_pin_is_tried_once_until_it_is_changed(hsm, tmp_path, monkeypatch):
    """Tokens lock themselves after a few: a look twice a minute must not be what locks this one."""
    pin = tmp_path / "pin"
    pin.write_text("111111")
    key = adapter(hsm, pkcs11_pin_file=str(pin))
    tried, with_key = [], key._with_key
    monkeypatch.setattr(key, "_with_key", lambda *given: (tried.append(given[-1]), with_key(*given))[1])
    for _ in range(3):
        with pytest.raises(Unavailable, match="PIN is wrong"):
            key.wrap(SECRET)
    assert tried == ["111111"]
    pin.write_text(f"{PIN}\n")
    assert key.unwrap(key.wrap(SECRET)) == SECRET


def test_all_that_is_needed_is_named_at_once():
    with pytest.raises(BadInput, match="SHIMING_PKCS11_MODULE, SHIMING_PKCS11_TOKEN_LABEL, SHIMING_PKCS11_KEY_LABEL"):
        configured.outside_key(Settings(), "pkcs11")
