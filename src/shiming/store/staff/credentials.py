"""Passwords and time codes of staff. Passwords are kept as Argon2id hashes; the caller seals the codes' secret."""

import secrets

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, two passes: OWASP's first choice. More would let forty sign-ins at once fill a small machine's memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
SECONDS = 30
LEAST = 12


def new_password() -> str:
    """A password for the first sign-in: 20 characters that are hard to mistake for each other."""
    return _drawn(4)


def new_code() -> str:
    """Ten such characters, to be typed beside a link that somebody else has."""
    return _drawn(2)


def _drawn(groups: int) -> str:
    return "-".join("".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(5)) for _ in range(groups))


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the one that was kept. Takes as long when there is nobody of that name."""
    try:
        return _HASHER.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def new_totp() -> str:
    """A secret for an authenticator app, in base 32."""
    return pyotp.random_base32()


def totp_address(secret: str, name: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=name, issuer_name="Shiming")


def totp_step(secret: str, code: str, now_ms: int, after: int) -> int | None:
    """The time step that `code` is right for, one step of drift allowed; None when wrong, or used already."""
    totp, step = pyotp.TOTP(secret, interval=SECONDS), now_ms // 1000 // SECONDS
    fresh = (s for s in (step, step - 1, step + 1) if s > after)
    return next((s for s in fresh if pyotp.utils.strings_equal(totp.generate_otp(s), code)), None)
