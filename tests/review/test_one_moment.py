"""Two people of an app are decided about at one moment: neither decision waits for the other."""

from contextlib import ExitStack

import pytest

from shiming.store.verification import verifications
from shiming.workflows.review import human_decision
from shiming.workflows.verification import face_search
from tests.application import application
from tests.holders import holder, in_review

FIRST, SECOND = holder(1), holder(2)


@pytest.fixture(autouse=True)
def by_our_embedder(monkeypatch):
    """The faces of these holders are invented: whatever made them is the embedder that we have."""
    monkeypatch.setattr(face_search, "usable", lambda seen: seen.live is not None)


def approve(home, *ids: str) -> None:
    """Transactions that are all open before the first of them ends."""
    with ExitStack() as open_ones:
        for id in ids:
            connection = open_ones.enter_context(home.context.database.write())
            if len(ids) > 1:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")
            row = verifications.alive(connection, "demo.test", id, lock=True)
            human_decision.decide_verification(home.context, connection, row, "approve", (), (), "reviewer")


@pytest.mark.xfail(strict=True, reason="issue 16")
def test_decisions_of_an_app_do_not_wait_for_each_other(tmp_path, postgres_database):
    """M37, issue 16: every decision of an app waited for the row of its face counter."""
    with application(tmp_path, postgres_database) as home:
        approve(home, in_review(home, FIRST), in_review(home, SECOND, likeness=0.3))
