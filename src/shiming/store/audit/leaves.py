"""What is hashed into the log for one row, and the log's name: a few lines that writers and checkers share.

leaf      canonical JSON (keys sorted, no spaces, UTF-8) of id, writer, number, done, at, app, actor, action, object
          and facts, the facts as the text of their own canonical JSON; `at` is in milliseconds since 1970, UTC
hash      SHA-256 of a zero byte and the leaf (RFC 6962)
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LEAF = ("id", "writer", "number", "done", "at", "app", "actor", "action", "object", "facts")
CHAINED = "audit.chained"
"""The action of an entry that takes the head of the chain of earlier releases into the log."""


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, nothing escaped that need not be: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def leaf_of(row: Mapping[str, Any]) -> bytes:
    """The leaf of a row whose facts are text."""
    return canonical({name: row[name] for name in LEAF}).encode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, 64 hex digits."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def origin(key: Ed25519PublicKey) -> str:
    """The name of the log that this key signs."""
    return f"shiming.invalid/audit/{fingerprint(key)[:16]}"
