"""Cards that look like the accepted one and are not: the temporary card (both sides) and the first generation's front.

Drawn from their public descriptions (临时居民身份证管理办法 of 2005; the first generation's rules of 1986), not from a
real card: titles, items and their order are theirs, everything else is this project's own ground. All bear 样本.
"""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import cv2
import numpy as np

from . import card, layout, paper, portrait
from .card import Flat
from .holders import Holder, draw_holder
from .ink import MM, Sheet, tint


def temporary_front(face: np.ndarray, rng: Random) -> Flat:
    """The temporary card's title and wall: 中华人民共和国临时居民身份证."""
    holder, sheet = draw_holder(rng), card._sheet(rng)
    sheet.label("中华人民共和国", 18, 13, 5.2, 7.2)
    sheet.label("临时居民身份证", 13, 25, 7.0, 8.8)
    picture = paper.ground(rng.randrange(paper.VARIANTS), back=True)
    return card._finish("front", holder, sheet, picture, card.MARKS["back"]["middle"], {})


def temporary_items(face: np.ndarray, rng: Random) -> Flat:
    """The temporary card's other side: black-and-white portrait, all items, authority and three months' validity."""
    holder, sheet = draw_holder(rng), card._sheet(rng)
    left, value = 6.2, 15.6
    for text, x, y in (("姓名", left, 6.4), ("性别", left, 12.4), ("民族", left + 18.6, 12.4), ("住址", left, 24.4)):
        sheet.label(text, x, y, 2.7, 3.4)
    sheet.value("name", holder.name, value, 6.4, 3.6, 3.8)
    sheet.value("sex", holder.sex, value, 12.4, 3.1)
    sheet.value("ethnicity", holder.ethnicity, value + 18.0, 12.4, 3.1)
    layout._birth(sheet, holder.birth, left, value, 18.4)
    layout._address(sheet, holder.address, value, 24.4, 4.0)
    sheet.label("公民身份号码", left, 37.6, 2.7, 3.1)
    sheet.number("number", holder.number, 27.0, 37.6, 3.6, 2.5)
    sheet.label("签发机关", left, 43.6, 2.7, 3.1)
    sheet.value("authority", holder.authority, 20.5, 43.6, 3.0, 3.1)
    start = date(2026, 1, 1) + timedelta(days=rng.randrange(250))
    sheet.label("有效期限", left, 49.4, 2.7, 3.1)
    sheet.value("validity", f"{start:%Y.%m.%d}-{start + timedelta(days=90):%Y.%m.%d}", 20.5, 49.4, 3.0, 3.0)
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _with_portrait(holder, sheet, grey, rng, top=5.0, mark=(44.0, 31.5))


def first_generation(face: np.ndarray, rng: Random) -> Flat:
    """The first generation's side with the portrait: a number of 15 digits, and how many years it is good for."""
    holder, sheet = draw_holder(rng), card._sheet(rng)
    holder = replace(holder, birth=f"19{holder.birth[2:]}" if holder.birth < "1985" else "1961-04-09")
    left, value = 6.2, 15.6
    for text, x, y in (("姓名", left, 8.0), ("性别", left, 14.4), ("民族", left + 18.6, 14.4), ("住址", left, 27.2)):
        sheet.label(text, x, y, 2.9, 3.6)
    sheet.value("name", holder.name, value, 8.0, 3.7, 4.0)
    sheet.value("sex", holder.sex, value, 14.4, 3.3)
    sheet.value("ethnicity", holder.ethnicity, value + 18.0, 14.4, 3.3)
    layout._birth(sheet, holder.birth, left, value, 20.8)
    layout._address(sheet, holder.address, value, 27.2, 4.2)
    year = rng.randint(1987, 1999)
    sheet.value("issued", f"{year}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日签发", left, 43.4, 2.9, 3.1)
    sheet.value("term", "有效期限20年", left + 30, 43.4, 2.9, 3.1)
    sheet.label("编号", left, 49.4, 2.9, 3.6)
    number = holder.number[:6] + holder.birth.replace("-", "")[2:] + f"{rng.randrange(1000):03}"
    sheet.number("number", number, 15.6, 49.4, 3.6, 2.6)
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _with_portrait(holder, sheet, grey, rng, top=6.0, mark=(70.0, 46.5))


OTHERS = {each.__name__: each for each in (temporary_front, temporary_items, first_generation)}


def _with_portrait(
    holder: Holder, sheet: Sheet, face: np.ndarray, rng: Random, top: float, mark: tuple[float, float]
) -> Flat:
    veil = np.full(sheet.labels.size[::-1], 60, np.uint8)
    picture = tint(paper.ground(rng.randrange(paper.VARIANTS), back=False), veil, (190, 205, 190))
    box = round(56 * MM), round(top * MM), round((56 + 24) * MM), round((top + 29.5) * MM)
    picture = portrait.place(picture, face, box)
    return card._finish("front", holder, sheet, picture, mark, {})
