"""How a platform says that 陈无照 can be reached, and what she types into an appeal (issue 14, a1)."""

import pytest

from shiming.names import normalise_contact
from shiming.support import appeals
from tests.holders import CHEN


@pytest.mark.parametrize(
    ("channel", "given", "kept"),
    [
        ("sms", "\u202d13812345678\u202c", "13812345678"),
        ("sms", "+1 (202) 555‑0123", "+12025550123"),
        ("sms", "tel:+86-138-1234-5678", "+8613812345678"),
        ("mail", "chen＠example．test", "chen@example.test"),
        ("mail", "<chen@example.test>", "chen@example.test"),
        ("mail", "mailto:chen@example.test", "chen@example.test"),
        ("mail", "\u200bchen@example。test\u00a0", "chen@example.test"),
        ("sms", "12", None),
        ("mail", "chen@", None),
        ("mail", "chen wu@example.test", None),
        ("mail", "\u200b", None),
    ],
)
def test_a_contact_is_read_as_it_was_pasted(channel, given, kept):
    assert normalise_contact(channel, given) == kept


def test_a_contact_with_direction_marks_is_taken_over_the_api(home):
    key = home.key()
    for given, status in (
        ("\u202d13812345678\u202c", 200),
        ("1381234x5678", 422),
        ("\u200b", 422),
        (" ", 200),
        (None, 200),
    ):
        answer = key.post(f"/v1/accounts/{CHEN.account}/contact", json={"channel": "sms", "address": given})
        assert answer.status_code == status, given


def test_the_facts_of_an_appeal_are_kept_in_one_form_and_what_cannot_be_read_as_typed():
    facts = {
        "name": "姓名：陈喆喆",
        "number": "1702131991 0314–0138",
        "contact": "+86 138 1234 5678",
        "prompt_seen": "「失败」。",
    }
    read = appeals.in_one_form(facts)
    assert read == {
        "name": "陈喆喆",
        "number": "170213199103140138",
        "contact": "+8613812345678",
        "prompt_seen": "「失败」。",
    }
    assert appeals.in_one_form(read) == read
    assert appeals.in_one_form({"name": "3", "contact": "微信 chen"}) == {"name": "3", "contact": "微信 chen"}
