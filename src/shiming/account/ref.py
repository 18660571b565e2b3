"""What a platform may call an account that is new to us: an id that every address reaches and no other looks like.

Accounts from before keep their ids. Look-alikes of different letters (Latin a, Cyrillic а) are not found here.
"""

import unicodedata

from shiming.errors import BadInput
from shiming.names.text import unseen

LONGEST = 200
ERASED = "erased:"
_MAY = (
    f"An account's id has 1 to {LONGEST} characters that can be seen: letters and digits of any script, signs other "
    "than / and \\, single spaces inside; not . or .. alone"
)


class BadRef(BadInput):
    """No account can be opened under this id."""

    def __init__(self, why: str):
        super().__init__(f"account: {why}. {_MAY}.")
        self.fields = [{"field": "account", "problem": why}]


def check(ref: str) -> None:
    """Raises BadRef with what is wrong, and with what an id may be."""
    if not 0 < len(ref) <= LONGEST:
        raise BadRef(f"this id has {len(ref)} characters")
    if sign := next((sign for sign in "/\\" if sign in ref), None):
        raise BadRef(f"this id holds {sign}, by which no address could name it")
    if ref.startswith(ERASED):
        raise BadRef(f"this id begins with {ERASED}, which is what erased accounts are called")
    if ref in (".", ".."):
        raise BadRef("this id would be taken out of addresses on their way")
    if unicodedata.category(ref[0]).startswith("M"):
        raise BadRef("this id begins with a sign that is drawn onto the character before it")
    if found := unseen(ref):
        raise BadRef(f"this id holds {found}, which cannot be seen: it would look like another id")
    if ref != ref.strip(" ") or "  " in ref:
        raise BadRef("this id has spaces at its ends, or two together: it would look like another id")
    if not unicodedata.is_normalized("NFC", ref):
        raise BadRef("this id is not in Unicode's form NFC: it would look like another id")
