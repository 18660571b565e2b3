"""What any text may hold: what no store can keep is refused everywhere, what nobody sees is refused in identifiers."""

import re
import unicodedata

_UNKEPT = re.compile("[\0\ud800-\udfff]")
# Characters that fonts draw as nothing, beside those whose category says so (Unicode: Default_Ignorable_Code_Point).
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
                    "\ufffc\U00016fe4\U0001d159\U000e0000-\U000e0fff]")  # fmt: skip
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def unkept(text: str) -> str | None:
    """Why no store can keep this text: NUL, or half of a character. None: it can be kept."""
    found = _UNKEPT.search(text)
    if not found:
        return None
    return "holds the character NUL" if found[0] == "\0" else "holds half of a character (a lone surrogate)"


def unseen(text: str) -> str | None:
    """The first character that is not seen as itself, as U+200B: controls, direction marks, blanks other than a space,
    characters of private use. None: all can be seen."""
    return next((f"U+{ord(char):04X}" for char in text if _hidden(char)), None)


def invisible(char: str) -> bool:
    """Whether nobody sees this character and nothing is meant by it: it can be left out of what people type."""
    return unicodedata.category(char) in ("Cc", "Cf") or _BLANK.match(char) is not None


def visible(text: str) -> str:
    """An id, a handle, a word of a list as it was pasted: without what nobody sees, and without blanks round it."""
    return "".join(char for char in text if not invisible(char) or char in "\t\r\n").strip()


def _hidden(char: str) -> bool:
    kind = unicodedata.category(char)
    if kind in _UNSEEN or _BLANK.match(char) or (kind == "Zs" and char != " "):
        return True
    return kind == "Cn" and (ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef")  # never a character
