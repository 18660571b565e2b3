"""A message whose provider has used up a quota (M12): it waits until that begins anew, and not for days; too many to
one number just now is no reason to wait until midnight."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bench.outage import fault, house
from shiming.errors import Unavailability, Unavailable
from shiming.providers.vendors.codes import Codes
from shiming.store.tables import deliveries


def limited(one, hours):
    one.out.fault = fault(Unavailability.LIMITED, int((one.at[0] + timedelta(hours=hours)).timestamp() * 1000))


def state(one):
    with one.context.database.read() as connection:
        return connection.scalar(select(deliveries.c.state).where(deliveries.c.channel == "sms"))


def test_it_is_sent_once_the_quota_begins_anew_and_not_tried_before(tmp_path):
    """Before, it was tried six times in the first two hours all the same."""
    with house(tmp_path, "sms") as one:
        limited(one, hours=2)
        one.comes(0)
        one.run(one.at[0] + timedelta(minutes=119))
        assert (one.out.asked, state(one)) == (1, "retry")
        one.out.fault = None
        one.run(one.at[0] + timedelta(minutes=10))
        assert (one.out.asked, state(one)) == (2, "delivered")


def test_another_day_s_quota_is_not_waited_for_for_ever(tmp_path):
    with house(tmp_path, "sms") as one:
        one.comes(0)
        for _ in range(4):
            limited(one, hours=24)
            one.run(one.at[0] + timedelta(hours=23, minutes=59))
        assert (one.out.asked, state(one)) == (3, "failed")


@pytest.mark.parametrize(("vendor", "code", "waits"), [
    ("tencent", "LimitExceeded.PhoneNumberThirtySecondLimit", False), ("alibaba", "isv.BUSINESS_LIMIT_CONTROL", False),
    ("tencent", "LimitExceeded.PhoneNumberDailyLimit", True), ("alibaba", "isv.DAY_LIMIT_CONTROL", True),
])  # fmt: skip
def test_which_limit_it_is_says_whether_midnight_is_waited_for(vendor, code, waits):
    with pytest.raises(Unavailable) as why:
        Codes(vendor).said(vendor, "SendSms", code)
    assert why.value.kind is Unavailability.LIMITED and (why.value.until is not None) == waits
