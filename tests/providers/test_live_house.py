"""People on the live side whose sources all are a house's own gateway: what each of its answers means to them, as it
does with a vendor's (M4, M10, M36)."""

import pytest

from shiming.store.tables import deliveries
from tests.account.application import Person
from tests.providers.house import SECRET, gateway
from tests.providers.live import live
from tests.providers.numbers import card, id_number, phone

SECTION = """[{0}]
kind = "{0}"
adapter = "http"
side = "live"
connect_seconds = 1.0
read_seconds = 1.0
[{0}.options]
address = "{1}"
secret = {{ env = "{2}" }}
"""
FACTORS = {"standard": frozenset({"phone"}), "enhanced": frozenset({"phone", "bank"})}


@pytest.fixture(scope="module")
def house():
    with gateway() as made:
        yield made


@pytest.fixture(scope="module")
def opened(house, tmp_path_factory):
    """Opens the live side with this gateway behind every kind of source."""

    def one(variable="HOUSE_KEY"):
        folder = tmp_path_factory.mktemp("house")
        kinds = ("authority", "carrier", "bank", "sms")
        (folder / "sources.toml").write_text(
            "".join(SECTION.format(kind, house[0], variable) for kind in kinds), "utf-8"
        )
        return live(folder, str(folder / "sources.toml"), compare_portrait=False, factors_at=FACTORS)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOUSE_KEY", SECRET)
        patch.setenv("WRONG_KEY", "whsec_" + "c2VjcmV0" * 4)
        yield one


@pytest.fixture(scope="module")
def one(opened):
    with opened() as made:
        yield made


@pytest.fixture
def asked(one, house):
    """What the gateway is asked from now on; nobody of before is waited for any more."""
    one.queued.clear()
    house[1].asked.clear()
    return house[1].asked


def test_phone_bank_card_face_and_the_notice_of_it_go_through_one_gateway(one, asked):
    one.post("/accounts/zhang/contact", {"channel": "sms", "address": "12000001234", "verified": True})
    person = Person("张合格", id_number(1))
    made = one.post("/verifications", {"account": "zhang", "level": "enhanced"})
    one.hand_in(made["id"], person, "enhanced", phone=phone(), bank=card())
    one.hold_up_card(made["id"], person)
    one.post(f"/verifications/{made['id']}/submit")
    one.later(minutes=2)
    assert one.get(f"/verifications/{made['id']}")["state"] == "approved"
    questions = [question for question, _ in asked]
    assert questions == ["authority.check", "authority.compare", "carrier.check", "bank.check", "sms.send", "sms.find"]
    with one.context.database.read() as connection:
        (sent,) = connection.execute(deliveries.select().where(deliveries.c.channel == "sms")).all()
    assert sent.state == "delivered" and all(call.request_id for call in one.calls())


@pytest.mark.parametrize(("n", "name", "level", "states"), [
    (41, "王不符", "basic", ["needs_input"]), (42, "严稍后", "basic", ["checking", "approved"]),
    (43, "赵超时", "basic", ["checking"]), (44, "韩䶮", "basic", ["approved"]), (45, "韩䶮", "standard", ["approved"]),
])  # fmt: skip
def test_what_it_says_of_a_person_is_what_they_meet(one, asked, n, name, level, states):
    bound = {"phone": phone()} if level == "standard" else {}
    id, met = one.begun(f"acc-{n}", Person(name, id_number(n)), level=level, **bound), []
    for turn in range(len(states)):
        one.later(seconds=120 * turn)
        met.append(one.get(f"/verifications/{id}"))
    assert [seen["state"] for seen in met] == states
    assert met[-1]["attempts"]["used"] == (1 if name == "王不符" else 0)


def test_a_half_answer_is_gone_on_with(one, asked):
    id = one.begun("zhou", Person("周半答", id_number(70)), phone=phone())
    one.later(minutes=20)
    assert one.get(f"/verifications/{id}")["state"] == "checking"
    questions = [question for question, name in asked if name == "周半答"]
    assert questions.count("authority.check") == 1 and questions.count("carrier.check") == 1
    assert questions.count("authority.compare") > 2


def test_a_name_that_the_authority_knew_in_an_old_form_is_told_the_carrier_in_it_at_once(one, asked):
    one.verify("han-phone", Person("韩䶮", id_number(71)), phone=phone())
    names = [name for question, name in asked if question == "carrier.check"]
    assert len(names) == 1 and "䶮" not in names[0]


def test_a_quota_is_waited_for_until_its_time(one, house, asked):
    house[1].now = one.context.now() + 6 * 3_600_000
    id = one.begun("sun", Person("孙限额", id_number(72)), level="basic")
    one.later(hours=5)
    assert len(asked) == 1
    house[1].now += 24 * 3_600_000
    one.later(hours=2)
    assert len(asked) == 2 and one.get(f"/verifications/{id}")["attempts"]["used"] == 0


@pytest.mark.parametrize(("variable", "name", "alarm"), [
    ("HOUSE_KEY", "钱欠费", "source_unpaid"), ("WRONG_KEY", "张合格", "source_misconfigured"),
])  # fmt: skip
def test_arrears_and_a_wrong_key_alarm_and_use_no_attempt(opened, variable, name, alarm):
    with opened(variable) as one:
        one.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
        waiting = one.verify("qian", Person(name, id_number(73)), level="basic")
        assert (waiting["state"], waiting["attempts"]["used"]) == ("checking", 0)
        assert [told["alarm"] for told in one.alarmed()] == [alarm]
