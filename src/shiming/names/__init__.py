"""Chinese names and ID numbers: read as people write them, compared, hidden, and placed on the map."""

from shiming.names.card import LONG_TERM, BadField, normalise_field
from shiming.names.number import (
    BadNumber,
    Fault,
    IdNumber,
    Sex,
    age_on,
    check_digit,
    mask_number,
    normalise_number,
    possible,
)
from shiming.names.person import (
    DOT,
    ETHNICITIES,
    BadName,
    NameFault,
    mask_name,
    normalise_name,
    rare,
    same_name,
    usual,
)
from shiming.names.phone import (
    BadPhone,
    mask_card,
    mask_phone,
    normalise_card,
    normalise_contact,
    normalise_phone,
)
from shiming.names.regions import PROVINCES, SYNTHETIC, is_synthetic, region_name

__all__ = [
    "DOT",
    "ETHNICITIES",
    "LONG_TERM",
    "PROVINCES",
    "SYNTHETIC",
    "BadField",
    "BadName",
    "BadNumber",
    "BadPhone",
    "Fault",
    "IdNumber",
    "NameFault",
    "Sex",
    "age_on",
    "check_digit",
    "is_synthetic",
    "mask_card",
    "mask_name",
    "mask_number",
    "mask_phone",
    "normalise_card",
    "normalise_contact",
    "normalise_field",
    "normalise_name",
    "normalise_number",
    "normalise_phone",
    "possible",
    "rare",
    "region_name",
    "same_name",
    "usual",
]
