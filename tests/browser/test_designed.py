"""A phone on its side, letters twice as large, dark: each step's page is made for it, not only not broken (issue 18).

On its side, what to do and the button that does it are in view without scrolling. Twice as large, nothing lies on
something else and nothing is cut off. Measured on the pages as they are drawn; dark, they are looked at by axe.
"""

import pytest

from tests.browser.conftest import AXE, HERE, PHONE, SERIOUS
from tests.browser.test_every_remedy import listening
from tests.reasons.door import back_of, front_of
from tests.reasons.door import opened as opened_door

SIDE, TALL = {"width": 740, "height": 360}, {"width": 360, "height": 740}
LARGE = "document.documentElement.style.fontSize = '34px'"
PLAIN = "document.documentElement.style.fontSize = ''"
MEASURE = "".join((HERE / "measure.js").read_text("utf-8").partition("() => {")[1:])


def papers(door, id: str, who) -> None:
    door.shows(id, "card_front", front_of(who), who.portrait)
    door.shows(id, "card_back", back_of(who))
    door.does(f"/verifications/{id}/identity", {"name": who.name, "number": who.number})


def before(door, piece: str) -> str:
    """A verification that asks for this piece next."""
    id, who = door.begins(), door.somebody()
    if piece == "consent":
        return id
    door.does(f"/verifications/{id}/consent", {"face": piece != "handheld"})
    if piece in ("handheld", "face"):
        papers(door, id, who)
    elif piece == "identity":
        door.shows(id, "card_front", front_of(who), who.portrait)
        door.shows(id, "card_back", back_of(who))
    return id


# Each page by its name: how it is reached, and what is tapped on it at first.
PAGES = {
    "intro": lambda door: (door.begins(), ""), "consent": lambda door: (door.begins(), "开始"),
    "card": lambda door: (before(door, "card_front"), ""), "identity": lambda door: (before(door, "identity"), ""),
    "handheld": lambda door: (before(door, "handheld"), ""), "face": lambda door: (before(door, "face"), ""),
    "retry": lambda door: (door.types(door.somebody("不符"))["id"], ""),
    "review": lambda door: (door.verifies(door.somebody("无照"))["id"], ""),
    "passed": lambda door: (door.verifies(door.somebody())["id"], ""),
}  # fmt: skip
READ_FIRST = {"consent"}  # its buttons stand below what is agreed to, on purpose


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with opened_door(tmp_path_factory.mktemp("designed") / "data") as made, listening(made) as address:
        made.address = address
        yield made


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.long)])
def test_every_page_on_its_side_and_with_large_letters(door, opened, language):
    """One browser goes through all of them; English words are longer, Chinese ones have no gaps."""
    phone, wrong = opened({**PHONE, "viewport": SIDE, "locale": language}), {}
    phone.page.emulate_media(reduced_motion="reduce")
    for name, reached in PAGES.items():
        id, tap = reached(door)
        _opens(phone, door, id, language)
        if tap:
            phone.page.locator(".actions button").last.click()
            phone.page.locator(".choice").first.wait_for()
        phone.page.set_viewport_size(SIDE)
        side = phone.page.evaluate(MEASURE)
        phone.snap(f"side-{language}-{name}")
        unseen = name not in READ_FIRST and side["primary"] and (side["top"] < 0 or side["bottom"] > side["high"])
        if unseen or side["wide"] > 0 or side["faults"]:
            wrong[name, "side"] = side
        phone.page.set_viewport_size(TALL)
        phone.page.evaluate(LARGE)
        large = phone.page.evaluate(MEASURE)
        phone.snap(f"large-{language}-{name}")
        if large["wide"] > 0 or large["faults"]:
            wrong[name, "large"] = large
        phone.page.evaluate(PLAIN)
        if language == "zh" and AXE.exists():
            phone.faults += [f"dark, {name}: {fault}" for fault in _dark(phone)]
    phone.page.goto("about:blank")
    assert not wrong


def _opens(phone, door, id: str, language: str) -> None:
    url = door.does(f"/verifications/{id}/links")["url"]
    phone.page.goto("about:blank")
    phone.page.goto(f"{door.address}/v/{url.partition('/v/')[2]}")
    phone.page.locator("h1").wait_for()
    if language == "en" and phone.page.locator("html").get_attribute("lang") != "en":
        phone.page.locator(".top button").click()
        phone.page.locator("html[lang=en]").wait_for()


def _dark(phone) -> list[str]:
    phone.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    phone.page.evaluate(AXE.read_text("utf-8"))
    found = phone.page.evaluate(SERIOUS)
    phone.snap("dark")
    phone.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found
