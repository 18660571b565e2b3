"""Where everything stands on a card, in millimetres from the upper left corner: the three printed layouts.

Positions follow the card's known look, not a drawing of its maker: what is read well here need not be read as well
on real cards. (dx, dy) shifts the whole print, as real print runs do.
"""

from PIL import Image, ImageDraw

from . import fonts
from .holders import Holder
from .ink import MM, SIZE, Sheet
from .words import UYGHUR_LABELS

LINE = 11  # characters of the address per line


def front(sheet: Sheet, holder: Holder, dx: float, dy: float) -> None:
    """The common front."""
    left, value = 6.2 + dx, 15.6 + dx
    for text, x, y in (("姓名", left, 9.4), ("性别", left, 16.4), ("民族", left + 18.6, 16.4), ("住址", left, 29.6)):
        sheet.label(text, x, y + dy, 2.9, 3.6)
    sheet.value("name", holder.name, value, 9.4 + dy, 3.9, 4.0)
    sheet.value("sex", holder.sex, value, 16.4 + dy, 3.3)
    sheet.value("ethnicity", holder.ethnicity, value + 18.0, 16.4 + dy, 3.3)
    _birth(sheet, holder.birth, left, value, 22.9 + dy)
    _address(sheet, holder.address, value, 29.6 + dy, 4.3)
    sheet.label("公民身份号码", left, 48.0 + dy, 2.9, 3.35)
    sheet.number("number", holder.number, 29.2 + dx, 48.0 + dy, 3.9, 2.72)


def front_bilingual(sheet: Sheet, holder: Holder, dx: float, dy: float) -> None:
    """The front with a second script: above each label, and above the name and the address, runs its line."""
    left, value, second = 6.2 + dx, 15.6 + dx, holder.second or {}
    for key, text, x, y in (
        ("name", "姓名", left, 10.2), ("sex", "性别", left, 17.2), ("ethnicity", "民族", left + 18.6, 17.2),
        ("birth", None, left, 23.8), ("address", "住址", left, 34.4), ("number", "公民身份号码", left, 48.6),
    ):  # fmt: skip
        _above(sheet, UYGHUR_LABELS[key], x, y + dy)
        if text:
            sheet.label(text, x, y + dy, 2.7, 3.3)
    sheet.shaped(second["name"], value, 6.3 + dy, 3.0)
    sheet.value("name", holder.name, value, 10.2 + dy, 3.3, 3.35)
    sheet.value("sex", holder.sex, value, 17.2 + dy, 3.1)
    sheet.value("ethnicity", holder.ethnicity, value + 18.0, 17.2 + dy, 3.1)
    _birth(sheet, holder.birth, left, value, 23.8 + dy)
    sheet.shaped(second["address"], value, 30.0 + dy, 3.0)
    _address(sheet, holder.address, value, 34.4 + dy, 4.1)
    sheet.number("number", holder.number, 29.2 + dx, 48.2 + dy, 3.9, 2.72)


def back(sheet: Sheet, holder: Holder, dx: float, dy: float) -> None:
    """The labels and values of the other side; on a bilingual card with the second script's lines."""
    label, value = 19.6 + dx, 35.2 + dx
    rows = (("authority", "签发机关", 40.6), ("validity", "有效期限", 47.4))
    for key, text, y in rows:
        sheet.label(text, label, y + dy, 2.9, 3.3)
        if holder.second:
            _above(sheet, UYGHUR_LABELS[key], label, y + dy)
    if holder.second:
        sheet.shaped(holder.second["authority"], value, 37.3 + dy, 2.6, widest=46.0)
    sheet.value("authority", holder.authority, value, 40.6 + dy, 3.1, 3.2)
    start = holder.valid_from.replace("-", ".")
    x = sheet.value("valid_from", start, value, 47.4 + dy, 3.1, 3.1)
    x = sheet.value("validity", "-", x + 0.15, 47.4 + dy, 3.1, 3.1) + 0.15
    sheet.value("valid_until", holder.valid_until.replace("-", "."), x, 47.4 + dy, 3.1, 3.1)


def titles(holder: Holder, dx: float, dy: float) -> Image.Image:
    """The two titles of the back as a mask (L, SIZE)."""
    layer = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(layer)
    for text, y, size, pitch in (("中华人民共和国", 11.6, 5.0, 6.1), ("居民身份证", 20.6, 7.2, 9.6)):
        for i, char in enumerate(text):
            spot = ((52.6 + dx + (i - (len(text) - 1) / 2) * pitch) * MM, (y + dy) * MM)
            draw.text(spot, char, fill=255, font=fonts.load(fonts.BOLD, round(size * MM)), anchor="mm")
    if holder.second:
        for key, y, size in (("country", 6.4, 3.0), ("title", 27.2, 3.6)):
            font = fonts.load(fonts.UYGHUR[0], round(size * MM))
            spot = ((52.6 + dx) * MM, (y + dy) * MM)
            draw.text(spot, UYGHUR_LABELS[key], fill=255, font=font, anchor="mm", direction="rtl", language="ug")
    return layer


def _above(sheet: Sheet, text: str, x: float, y: float) -> None:
    sheet.shaped_label(text, x, y - 2.9, 2.2)


def _birth(sheet: Sheet, birth: str, left: float, value: float, y: float) -> None:
    year, month, day = birth.split("-")
    sheet.label("出生", left, y, 2.9, 3.6)
    for text, x in ((year, value), (month, value + 12.5), (day, value + 20.7)):
        text = text.removeprefix("0")
        sheet.value("birth", text, x + 0.95 * (2 - min(len(text), 2)), y, 3.3)
    for text, x in (("年", value + 8.6), ("月", value + 16.9), ("日", value + 25.1)):
        sheet.label(text, x, y, 2.9)


def _address(sheet: Sheet, address: str, x: float, y: float, pitch: float) -> None:
    for i, start in enumerate(range(0, len(address), LINE)):
        sheet.value("address", address[start : start + LINE], x, y + i * pitch, 3.15, 3.3)
