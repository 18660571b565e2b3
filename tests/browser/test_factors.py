"""The bound phone and the bank card, in an app whose policy asks for both at the level without pictures."""

import time
from importlib.resources import files

import pytest

from shiming import reasons
from shiming.demo.cast import by_slug
from tests.stories.keys import key

DEFAULT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
FACTORS = DEFAULT.replace('name = "default"', 'name = "factors"').replace(
    "[limits]\n", '[limits]\nfactors_at = { basic = ["phone", "bank"] }\n'
)
CARD = "400000000000000"  # not UnionPay's, whose check digit only the bank knows


@pytest.fixture(scope="module")
def factors(server):
    """A door into an app of its own, under its own policy."""
    anna, bert = (server.api(key(server, app="factors", role="operator", name=name)) for name in ("anna", "bert"))
    version = anna.post("/policies", {"text": FACTORS})["version"]
    trial = anna.post(f"/policies/{version}/try", {"days": 1})["id"]
    until = time.monotonic() + 240
    while anna.get(f"/policy_trials/{trial}")["state"] != "done" and time.monotonic() < until:
        time.sleep(0.3)
    anna.post(f"/policies/{version}/propose", {"waves": [{"share": 100}]})
    bert.post(f"/policies/{version}/approve")
    time.sleep(1.1)  # other processes go by what they read for a second
    return server.api(key(server, app="factors"))


def luhn(card: str) -> str:
    """The card's number with the check digit that fits."""
    digits = [int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(card))]
    return card + str(-sum(d // 10 + d % 10 for d in digits) % 10)


def test_phone_and_bank_card_are_asked_and_only_the_phone_is_corrected(factors, opened):
    """M10, M14: a mistyped number is told at once; somebody else's phone is corrected, and nothing else."""
    person, made = by_slug("hege"), factors.post("/verifications", {"account": "factors", "level": "basic"})
    phone = opened()
    phone.opens(made, person)
    phone.tap("开始")
    phone.page.get_by_label("姓名").fill(person.name)
    phone.page.get_by_label("身份证号码", exact=True).fill(person.number)
    phone.tap("没有错，继续")
    phone.shows("填写绑定的手机号")
    phone.page.reload()
    phone.shows("填写绑定的手机号")
    phone.page.get_by_label("手机号").fill("1380")
    phone.tap("继续")
    phone.page.get_by_text("手机号不对，请核对每一位").wait_for()
    phone.snap("phone-wrong")
    phone.page.get_by_label("手机号").fill("138 0000 0003")
    phone.tap("继续")
    phone.shows("填写银行卡")
    phone.page.reload()
    phone.shows("填写银行卡")
    phone.page.get_by_label("银行卡号").fill(CARD + str(9 - int(luhn(CARD)[-1])))
    phone.page.get_by_label("银行预留手机号").fill("13800001111")
    phone.tap("继续")
    phone.page.get_by_text("银行卡号不对").wait_for()
    phone.page.get_by_label("银行卡号").fill(luhn(CARD))
    phone.tap("继续")
    phone.shows(reasons.rendered("phone_not_holders", "zh").title)
    phone.page.reload()
    phone.shows(reasons.rendered("phone_not_holders", "zh").title)
    phone.tap("修改手机号")
    phone.shows("填写绑定的手机号")
    phone.page.get_by_label("手机号").fill("13800001111")
    phone.tap("继续")
    phone.shows("认证通过了")
