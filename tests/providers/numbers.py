"""Numbers of people who do not exist, possible on the live side: a province that is, a county that is not."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(order: int, birth: str = "19910314", region: str = "119999") -> str:
    """The number with these digits 15 to 17: by them the vendor server chooses its answer (800 + n: its n-th code)."""
    first = f"{region}{birth}{order:03}"
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, WEIGHTS, strict=True)) % 11]


def phone(row: int | None = None) -> str:
    """A phone number that is given to nobody; of the n-th code where a row is named."""
    return "1200000" + (f"{8000 + row:04}" if row is not None else "1234")


def card(row: int | None = None) -> str:
    """A bank card whose check digit is right (Luhn)."""
    first = "622200000000" + (f"{8000 + row:04}" if row is not None else "1234")
    total = sum(int(d) if i % 2 else sum(divmod(int(d) * 2, 10)) for i, d in enumerate(reversed(first)))
    return first + str(-total % 10)
