"""What somebody wants to be answered, by what is asked: read from names and numbers, as `__init__` says."""

from collections.abc import Mapping, Sequence

ENDINGS = ("不符", "查无", "无照", "不像", "半答", "限额", "欠费", "超时", "稍后")
PRIVATE = {"䶮": "\ue863", "䲟": "\ue857", "䥺": "\ue84a"}
"""Characters that this register holds in the private-use form of old fonts only."""


class Hung(Exception):
    """A question that was never answered; whoever asked has given up."""


def ending(name: str) -> str:
    return next((end for end in ENDINGS if name.endswith(end)), "")


def told_apart(name: str) -> bool:
    """Whether the register, which holds the private-use form, takes this name for another one."""
    return any(char in name for char in PRIVATE)


def chosen(given: Mapping[str, str], rows: Sequence[str]) -> str | None:
    """The code that the digits of what is given name: of the card before the phone before the ID number."""
    card, phone, number = given.get("card", ""), given.get("phone", ""), given.get("number", "")
    wanted = int(card[-5:-1]) if card[-5:-1].isdigit() else 0
    if not 8000 <= wanted < 9000:
        wanted = int(phone[-4:]) if phone[-4:].isdigit() else 0
    if not 8000 <= wanted < 9000:
        wanted = int(number[14:17]) + 7200 if len(number) == 18 and number[14:17].isdigit() else 0
    return rows[wanted - 8000] if 8000 <= wanted < 8000 + len(rows) else None


def possible(number: str) -> bool:
    """Eighteen characters with the right check digit (ISO 7064 MOD 11-2)."""
    if len(number) != 18 or not number[:17].isdigit():
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(number, weights, strict=False)) % 11] == number[17]
