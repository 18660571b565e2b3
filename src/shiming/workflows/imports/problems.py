"""What can be wrong with a row, and what to do about it. No message holds what stood there: that may be a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shiming import reasons
from shiming.errors import BadInput

WRONG: Mapping[str, str] = MappingProxyType({
    "missing": "is empty. Every row needs it.",
    "not_a_row": "This row cannot be read: other cells than the header has, no JSON object, or too long.",
    "column_unknown": "The row has a column that means nothing here. docs/import.md lists them.",
    "not_text": "must be text.",
    "too_long": "is too long.",
    "ref_invalid": "cannot be an account's id: 1 to 200 characters that can be seen, no / or \\, one space at most.",
    "handle_invalid": "must have 1 to 80 of A–Z, a–z, 0–9 and _ . : -, and may not look like an ID number.",
    "source_invalid": "must be a handle that begins with a letter: 1 to 60 of A–Z, a–z, 0–9 and _ . : -",
    "kind_invalid": "must be a word such as personal (a–z, 0–9 and _), not that of guardians' own accounts.",
    "level_unknown": "must be basic, standard or enhanced.",
    "time_invalid": "is no time: write 2026-11-22T08:00:00+08:00, with its zone, or milliseconds since 1970.",
    "time_ahead": "lies in the future.",
    "number_quantity": "is stored as a quantity, which may have cost digits. Export it from the source, as text.",
    "number_rewritten": "was rewritten by a spreadsheet (1.1E+17, or .0 behind it): its last digits are lost. Export "
    "it from the source again, with the column as text.",
    "number_apostrophe": "begins with a spreadsheet's apostrophe. Export the file from the source, not from a "
    "spreadsheet, or take the apostrophes out.",
    "number_full_width": "has full-width digits. Write them in half width.",
    "number_invalid": "is no possible ID number: length, region, date of birth or last character do not fit.",
    "number_unasked": "Give number or number_hash, one of them.",
    "number_needed": "is needed at this level, or number_hash: it says who the account belongs to.",
    "hash_invalid": "is no keyed hash of this installation: `shiming import hash` makes one of a number.",
    "person_or_account": "Give the person (number or number_hash) or the account, one of them.",
    "name_invalid": "is no name as it stands on an ID card.",
    "reason_unknown": "is no reason of the catalogue. GET /v1/reasons lists them.",
    "capability_unknown": "names a capability that the policy does not have.",
    "requirement_invalid": "is no requirement such as verify:standard, review or pledge; `ban` alone means none.",
    "event_invalid": "is not as GET /v1/event_types says.",
    "event_too_old": "is older than events are kept (SHIMING_EVENT_DAYS); it was left out.",
    "id_used_before": "was used before, for another event.",
    "twice": "is in this file twice, and the rows differ. Leave one of them.",
})  # fmt: skip
"""Faults of a row, by code. They are mended in the file; the rest of it is taken all the same."""
AGAINST: Mapping[str, str] = MappingProxyType({
    "subject_quota_reached": "This person's places of this kind are taken. Cancel one of their accounts or move the "
    "binding (POST /v1/subjects/moves, two people), then import the file again.",
    "platform_quota_reached": "This person has as many accounts as the policy allows. Cancel one of them or move the "
    "binding (POST /v1/subjects/moves, two people), then import the file again.",
    "subject_blocked": "This person is blocked here. Two people can lift that; an import does not.",
    "subject_mismatch": "The account belongs to another person here. It keeps them until people decide otherwise.",
    "account_barred": "The account is banned here.",
    "account_cancelled": "The account is cancelled here.",
    "takeover_suspected": "Somebody else may have the account now. Its holder has to verify here.",
    "changed_since": "It was imported before with other words. Lift what it opened, or leave it as it is.",
    "no_person": "Nobody is bound to this account here, so there is nobody to block. Import its binding first.",
})  # fmt: skip
"""What stands against a row that is right in itself: people decide."""


class Bad(Exception):
    """One cell is wrong: a code of WRONG, and the column."""

    def __init__(self, code: str, column: str = ""):
        super().__init__(f"{column}: {code}")
        self.code, self.column = code, column


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, or stands against it: its line (in Parquet, its number), the column, a code."""

    line: int
    column: str
    code: str

    @property
    def text(self) -> str:
        said = WRONG.get(self.code) or AGAINST.get(self.code)
        return f"{self.column} {said}" if self.column and said and said[0].islower() else said or _reason(self.code)


def _reason(code: str) -> str:
    return reasons.rendered(code, "en").title if code in reasons.CATALOGUE else code


class UnknownColumns(BadInput):
    """The file has columns that this kind does not know, or lacks some."""
