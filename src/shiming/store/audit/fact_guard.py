"""The guard before the audit trail: nothing that looks like a person goes in, for nothing ever comes out again.

It is cheap and coarse, a net under the rule that audit rows hold ids, codes and keyed hashes; it does not replace it.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST = 300  # a keyed hash is 66 characters, a list of codes some more; pictures and free text are longer

# Han characters of every plane, the iteration mark 々 and the zero 〇: ids, codes and hashes have none.
_HAN = re.compile("[々〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
# A resident number: 17 digits and a check character with a date in the middle, or the 15 digits given out until 1999.
# The check digit is not asked for: a mistyped number is personal too. Letters or digits around it make it a hash.
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?![0-9A-Za-z])"
)
_GAPS = re.compile(r"(?<=\d)[\s\-\u2010-\u2015.]+(?=[\dXx])")


def check_facts(facts: Mapping[str, Any], where: str = "facts") -> None:
    """Raise ValueError unless `facts` holds only short texts, whole numbers, true/false, null, lists and objects."""
    for key, value in facts.items():
        check_text(key, where)
        _check(value, f"{where}.{key}")


def check_text(text: str, where: str, longest: int = LONGEST) -> None:
    """Raise ValueError when `text` is longer than `longest`, or looks like a name or a number of a person.

    The message never repeats the text: it may end in a log.
    """
    if not isinstance(text, str):
        raise ValueError(f"{where} must be text, not {type(text).__name__}.")
    if len(text) > longest:
        raise ValueError(f"{where} is longer than {longest} characters: use ids, codes and keyed hashes.")
    plain = unicodedata.normalize("NFKC", text)
    if _HAN.search(plain):
        raise ValueError(f"{where} holds Chinese text: audit rows hold ids, codes and keyed hashes only.")
    if _NUMBER.search(_GAPS.sub("", plain)):
        raise ValueError(f"{where} looks like an ID number: put its keyed hash there (store.sealed.Lookup).")


def _check(value: Any, where: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        check_text(value, where)
    elif isinstance(value, int):
        check_text(str(value), where)
    elif isinstance(value, Mapping):
        check_facts(value, where)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
    else:  # fractions too: their text differs between languages, and a checker in another one would not get our hash
        raise ValueError(f"{where} is a {type(value).__name__}: use text or whole numbers.")
