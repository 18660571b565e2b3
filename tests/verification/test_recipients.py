"""M43: consent to face data names everybody who is sent the face, and whom it does not name is sent nothing."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from shiming import app
from shiming.providers.contracts import Unavailable
from shiming.providers.sources_file import BadSources
from shiming.providers.terms import Terms
from shiming.settings import Settings
from shiming.store.audit.audit_log import audit_pending
from shiming.store.tables import consents
from tests.account.application import ZHANG, Photos
from tests.account.application import application as opened

FIRST = {"source": "first", "name": "模拟权威数据源 (simulated)", "purpose": "compare", "region": "CN", "keeps_days": 0}


class Register(Photos):
    """A source that knows everybody, and whose faces it was sent."""

    def __init__(self, name, silent=False):
        super().__init__(name, None, None)
        self.sent, self.silent = [], silent

    def compare(self, name, number, face):
        self.sent.append(name)
        if self.silent:
            raise Unavailable(f"{self.name} does not answer.")
        return super().compare(name, number, face)


@pytest.fixture
def plain(tmp_path):
    with opened(tmp_path, "") as made:
        made.context.authorities[:] = [Register("first")]
        yield made


def handed_in(plain, ref="zhang"):
    made = plain.post("/verifications", {"account": ref})
    plain.hand_in(made["id"], ZHANG, "standard")
    return f"/verifications/{made['id']}"


def test_the_holder_is_told_who_gets_the_face_and_finds_it_in_the_receipt(plain):
    path = handed_in(plain)
    assert plain.get(path)["recipients"] == [FIRST]
    (given,) = plain.get("/accounts/zhang/receipt")["verifications"][0]["consents"]
    assert given["recipients"] == [FIRST]
    basic = plain.post("/verifications", {"account": "wang", "level": "basic"})
    assert basic["recipients"] == [], "no face is asked for"


def test_who_declines_consents_to_nobody(plain):
    made = plain.post("/verifications", {"account": "zhang"})
    plain.post(f"/verifications/{made['id']}/consent", {"face": False})
    (given,) = plain.get("/accounts/zhang/receipt")["verifications"][0]["consents"]
    assert given["recipients"] == []


def test_a_new_recipient_asks_again_and_no_face_is_taken_before(plain):
    path = handed_in(plain)
    plain.context.authorities.append(second := Register("second"))
    assert plain.get(path)["next"] == ["consent"]
    assert plain.post(f"{path}/submit", expect=409)["code"] == "pieces_missing"
    refused = plain.post(f"{path}/challenge", expect=409)
    assert refused["code"] == "consent_missing" and "second" in refused["detail"]
    plain.post(f"{path}/consent", {"face": True, "text_version": "4"})
    assert plain.get(path)["next"] == []
    assert plain.submit(path.split("/")[-1])["state"] == "approved" and second.sent == []


def test_only_what_was_shown_is_consented_to(plain):
    """The page was open while a source was added, or moved abroad: it is asked for again."""
    path = handed_in(plain)
    plain.context.authorities.append(Register("second"))
    shown = {"face": True, "recipients": [FIRST, {**FIRST, "source": "made-up"}]}
    assert plain.post(f"{path}/consent", shown)["next"] == ["consent"]
    plain.post(f"{path}/consent", {"face": True, "recipients": plain.get(path)["recipients"]})
    assert plain.get(path)["next"] == []
    plain.context.terms[("authority", "second")] = Terms(region="HK")
    assert plain.get(path)["next"] == ["consent"], "elsewhere it is another recipient"


def test_a_source_that_came_later_is_not_asked_even_where_the_first_is_silent(plain):
    path = handed_in(plain)
    plain.post(f"{path}/submit")
    first, second = Register("first", silent=True), Register("second")
    plain.context.authorities[:] = [first, second]
    plain.decide(path.split("/")[-1])
    assert first.sent and second.sent == []
    assert plain.get(path)["state"] == "checking"


def test_where_every_source_that_was_named_is_gone_the_holder_is_asked_again(plain):
    path = handed_in(plain)
    plain.post(f"{path}/submit")
    plain.context.authorities[:] = [other := Register("other")]
    told = plain.decide(path.split("/")[-1])
    assert (told["state"], told["next"]) == ("needs_input", ["consent"])
    assert [each["code"] for each in told["reasons"]] == ["consent_missing"] and other.sent == []
    assert told["attempts"]["used"] == 0
    plain.post(f"{path}/consent", {"face": True})
    assert plain.submit(path.split("/")[-1])["state"] == "approved" and other.sent


def test_a_consent_of_an_earlier_release_named_nobody_and_is_asked_for_again(plain):
    path = handed_in(plain)
    with plain.context.database.write() as connection:
        connection.execute(update(consents).values(recipients=None))
    assert plain.get(path)["next"] == ["consent"]
    assert plain.get("/accounts/zhang/receipt")["verifications"][0]["consents"][0]["recipients"] == []


def test_what_is_decided_is_not_asked_for_again(plain):
    done = plain.verify("zhang")
    plain.context.authorities.append(Register("second"))
    assert (done["state"], plain.get(f"/verifications/{done['id']}")["next"]) == ("approved", [])


def test_a_start_with_a_source_abroad_is_on_record(plain):
    """Whose data may leave the mainland is the operator's word; a start without any writes nothing."""
    app._note_abroad(plain.context)
    plain.context.terms[("authority", "first")] = Terms(region="SG")
    app._note_abroad(plain.context)
    query = select(audit_pending).where(audit_pending.c.action == "sources.abroad")
    with plain.context.database.read() as connection:
        (row,) = connection.execute(query)
    assert (row.actor, json.loads(row.facts)) == ("operator", {"regions": {"first": "SG"}})


def test_a_source_abroad_is_refused_by_a_start_unless_the_setting_names_it(tmp_path):
    """From the file to the record."""
    (tmp_path / "sources.toml").write_text(
        '[second]\nkind = "authority"\nadapter = "simulated"\nside = "test"\nregion = "SG"\n', encoding="utf-8"
    )
    settings = Settings(data=str(tmp_path / "data"), sources=str(tmp_path / "sources.toml"))
    with pytest.raises(BadSources, match="SHIMING_SOURCES_ABROAD"), app.command_context(settings, sources=True):
        pass
    named = replace(settings, sources_abroad="second")
    with app.command_context(named, sources=True) as context:
        app._note_abroad(context)
        with context.database.read() as connection:
            (row,) = connection.execute(select(audit_pending).where(audit_pending.c.action == "sources.abroad"))
    assert json.loads(row.facts) == {"regions": {"second": "SG"}}
