"""Table tests of the queue: order, who may have what, four eyes, the share decided twice."""

import pytest

from shiming.errors import BadInput
from shiming.review import queue, verdict
from shiming.review.queue import HOUR, MACHINE
from shiming.review.verdict import GROUNDS, VERDICTS, Verdict

DAY = 24 * HOUR


def test_a_risky_case_comes_up_to_twelve_hours_earlier():
    assert queue.urgency(DAY, 0) == DAY
    assert queue.urgency(DAY, 100) == DAY - 12 * HOUR
    assert queue.urgency(DAY, 90) < queue.urgency(DAY - 6 * HOUR, 0) < queue.urgency(DAY, 20)


def test_the_worst_reason_says_how_risky_a_case_is():
    assert queue.risk(["authority_photo_missing", "duplicate_person_suspected"]) == 90
    assert queue.risk([]) == 20


def test_who_may_not_have_a_case_is_found_whole_and_not_in_part():
    column = queue.barred("wang", "li", "wang", "")
    assert column == "|wang|li|" and queue.names(column) == ("wang", "li")
    assert "|wan|" not in column
    assert queue.barred() == "|"


@pytest.mark.parametrize(("kind", "given", "flag", "asked", "expected"), [
    ("verification", "approve", False, frozenset(), False),
    ("verification", "approve", True, frozenset(), True),
    ("appeal", "uphold", False, frozenset({"appeal:uphold"}), True),
    ("appeal", "turn_down", False, frozenset({"appeal:uphold"}), False),
    ("verification", "escalate", True, frozenset(), False),
])  # fmt: skip
def test_four_eyes_where_the_case_or_the_policy_says_so(kind, given, flag, asked, expected):
    assert queue.needs_second(kind, given, flag, asked) is expected


def test_the_share_that_is_decided_twice_is_about_as_large_as_asked():
    from shiming.store.database import new_id

    ids = [new_id("cas") for _ in range(4000)]
    assert 0.03 < sum(queue.chosen(id, 0.05) for id in ids) / 4000 < 0.08
    assert all(queue.chosen(id, 1) for id in ids) and not any(queue.chosen(id, 0) for id in ids)


@pytest.mark.parametrize("kind", VERDICTS)
def test_no_decision_without_a_reason(kind):
    for word in VERDICTS[kind]:
        with pytest.raises(BadInput):
            verdict.check(kind, Verdict(word))


def test_a_ground_fits_its_verdict_and_every_verdict_has_one_or_a_reason():
    with pytest.raises(BadInput, match="choose a ground"):
        verdict.check("verification", Verdict("approve", "still_holds"))
    verdict.check("verification", Verdict("approve", "machine_mistaken"))
    verdict.check("verification", Verdict("reject", codes=("rejected_by_reviewer",)))
    words = {word for row in VERDICTS.values() for word in row} - {"reject"}
    assert words == {word for ground in GROUNDS.values() for word in ground.verdicts}


def test_a_verdict_of_another_kind_is_refused():
    with pytest.raises(BadInput, match="uphold"):
        verdict.check("appeal", Verdict("approve", "all_agree"))


def test_a_decided_case_stays_decided():
    assert MACHINE.events("decided") == () and MACHINE.events("withdrawn") == ()
