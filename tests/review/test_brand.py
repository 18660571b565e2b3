"""How an app looks to its holders: set in the console, kept in the database, legible whatever was chosen (issue 18)."""

import base64
import random

import pytest

from shiming import brand
from shiming.brand import DARK, LIGHT, Brand
from shiming.errors import BadInput
from tests.application import jpeg
from tests.holders import CHEN, in_review
from tests.web.test_me import inside

API = "/console/api/brand"
PNG = base64.b64encode(brand.PNG + b"rest").decode()
IVY = {"zh": "青藤直播", "en": "Ivy Live", "colour": "#ffd400", "corner": 4, "logo": PNG}
DRAWN = random.Random(18)
COLOURS = ["#ffffff", "#000000", "#ffd400", "#808080", *(f"#{DRAWN.randrange(2**24):06x}" for _ in range(300))]


def test_words_are_legible_whatever_colour_is_chosen():
    """Contrast by construction: 4.5 : 1 on page, paper, pale ground and button, by day and by night."""
    for colour in COLOURS:
        for dark, grounds in ((False, LIGHT), (True, DARK)):
            drawn = brand.palette(colour, dark)
            under = (*grounds, drawn["go-pale"], drawn["on-go"])
            assert min(brand.contrast(drawn["go"], ground) for ground in under) >= brand.LEAST, (colour, dark)


def test_a_colour_that_is_legible_stays_as_it_was_chosen():
    assert brand.palette("#0b6b5d")["go"] == (0x0B, 0x6B, 0x5D)


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"colour": "#0B6B5D"}, {"corner": 99}, {"logo": b"<svg/>"}])
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(BadInput):
        brand.checked(Brand(**wrong))


def test_the_operator_sets_it_and_holders_see_it(home):
    """On this side of the app alone; who set it stands in the trail."""
    zhao = home.person("zhao", "policy")
    assert zhao.get(API).json()["zh"] == ""
    assert zhao.post(f"{API}/preview", json={"colour": "#ffd400"}).json()["drawn"]["light"]["go"] != "#ffd400"
    assert zhao.put(API, json=IVY).json()["zh"] == "青藤直播"
    assert zhao.put(API, json={**IVY, "logo": None}).json()["logo"] == PNG
    id = in_review(home)
    page = home.key().get(f"/v/{id}/brand.css")
    assert "--corner:4px" in page.text and "logo.png" in page.text
    assert page.headers["content-type"].startswith("text/css")
    assert home.key().get(f"/v/{id}/logo.png").content.startswith(brand.PNG)
    assert home.key().get("/v/ver_unknown/brand.css").text == ""
    home.key().post("/v1/accounts/" + CHEN.account + "/holds", json={"reason": "login_risk"})
    assert inside(home, home.key()).get("/state").json()["title"] == {"zh": "青藤直播", "en": "Ivy Live"}
    other = home.person("qian", "policy", app="demo.live")
    assert other.get(API).json()["zh"] == ""


def test_nobody_else_sets_it(home):
    lin = home.person("xiaolin", "reviewer")
    assert lin.get(API).status_code == 403 and lin.put(API, json=IVY).status_code == 403
    zhao = home.person("zhao", "policy")
    wrong = base64.b64encode(jpeg()).decode()
    assert zhao.put(API, json={**IVY, "logo": wrong}).json()["code"] == "logo_invalid"
    assert zhao.put(API, json={**IVY, "logo": "no base64"}).status_code == 422
    zhao.headers.pop("x-csrf")
    assert zhao.put(API, json=IVY).status_code in (401, 403)
