"""Reasons that outside sources give: by the name, phone number or card that is typed (see the simulated sources)."""

from tests.reasons.catalogue import reaches
from tests.reasons.door import Door

ENDINGS = {
    "authority_unavailable": "超时", "authority_limited": "限额", "name_number_mismatch": "不符",
    "identity_not_found": "查无", "document_void": "挂失", "document_unsupported": "不收",
}  # fmt: skip
OF_THE_PHOTO = {
    "authority_photo_missing": "无照", "authority_photo_unusable": "坏照", "face_comparison_unsure": "存疑",
    "face_unusable_for_authority": "糊脸",
}  # fmt: skip
PHONES = {"phone_not_holders": "0003", "phone_not_on_record": "0004", "phone_unsupported": "0005"}
CARDS = {
    "bank_card_not_holders": "0004", "bank_card_not_on_record": "0005", "bank_card_unsupported": "0006",
    "bank_card_unusable": "0007",
}  # fmt: skip
ASKS_FOR_PHONE = {"factors_at": {"basic": frozenset({"phone"})}}
ASKS_FOR_BANK = {"factors_at": {"basic": frozenset({"bank"})}}


@reaches(*ENDINGS)
def the_authority_says(door: Door, code: str):
    """A name by whose ending the authority says so, or does not answer."""
    return door.types(door.somebody(ENDINGS[code]))


@reaches(*OF_THE_PHOTO)
def the_authority_says_of_its_photo(door: Door, code: str):
    """A name by whose ending the authority says so of the photo that it has."""
    return door.verifies(door.somebody(OF_THE_PHOTO[code]))


@reaches("authority_calls_capped", authority_calls_per_day=1)
def more_questions_than_a_day_allows(door: Door, code: str):
    """Two people for one account within a day, where policy allows one question to the authority."""
    account = door.account()
    door.types(door.somebody("不符"), account)
    return door.types(door.somebody(), account)


@reaches("number_invalid")
def a_number_that_cannot_be(door: Door, code: str):
    """A number whose check digit is wrong."""
    who = door.somebody()
    id = door.begins("basic")
    wrong = who.number[:-1] + ("1" if who.number[-1] != "1" else "2")
    door.does(f"/verifications/{id}/identity", {"name": who.name, "number": wrong})
    return door.submits(id)


@reaches(*PHONES, **ASKS_FOR_PHONE)
def the_carrier_says(door: Door, code: str):
    """A phone number by whose ending the carrier says so."""
    return door.types(door.somebody(), phone={"phone": f"1201234{PHONES[code]}"})


@reaches(*CARDS, **ASKS_FOR_BANK)
def the_bank_says(door: Door, code: str):
    """A card by whose digits before the last the bank says so."""
    card = _with_check_digit(f"99900000000{CARDS[code]}")
    return door.types(door.somebody(), bank_card={"card": card, "phone": "12012345678"})


def _with_check_digit(digits: str) -> str:
    """By Luhn."""
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(digits))]
    return digits + str(-sum(d // 10 + d % 10 for d in doubled) % 10)
