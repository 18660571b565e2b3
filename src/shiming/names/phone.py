"""Chinese mobile numbers and bank card numbers: read as people type them, checked for slips, hidden."""

import re

_GAPS = re.compile(r"[\s\-\u2010-\u2015.()()]+")
_PHONE = re.compile(r"(?:\+?86|0086)?(1[2-9]\d{9})")  # 12… is given to nobody: it is for tests
_CARD = re.compile(r"\d{13,19}")


class BadPhone(ValueError):
    """This cannot be a mobile number, or not a bank card's; the message says what to do."""


def normalise_phone(text: str) -> str:
    """The 11 digits of a mobile number, without spaces, dashes and +86. Raises BadPhone."""
    found = _PHONE.fullmatch(_GAPS.sub("", _plain(text)))
    if not found:
        raise BadPhone("A mobile number has 11 digits and starts with 1. Check the digits, and leave out other signs.")
    return found[1]


def normalise_card(text: str) -> str:
    """The digits of a bank card's number, checked by its last digit (Luhn, ISO/IEC 7812-1). Raises BadPhone."""
    digits = _GAPS.sub("", _plain(text))
    if not _CARD.fullmatch(digits) or _luhn(digits):
        raise BadPhone("This is not a bank card's number: compare every digit with the card.")
    return digits


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def mask_card(card: str) -> str:
    return f"**** {card[-4:]}"


def _plain(text: str) -> str:
    """Full-width digits as plain ones."""
    return text.translate({0xFF10 + n: str(n) for n in range(10)} | {0xFF0B: "+"})


def _luhn(digits: str) -> int:
    """0 for a right number: every second digit from the right counts double."""
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10
