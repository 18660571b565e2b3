"""A notice on the live side, from the decision to the receipt, by each vendor's SMS (M12): accepted is not delivered,
and a message of which nobody knows whether it went out never goes out twice."""

import pytest

from shiming.store.tables import deliveries
from shiming.vendor_server import alibaba, tencent
from shiming.workflows.messaging import receipts
from tests.account.application import Person
from tests.providers.live import live, sources
from tests.providers.numbers import id_number, phone
from tests.providers.test_live import VENDORS

SMS = """[sms]
kind = "sms"
adapter = "{vendor}"
side = "live"
connect_seconds = 1.0
read_seconds = 3.0
[sms.price]
send = 0.045
[sms.options]
endpoint = "{address}"
key_id = "AKIDdemo4localvendorserver"
secret = {{ env = "VENDOR_SECRET" }}
sign = "示例平台"
{app}templates = {{ "verification.approved.zh" = "1234567" }}
"""


@pytest.mark.parametrize("vendor_name", VENDORS)
def test_a_notice_goes_out_once_and_is_what_its_receipt_says(tmp_path, vendor, vendor_name):
    """Delivered; not delivered; taken without our hearing it, and found by our own key; a number that takes none."""
    rows, never = {
        "tencent": (tencent.rows("SendSms"), "FailedOperation.PhoneNumberInBlacklist"),
        "alibaba": (alibaba.rows("SendSms"), "isv.MOBILE_NUMBER_ILLEGAL"),
    }[vendor_name]
    phones = {"12000000013": "delivered", "12000000011": "undelivered", "12000007404": "delivered",
              phone(rows.index(never)): "failed"}  # fmt: skip
    app = 'app_id = "1400006666"\n' if vendor_name == "tencent" else ""
    more = SMS.format(vendor=vendor_name, address=vendor[0], app=app)
    path = sources(tmp_path, vendor_name, vendor[0], kinds=("authority",), more=more)
    vendor[1].tally.clear()
    with live(tmp_path, path) as one:
        for order, number in enumerate(phones):
            one.post(f"/accounts/{number}/contact", {"channel": "sms", "address": number, "verified": True})
            one.verify(number, Person("张合格", id_number(30 + order)), level="basic")
        one.later(minutes=20)
        states = {number: state_of(one, number) for number in phones}
    assert states == phones
    assert [row["action"] for row in vendor[1].tally].count("SendSms") == len(phones)


def state_of(one, account):
    (notice,) = one.get(f"/accounts/{account}/notices")["items"]
    (sent,) = (d for d in notice["deliveries"] if d["channel"] == "sms")
    return sent["state"]


@pytest.mark.parametrize("vendor_name", VENDORS)
def test_receipts_that_the_vendor_pushes_are_matched(tmp_path, vendor, vendor_name):
    """To an address that only it knows, in its own form, answered as it wants it."""
    app = 'app_id = "1400006666"\n' if vendor_name == "tencent" else ""
    more = SMS.format(vendor=vendor_name, address=vendor[0], app=app)
    path = sources(tmp_path, vendor_name, vendor[0], kinds=("authority",), more=more)
    with live(tmp_path, path) as one:
        one.post("/accounts/zhang/contact", {"channel": "sms", "address": "12000000012", "verified": True})
        one.verify("zhang", Person("张合格", id_number(40)), level="basic")
        with one.context.database.read() as connection:
            sent = connection.execute(deliveries.select().where(deliveries.c.channel == "sms")).one()
        assert sent.state == "accepted"
        there = receipts.path(one.context, "sms", one.context.channels.sms[0])
        body, taken = {
            "tencent": ({"report_status": "SUCCESS", "sid": sent.provider_id, "errmsg": "DELIVRD"},
                        {"result": 0, "errmsg": "OK"}),
            "alibaba": ({"success": True, "biz_id": sent.provider_id, "err_code": "DELIVERED"},
                        {"code": 0, "msg": "ok"}),
        }[vendor_name]  # fmt: skip
        assert one.http.post(there, json=[body]).json() == taken
        assert one.http.post(f"{there}x", json=[body]).status_code == 404
        assert state_of(one, "zhang") == "delivered"
