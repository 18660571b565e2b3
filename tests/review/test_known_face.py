"""A face that is stored under another number is shown to whoever decides, and is in the way of nobody.

Everybody of tests/holders.py has one face, and the authority has no photo of it: the machine refers them all to people.
"""

import pytest

from shiming.review.queue import Kind
from shiming.store.review import cases
from shiming.store.verification import verifications
from shiming.verification.seen import Seen
from shiming.workflows import serialization
from shiming.workflows.review import human_decision
from shiming.workflows.verification import face_search
from tests.holders import holder, in_review

API = "/console/api"
FIRST, SECOND = holder(1), holder(2)


@pytest.fixture(autouse=True)
def by_our_embedder(monkeypatch):
    """The faces of these holders are invented: whatever made them is the embedder that we have."""
    monkeypatch.setattr(face_search, "usable", lambda seen: seen.live is not None)


def approve(home, id: str) -> None:
    with home.context.database.write() as connection:
        row = verifications.alive(connection, "demo.test", id, lock=True)
        human_decision.decide_verification(home.context, connection, row, "approve", (), (), "reviewer")


def judged(home, id: str) -> Seen:
    with home.context.database.read() as connection:
        last = verifications.judgements_of(connection, id)[-1]
    return serialization.load(Seen, home.context.sealer.open(id, "judgement.seen", last.sealed_seen))


def test_a_person_who_approves_searches_too_and_is_not_stopped(home):
    """M37: what the machine did not come to search is searched before binding, kept, and overruled knowingly."""
    first = in_review(home, FIRST)
    approve(home, first)
    assert judged(home, first).search.found == ()
    second = in_review(home, SECOND, likeness=0.3)
    assert judged(home, second).search is None  # the face was not the authority's: the machine did not come to it
    approve(home, second)
    assert [round(alike.score, 2) for alike in judged(home, second).search.found] == [1.0]
    assert home.key().get(f"/v1/verifications/{second}").json()["state"] == "approved"


def test_the_reviewer_is_shown_who_else_has_the_face_before_deciding(home):
    """M37."""
    approve(home, in_review(home, FIRST))
    id, lin = in_review(home, SECOND), home.person("xiaolin", "reviewer")
    with home.context.database.read() as connection:
        case = cases.alive_about(connection, id)
    assert case.kind == Kind.VERIFICATION
    found = lin.get(f"{API}/cases/{case.id}").json()["findings"]
    hit = next(f for f in found if f["code"] == "duplicate_person_suspected")
    assert "likeness 1.00 to sub_" in hit["what"]
