"""ID numbers of the People's Republic of China: eighteen characters by GB 11643-1999.

Six digits of region, eight of the date of birth, three of sequence (odd for men), and one check character by
ISO 7064 MOD 11-2.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shiming.errors import BadInput
from shiming.names import typed
from shiming.names.regions import PROVINCES, is_synthetic

LENGTH = 18
EARLIEST = 1900  # nobody alive was born earlier
_DIGITS = frozenset("0123456789")
_LIKE_X = str.maketrans(dict.fromkeys("x×хХχΧ✕✖✗✘❌╳⨯☓ҳҲⲭⲬꭓꓫ", "X"))  # what keyboards and recognisers give for X


class Fault(StrEnum):
    """What is wrong with an ID number; the first that applies, in this order."""

    LENGTH = "length"
    CHARACTERS = "characters"
    REGION = "region"
    DATE = "date"
    CHECK_DIGIT = "check_digit"


_SAID = {
    Fault.LENGTH: "An ID number has 18 characters.",
    Fault.CHARACTERS: "The first 17 characters of an ID number are digits, the last one is a digit or X.",
    Fault.REGION: "The region code at the start of the ID number does not exist.",
    Fault.DATE: "The date of birth in the ID number does not exist.",
    Fault.CHECK_DIGIT: "The ID number's last character does not fit the others; compare it with the card.",
}


class BadNumber(BadInput):
    """This is no ID number. `why` says what is wrong with it; the number itself is not in the message."""

    code = "number_invalid"

    def __init__(self, why: Fault):
        super().__init__(_SAID[why])
        self.why = why

    def __reduce__(self):  # else a pickled error would be rebuilt from its message
        return type(self), (self.why,)


class Sex(StrEnum):
    """As printed on the card."""

    MALE = "男"
    FEMALE = "女"


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """A well-formed ID number: eighteen characters, the last one a digit or X. It shows itself masked in logs."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "IdNumber":
        """The number in `text`, which may hold spaces, full-width characters and a small x. Raises BadNumber.

        A region counts as existing when its first two digits are in use, synthetic, or a foreigner's card's (9);
        retired and future codes below the province are not refused.
        """
        number = normalise_number(text)
        fault = _fault(number)
        if fault:
            raise BadNumber(fault)
        return cls(number)

    @property
    def region(self) -> str:
        """Six digits: where the number was first given out."""
        return self.text[:6]

    @property
    def birth(self) -> date:
        return _date(self.text)

    @property
    def sex(self) -> Sex:
        return Sex.MALE if int(self.text[16]) % 2 else Sex.FEMALE

    @property
    def synthetic(self) -> bool:
        """Whether it belongs to a person who does not exist: test mode knows these, live mode refuses them."""
        return is_synthetic(self.text)

    @property
    def masked(self) -> str:
        return mask_number(self.text)

    def __repr__(self) -> str:
        return f"IdNumber({self.masked})"

    def __str__(self) -> str:
        return self.masked


def document_of(number: str) -> str:
    """Which document bears such a number: `residence_permit` (港澳台居民居住证), `permanent_residence`
    (外国人永久居留身份证), else `resident`.
    """
    if number[:2] in ("81", "82", "83"):
        return "residence_permit"
    return "permanent_residence" if number.startswith("9") else "resident"


def possible(text: str) -> bool:
    """Whether `IdNumber.parse` takes it."""
    try:
        IdNumber.parse(text)
    except BadNumber:
        return False
    return True


def check_digit(first17: str) -> str:
    """The eighteenth character for these seventeen digits (ISO 7064 MOD 11-2): 0–9 or X."""
    total = 0
    for digit in first17:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(1 - total) % 11]


def mask_number(number: str) -> str:
    """The first and the last character, the rest as stars: neither place, birth nor sex can be read from it."""
    return number[:1] + "*" * (len(number) - 2) + number[-1:] if len(number) > 2 else "*" * len(number)


def age_on(birth: date, day: date) -> int:
    """Full years of age on `day`. Who was born on 29 February is a year older on 1 March of common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def normalise_number(text: str) -> str:
    """Half-width, without label, spaces, separators or invisible characters, X as a capital."""
    return typed.compact(text).translate(_LIKE_X).upper()


def _fault(number: str) -> Fault | None:
    if len(number) != LENGTH:
        return Fault.LENGTH
    if not _DIGITS.issuperset(number[:17]) or number[17] not in "0123456789X":
        return Fault.CHARACTERS
    if number[:2] not in PROVINCES and not is_synthetic(number) and number[0] != "9":
        return Fault.REGION
    if _date(number) is None:
        return Fault.DATE
    return None if check_digit(number[:17]) == number[17] else Fault.CHECK_DIGIT


def _date(number: str) -> date | None:
    """The date of birth in a number of eighteen characters; None when there is no such day."""
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return birth if birth.year >= EARLIEST else None
