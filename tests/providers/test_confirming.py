"""A party that confirms who was typed is a step of its own in the holder's flow (M22, M20.16): shown once name and
number are there, gone on with where it broke off, begun once, paid for once, and left out by whoever wants to. On the
live side, through the holder's own pages, by Alipay's adapter with the vendor server behind it."""

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shiming.errors import Conflict
from shiming.store.tables import external_results as table
from shiming.workflows import loading
from shiming.workflows.verification import decision_replay, external_results
from tests.providers.live import live, sources
from tests.providers.numbers import id_number
from tests.providers.test_live_identity import ALIPAY, phone_of, way
from tests.stories.holder import heading

PRICED = ALIPAY.replace("[alipay.options]", "[alipay.price]\nresult = 1.0\n[alipay.options]")


@pytest.fixture(scope="module")
def opened(tmp_path_factory, vendor):
    def one(key="ALIPAY_KEY"):
        folder, server = tmp_path_factory.mktemp("confirming"), vendor[1].alipay
        party = PRICED.format(app_id=server.app_id, public_key=server.public_key(), address=vendor[0])
        return live(folder, sources(folder, "tencent", vendor[0], kinds=("authority",),
                                    more=party.replace("ALIPAY_KEY", key)))  # fmt: skip

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALIPAY_KEY", vendor[1].alipay.private_key())
        yield one


@pytest.fixture(scope="module")
def one(opened):
    with opened() as made:
        yield made


@pytest.fixture
def asked(vendor):
    """What Alipay was asked since, by the last word of its methods."""
    vendor[1].tally.clear()
    return lambda word: len([row for row in vendor[1].tally if row["action"].endswith(word)])


def typed(one, phone, name, order=1, **more):
    one.post(f"/verifications/{phone.id}/identity", {"name": name, "number": id_number(order), **more})


def confirms(phone):
    return phone.get(f"/v/{phone.id}/state").json()["confirm"]


def there(phone):
    """The holder does there what is to be done; where the browser is led back to, as a path of ours."""
    back = httpx.get(way(phone, "支付宝"), trust_env=False, timeout=60).headers["location"]
    return back[back.index("/v/") :]


def paid(one, id):
    return sum(call.cost or 0 for call in one.calls() if call.about == id)


def test_the_step_comes_by_itself_and_is_gone_on_with(one, capsys):
    """陈合格 types, is sent on, confirms, and goes on; what was confirmed stays with the judgement."""
    phone = phone_of(one, "chen")
    assert not confirms(phone) and phone.get(f"/v/{phone.id}").url.path == f"/v/{phone.id}"
    typed(one, phone, "陈合格", 11)
    page = phone.get(f"/v/{phone.id}")
    assert confirms(phone) and page.url.path == f"/v/{phone.id}/external"
    assert "支付宝" in heading(page) and "姓名和号码会发给" in page.text and "跳过这一步" in page.text
    assert phone.get(there(phone)).url.path == f"/v/{phone.id}"
    assert not confirms(phone) and one.get(f"/verifications/{phone.id}")["identity"]["confirmed_by"] == "alipay"
    calls = [call for call in one.calls() if call.about == phone.id]
    assert [(call.question, call.outcome, call.cost) for call in calls] == [
        ("begin", "answered", 0), ("result", "answered", 10_000)]  # fmt: skip
    assert calls[1].request_id
    one.post(f"/verifications/{phone.id}/submit")
    one.later(seconds=0)
    assert one.get(f"/verifications/{phone.id}")["state"] == "approved", "the authority is asked as ever"
    assert decision_replay.main(one.context.database, one.context.sealer, phone.id) == 0
    assert "identity: confirmed by alipay" in capsys.readouterr().out


def test_two_taps_and_a_closed_page_begin_one_matter(one, asked):
    phone = phone_of(one, "two-taps")
    typed(one, phone, "陈合格", 12)
    assert len({way(phone, "支付宝") for _ in range(3)}) == 1 and asked("initialize") == 1
    one.later(minutes=11)
    way(phone, "支付宝")
    assert asked("initialize") == 2, "an old one may be dead there"


def test_whoever_never_comes_back_finds_the_result_on_opening_the_page(one):
    phone = phone_of(one, "closed")
    typed(one, phone, "陈合格", 13)
    there(phone)
    phone.get(f"/v/{phone.id}")
    assert one.get(f"/verifications/{phone.id}")["identity"]["confirmed_by"] == "alipay"


def test_an_answer_that_a_crash_of_ours_lost_is_asked_for_again_and_paid_for_once(one, monkeypatch):
    phone = phone_of(one, "crash")
    typed(one, phone, "陈合格", 14)
    back = there(phone)
    with monkeypatch.context() as broken:
        broken.setattr(external_results.external_results, "move", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            external_results.look(one.context, "demo.live", phone.id)
    phone.get(back)
    assert one.get(f"/verifications/{phone.id}")["identity"]["confirmed_by"] == "alipay"
    assert paid(one, phone.id) == 10_000


def test_who_was_not_confirmed_hears_so_and_goes_on(one):
    phone = phone_of(one, "not")
    typed(one, phone, "李不像", 15)
    page = phone.get(there(phone))
    assert "没有确认" in page.text and page.url.path.endswith("/external")
    assert phone.get(f"/v/{phone.id}").url.path == f"/v/{phone.id}" and not confirms(phone)
    seen = one.get(f"/verifications/{phone.id}")
    assert seen["attempts"]["used"] == 0 and "confirmed_by" not in seen["identity"]


def test_one_who_broke_off_there_is_told_and_begins_anew(one, asked):
    phone = phone_of(one, "broke-off")
    typed(one, phone, "王半答", 16)
    page = phone.get(there(phone))
    assert "还没有给出结果" in page.text and confirms(phone) and paid(one, phone.id) == 0
    way(phone, "支付宝")
    assert asked("initialize") == 2


def test_who_does_without_is_not_asked_again_about_the_same_person(one, asked):
    phone = phone_of(one, "without")
    typed(one, phone, "陈合格", 17)
    assert phone.post(f"/v/{phone.id}/external/drop").url.path == f"/v/{phone.id}"
    assert not confirms(phone) and asked("initialize") == 0
    typed(one, phone, "陈合格", 18)
    assert confirms(phone)


def test_the_same_typed_once_more_is_marked_again_without_a_call(one, asked):
    """And what else was corrected of the card stays with it; before, the confirmation dropped that."""
    phone = phone_of(one, "again")
    typed(one, phone, "陈合格", 19, corrected={"address": "示例市示例路1号"})
    phone.get(there(phone))
    with one.context.database.read() as connection:
        row = loading.verifications.alive(connection, "demo.live", phone.id)
        assert loading.typed(one.context.sealer, row).corrected
    typed(one, phone, "陈合格", 19)
    phone.get(f"/v/{phone.id}/external")
    assert one.get(f"/verifications/{phone.id}")["identity"]["confirmed_by"] == "alipay" and asked("initialize") == 1


def test_a_child_s_name_and_number_go_nowhere_before_a_guardian_has_agreed(one, asked):
    made = one.post("/verifications", {"account": "child", "level": "standard"})
    one.post(f"/verifications/{made['id']}/identity", {"name": "陈小宝", "number": id_number(20, birth="20200314")})
    with pytest.raises(Conflict) as refused:
        external_results.begin(one.context, "demo.live", made["id"], "https://shiming.test/back")
    assert refused.value.code == "guardian_consent_needed" and asked("initialize") == 0


def test_a_wrong_key_alarms_keeps_nobody_waiting_and_is_said_on_the_page(opened, monkeypatch):
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())  # fmt: skip
    monkeypatch.setenv("WRONG_KEY", other.decode())
    with opened("WRONG_KEY") as one:
        one.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
        phone = phone_of(one, "wrong-key")
        typed(one, phone, "陈合格", 21)
        page = phone.post(f"/v/{phone.id}/external/go")
        assert "暂时没有回应" in page.text and "跳过这一步" in page.text
        assert [told["of"] for told in one.alarmed()] == ["identity.alipay"]
        phone.post(f"/v/{phone.id}/external/drop")
        one.post(f"/verifications/{phone.id}/submit")
        one.later(seconds=0)
        assert one.get(f"/verifications/{phone.id}")["state"] == "approved"


def test_no_name_stands_open_in_what_is_kept_of_a_way(one):
    with one.context.database.read() as connection:
        rows = connection.execute(table.select()).all()
    assert rows and not [row for row in rows if "陈合格".encode() in (row.sealed_asked or b"")]
