"""Where things are printed on a second-generation resident ID card, as data.

Units: the card is 1000 × 631 (85.6 × 54.0 mm, ISO/IEC 7810 ID-1, as GA 461 prescribes); x to the right, y down,
origin in the top left corner. Printers differ by a millimetre or two (12–25 units), so everything here is a starting
point with a tolerance: labels that are really found overrule it.
"""

from dataclasses import dataclass

from shiming.verification.seen import Side

WIDTH, HEIGHT = 1000, 631


@dataclass(frozen=True, slots=True)
class Mark:
    """Printed words that are the same on every card: centres of the first and last character."""

    text: str
    x0: float
    x1: float
    y: float

    def centre(self, index: int) -> tuple[float, float]:
        """The centre of one of its characters."""
        share = index / (len(self.text) - 1)
        return self.x0 + (self.x1 - self.x0) * share, self.y


@dataclass(frozen=True, slots=True)
class Row:
    """Where a field's value is printed: right of its mark, to `x1` at most. A block runs down to just above the mark
    `above`.
    """

    name: str
    mark: str
    x1: float
    height: float = 46
    above: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One side of one kind of card."""

    name: str
    side: Side
    marks: tuple[Mark, ...]
    rows: tuple[Row, ...]
    portrait: tuple[float, float, float, float] | None = None  # left, top, right, bottom
    quiet: tuple[tuple[float, float, float, float], ...] = ()  # printed pictures: colours and highlights mean nothing

    def mark(self, text: str) -> Mark:
        """The mark of that text; KeyError when the layout has none."""
        return {mark.text: mark for mark in self.marks}[text]


PORTRAIT = (630.0, 85.0, 945.0, 490.0)


def _front(name: str, name_y: float, sex_y: float, birth_y: float, address_y: float) -> Layout:
    return Layout(
        name,
        Side.FRONT,
        (
            Mark("姓名", 86, 130, name_y),
            Mark("性别", 86, 130, sex_y),
            Mark("民族", 299, 343, sex_y),
            Mark("出生", 86, 130, birth_y),
            Mark("住址", 86, 130, address_y),
            Mark("公民身份号码", 86, 290, 557),
        ),
        (
            Row("name", "姓名", 610),
            Row("sex", "性别", 265),
            Row("ethnicity", "民族", 610),
            Row("birth", "出生", 610),
            Row("address", "住址", 630, above="公民身份号码"),
            Row("number", "公民身份号码", 965, height=56),
        ),
        portrait=PORTRAIT,
        quiet=((PORTRAIT[0] - 10, PORTRAIT[1] - 15, PORTRAIT[2] + 10, PORTRAIT[3] + 10),),
    )


COMMON_FRONT = _front("common", 101, 180, 255, 332)
BILINGUAL_FRONT = _front("bilingual", 105, 186, 262, 385)  # the second script runs above each line

BACK = Layout(
    "common",
    Side.BACK,
    (
        Mark("中华人民共和国", 395, 838, 125),
        Mark("居民身份证", 380, 855, 233),
        Mark("签发机关", 258, 376, 479),
        Mark("有效期限", 258, 376, 557),
    ),
    (
        Row("authority", "签发机关", 960, above="有效期限"),
        Row("validity", "有效期限", 960),
    ),
    quiet=((40, 40, 260, 300),),
)

LAYOUTS = (COMMON_FRONT, BILINGUAL_FRONT, BACK)
