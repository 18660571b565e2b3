"""An authenticator in software (WebAuthn, ES256): makes passkeys and signs by them, honestly or as it is told."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device with one passkey. `origin` is the page that its browser shows; a `counter` goes up if it counts."""

    origin: str = "https://console.test"
    verifies: bool = True
    counter: int = 0
    cross_origin: bool = False
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    owner: str = ""

    def makes(self, options: dict) -> dict:
        """A passkey for these options, as `PublicKeyCredential.toJSON()` gives it."""
        asked = options["publicKey"]
        self.owner = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        data = self._data(asked["rp"]["id"], MADE, credential)
        # an attestation object by hand: {"fmt": "none", "attStmt": {}, "authData": …}
        attested = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59" + len(data).to_bytes(2, "big") + data
        client = self._client("webauthn.create", asked["challenge"])
        return self._sent({"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(attested)})

    def signs(self, options: dict) -> dict:
        """An answer to these options."""
        asked = options["publicKey"]
        self.counter += 1 if self.counter else 0
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._sent({
            "clientDataJSON": websafe_encode(client), "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature), "userHandle": self.owner,
        })  # fmt: skip

    def _data(self, rp: str, flags: int = 0, credential: bytes = b"") -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return bytes(AuthenticatorData.create(hashlib.sha256(rp.encode()).digest(), flags, self.counter, credential))

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def _sent(self, response: dict) -> dict:
        id = websafe_encode(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
