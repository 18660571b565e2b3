"""On PostgreSQL, deciding a case and cancelling its verification at one moment wait for each other and end."""

import threading

from shiming.errors import ShimingError
from shiming.review.queue import Taker
from shiming.review.verdict import Verdict
from shiming.workflows import case_queue
from shiming.workflows.review import rulings
from tests.application import application
from tests.holders import holder, in_review

CASES = 12


def test_deciding_and_cancelling_at_once_is_no_deadlock(tmp_path, postgres_tables):
    faults = []

    def quietly(act, *args):
        try:
            act(*args)
        except ShimingError:
            pass  # too late: the other was first
        except Exception as fault:
            faults.append(fault)

    with application(tmp_path, postgres_tables) as home:
        key = home.key()
        for n in range(CASES):
            id = in_review(home, holder(n))
            row = case_queue.take_next(home.context, "demo.test", Taker("lin"))
            decide = (rulings.decide, home.context, "demo.test", row.id, "lin", Verdict("approve", "all_agree"))
            both = [threading.Thread(target=quietly, args=decide),
                    threading.Thread(target=quietly, args=(key.post, f"/v1/verifications/{id}/cancel"))]  # fmt: skip
            for thread in both:
                thread.start()
            for thread in both:
                thread.join(240)
            assert not any(thread.is_alive() for thread in both)
        home.later(seconds=31)
    assert faults == []
