"""Which apps may open a verification: a launch is signed by the host app with its client's secret.

A User-Agent proves nothing. An app's server signs `{"client", "version", "for", "until"}`: the client's name, the
version of the app on the phone, the verification's id, and a time (s) of at most LONGEST seconds ahead. A launch lets
somebody in once.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets

from sqlalchemy import Connection, Row

from shiming.errors import NotAllowed
from shiming.store.access import launch_clients
from shiming.web.http.json_body import read_json
from shiming.workflows.context import Context

LONGEST = 600


class NotThisClient(NotAllowed):
    """This app may not open the verification. The link or code stays good for one that may."""

    code = "client_not_allowed"


class Outdated(NotAllowed):
    code = "client_outdated"


def sign(secret: bytes, client: str, version: str, verification: str, until: int) -> str:
    """What a host app's server hands to its app: see docs/integrate.md, which shows the same in ten lines."""
    said = {"client": client, "version": version, "for": verification, "until": until}
    said["nonce"] = secrets.token_urlsafe(9)  # two launches of one second are two
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"{text}.{_mac(secret, text)}"


def enter(context: Context, connection: Connection, app: str, verification: str, launch: str) -> None:
    """As `check`, for whoever opens a session: the launch is used up, in the transaction that lets them in."""
    if check(context, connection, app, verification, launch):
        text = launch.partition(".")[0]  # base64 has several spellings of one text, the signature is of this one
        if not launch_clients.spend(connection, app, text, _said(launch)["until"] * 1000):
            raise NotThisClient("This launch was used before. Open it from the app once more.")


def check(context: Context, connection: Connection, app: str, verification: str, launch: str) -> bool:
    """Whether a launch was needed; then it is good. Raises NotThisClient or Outdated."""
    allowed = launch_clients.of(connection, app)
    if not allowed:
        return False
    said = _said(launch)
    row = next((row for row in allowed if row.name == said.get("client")), None)
    if row is None or not _genuine(context, row, launch, said, verification):
        names = ", ".join(row.name for row in allowed)
        raise NotThisClient(f"Open this with an app that may: {names}.")
    if _version(str(said.get("version", ""))) < _version(row.min_version):
        raise Outdated(f"This version of {row.name} is too old; {row.min_version} or newer is needed.")
    return True


def _genuine(context: Context, row: Row, launch: str, said: dict, verification: str) -> bool:
    text, _, mac = launch.partition(".")
    secret = context.sealer.open(row.id, "client.secret", row.sealed_secret)
    left = said["until"] - context.now() // 1000 if isinstance(said.get("until"), int) else -1
    signed = hmac.compare_digest(_mac(secret, text).encode(), mac.encode())
    return signed and said.get("for") == verification and 0 < left <= LONGEST


def _said(launch: str) -> dict:
    text = launch.partition(".")[0]
    try:
        said = read_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return said if isinstance(said, dict) else {}


def _mac(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _version(text: str) -> tuple[int, ...]:
    """`5.12.0` → (5, 12, 0)."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", text)[:4])
