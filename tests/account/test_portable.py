"""What is kept of a holder can be taken along, as JSON and pictures (M45), by whoever's face was just seen."""

import json
import zipfile
from io import BytesIO

import pytest

from tests.account.application import ZHANG
from tests.account.guardians import house
from tests.account.test_guardians import own_pages


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        yield made


def test_a_holder_takes_along_what_is_kept(home):
    """There was a receipt of what had been collected, and no way to have it."""
    id = home.verify("zhang")["id"]
    home.context.files.of[id] = {"b": b"\xff\xd8\xff face", "p": b"\xff\xd8\xff portrait"}
    home.post("/accounts/zhang/contact", {"channel": "sms", "address": "12012345678"})
    zhang = own_pages(home, "zhang")
    zhang.post("/tickets", {"text": "我的资料在哪里？"})
    answer = zhang.get("/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(BytesIO(answer.content)) as file:
        names, data = sorted(file.namelist()), json.loads(file.read("data.json"))
        assert file.read(f"verifications/{id}/face-best.jpg") == b"\xff\xd8\xff face"
    assert names == ["data.json", f"verifications/{id}/card_front-portrait.jpg", f"verifications/{id}/face-best.jpg"]
    (verified,) = data["verifications"]
    assert (verified["typed"]["number"], verified["card"]["name"]) == (ZHANG.number, ZHANG.name)
    assert data["contacts"] == {"sms": "12012345678"} and "我的资料" in str(data["conversations"])
    assert data["receipt"]["verifications"][0]["id"] == id and "template" not in str(data)


def test_an_old_session_and_a_strangers_take_nothing(home):
    home.verify("zhang")
    home.post("/accounts/zhou/holds", {"reason": "login_risk"})
    zhang, zhou = own_pages(home, "zhang"), own_pages(home, "zhou")
    assert zhou.get("/export").json()["code"] == "live_face_needed", "nobody has been seen there"
    assert zhou.http.get(f"{zhang.path}/export").status_code == 401
    home.later(minutes=61)
    late = own_pages(home, "zhang")
    assert (late.get("/export").status_code, late.get("/export").json()["code"]) == (409, "live_face_needed")
