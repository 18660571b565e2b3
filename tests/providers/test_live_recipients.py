"""M43 on the live side, with a house's own gateway as sources: who is sent a face is named, with where they are; whom
the consent does not name is sent nothing; and abroad is nobody whom the setting does not name."""

import pytest

from shiming.providers import configured
from shiming.providers.sources_file import BadSources
from shiming.settings import Settings
from tests.account.application import Person
from tests.providers.house import SECRET, gateway
from tests.providers.live import live
from tests.providers.numbers import id_number

SECTION = """[{name}]
kind = "authority"
adapter = "http"
side = "live"
recipient = "{title}"
region = "{region}"
keeps_days = 0
connect_seconds = 1.0
read_seconds = 3.0
[{name}.options]
address = "{address}"
secret = {{ env = "HOUSE_KEY" }}
"""
POLICY = {"compare_portrait": False, "factors_at": {}}
ZHANG = Person("张合格", id_number(81))


@pytest.fixture(scope="module")
def house():
    with gateway() as made:
        yield made


@pytest.fixture
def asked(house, monkeypatch):
    """The questions that the sources are asked."""
    monkeypatch.setenv("HOUSE_KEY", SECRET)
    house[1].asked.clear()
    return house[1].asked


@pytest.fixture
def one(house, tmp_path, asked):
    with live(tmp_path, written(tmp_path, house, first="CN"), **POLICY) as made:
        yield made


def written(folder, house, **regions):
    """A file with these sources, each in its region."""
    path = folder / "sources.toml"
    given = {name: {"name": name, "title": f"{name} 公司", "region": region} for name, region in regions.items()}
    path.write_text("".join(SECTION.format(address=house[0], **each) for each in given.values()), "utf-8")
    return str(path)


def sources(path, abroad=""):
    return configured.sources(
        Settings(sources=path, sources_abroad=abroad, private_hosts="127.0.0.1", authorities="", carriers="", banks="",
                 sms="", mail=""), lambda picture: None,
    )  # fmt: skip


def restarted(one, path, abroad=""):
    """The same installation with another file."""
    made = sources(path, abroad)
    one.context.authorities[:] = made.authorities
    one.context.terms.clear()
    one.context.terms.update(made.terms)


def handed_in(one):
    made = one.post("/verifications", {"account": "zhang"})
    one.hand_in(made["id"], ZHANG, "standard")
    return f"/verifications/{made['id']}"


def compared(asked):
    return [question for question, _ in asked].count("authority.compare")


def test_a_source_that_is_added_makes_the_consent_incomplete_until_it_is_asked_again(one, house, asked, tmp_path):
    path = handed_in(one)
    first = {"source": "first", "name": "first 公司", "purpose": "compare", "region": "CN", "keeps_days": 0}
    assert (one.get(path)["recipients"], one.get(path)["next"]) == ([first], [])
    restarted(one, written(tmp_path, house, first="CN", second="CN"))
    assert one.get(path)["next"] == ["consent"]
    assert one.post(f"{path}/submit", expect=409)["code"] == "pieces_missing"
    refused = one.post(f"{path}/challenge", expect=409)
    assert refused["code"] == "consent_missing" and "second" in refused["detail"] and asked == []
    both = one.get(path)["recipients"]
    assert [each["name"] for each in both] == ["first 公司", "second 公司"]
    one.post(f"{path}/consent", {"face": True, "recipients": both})
    one.post(f"{path}/submit")
    one.later(seconds=0)
    assert one.get(path)["state"] == "approved" and compared(asked) == 1
    consents = one.get("/accounts/zhang/receipt")["verifications"][0]["consents"]
    assert [[each["source"] for each in given["recipients"]] for given in consents] == [["first"], ["first", "second"]]


def test_after_submitting_nobody_whom_the_consent_does_not_name_is_sent_the_face(one, house, asked, tmp_path):
    path = handed_in(one)
    one.post(f"{path}/submit")
    restarted(one, written(tmp_path, house, other="CN"))
    one.later(seconds=0)
    told = one.get(path)
    assert (told["state"], told["next"], compared(asked)) == ("needs_input", ["consent"], 0)
    assert [each["code"] for each in told["reasons"]] == ["consent_missing"] and told["attempts"]["used"] == 0
    one.post(f"{path}/consent", {"face": True})
    one.post(f"{path}/submit")
    one.later(seconds=0)
    assert one.get(path)["state"] == "approved" and compared(asked) == 1


def test_a_source_abroad_is_refused_unless_named_and_its_region_is_told_and_asked_about(one, house, asked, tmp_path):
    path, abroad = handed_in(one), written(tmp_path, house, first="SG")
    with pytest.raises(BadSources, match="SHIMING_SOURCES_ABROAD"):
        sources(abroad)
    with pytest.raises(BadSources, match="SHIMING_SOURCES_ABROAD"):
        sources(abroad, abroad="another")
    restarted(one, abroad, abroad="first")
    told = one.get(path)
    assert (told["next"], [each["region"] for each in told["recipients"]]) == (["consent"], ["SG"])
    assert one.post(f"{path}/submit", expect=409)["code"] == "pieces_missing" and asked == []
