"""Chinese mobile numbers and bank card numbers: read as people type them, checked for slips, hidden."""

import re

from shiming.names import typed

_PHONE = re.compile(r"(?:\+?(?:00)?86)?0?(1[2-9]\d{9})(?:\.0+)?")  # 12… is given to nobody: it is for tests
_CARD = re.compile(r"\d{13,19}")
_POSSIBLE = {
    "sms": re.compile(r"\+?[0-9]{6,15}"),
    "mail": re.compile(r"[^@\s(),;]{1,64}@(?=.{1,250}$)[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*"),
}
_MAIL = re.compile(  # behind a bracket, a label or Chinese words; `chen wu@…` is no address with a word before it
    r"(?:^|[(:,;'\"/]|[^\0-~] ?)([A-Za-z0-9!#$%&*+=^_`{|}~\-][A-Za-z0-9!#$%&*+/=^_`{|}~.'\-]{0,63}"
    r"@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+)"
)
_UNIONPAY = ("62", "81")  # not all of these end in a check digit by Luhn: the bank says whether there is such a card
_REWRITTEN = (
    "A spreadsheet has rewritten this number (as 6.2E+18, or with .0 behind), and its last digits may be lost. "
    "Make the cell a text, and type the number again from the card."
)


class BadPhone(ValueError):
    """This cannot be a mobile number, or not a bank card's; the message says what to do."""


def normalise_phone(text: str) -> str:
    """The 11 digits of a mobile number, without label, separators and +86. Raises BadPhone."""
    found = _PHONE.fullmatch(typed.compact(text))
    if not found:
        raise BadPhone("A mobile number has 11 digits and starts with 1. Check the digits, and leave out other signs.")
    return found[1]


def normalise_card(text: str) -> str:
    """The digits of a bank card's number, checked by its last digit (Luhn, ISO/IEC 7812-1); UnionPay's by the bank.

    Raises BadPhone.
    """
    if typed.rewritten(text):
        raise BadPhone(_REWRITTEN)
    digits = typed.compact(text)
    if not _CARD.fullmatch(digits) or (_luhn(digits) and not digits.startswith(_UNIONPAY)):
        raise BadPhone("This is not a bank card's number: compare every digit with the card.")
    return digits


def normalise_contact(channel: str, text: str) -> str | None:
    """A phone number of any country ("sms") or mail address ("mail") without label or brackets; None: it is none."""
    plain = typed.compact(text) if channel == "sms" else _mail_in(typed.bare(text))
    return plain if _POSSIBLE[channel].fullmatch(plain) else None


def _mail_in(plain: str) -> str:
    """The one address in what was pasted, out of brackets, a link or a sentence; else all of it."""
    found = set(_MAIL.findall(plain))
    return found.pop() if len(found) == 1 else plain.strip("'\"(),;:. ")


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def mask_card(card: str) -> str:
    return f"**** {card[-4:]}"


def _luhn(digits: str) -> int:
    """0 for a right number: every second digit from the right counts double."""
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10
