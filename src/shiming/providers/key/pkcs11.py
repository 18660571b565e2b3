"""An AES key in a hardware security module, or whatever else has a library that speaks PKCS#11.

Source: OASIS PKCS #11 Mechanisms 2.40, 2.12 (CKM_AES_GCM). The library is loaded into this process; a question that it
does not answer in time is let go of by whoever asked. A PIN that was refused is not tried again by this process, since
tokens lock themselves after a few.
"""

import base64
import binascii
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from shiming.errors import BadInput, Unavailability, Unavailable

FORM, NONCE, TAG, PIN_BYTES = "pkcs11:1", 12, 16, 1024
WRONG = {
    "PKCS11Error": "SHIMING_PKCS11_MODULE is no PKCS#11 library that can be loaded",
    "NoSuchToken": "there is no token of the label SHIMING_PKCS11_TOKEN_LABEL",
    "MultipleTokensReturned": "several tokens have the label SHIMING_PKCS11_TOKEN_LABEL",
    "NoSuchKey": "the token has no AES key of that label (SHIMING_PKCS11_KEY_LABEL, or what it was before)",
    "MultipleObjectsReturned": "several keys have the label SHIMING_PKCS11_KEY_LABEL",
    "PinLocked": "the PIN is locked",
    "PinExpired": "the PIN has expired",
    "PinInvalid": "the PIN is none that the token takes",
    "PinLenRange": "the PIN is none that the token takes",
    "UserPinNotInitialized": "the token has no user PIN yet",
    "MechanismInvalid": "the token does not know CKM_AES_GCM",
    "KeyTypeInconsistent": "the key of the label SHIMING_PKCS11_KEY_LABEL is no AES key",
    "EncryptedDataInvalid": "the key of that label is another one than the file was wrapped by",
    "EncryptedDataLenRange": "what was wrapped is damaged",
}


class Pkcs11:
    """`module`: path of the library; `token` and `key`: their labels."""

    name = "pkcs11"

    def __init__(self, module: str, token: str, key: str, pin: str, pin_file: str):
        try:
            import pkcs11
        except ImportError:
            raise BadInput("Keys in an HSM need the extra: pip install 'shiming[pkcs11]'.") from None
        named = {"MODULE": module, "TOKEN_LABEL": token, "KEY_LABEL": key, "PIN_FILE": pin or pin_file}
        if missing := [f"SHIMING_PKCS11_{name}" for name, value in named.items() if not value]:
            raise BadInput(f"Not set: {', '.join(missing)}.")
        self._library, self._module, self._token, self._key = pkcs11, module, token, key
        self._pin, self._pin_file = pin, pin_file
        self._lock, self._again, self._refused_pin = threading.Lock(), False, ""

    def wrap(self, secret: bytes) -> str:
        nonce = os.urandom(NONCE)
        sealed = nonce + self._do("encrypt", self._key, nonce, secret)
        return ":".join((FORM, _text(self._key.encode()), _text(sealed)))

    def unwrap(self, wrapped: str) -> bytes:
        """By the key that wrapped it, whatever the label in the settings by now: so keys are changed there."""
        form, _, rest = wrapped.rpartition(f"{FORM}:")
        try:
            label, sealed = (base64.b64decode(part, validate=True) for part in rest.split(":"))
            key = label.decode()
        except (binascii.Error, ValueError):
            sealed = key = b""
        if form or len(sealed) <= NONCE + TAG:
            raise _wrong("what was wrapped is damaged, or was wrapped elsewhere")
        return self._do("decrypt", key, sealed[:NONCE], sealed[NONCE:])

    def _do(self, what: str, key: str, nonce: bytes, data: bytes) -> bytes:
        """One at a time: a session has one operation at a time, and who is signed in is so for the whole process."""
        with self._lock:
            pin = self._read_pin()
            try:
                return self._with_key(what, key, nonce, data, pin)
            except self._library.PKCS11Error as fault:
                raise self._said(fault, pin) from None

    def _with_key(self, what: str, label: str, nonce: bytes, data: bytes, pin: str) -> bytes:
        token = self._loaded().get_token(token_label=self._token)
        with token.open(user_pin=pin) as session:
            key = session.get_key(object_class=self._library.ObjectClass.SECRET_KEY, label=label)
            param = self._library.GCMParams(nonce, b"shiming", TAG * 8)
            return bytes(getattr(key, what)(data, mechanism=self._library.Mechanism.AES_GCM, mechanism_param=param))

    def _loaded(self) -> Any:
        """The library; begun anew after it failed, since many find a device that went away only so."""
        library = self._library.lib(self._module)
        if self._again:
            self._again = False
            library.reinitialize()
        return library

    def _said(self, fault: Exception, pin: str) -> Unavailable:
        kind = type(fault).__name__
        if kind == "PinIncorrect":
            self._refused_pin = pin
            return _wrong("the PIN is wrong; it is not tried again before it is changed")
        if kind in WRONG:
            self._again = kind == "NoSuchToken"
            return _wrong(WRONG[kind])
        self._again = True
        return Unavailable(f"the library says {kind}")

    def _read_pin(self) -> str:
        pin = self._pin
        if self._pin_file:
            with suppress(OSError, UnicodeError), Path(self._pin_file).open("rb") as file:
                pin = file.read(PIN_BYTES).decode().strip("\r\n")
        if not pin:
            raise _wrong(f"the file of the PIN cannot be read, or is empty: {self._pin_file}")
        if pin == self._refused_pin:
            raise _wrong("the PIN is wrong; it is not tried again before it is changed")
        return pin


def _wrong(message: str) -> Unavailable:
    return Unavailable(f"{message}.", kind=Unavailability.MISCONFIGURED)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
