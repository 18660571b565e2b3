"""Signed launches: which of your apps may open the holder's pages (`POST /v1/clients` registers one)."""

import base64
import hashlib
import hmac
import json
import secrets
import time

GOOD_SECONDS = 300


def launched(url: str, of: str, client: str, version: str, secret: str, now: float | None = None) -> str:
    """The address that your app opens, once. `url`: as the API gave it; `of`: the verification's id, or what the answer
    calls `for`; `client`, `secret`: as registered; `version`: of the app that asks.
    """
    until = int(time.time() if now is None else now) + GOOD_SECONDS
    said = {"client": client, "version": version, "for": of, "until": until, "nonce": secrets.token_urlsafe(9)}
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    launch = text + "." + hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    page, _, link = url.partition("#")
    return f"{page}{'&' if '?' in page else '?'}launch={launch}#{link}"
