"""Draws the holder of a card: a person who does not exist, with a number that can belong to nobody."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from . import words

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Holder:
    """What is printed on a card. Dates are YYYY-MM-DD; `valid_until` may be 长期; `number` has 18 characters.

    `second` has the same fields in the second script (name, address, authority) on a bilingual card, else is None.
    """

    name: str
    sex: str
    ethnicity: str
    birth: str
    address: str
    number: str
    authority: str
    valid_from: str
    valid_until: str
    second: dict[str, str] | None = None


def check_digit(first17: str) -> str:
    """The 18th character of an ID number (GB 11643: ISO 7064 MOD 11-2) for its first 17 digits."""
    return _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def id_number(rng: Random, birth: str, sex: str) -> str:
    """An ID number with an unassigned area code, for a birth date (YYYY-MM-DD) and sex (男 or 女)."""
    area = f"{rng.choice(words.UNASSIGNED_PREFIXES)}{rng.randint(1, 25):02}{rng.randint(1, 31):02}"
    order = rng.randint(1, 499) * 2 - (sex == "男")
    first17 = f"{area}{birth.replace('-', '')}{order:03}"
    return first17 + check_digit(first17)


def draw_holder(rng: Random, bilingual: bool = False) -> Holder:
    """A random holder; one in eight has a rare character in the name."""
    sex = rng.choice("男女")
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(365 * 55))
    start, end = _validity(rng, born)
    birth = born.isoformat()
    number = id_number(rng, birth, sex)
    if bilingual:
        name, address, authority, second = draw_uyghur(rng, sex)
        return Holder(name, sex, "维吾尔", birth, address, number, authority, start, end, second)
    city, district = rng.choice(words.CITIES), rng.choice(words.DISTRICTS)
    authority = authority_of(rng, city, district)
    address = address_in(rng, city, district)
    return Holder(
        draw_name(rng, sex), sex, rng.choice(words.ETHNICITIES), birth, address, number, authority, start, end
    )


def draw_name(rng: Random, sex: str, rare_share: float = 0.125) -> str:
    """A common surname and one or two given characters; with `rare_share` one of them is rare."""
    surname = rng.choice(words.DOUBLE_SURNAMES) if rng.random() < 0.04 else rng.choice(words.SURNAMES)
    given = rng.sample(words.GIVEN_MALE if sex == "男" else words.GIVEN_FEMALE, rng.choice((1, 2, 2, 2)))
    if rng.random() < rare_share:
        given[rng.randrange(len(given))] = rng.choice(words.RARE)
    return surname + "".join(given)


def address_in(rng: Random, city: str, district: str) -> str:
    """A made-up address, 18 to 33 characters long."""
    start = (rng.choice(words.PROVINCES) if rng.random() < 0.7 else "") + city + district
    if district.endswith("县") or rng.random() < 0.25:
        return f"{start}{rng.choice(words.VILLAGES)}{rng.randint(1, 18)}组{rng.randint(1, 199)}号"
    street = f"{start}{rng.choice(words.STREETS)}{rng.randint(1, 399)}号"
    if rng.random() < 0.5:
        return street
    room = f"{rng.randint(1, 20)}号楼{rng.randint(1, 6)}单元{rng.randint(101, 2604)}室"
    return f"{street}{rng.choice(words.ESTATES)}{room}"[:33]


def authority_of(rng: Random, city: str, district: str) -> str:
    """A made-up issuing authority."""
    return city + rng.choice(words.AUTHORITIES).format(district=district.removesuffix("区").removesuffix("县"))


def draw_uyghur(rng: Random, sex: str) -> tuple[str, str, str, dict[str, str]]:
    """Name, address, authority of a bilingual card, and the same three in the second script."""
    own = rng.choice(words.UYGHUR_FEMALE if sex == "女" else words.UYGHUR_MALE)
    father = rng.choice([pair for pair in words.UYGHUR_MALE if pair != own])
    county, street, door = rng.choice(words.UYGHUR_COUNTIES), rng.choice(words.UYGHUR_STREETS), rng.randint(1, 199)
    address = f"虚构省{county[0]}{street[0]}{door}号"
    second = {
        "name": f"{own[1]} {father[1]}",
        "address": f"{county[1]} {street[1]} {door}{words.UYGHUR_NUMBER}",
        "authority": f"{county[1]} {words.UYGHUR_POLICE}",
    }
    return f"{own[0]}·{father[0]}", address, f"{county[0]}公安局", second


def in_uyghur(name: str) -> str:
    """A Chinese name of the tables (own·father's) in the second script. KeyError for a name that is not in them."""
    known = dict(words.UYGHUR_FEMALE + words.UYGHUR_MALE)
    return " ".join(known[part] for part in name.split("·"))


def _validity(rng: Random, born: date) -> tuple[str, str]:
    """First and last day of validity: 10 or 20 years, or 长期 for a holder who was 46 or older."""
    start = date(2008, 1, 1) + timedelta(days=rng.randrange(365 * 17))
    age = start.year - born.year
    if age >= 46:
        return start.isoformat(), "长期"
    years = 20 if age >= 26 else 10 if age >= 16 else 5
    day = min(start.day, 28)
    return start.replace(day=day).isoformat(), start.replace(year=start.year + years, day=day).isoformat()
