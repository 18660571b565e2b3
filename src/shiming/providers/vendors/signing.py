"""How requests are signed for outside sources: pure functions, proved by the vectors that the vendors publish.

Times are arguments (seconds since 1970). A signature says who asks and that nothing was changed on the way; whether a
request is fresh and new is for the receiver to judge.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def tc3(key_id: str, secret: str, service: str, headers: Mapping[str, str], body: bytes, at: int) -> str:
    """The `Authorization` of a POST to Tencent Cloud (TC3-HMAC-SHA256). Signs all of `headers`, names in lower case."""
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in sorted(headers))
    canonical = f"POST\n/\n\n{lines}\n{signed}\n{sha256(body)}"
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    key = _mac(_mac(_mac(f"TC3{secret}".encode(), day), service), "tc3_request")
    signature = _mac(key, f"TC3-HMAC-SHA256\n{at}\n{scope}\n{sha256(canonical.encode())}").hex()
    return f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def acs3(
    key_id: str, secret: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, str] | None = None
) -> str:
    """The `Authorization` of a POST to Alibaba Cloud (ACS3-HMAC-SHA256), whose `x-acs-content-sha256` is in `headers`.

    Signs all of `headers`, names in lower case.
    """
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    asked = "&".join(f"{quote(key, '~')}={quote(value, '~')}" for key, value in sorted((query or {}).items()))
    canonical = f"POST\n/\n{asked}\n{lines}\n{signed}\n{sha256(body)}"
    signature = _mac(secret.encode(), f"ACS3-HMAC-SHA256\n{sha256(canonical.encode())}").hex()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"


def standard(secret: bytes, id: str, body: bytes, at: int) -> str:
    """The `webhook-signature` of Standard Webhooks: the same as Shiming's own webhooks have."""
    return "v1," + base64.b64encode(hmac.digest(secret, f"{id}.{at}.".encode() + body, "sha256")).decode()


def standard_key(secret: str) -> bytes:
    """The bytes of a secret as Standard Webhooks writes it: `whsec_` and Base64. Raises ValueError."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if len(key) < 24:
        raise ValueError("A secret for signed requests is whsec_ and the Base64 of 24 bytes or more.")
    return key


def rsa2_text(params: Mapping[str, str]) -> bytes:
    """What Alipay has signed (RSA2, SHA-256 with PKCS #1 v1.5): all that is not empty, sorted, as it is."""
    return "&".join(f"{key}={value}" for key, value in sorted(params.items()) if value and key != "sign").encode()
